//! What verification has found, as tables for people.

use std::fmt::Write;

use lockyard_bench::record::{Check, Counterexample, ModelResult, PitfallResult, VerificationReport};

use crate::checks::models;

/// Over what an interrupted run prints.
const PARTIAL: &str = "Interrupted: partial results. What is not listed was not run, or not to its end.";

pub(super) fn extent(it: &ModelResult) -> String {
    match (&it.unsound, &it.bound) {
        (Some(why), _) => format!("unsound: {why}"),
        (None, Some(bound)) => format!("incomplete search: {bound}"),
        // Said once below the table, for it is the same of all.
        (None, None) if it.assumption.is_some() => "exhaustive*".to_owned(),
        (None, None) => "exhaustive".to_owned(),
    }
}

/// What the searches that are marked so take for granted.
pub(super) fn assumptions(models: &[ModelResult]) -> Option<String> {
    let mut all: Vec<_> = models.iter().filter_map(|it| it.assumption.as_deref()).collect();
    all.sort_unstable();
    all.dedup();
    let checked = "checked against random schedules without the reduction";
    (!all.is_empty())
        .then(|| format!("* one schedule of each equivalence class, if {}; {checked}", all.join(", ")))
}

pub(super) fn verdict_of(it: &ModelResult) -> &'static str {
    match (it.holds, it.unsound.is_none(), it.schedules >= it.min_schedules) {
        (false, ..) => "VIOLATION",
        (true, false, _) => "UNSOUND",
        (true, true, false) => "INCOMPLETE",
        (true, true, true) => "no violation",
    }
}

/// Every search and every seeded bug, a row each.
pub(super) fn text(verification: &VerificationReport, presets: bool) -> String {
    let VerificationReport { models, pitfalls, coarse_steps, interrupted } = verification;
    let mut text = if *interrupted { format!("{PARTIAL}\n\n") } else { String::new() };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{:22} {:24} {:>9} {:>8} {:>7}  {:12} search",
        "model", "strategy", "schedules", "minimum", "ms", "verdict"
    );
    for it in models {
        let ModelResult { model, strategy, schedules, min_schedules, millis, .. } = it;
        let (verdict, extent) = (verdict_of(it), extent(it));
        let _ = writeln!(
            text,
            "{model:22} {strategy:24} {schedules:>9} {min_schedules:>8} {millis:>7}  {verdict:12} {extent}"
        );
    }
    if let Some(assumed) = assumptions(models) {
        let _ = writeln!(text, "{assumed}");
    }
    text += &matrix(pitfalls);
    if presets {
        let alike = models::strategies().into_iter().filter(|it| !it.represents.is_empty());
        let alike: Vec<_> =
            alike.map(|it| format!("{} represents {}", it.name, it.represents.join(", "))).collect();
        if !alike.is_empty() {
            let _ = writeln!(text, "\nModelled alike: {}.", alike.join("; "));
        }
    }
    if !coarse_steps.is_empty() {
        let _ = writeln!(text, "\nAtomic here, but several steps on threads:");
        for step in coarse_steps {
            let _ = writeln!(text, "  {step}");
        }
    }
    text
}

/// How a model failed, drawn; set off from what stands around it.
pub(super) fn counterexample(shown: &Counterexample, width: Option<usize>) -> String {
    let drawing = shown.drawing().to_text(width.map(|columns| columns.saturating_sub(2)));
    let indent = |line: &str| if line.is_empty() { "" } else { "  " };
    drawing.lines().fold(String::new(), |out, line| out + indent(line) + line + "\n")
}

/// Pitfalls × checks: what was detected, and what was missed.
fn matrix(pitfalls: &[PitfallResult]) -> String {
    let mut text = format!("\n{:36} {:18}", "pitfall", "class");
    for check in Check::ALL {
        let _ = write!(text, " {:10}", check.as_str());
    }
    text += "\n";
    for it in pitfalls {
        let _ = write!(text, "{:36} {:18}", it.pitfall, it.class);
        for check in Check::ALL {
            let _ = write!(text, " {:10}", outcome(it, check));
        }
        text.truncate(text.trim_end().len());
        text += "\n";
    }
    if !pitfalls.is_empty() {
        let _ = writeln!(text, "\n{}.", PitfallResult::summary(pitfalls));
    }
    text
}

/// What a check made of a pitfall, in a word; none where it is not asked.
fn outcome(it: &PitfallResult, check: Check) -> &'static str {
    if it.false_positives.contains(&check) {
        "FALSE POS."
    } else if it.missed_by.contains(&check) {
        "MISSED"
    } else if it.caught_by.contains(&check) {
        "detected"
    } else if it.not_run.contains(&check) {
        "not run"
    } else {
        ""
    }
}

pub(super) fn checks(it: &PitfallResult) -> String {
    let words = |label: &str, checks: &[Check]| {
        let checks: Vec<_> = checks.iter().map(|check| check.as_str()).collect();
        (!checks.is_empty()).then(|| format!("{label} {}", checks.join(", ")))
    };
    let parts = [
        words("detected by", &it.caught_by),
        words("MISSED by", &it.missed_by),
        words("not run:", &it.not_run),
        words("FALSE POSITIVE by", &it.false_positives),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

pub(super) fn markdown(verification: &VerificationReport) -> String {
    let mut text = if verification.interrupted { format!("{PARTIAL}\n\n") } else { String::new() };
    text += "| model | strategy | engine | schedules | minimum | search | verdict |\n";
    text += "| --- | --- | --- | ---: | ---: | --- | --- |\n";
    for it in &verification.models {
        let (engine, extent, verdict) = (it.engine.as_str(), extent(it), verdict_of(it));
        let ModelResult { model, strategy, schedules, min_schedules, .. } = it;
        let _ = writeln!(
            text,
            "| {model} | {strategy} | {engine} | {schedules} | {min_schedules} | {extent} | {verdict} |"
        );
    }
    if let Some(assumed) = assumptions(&verification.models) {
        let _ = writeln!(text, "\n{}", assumed.replacen('*', "\\*", 1));
    }
    text += "\n| pitfall | class | checks |\n| --- | --- | --- |\n";
    for it in &verification.pitfalls {
        let _ = writeln!(text, "| {} | {} | {} |", it.pitfall, it.class, checks(it));
    }
    text
}
