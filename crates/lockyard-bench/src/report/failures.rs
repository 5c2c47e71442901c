//! Everything in a record that is wrong: what a run must not be called a success with.

use super::rows::{self, LocatedFinding};
use crate::record::{Cell, Drawing, FindingKind, ModelResult, PitfallResult, Record};

/// Everything in the record that is wrong, a line each: findings of severity error, models that do not hold or
/// explored too little, pitfalls that were missed, and false positives on correct code.
pub fn failures(record: &Record) -> Vec<String> {
    Failure::all(record).iter().map(Failure::line).collect()
}

/// One thing that is wrong.
pub(super) struct Failure<'a> {
    /// What it is, of which strategy, and where: "deadlock in “before” under hot-context".
    pub what: String,
    /// What was seen, which may have several lines; empty where that says it all.
    pub message: String,
    /// The command that shows it again.
    replay: Option<&'a str>,
    /// What can be drawn of it.
    pub drawings: Vec<Drawing<'a>>,
}

impl<'a> Failure<'a> {
    /// All of a record.
    pub fn all(record: &'a Record) -> Vec<Self> {
        let findings = rows::findings(record).filter(|it| it.finding.is_error());
        let mut all: Vec<_> = findings.map(|it| Self::of_finding(record, &it)).collect();
        all.extend(record.models.iter().flatten().filter_map(Self::of_model));
        all.extend(record.pitfalls.iter().flatten().flat_map(Self::of_pitfall));
        all
    }

    /// All of it in a sentence.
    pub fn line(&self) -> String {
        let mut line = self.what.clone();
        if !self.message.is_empty() {
            line = line + ": " + &self.message;
        }
        if let Some(replay) = self.replay {
            line = line + "; replay: " + replay;
        }
        line
    }

    fn new(what: String) -> Self {
        Self { what, message: String::new(), replay: None, drawings: Vec::new() }
    }

    fn of_finding(record: &'a Record, found: &LocatedFinding<'a>) -> Self {
        let LocatedFinding { strategy, place, finding: it } = found;
        // Where the message names them all, it says more than a list.
        let named = it.places.iter().all(|place| it.message.contains(place.as_str()));
        let places = if named { String::new() } else { format!(" ({})", it.places.join(", ")) };
        let mut drawings = Vec::new();
        if !it.edges.is_empty() {
            drawings.push(it.drawing());
        }
        // What a cell could not explain is drawn with the first finding that says so.
        let is_first = |cell: &&Cell| {
            let first = cell.findings.iter().find(|it| it.kind == FindingKind::NotLinearizable);
            first.is_some_and(|first| std::ptr::eq(first, *it))
        };
        let violations = record.cells.iter().filter(is_first).flat_map(|cell| &cell.violations);
        drawings.extend(violations.map(|it| -> Drawing<'a> { it.drawing() }));
        let what = format!("{} in “{strategy}” under {place}", it.name());
        Self { message: format!("{}{places}", it.message), drawings, ..Self::new(what) }
    }

    fn of_model(it: &'a ModelResult) -> Option<Self> {
        let (name, strategy, engine) = (&it.model, &it.strategy, it.engine.as_str());
        match &it.counterexample {
            Some(how) if !it.holds => Some(Self {
                message: how.message.clone(),
                replay: Some(&how.replay),
                drawings: (!how.steps.is_empty()).then(|| how.drawing()).into_iter().collect(),
                ..Self::new(format!("model {name} over {strategy}: violation ({engine})"))
            }),
            _ if !it.holds => Some(Self::new(format!("model {name} over {strategy}: violation ({engine})"))),
            _ if !it.passes() => Some(Self::new(format!(
                "model {name} over {strategy}: incomplete search ({engine}), {} of at least {} schedules",
                it.schedules, it.min_schedules
            ))),
            _ => None,
        }
    }

    fn of_pitfall(it: &PitfallResult) -> impl Iterator<Item = Self> + use<'a> {
        let missed = (!it.missed_by.is_empty())
            .then(|| format!("pitfall {} missed by {}", it.pitfall, rows::checks(&it.missed_by)));
        let alarms = (!it.false_positives.is_empty()).then(|| {
            format!(
                "false positive on the fixed variant of pitfall {} by {}",
                it.pitfall,
                rows::checks(&it.false_positives)
            )
        });
        missed.into_iter().chain(alarms).map(Self::new)
    }

    /// The command that shows it again, where nothing that is drawn names it.
    pub fn replay_alone(&self) -> Option<&'a str> {
        self.replay.filter(|replay| !replay.is_empty() && self.drawings.is_empty())
    }
}
