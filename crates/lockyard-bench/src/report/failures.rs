//! Everything in a record that is wrong: what a run must not be called a success with.

use super::rows::{self, LocatedFinding};
use super::{excluded, format};
use crate::record::{Cell, Drawing, Finding, FindingKind, ModelResult, PitfallResult, Record};

/// Everything in the record that is wrong, a line each: findings of severity error, models that do not hold or
/// explored too little, pitfalls that were missed, and false positives on correct code.
pub fn failures(record: &Record) -> Vec<String> {
    Failure::all(record).iter().map(Failure::line).collect()
}

/// One thing that is wrong.
pub(super) struct Failure<'a> {
    /// What kind of thing it is: "deadlock".
    kind: &'a str,
    /// What it is, of which strategy, and where: "deadlock in “before” under hot-context".
    pub what: String,
    /// What was seen, which may have several lines; empty where that says it all.
    message: &'a str,
    /// The finding, where it is one.
    pub finding: Option<&'a Finding>,
    /// All that there is to tell of it: what was seen and why, the command that shows it again, and what can be drawn.
    pub drawings: Vec<Drawing<'a>>,
}

impl<'a> Failure<'a> {
    /// All of a record, each once: many slices may find the same. What is the same but for what was seen stands together.
    pub fn all(record: &'a Record) -> Vec<Self> {
        let findings = rows::findings(record).filter(|it| it.finding.is_error());
        let all = findings.map(|it| Self::of_finding(record, &it));
        let all = all.chain(record.cells.iter().filter_map(Self::of_cell));
        let all = all.chain(record.models.iter().flatten().filter_map(Self::of_model));
        let all = all.chain(record.pitfalls.iter().flatten().flat_map(Self::of_pitfall));
        let mut once: Vec<Self> = Vec::new();
        for it in all {
            let alike = |other: &Self| other.what == it.what;
            if once.iter().any(|other| alike(other) && other.message == it.message) {
                continue;
            }
            let at = once.iter().rposition(alike).map_or(once.len(), |last| last + 1);
            once.insert(at, it);
        }
        once
    }

    /// All of them in a word or two: what they are, or how many; `None` where there are none.
    pub fn headline(all: &[Self]) -> Option<String> {
        let kind = all.first()?.kind;
        Some(match all.len() as u64 {
            1 => format!("Failed: {kind}"),
            count if all.iter().all(|it| it.kind == kind) => format!("Failed: {count} × {kind}"),
            count => format::counted(count, "failure"),
        })
    }

    /// All of it in a sentence.
    pub fn line(&self) -> String {
        let mut line = self.what.clone();
        if !self.message.is_empty() {
            line = line + ": " + &self.seen();
        }
        if let Some(replay) = self.replay() {
            line = line + "; replay: " + replay;
        }
        line
    }

    /// The command that shows it again.
    pub fn replay(&self) -> Option<&str> {
        self.drawings.iter().find_map(|it| it.replay.as_deref())
    }

    /// What was seen, and where.
    pub fn seen(&self) -> String {
        match self.places() {
            [] => self.message.to_owned(),
            places => format!("{} ({})", self.message, places.join(", ")),
        }
    }

    /// All of it where nothing can be drawn: why, and what was seen.
    pub fn words(&self) -> impl Iterator<Item = String> {
        let why = self.drawings.iter().flat_map(|it| &it.cause).filter(|it| **it != self.message);
        why.map(ToString::to_string).chain([self.seen()])
    }

    /// Where in the source; nothing where the message names it all, which says more than a list.
    pub fn places(&self) -> &'a [String] {
        let places = self.finding.map_or(&[][..], |it| &it.places);
        let is_named = places.iter().all(|place| self.message.contains(place.as_str()));
        if is_named { &[] } else { places }
    }

    fn new(kind: &'a str, what: String) -> Self {
        Self { kind, what, message: "", finding: None, drawings: Vec::new() }
    }

    fn of_finding(record: &'a Record, found: &LocatedFinding<'a>) -> Self {
        let LocatedFinding { strategy, place, finding: it } = found;
        // What a cell could not explain is drawn with the first finding that says so.
        let is_first = |cell: &&Cell| {
            let first = cell.findings.iter().find(|it| it.kind == FindingKind::NotLinearizable);
            first.is_some_and(|first| std::ptr::eq(first, *it))
        };
        let violations = record.cells.iter().filter(is_first).flat_map(|cell| &cell.violations);
        let mut drawings: Vec<_> = violations.map(|it| -> Drawing<'a> { it.drawing() }).collect();
        match drawings.first_mut() {
            // The finding is of the first one, and says why it is impossible.
            Some(first) => first.cause.splice(..1, [it.message.as_str().into()]).for_each(drop),
            None => drawings.push(it.drawing()),
        }
        let what = format!("{} in “{strategy}” under {place}", it.name());
        Self { message: &it.message, finding: Some(it), drawings, ..Self::new(it.name(), what) }
    }

    /// Answers that no order explains, where no finding says so.
    fn of_cell(it: &'a Cell) -> Option<Self> {
        let kind = FindingKind::NotLinearizable.as_str();
        let what = format!("{kind} in “{}” under {}", it.strategy, it.scenario);
        let drawings = it.violations.iter().map(|it| -> Drawing<'a> { it.drawing() }).collect();
        excluded::is_violated_alone(it).then(|| Self { drawings, ..Self::new(kind, what) })
    }

    fn of_model(it: &'a ModelResult) -> Option<Self> {
        let (name, strategy, engine) = (&it.model, &it.strategy, it.engine.as_str());
        if it.passes() {
            return None;
        }
        if it.holds {
            return Some(Self::new(
                "incomplete search",
                format!(
                    "model {name} over {strategy}: incomplete search ({engine}), {} of at least {} schedules",
                    it.schedules, it.min_schedules
                ),
            ));
        }
        let violation =
            Self::new("model violation", format!("model {name} over {strategy}: violation ({engine})"));
        Some(match &it.counterexample {
            Some(how) => Self { message: &how.message, drawings: vec![how.drawing()], ..violation },
            None => violation,
        })
    }

    fn of_pitfall(it: &'a PitfallResult) -> impl Iterator<Item = Self> {
        let missed = (!it.missed_by.is_empty()).then(|| {
            let what = format!("pitfall {} missed by {}", it.pitfall, rows::checks(&it.missed_by));
            Self::new("missed pitfall", what)
        });
        let alarms = (!it.false_positives.is_empty()).then(|| {
            let checks = rows::checks(&it.false_positives);
            let what = format!("false positive on the fixed variant of pitfall {} by {checks}", it.pitfall);
            Self::new("false positive", what)
        });
        missed.into_iter().chain(alarms)
    }
}
