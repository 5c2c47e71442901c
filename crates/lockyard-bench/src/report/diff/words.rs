//! What changed between two records, in words that every format takes: the verdict, a row for each strategy, notes.

use super::super::{format, side};
use crate::record::{CellChange, Diff, Outcome, ThroughputChange};

/// The head of the table.
pub(super) const HEAD: [&str; 6] = ["scenario", "strategy", "before", "after", "change", "outcome"];

/// The verdict of a diff, as plain text. Names in it are as the records have them: escape them for your format.
pub fn diff_verdict(diff: &Diff) -> String {
    let mut sentences: Vec<_> = [(&diff.before, "the baseline"), (&diff.after, "this run")]
        .into_iter()
        .filter_map(|(side, whose)| Some(format!("Partial results: {whose} was {}.", side.partial.as_ref()?)))
        .collect();
    if !diff.refusals.is_empty() {
        sentences.push(format!("Not comparable: {}.", diff.refusals.join("; ")));
        return sentences.join(" ");
    }
    if !diff.missing.is_empty() {
        sentences.push(format!("This run is missing: {}.", diff.missing.join(", ")));
    }
    sentences.extend(throughput_regression(diff));
    let regressions: Vec<_> = diff.regressions().collect();
    if let Some(worst) = regressions.iter().min_by(|a, b| a.change.ratio.total_cmp(&b.change.ratio)) {
        sentences.push(format!(
            "Regression: “{}” under {} is at {} of its former ratio to “{}”{}.",
            worst.strategy,
            worst.scenario,
            format::ratio(worst.change.ratio, worst.change.ci),
            diff.reference,
            more(regressions.len() - 1),
        ));
    } else if diff.passes() {
        sentences.push("No regression.".to_owned());
    } else {
        sentences.push(format!("No regression of a ratio to “{}”.", diff.reference));
    }
    let of = |outcome| diff.changes.iter().filter(|it| it.outcome == outcome).count();
    let counts: Vec<_> = [
        (Outcome::Within, "within the gate"),
        (Outcome::Improvement, "improved"),
        (Outcome::CannotTell, "inconclusive"),
    ]
    .into_iter()
    .filter(|(outcome, _)| of(*outcome) > 0)
    .map(|(outcome, words)| format!("{} {words}", of(outcome)))
    .collect();
    let ratios = format::counted(diff.changes.len() as u64, "ratio");
    if !counts.is_empty() {
        sentences.push(format!("Of {ratios} to “{}”: {}.", diff.reference, format::list(&counts)));
    }
    let absolute = diff.throughput.as_ref().and_then(|it| it.gate);
    let absolute = absolute
        .map_or_else(String::new, |gate| format!(" and of {} of absolute throughput", format::percent(gate)));
    sentences.push(format!(
        "The gate tolerates a loss of {}{absolute}; confidence that none of these is a false positive: {}.",
        format::percent(diff.gate),
        format::percent(diff.confidence)
    ));
    sentences.join(" ")
}

/// Whose absolute throughput fell most, if that is judged, and fell by more than is tolerated.
fn throughput_regression(diff: &Diff) -> Option<String> {
    let fallen: Vec<_> =
        diff.throughput_regressions().filter_map(|it| Some((it, it.change.as_ref()?))).collect();
    let (worst, change) = fallen.iter().min_by(|(_, a), (_, b)| a.ratio.total_cmp(&b.ratio))?;
    Some(format!(
        "Regression of absolute throughput: “{}” under {} is at {} of what it was, {}{}.",
        worst.strategy,
        worst.scenario,
        format::ratio(change.ratio, change.ci),
        throughputs(worst),
        more(fallen.len() - 1),
    ))
}

/// Throughput before and after.
pub(super) fn throughputs(it: &ThroughputChange) -> String {
    let [before, after] = [it.before, it.after].map(|it| format::count(it.ops_per_s));
    format!("from {before} to {after} operations/s")
}

/// How many more regressions there are, for the end of a sentence about the worst.
fn more(more: usize) -> String {
    if more == 0 { String::new() } else { format!("; {}", format::counted(more as u64, "more regression")) }
}

/// A row of the table.
pub(super) fn row(it: &CellChange) -> [String; 6] {
    let ratios = [&it.before, &it.after, &it.change].map(|ratio| format::ratio(ratio.ratio, ratio.ci));
    let [before, after, change] = ratios;
    let outcome = it.outcome.as_str().to_owned();
    [it.scenario.clone(), it.strategy.clone(), before, after, change, outcome]
}

/// What differs between the runs, a line each. Before any table: all strategies may have become slower alike, and no ratio below
/// would show it.
pub(super) fn notes(diff: &Diff) -> Vec<String> {
    diff.notes.iter().map(|note| format!("note: {note}")).collect()
}

/// What the ratios say and what they do not, a line each.
pub(super) fn limits(diff: &Diff) -> Vec<String> {
    let mut limits = Vec::new();
    if !diff.left_out.is_empty() {
        limits.push(format!("not compared: {}", diff.left_out.join("; ")));
    }
    if diff.refusals.is_empty() {
        limits.push(format!(
            "Ratios are to “{}”, each within its own run; what slows “{0}” equally is in absolute throughput only, which \
             drifts with the machine. To be sure, measure both builds in turns, with --against.",
            diff.reference
        ));
    }
    limits
}

/// From which commit to which, in words.
pub(super) fn commits(diff: &Diff) -> String {
    let [before, after] =
        [&diff.before, &diff.after].map(|it| format!("{} of {}", side::build(it), side::started(it)));
    format!("From {before} to {after}.")
}
