//! What changed between two records, in words that every format takes: the verdict, a row for each strategy, notes.

use super::super::format;
use crate::record::{CellChange, Diff, Outcome};

/// The head of the table.
pub(super) const HEAD: [&str; 6] = ["scenario", "strategy", "before", "after", "change", "outcome"];

/// The verdict of a diff, as plain text. Names in it are as the records have them: escape them for your format.
pub fn diff_verdict(diff: &Diff) -> String {
    if !diff.refusals.is_empty() {
        return format!("Not comparable: {}.", diff.refusals.join("; "));
    }
    let regressions: Vec<_> = diff.regressions().collect();
    let mut sentences = Vec::new();
    if let Some(worst) = regressions.iter().min_by(|a, b| a.change.ratio.total_cmp(&b.change.ratio)) {
        let more = match regressions.len() - 1 {
            0 => String::new(),
            more => format!("; {}", format::counted(more as u64, "more regression")),
        };
        sentences.push(format!(
            "Regression: “{}” under {} is at {} of its former ratio to “{}”{more}.",
            worst.strategy,
            worst.scenario,
            format::ratio(worst.change.ratio, worst.change.ci),
            diff.reference
        ));
    } else {
        sentences.push("No regression.".to_owned());
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
    sentences.push(format!(
        "The gate tolerates a loss of {}; confidence that none of these is a false positive: {}.",
        format::percent(diff.gate),
        format::percent(diff.confidence)
    ));
    sentences.join(" ")
}

/// A row of the table.
pub(super) fn row(it: &CellChange) -> [String; 6] {
    let ratios = [&it.before, &it.after, &it.change].map(|ratio| format::ratio(ratio.ratio, ratio.ci));
    let [before, after, change] = ratios;
    let outcome = it.outcome.as_str().to_owned();
    [it.scenario.clone(), it.strategy.clone(), before, after, change, outcome]
}

/// What a reader should know besides, a line each.
pub(super) fn notes(diff: &Diff) -> Vec<String> {
    let mut notes: Vec<_> = diff.notes.iter().map(|note| format!("note: {note}")).collect();
    if !diff.left_out.is_empty() {
        notes.push(format!("not compared: {}", diff.left_out.join("; ")));
    }
    if diff.refusals.is_empty() {
        notes.push(format!(
            "Ratios are to “{}”, each within its own run; a change that slows “{0}” equally goes undetected.",
            diff.reference
        ));
    }
    notes
}

/// From which commit to which, in words.
pub(super) fn commits(diff: &Diff) -> String {
    let [before, after] = [&diff.before, &diff.after].map(|it| {
        let commit = it.commit.as_deref().map_or(String::new(), |commit| format!(" ({commit})"));
        format!("{}{commit} of {}", it.version, it.started_at.strftime("%Y-%m-%d %H:%M UTC"))
    });
    format!("From {before} to {after}.")
}
