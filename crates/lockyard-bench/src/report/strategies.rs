//! What each strategy of a record is, in words, and what a ratio between two of them therefore compares.

use super::format;
use crate::record::{Factors, Record, StrategySummary};

/// The heading, wherever there is one.
pub(super) const TITLE: &str = "What each strategy is";

/// The head of the table.
pub(super) const HEAD: [&str; 3] = ["strategy", "what it is", "factors"];

/// The rows of the table: those that are ranked, as far as the record says what they are.
pub(super) fn rows(record: &Record) -> Vec<[String; 3]> {
    let said = record.strategies.iter().filter(|it| !it.ablation_only && says_anything(it));
    said.map(|it| [it.name.clone(), about(it).unwrap_or_default(), factors(it).unwrap_or_default()]).collect()
}

fn says_anything(it: &StrategySummary) -> bool {
    it.about.is_some() || it.servers.is_some() || it.factors.is_some()
}

/// What it is in words, with the servers that were asked.
fn about(it: &StrategySummary) -> Option<String> {
    let servers = it.servers.as_ref().map(ToString::to_string);
    let parts: Vec<_> = it.about.clone().into_iter().chain(servers).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// `lock=tokio-mutex, copies=none`.
pub(super) fn factors(it: &StrategySummary) -> Option<String> {
    it.factors.as_ref().map(made_of).filter(|shown| !shown.is_empty())
}

/// The choices, as they are written.
pub(super) fn made_of(factors: &Factors) -> String {
    let shown: Vec<_> = factors.iter().map(|(factor, choice)| format!("{factor}={choice}")).collect();
    shown.join(", ")
}

/// What a strategy is, for where a pointer rests on its name.
pub(super) fn hint(record: &Record, strategy: &str, cell: Option<&Factors>) -> Option<String> {
    let summary = record.strategy(strategy);
    let about = summary.and_then(about);
    let factors = summary.and_then(factors).or_else(|| cell.map(made_of)).filter(|it| !it.is_empty());
    let parts: Vec<_> = about.into_iter().chain(factors).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// In which choices one strategy differs from another: "lock=std-mutex instead of tokio-mutex". `None` where that is not known,
/// or in nothing.
pub(super) fn changes(record: &Record, from: &str, to: &str) -> Option<Vec<String>> {
    let [from, to] = [from, to].map(|name| record.strategy(name).and_then(|it| it.factors.as_ref()));
    let (from, to) = (from?, to?);
    let differs = |(factor, choice): (&str, &str)| {
        let other = from.get(factor).filter(|other| *other != choice)?;
        Some(format!("{factor}={choice} instead of {other}"))
    };
    let changes: Vec<_> = to.iter().filter_map(differs).collect();
    (!changes.is_empty()).then_some(changes)
}

/// What else than the lock differs between the reference and the strategies that are equal to one another but for their lock:
/// their ratio to the reference is the effect of both. `None` where nothing else differs, or that is not known.
pub(super) fn beside_the_reference(record: &Record) -> Option<String> {
    let reference = record.reference.as_deref()?;
    let equal = record.strategies.iter().find_map(|it| it.compared_with.as_deref())?;
    let is_measured = |name: &str| record.cells.iter().any(|cell| cell.strategy == name);
    if !is_measured(reference) || !is_measured(equal) {
        return None;
    }
    let differences = changes(record, reference, equal)?;
    Some(format!(
        "“{equal}” and the strategies that are compared with it have {}: what they gain over “{reference}” is the effect \
             of that, too. Against “{equal}” all else is equal.",
        format::list(&differences)
    ))
}
