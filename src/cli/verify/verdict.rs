//! What a verification has come to, in a few lines: what passed, what failed and how, what did not run, and what to do next.

use std::fmt::Write;
use std::time::Duration;

use lockyard_bench::program::program_name;
use lockyard_bench::program::stdout::width;
use lockyard_bench::record::{ModelResult, PitfallResult, VerificationReport};
use lockyard_bench::report::wrapped;

use super::printed::{assumptions, checks, counterexample, extent, verdict_of};

/// What ran.
pub(super) struct VerifyRun {
    /// How long it took.
    pub took: Duration,
    /// Whether only the smaller models ran.
    pub quick: bool,
    /// Whether all that was found is printed above.
    pub all: bool,
    /// The columns that there are.
    pub columns: usize,
}

/// The room for what a line is about.
const LABEL: usize = 14;

/// All that failed, in full; empty where nothing did.
pub(super) fn failures(verification: &VerificationReport) -> String {
    let mut text = String::new();
    for it in verification.models.iter().filter(|it| !it.passes()) {
        let ModelResult { model, strategy, schedules, min_schedules, .. } = it;
        let (verdict, extent) = (verdict_of(it), extent(it));
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "error: {model} over {strategy}: {verdict}, {schedules} of at least {min_schedules} schedules, {extent}"
        );
        if let Some(shown) = &it.counterexample {
            text = text + "\n" + &counterexample(shown, width()) + "\n";
        }
    }
    for it in verification.pitfalls.iter().filter(|it| !it.passes()) {
        let _ = writeln!(text, "error: {} ({}): {}", it.pitfall, it.class, checks(it));
    }
    text
}

/// The verdict.
pub(super) fn verdict(verification: &VerificationReport, ran: &VerifyRun) -> String {
    let VerificationReport { models, pitfalls, coarse_steps, interrupted } = verification;
    let took = seconds(ran.took);
    let failed = [
        counted(models.iter().filter(|it| !it.passes()).count(), "model"),
        counted(pitfalls.iter().filter(|it| !it.passes()).count(), "seeded bug"),
    ];
    let failed: Vec<_> = failed.into_iter().flatten().collect();
    let mut first =
        if failed.is_empty() { "Passed".to_owned() } else { format!("FAILED: {}", failed.join(" and ")) };
    if *interrupted {
        first = format!("Interrupted; of what was done by then: {}", first.to_lowercase());
    }
    let mut text = format!("{first}, in {took}.\n");
    let mut line = |label: &str, words: &str| text += &labelled(label, words, ran.columns);
    if !models.is_empty() {
        line("Models:", &of_models(models));
    }
    if !pitfalls.is_empty() {
        line("Seeded bugs:", &(PitfallResult::summary(pitfalls) + "."));
    }
    if let Some(assumed) = assumptions(models) {
        line("Assumed:", &format!("{}.", assumed.trim_start_matches("* ")));
    }
    if !coarse_steps.is_empty() {
        let pairs = match coarse_steps.len() {
            1 => "1 pair".to_owned(),
            several => format!("{several} pairs"),
        };
        line(
            "Not tried:",
            &format!("what can come between {pairs} of steps that are one here and two on threads."),
        );
    }
    let program = program_name();
    if ran.quick && !interrupted {
        line("Next:", &format!("{program} verify, for the larger models too"));
    }
    if !ran.all {
        let label = if ran.quick && !interrupted { "" } else { "Next:" };
        line(label, "the same with --all, for each search and each seeded bug");
    }
    text
}

/// As many strategies are named.
const NAMED: usize = 3;

/// "54 of 54 passed over before, naive and 3 more; 123,456 schedules; 2 by an incomplete search".
fn of_models(models: &[ModelResult]) -> String {
    let passed = models.iter().filter(|it| it.passes());
    let mut strategies: Vec<&str> = Vec::new();
    for it in models {
        if !strategies.contains(&&*it.strategy) {
            strategies.push(&it.strategy);
        }
    }
    let mut over = strategies.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if strategies.len() > NAMED {
        let _ = write!(over, " and {} more", strategies.len() - NAMED);
    }
    let schedules: u64 = models.iter().map(|it| it.schedules).sum();
    let incomplete = models.iter().filter(|it| it.passes() && !it.exhaustive).count();
    let incomplete =
        if incomplete > 0 { format!("; {incomplete} by an incomplete search") } else { String::new() };
    format!("{} of {} passed, over {over}; {schedules} schedules{incomplete}.", passed.count(), models.len())
}

fn labelled(label: &str, words: &str, columns: usize) -> String {
    let lines = wrapped(words, columns.max(LABEL * 2) - LABEL);
    lines.lines().enumerate().fold(String::new(), |mut out, (nth, line)| {
        let label = if nth == 0 { label } else { "" };
        let _ = writeln!(out, "{label:LABEL$}{line}");
        out
    })
}

fn counted(number: usize, noun: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {noun}")),
        more => Some(format!("{more} {noun}s")),
    }
}

fn seconds(took: Duration) -> String {
    match took.as_secs() {
        0..10 => format!("{:.1} s", took.as_secs_f64()),
        seconds @ 10..100 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use lockyard_bench::record::{Check, Engine};

    use super::*;

    fn model(holds: bool, exhaustive: bool) -> ModelResult {
        ModelResult {
            model: "turns".into(),
            strategy: "naive".into(),
            represents: vec![],
            engine: Engine::Explorer,
            schedules: 120,
            min_schedules: 100,
            exhaustive,
            bound: (!exhaustive).then(|| "at most 2 preemptions".into()),
            assumption: None,
            unsound: None,
            holds,
            millis: 7,
            counterexample: None,
        }
    }

    fn pitfall(missed_by: Vec<Check>) -> PitfallResult {
        PitfallResult {
            pitfall: "two-sessions".into(),
            class: "deadlock".into(),
            expected: vec![Check::Explorer],
            caught_by: if missed_by.is_empty() { vec![Check::Explorer] } else { vec![] },
            missed_by,
            not_run: vec![],
            false_positives: vec![],
        }
    }

    fn said(verification: &VerificationReport) -> String {
        let ran = VerifyRun { took: Duration::from_millis(42_300), quick: true, all: false, columns: 80 };
        verdict(verification, &ran)
    }

    #[test]
    fn what_passed_is_a_few_lines_and_no_failure() {
        let passed = VerificationReport {
            models: vec![model(true, true), model(true, false)],
            pitfalls: vec![pitfall(vec![])],
            ..VerificationReport::default()
        };
        assert_eq!(failures(&passed), "");
        let said = said(&passed);
        let models = "Models:       2 of 2 passed, over naive; 240 schedules; 1 by an incomplete\n              search.\n";
        assert!(said.starts_with(&format!("Passed, in 42 s.\n{models}")), "{said}");
        assert!(said.contains("Seeded bugs:  1 of 1 seeded bugs detected.\n"), "{said}");
        assert!(
            said.contains("Next:         ") && said.ends_with("--all, for each search and each seeded bug\n"),
            "{said}"
        );
        assert!(said.lines().count() <= 8 && said.lines().all(|line| line.chars().count() <= 80), "{said}");
    }

    #[test]
    fn what_failed_is_said_in_full_and_counted() {
        let failed = VerificationReport {
            models: vec![model(false, true), model(true, true)],
            pitfalls: vec![pitfall(vec![Check::Explorer])],
            ..VerificationReport::default()
        };
        let errors = failures(&failed);
        assert!(
            errors.contains("error: turns over naive: VIOLATION, 120 of at least 100 schedules"),
            "{errors}"
        );
        assert!(errors.contains("error: two-sessions (deadlock): MISSED by explorer"), "{errors}");
        assert!(
            said(&failed).starts_with("FAILED: 1 model and 1 seeded bug, in 42 s.\n"),
            "{}",
            said(&failed)
        );
    }

    #[test]
    fn an_interrupted_run_says_so_and_is_no_whole_pass() {
        let partial = VerificationReport {
            interrupted: true,
            models: vec![model(true, true)],
            ..VerificationReport::default()
        };
        assert!(
            said(&partial).starts_with("Interrupted; of what was done by then: passed, in 42 s.\n"),
            "{}",
            said(&partial)
        );
    }
}
