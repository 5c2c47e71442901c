//! `lockyard verify`: models over strategies, and the faults that the checks must catch.

use std::fmt::Write;
use std::fs;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};

use crate::checks::models::{self, MODELS, ModelCheck, ModelledStrategy, Plan, Replay, VerifyTarget};
use crate::checks::pitfalls::{PITFALLS, Pitfall};
use crate::strategy::Strategy;
use crate::unknown::Unknown;
use lockyard_bench::record::{Check, ModelResult, PitfallResult, Record, VerificationReport};
use lockyard_explore::{Limits, Schedule};

use super::exit::{Exit, VerifyPanicked};
use super::options;
use super::output::interrupt;
use super::stdout::{width, write_out};

/// A quick run has models of some ten thousand schedules at most. Its bound is no time, so that slow machines come to the
/// same verdicts.
const QUICK: Limits = Limits { schedules: Some(1 << 20), time: None, switches: None, interrupted: None };

/// How long one search of a whole run may take.
const WHOLE: Limits =
    Limits { schedules: None, time: Some(Duration::from_mins(2)), switches: None, interrupted: None };

/// Try every interleaving of small models of the sessions, over every strategy that can be modelled.
///
/// Each model runs the production source of the session manager and the service on an executor that decides at each
/// await which task resumes, whether a client is cancelled, and whether the store fails. An incomplete search reports its
/// bound. Every model has a mutant, which the same search must detect.
///
/// Ctrl-C, SIGTERM and SIGHUP end it with what is done by then, marked as interrupted, and exit code 130.
#[derive(Parser)]
pub(super) struct Args {
    /// Only the smaller models, within a minute.
    #[arg(long)]
    quick: bool,

    /// Only this model; may be given again. `lockyard list models` names them.
    #[arg(long = "model", value_name = "NAME", value_parser = model)]
    models: Vec<&'static ModelCheck>,

    /// Only over this strategy; may be given again. All presets by default, those that are modelled alike once.
    #[arg(long = "strategy", value_name = "STRATEGY")]
    strategies: Vec<String>,

    /// Run this pitfall, or the mutant of a model, and show its violation.
    #[arg(long, value_name = "NAME", value_parser = pitfall, conflicts_with_all = ["models", "strategies", "quick"])]
    pitfall: Option<VerifyTarget>,

    /// Replay this schedule of the one model or pitfall given, as a failure prints it.
    #[arg(long, value_name = "SCHEDULE")]
    replay: Option<Schedule>,

    /// Write what is shown as a page.
    #[arg(long, value_name = "FILE")]
    trace_html: Option<PathBuf>,

    /// Merge the results of another engine, as its script wrote them; may be given again.
    #[arg(long, value_name = "FILE")]
    include: Vec<PathBuf>,

    /// How long one search may take before it ends incomplete; 120s by default, several times what the longest takes. A
    /// quick run has a bound on schedules instead.
    #[arg(long, value_name = "TIME", value_parser = options::duration)]
    time: Option<Duration>,

    /// The output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Over what an interrupted run prints.
const PARTIAL: &str = "Interrupted: partial results. What is not listed was not run, or not to its end.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables for people, and the steps of what failed
    Text,
    /// An object, and nothing else
    Json,
    /// Tables for a page
    Markdown,
}

fn model(name: &str) -> Result<&'static ModelCheck, String> {
    let unknown = || Unknown::new("model", name, MODELS.iter().map(|model| model.name)).to_string();
    ModelCheck::named(name).ok_or_else(unknown)
}

fn pitfall(name: &str) -> Result<VerifyTarget, String> {
    let mutant = || ModelCheck::of_mutant(name).map(VerifyTarget::Mutant);
    Pitfall::named(name).map(VerifyTarget::Pitfall).or_else(mutant).ok_or_else(|| {
        let pitfalls = PITFALLS.iter().map(|pitfall| pitfall.name.to_owned());
        let known = pitfalls.chain(MODELS.iter().map(ModelCheck::mutant_name));
        Unknown::new("pitfall", name, known).to_string()
    })
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let limits = if args.quick { QUICK } else { WHOLE };
    let interrupted = Some(interrupt("ending the searches, and printing those that are done")?);
    let limits = Limits { time: args.time.or(limits.time), interrupted, ..limits };
    if args.replay.is_some() || args.pitfall.is_some() {
        return show(args, limits);
    }
    if args.trace_html.is_some() {
        bail!("--trace-html draws one run: name it with --replay, or a mutant with --pitfall");
    }
    let mut included = Vec::new();
    for file in &args.include {
        let named = || format!("{} cannot be included", file.display());
        let text = fs::read(file).with_context(named)?;
        included.push(serde_json::from_slice::<VerificationReport>(&text).with_context(named)?);
    }
    let plan = Plan {
        models: args.models.iter().map(|model| model.name).collect(),
        strategies: strategies(&args.strategies)?,
        quick: args.quick,
        limits,
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    let mut verification = models::run(&plan, &|line| eprintln!("{line}"));
    for other in included {
        verification.merge(other);
    }
    write_out(&match args.format {
        Format::Text => text(&verification, args.strategies.is_empty()),
        Format::Json => serde_json::to_string(&verification)?,
        Format::Markdown => markdown(&verification),
    })?;
    Ok(if verification.interrupted {
        Exit::Interrupted
    } else if verification.holds() {
        Exit::Fine
    } else {
        Exit::VerificationFailed
    })
}

/// Adds to a record what a quick run finds of these strategies, those that are not modelled left out and those that are modelled
/// alike once; and of all pitfalls. When `interrupted` becomes true, what is done by then.
///
/// # Errors
/// [`VerifyPanicked`]: what was measured is worth more than that the program ends there.
pub(super) fn add_quickly(
    asked: &[Strategy],
    record: &mut Record,
    interrupted: &Arc<AtomicBool>,
) -> Result<(), VerifyPanicked> {
    let asked = asked.iter().map(|strategy| (strategy.name(), strategy.factors()));
    let plan = Plan {
        models: Vec::new(),
        strategies: models::representatives(asked),
        quick: true,
        limits: Limits { interrupted: Some(interrupted.clone()), ..QUICK },
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    let found = catch_unwind(AssertUnwindSafe(|| models::run(&plan, &|line| eprintln!("{line}"))));
    // The hook has said which and where; what a scope passes on is that one of its threads has panicked.
    let found = found.map_err(|_| VerifyPanicked)?;
    (record.models, record.pitfalls) = (Some(found.models), Some(found.pitfalls));
    if found.interrupted {
        (record.interrupted, record.finished) = (true, false);
    }
    Ok(())
}

fn strategies(given: &[String]) -> anyhow::Result<Vec<ModelledStrategy>> {
    if given.is_empty() {
        return Ok(models::strategies());
    }
    // Each was asked for by its name, so none stands for another.
    let parse = |name: &String| {
        let strategy = Strategy::parse(name)?;
        let over = models::modelled(&strategy.factors())?;
        Ok(ModelledStrategy { name: strategy.name().to_owned(), over, represents: Vec::new() })
    };
    given.iter().map(parse).collect()
}

/// Shows one run.
fn show(args: &Args, limits: Limits) -> anyhow::Result<Exit> {
    let subject = match (&args.pitfall, &args.models[..]) {
        (Some(subject), _) => subject.clone(),
        (None, [model]) => {
            let given = strategies(&args.strategies)?;
            let ModelledStrategy { name, over, .. } = match &given[..] {
                [one] => one.clone(),
                _ => bail!("a schedule belongs to one strategy: name it with --strategy"),
            };
            VerifyTarget::Sound(model, name, over)
        }
        _ => bail!(
            "a schedule belongs to one model: name it with --model and --strategy, or a mutant with --pitfall"
        ),
    };
    let name = subject.name();
    let caught = match (&subject, &args.replay) {
        (VerifyTarget::Pitfall(pitfall), None) => Some(models::catch(pitfall)),
        _ => None,
    };
    let asked = Replay { subject, schedule: args.replay.clone(), limits };
    let replayed = models::replay(&asked);
    if asked.limits.is_interrupted() && replayed.is_none() {
        return Ok(Exit::Interrupted);
    }
    let Some(replayed) = replayed else {
        let Some(caught) = caught else {
            write_out(&format!("no violation of {name} was found within the search's bound"))?;
            return Ok(Exit::VerificationFailed);
        };
        let how = "the explorer does not check it, so there are no steps to show";
        write_out(&format!("{name} ({}): {}; {how}", caught.class, checks(&caught)))?;
        let failed = caught.caught_by.len() + caught.missed_by.len() > 0;
        return Ok(if failed { Exit::VerificationFailed } else { Exit::Fine });
    };
    if let Some(caught) = caught {
        write_out(&format!("{name} ({}): {}\n", caught.class, checks(&caught)))?;
    }
    let failed = replayed.run.failure.is_some();
    let shown = replayed.counterexample();
    if let Some(file) = &args.trace_html {
        let page = shown.to_html(&format!("lockyard: {name}"));
        fs::write(file, page).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    write_out(&shown.drawing().to_text(width()))?;
    Ok(if failed { Exit::VerificationFailed } else { Exit::Fine })
}

fn extent(it: &ModelResult) -> String {
    match (&it.unsound, &it.bound) {
        (Some(why), _) => format!("unsound: {why}"),
        (None, Some(bound)) => format!("incomplete search: {bound}"),
        // Said once below the table, for it is the same of all.
        (None, None) if it.assumption.is_some() => "exhaustive*".to_owned(),
        (None, None) => "exhaustive".to_owned(),
    }
}

/// What the searches that are marked so take for granted.
fn assumptions(models: &[ModelResult]) -> Option<String> {
    let mut all: Vec<_> = models.iter().filter_map(|it| it.assumption.as_deref()).collect();
    all.sort_unstable();
    all.dedup();
    let checked = "checked against random schedules without the reduction";
    (!all.is_empty())
        .then(|| format!("* one schedule of each equivalence class, if {}; {checked}", all.join(", ")))
}

fn verdict(it: &ModelResult) -> &'static str {
    match (it.holds, it.unsound.is_none(), it.schedules >= it.min_schedules) {
        (false, ..) => "VIOLATION",
        (true, false, _) => "UNSOUND",
        (true, true, false) => "INCOMPLETE",
        (true, true, true) => "no violation",
    }
}

fn text(verification: &VerificationReport, presets: bool) -> String {
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
        let (verdict, extent) = (verdict(it), extent(it));
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
    for (it, shown) in models.iter().filter_map(|it| Some((it, it.counterexample.as_ref()?))) {
        let _ = writeln!(text, "\n{} over {}:\n", it.model, it.strategy);
        text += &shown.drawing().to_text(width());
    }
    text
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

fn checks(it: &PitfallResult) -> String {
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

fn markdown(verification: &VerificationReport) -> String {
    let mut text = if verification.interrupted { format!("{PARTIAL}\n\n") } else { String::new() };
    text += "| model | strategy | engine | schedules | minimum | search | verdict |\n";
    text += "| --- | --- | --- | ---: | ---: | --- | --- |\n";
    for it in &verification.models {
        let (engine, extent, verdict) = (it.engine.as_str(), extent(it), verdict(it));
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
