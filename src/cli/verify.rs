//! `lockyard verify`: models over strategies, and the faults that the checks must catch.

mod printed;
mod verdict;

use std::fs;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::builder::StringValueParser;
use clap::{Parser, ValueEnum};

use crate::checks::models::{
    self, ExploredLock, LOCK_ITSELF, MODELS, ModelCheck, ModelledStrategy, Plan, Replay, SearchProgress,
    VerifyTarget,
};
use crate::checks::pitfalls::{PITFALLS, Pitfall};
use crate::strategy::{Factors, Strategy};
use crate::unknown::Unknown;
use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::options;
use lockyard_bench::program::output::interrupt;
use lockyard_bench::program::stdout::{columns, width, write_out};
use lockyard_bench::record::VerificationReport;
use lockyard_evidence::PageVerdict;
use lockyard_explore::{Limits, Schedule};

use super::errors::VerifyPanicked;
use super::names::{self, offering};
use printed::{checks, markdown, text};
use verdict::{VerifyRun, failures, verdict};

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
/// bound. Every model has a mutant, which the same search must detect. Locks of a program's own that yield are tried
/// themselves, too: `lock-itself`.
///
/// Ctrl-C, SIGTERM and SIGHUP end it with what is done by then, marked as interrupted, and exit code 130.
#[derive(Parser)]
pub(super) struct Args {
    /// Only the smaller models, within a minute.
    #[arg(long)]
    quick: bool,

    /// Only this model; may be given again. `lockyard list models` names them.
    #[arg(long = "model", value_name = "NAME", value_parser = offering(model, names::models), hide_possible_values = true)]
    models: Vec<&'static str>,

    /// Only over this strategy; may be given again. All presets by default, those that are modelled alike once.
    #[arg(long = "strategy", value_name = "STRATEGY", value_parser = offering(StringValueParser::new(), names::strategies),
          hide_possible_values = true)]
    strategies: Vec<String>,

    /// Run this pitfall, or the mutant of a model, and show its violation.
    #[arg(long, value_name = "NAME", value_parser = offering(pitfall, names::pitfalls_and_mutants), hide_possible_values = true,
          conflicts_with_all = ["models", "strategies", "quick"])]
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

    /// Print every search and every seeded bug, and not what failed and the verdict alone.
    #[arg(long)]
    all: bool,

    /// The output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What failed, step by step, and the verdict; with --all tables of everything
    Text,
    /// An object, and nothing else
    Json,
    /// Tables for a page
    Markdown,
}

fn model(name: &str) -> Result<&'static str, String> {
    let itself = (!ExploredLock::all().is_empty()).then_some(LOCK_ITSELF);
    let known = || MODELS.iter().map(|model| model.name).chain(itself);
    known().find(|it| *it == name).ok_or_else(|| Unknown::new("model", name, known()).to_string())
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
        models: args.models.clone(),
        strategies: strategies(&args.strategies)?,
        locks: locks(&args.strategies)?,
        quick: args.quick,
        limits,
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    let start = Instant::now();
    let mut verification = models::run(&plan, &|progress| report_search(args.all, progress));
    let ran = VerifyRun { took: start.elapsed(), quick: args.quick, all: args.all, columns: columns() };
    for other in included {
        verification.merge(other);
    }
    write_out(&match args.format {
        Format::Text => {
            let all = if args.all { text(&verification, args.strategies.is_empty()) } else { String::new() };
            let parts = [all, failures(&verification), verdict(&verification, &ran)];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
        }
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

/// What a quick run finds of these strategies, those that are not modelled left out and those that are modelled alike once; and of
/// all pitfalls. Says on stderr what it has come to. When `interrupted` becomes true, what is done by then.
///
/// # Errors
/// [`VerifyPanicked`]: what is measured besides is worth more than that the program ends there.
pub(super) fn quickly(
    asked: &[Strategy],
    interrupted: &Arc<AtomicBool>,
) -> Result<VerificationReport, VerifyPanicked> {
    let asked = asked.iter().map(|strategy| (strategy.name(), strategy.factors()));
    let plan = Plan {
        models: Vec::new(),
        strategies: models::representatives(asked.clone()),
        locks: asked.filter_map(|(_, factors)| lock_of(&factors)).collect(),
        quick: true,
        limits: Limits { interrupted: Some(interrupted.clone()), ..QUICK },
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    let start = Instant::now();
    let found =
        catch_unwind(AssertUnwindSafe(|| models::run(&plan, &|progress| report_search(false, progress))));
    // The hook has said which and where; what a scope passes on is that one of its threads has panicked.
    let found = found.map_err(|_| VerifyPanicked)?;
    // What failed was said as it did, and what to do next comes after what is measured.
    let ran = VerifyRun { took: start.elapsed(), quick: false, all: true, columns: columns() };
    eprintln!("{}", verdict(&found, &ran));
    Ok(found)
}

/// Says on stderr that a search is over: each if `all` are asked for, else every tenth part of them, and what failed.
fn report_search(all: bool, SearchProgress { done, of, line, passes }: SearchProgress<'_>) {
    if all || !passes {
        eprintln!("{line}");
    } else if done * 10 / of > (done - 1) * 10 / of {
        eprintln!("{done} of {of} searches are done");
    }
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

/// The locks of this program's own around the sessions of these strategies, which are all if none is given.
fn locks(given: &[String]) -> anyhow::Result<Vec<ExploredLock>> {
    if given.is_empty() {
        return Ok(ExploredLock::all().to_vec());
    }
    let mut locks: Vec<ExploredLock> = Vec::new();
    for name in given {
        let strategy = Strategy::parse(name)?;
        locks.extend(
            lock_of(&strategy.factors()).filter(|it| locks.iter().all(|known| known.name != it.name)),
        );
    }
    Ok(locks)
}

fn lock_of(factors: &Factors) -> Option<ExploredLock> {
    let name = factors.session.name();
    ExploredLock::all().iter().find(|it| it.name == name).copied()
}

/// What is tried, for the header of its page.
fn described(subject: &VerifyTarget) -> Vec<String> {
    match subject {
        VerifyTarget::Sound(model, strategy, _) => {
            vec![format!("model {}", model.name), format!("strategy {strategy}")]
        }
        VerifyTarget::Mutant(model) => vec![format!("mutant of model {}", model.name)],
        VerifyTarget::Pitfall(pitfall) => vec![format!("pitfall {}", pitfall.name)],
    }
}

/// Shows one run.
fn show(args: &Args, limits: Limits) -> anyhow::Result<Exit> {
    let subject = match (&args.pitfall, &args.models[..]) {
        (Some(subject), _) => subject.clone(),
        (None, [LOCK_ITSELF]) => {
            bail!("the run of a lock itself is shown again in code, as its failure has printed it")
        }
        (None, [model]) => {
            let model = ModelCheck::named(model).expect("no other names are parsed");
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
    let (what, start) = (described(&subject), Instant::now());
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
    let operations = replayed.run.operations;
    let shown = replayed.counterexample();
    if let Some(file) = &args.trace_html {
        let mut page = shown.page(&name);
        if !failed {
            page.title = format!("{name}: no violation in this schedule");
            (page.verdict, page.headline) = (PageVerdict::Right, "No violation in this schedule".to_owned());
        }
        page.facts.splice(0..0, what);
        let operations =
            if operations == 1 { "1 operation".to_owned() } else { format!("{operations} operations") };
        page.facts.extend([operations, format!("{} ms", start.elapsed().as_millis())]);
        fs::write(file, page.to_html()).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    write_out(&shown.drawing().to_text(width()))?;
    Ok(if failed { Exit::VerificationFailed } else { Exit::Fine })
}
