//! The effect of each change between two strategies, in words: a sentence and the rows of a table, for every format.

use super::format;
use crate::record::{Ablation, Change, Comparison, EffectKind, Metric, Record};

/// The head of the table.
pub(super) const HEAD: [&str; 3] = ["change", "throughput", "verdict"];

/// All effects between two strategies under one scenario, in one step or in several: where one step ends at the strategy with
/// which the next begins, they are one way.
pub(super) struct AblationPath<'a> {
    pub scenario: &'a str,
    pub from: &'a str,
    pub to: &'a str,
    /// Main effects, and then the interactions whose interval is clear of 1, step by step.
    shown: Vec<&'a Ablation>,
    /// How many interactions there are besides.
    others: usize,
    /// The end of the way against its start.
    whole: Option<&'a Comparison>,
}

impl<'a> AblationPath<'a> {
    /// All ways of a record, in their order.
    pub fn all(record: &'a Record) -> Vec<Self> {
        let mut ways: Vec<Self> = Vec::new();
        let mut step: Option<(&str, &str, &str)> = None;
        for it in &record.ablations {
            let this = (&*it.scenario, &*it.from, &*it.to);
            if step != Some(this) {
                step = Some(this);
                let (scenario, from, to) = this;
                let continued = ways.last_mut().filter(|way| (way.scenario, way.to) == (scenario, from));
                match continued {
                    Some(way) => way.to = to,
                    None => ways.push(Self { scenario, from, to, shown: Vec::new(), others: 0, whole: None }),
                }
            }
            let way = ways.last_mut().expect("it was just begun");
            let clear = it.ci[0] > 1.0 || it.ci[1] < 1.0;
            if it.kind == EffectKind::Main || clear {
                way.shown.push(it);
            } else {
                way.others += 1;
            }
        }
        for way in &mut ways {
            way.whole = record.comparison(way.scenario, way.from, way.to, &Metric::Throughput);
        }
        ways
    }

    /// "From “before” to “after” under polling: borrowing the DTO ×1.47 [1.44, 1.50] and saving after the unlock ×1.00 [0.99,
    /// 1.01]."
    pub fn lead(&self) -> String {
        let effects: Vec<_> = self.of(EffectKind::Main).map(|it| effect(it)).collect();
        format!("From “{}” to “{}” under {}: {}.", self.from, self.to, self.scenario, format::list(&effects))
    }

    fn of(&self, kind: EffectKind) -> impl Iterator<Item = &&'a Ablation> {
        self.shown.iter().filter(move |it| it.kind == kind)
    }

    /// The heading.
    pub fn title(&self) -> String {
        format!(
            "Ablation: the effect of each change from {} to {} under {}",
            self.from, self.to, self.scenario
        )
    }

    /// "Main effects: borrowing the DTO ×1.47 [1.44, 1.50], tokio-rwlock instead of tokio-mutex ×0.98 [0.96, 0.99]." And
    /// interactions, where their interval is clear of 1.
    pub fn sentence(&self) -> String {
        let mut sentences = Vec::new();
        let effects: Vec<_> = self.of(EffectKind::Main).map(|it| effect(it)).collect();
        if !effects.is_empty() {
            sentences.push(format!("Main effects: {}.", format::list(&effects)));
        }
        for it in self.of(EffectKind::Interaction) {
            let Some(Change { factor, old, new }) = &it.with else { continue };
            sentences.push(format!(
                "Interaction: with {}, {} has {} times its effect without.",
                words(factor, old, new),
                words(&it.factor, &it.old, &it.new),
                format::ratio(it.ratio, it.ci)
            ));
        }
        if self.others > 0 && self.of(EffectKind::Interaction).next().is_none() {
            sentences.push("No interaction is significant.".to_owned());
        }
        if let Some(whole) = self.whole {
            let ratio = format::ratio(whole.ratio, whole.ci);
            sentences
                .push(format!("Overall: “{}” has {ratio} of the throughput of “{}”.", self.to, self.from));
        }
        if let Some(first) = self.shown.first() {
            let confidence = format::percent(first.confidence);
            sentences.push(format!("Confidence: {confidence} for each interval (not simultaneous)."));
        }
        sentences.join(" ")
    }

    /// The effect of each change by itself, in the order of the way, with the change in words.
    pub fn main_effects(&self) -> impl Iterator<Item = (String, &'a Ablation)> {
        self.shown
            .iter()
            .filter(|it| it.kind == EffectKind::Main)
            .map(|it| (words(&it.factor, &it.old, &it.new), *it))
    }

    /// The end of the way against its start.
    pub fn whole(&self) -> Option<&'a Comparison> {
        self.whole
    }

    /// The rows of the table.
    pub fn rows(&self) -> impl Iterator<Item = [String; 3]> {
        self.shown.iter().map(|it| {
            let change = format!("{}: {} → {}", it.factor, it.old, it.new);
            let change = match &it.with {
                None => change,
                Some(with) => format!("{change}, with {}: {} → {}", with.factor, with.old, with.new),
            };
            [change, format::ratio(it.ratio, it.ci), it.verdict.to_string()]
        })
    }
}

/// A change with what it gave.
fn effect(it: &Ablation) -> String {
    format!("{} {}", words(&it.factor, &it.old, &it.new), format::ratio(it.ratio, it.ci))
}

/// A change as one would say it.
fn words(factor: &str, old: &str, new: &str) -> String {
    match (factor, new) {
        ("dto", "borrowed") => "borrowing the DTO".to_owned(),
        ("dto", "cloned") => "cloning for the DTO".to_owned(),
        ("save", "after-unlock") => "saving after the unlock".to_owned(),
        ("save", "under-lock") => "saving under the lock".to_owned(),
        ("state", "published") => "publishing the state".to_owned(),
        ("state", "locked") => "locking for the state".to_owned(),
        // In quotes, for they are names.
        _ => format!("“{new}” instead of “{old}”"),
    }
}
