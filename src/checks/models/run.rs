//! The models over the strategies, their mutants and the pitfalls: what ran, what held, and how to see a failure again.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use crate::checks::pitfalls::{PITFALLS, Pitfall, Trial, Variant};
use lockyard_bench::record::{Check, Counterexample, Engine, ModelResult, PitfallResult, VerificationReport};
use lockyard_explore::{Explorer, Failure, Limits, Program, Proof, Report, RunTrace, Schedule, Setting};

use super::list::{MODELS, ModelCheck, StrategyModel};
use super::programs::Build;
use super::strategies::ModelledStrategy;

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The models; all by default.
    pub models: Vec<&'static str>,
    /// The strategies, with what each is modelled as.
    pub strategies: Vec<ModelledStrategy>,
    /// Only the models that a quick run includes.
    pub quick: bool,
    /// How far one search may go. An interrupt ends the searches that are on, and none is begun after it.
    pub limits: Limits,
    /// How many searches at once.
    pub threads: NonZeroUsize,
}

/// What is tried.
#[derive(Clone, Debug)]
pub enum VerifyTarget {
    /// A model, over what the strategy of this name is modelled as.
    Sound(&'static ModelCheck, String, StrategyModel),
    /// A model's mutant.
    Mutant(&'static ModelCheck),
    /// A pitfall, with all its checks.
    Pitfall(&'static Pitfall),
}

/// How long a failure may be made small.
const SHRINKING: Duration = Duration::from_secs(2);

/// So many schedules a fixed variant may have before it is not asked any more.
const FIXED_SCHEDULES: u64 = 20_000;

enum JobResult {
    Model(Box<ModelResult>, Vec<String>),
    Pitfall(PitfallResult),
}

/// Runs a plan. `on_result` is called with every search that is over, in the order in which they end. After an interrupt the
/// report has those that were over by then, and says so.
///
/// # Panics
/// When a search does, which would be a fault of its own: a panic of the explored code is a failure that is reported.
pub fn run(plan: &Plan, on_result: &(dyn Fn(&str) + Sync)) -> VerificationReport {
    let chosen = |model: &&&ModelCheck| {
        if plan.models.is_empty() { !plan.quick || model.quick } else { plan.models.contains(&model.name) }
    };
    let all: Vec<&'static ModelCheck> = MODELS.iter().collect();
    let mut jobs = Vec::new();
    for model in all.iter().filter(chosen).copied() {
        let sound = |it: &ModelledStrategy| VerifyTarget::Sound(model, it.name.clone(), it.over);
        jobs.extend(plan.strategies.iter().map(sound));
        jobs.push(VerifyTarget::Mutant(model));
    }
    if plan.models.is_empty() {
        jobs.extend(PITFALLS.iter().map(|pitfall| VerifyTarget::Pitfall(pitfall)));
    }
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..plan.threads.get() {
            scope.spawn(|| {
                while !plan.limits.is_interrupted() {
                    let nth = next.fetch_add(1, Relaxed);
                    let Some(subject) = jobs.get(nth) else { break };
                    // What an interrupt has cut short has no result: it would look like a bound, or like a bug that is missed.
                    let Some(result) = try_out(subject, &plan.limits) else { break };
                    on_result(&one_line(&result));
                    found.lock().expect("no thread panics with the lock held").push((nth, result));
                }
            });
        }
    });
    let mut found = found.into_inner().expect("no thread panics with the lock held");
    found.sort_by_key(|(nth, _)| *nth);
    // Not whether the signal came: what was all done when it came misses nothing.
    let interrupted = found.len() < jobs.len();
    let mut verification = VerificationReport { interrupted, ..VerificationReport::default() };
    for (_, result) in found {
        match result {
            JobResult::Model(mut result, coarse) => {
                let representative = plan.strategies.iter().find(|it| it.name == result.strategy);
                result.represents = representative.map(|it| it.represents.clone()).unwrap_or_default();
                verification.models.push(*result);
                verification.coarse_steps.extend(coarse);
            }
            JobResult::Pitfall(result) => verification.pitfalls.push(result),
        }
    }
    verification.coarse_steps.sort();
    verification.coarse_steps.dedup();
    verification
}

fn one_line(found: &JobResult) -> String {
    match found {
        JobResult::Model(it, _) => {
            let verdict = match (it.holds, &it.unsound) {
                (false, _) => "VIOLATION",
                (true, Some(_)) => "UNSOUND",
                (true, None) => "no violation",
            };
            format!(
                "{} over {}: {verdict}, {} schedules, {} ms",
                it.model, it.strategy, it.schedules, it.millis
            )
        }
        JobResult::Pitfall(it) => format!("{}: {}", it.pitfall, it.outcome()),
    }
}

/// Tries one; nothing if it was interrupted before it had a result.
fn try_out(subject: &VerifyTarget, limits: &Limits) -> Option<JobResult> {
    let is_cut_short =
        |report: &Report| report.failure.is_none() && report.bound.is_some() && limits.is_interrupted();
    Some(match subject {
        VerifyTarget::Sound(model, strategy, over) => {
            let explorer = explorer(model.setting(over), limits);
            let build = model.build(over);
            let report = explorer.search(&*build);
            if is_cut_short(&report) {
                return None;
            }
            let counterexample = report
                .failure
                .as_ref()
                .map(|failure| counterexample(subject, &explorer, failure, &build, limits));
            let coarse = report.coarse.iter().map(|step| {
                format!("unlocks at {}, and locks at {} in the same step", step.released, step.acquired)
            });
            let coarse = coarse.collect();
            JobResult::Model(Box::new(model_result(model, (strategy, over), &report, counterexample)), coarse)
        }
        VerifyTarget::Mutant(model) => {
            let (setting, build) = model.mutant();
            let mut result = nothing_found(&model.mutant_name(), model.mutant_class());
            let report = explorer(setting, limits).search(&*build);
            if is_cut_short(&report) {
                return None;
            }
            let caught = report.failure.is_some_and(|failure| failure.kind.is_of_the_program());
            result.expected.push(Check::Explorer);
            if caught { &mut result.caught_by } else { &mut result.missed_by }.push(Check::Explorer);
            JobResult::Pitfall(result)
        }
        VerifyTarget::Pitfall(pitfall) => JobResult::Pitfall(catch(pitfall)),
    })
}

fn nothing_found(pitfall: &str, class: &str) -> PitfallResult {
    PitfallResult {
        pitfall: pitfall.to_owned(),
        class: class.to_owned(),
        expected: Vec::new(),
        caught_by: Vec::new(),
        missed_by: Vec::new(),
        not_run: Vec::new(),
        false_positives: Vec::new(),
    }
}

/// Tries a pitfall, and the same put right, with every check that it names.
pub fn catch(pitfall: &Pitfall) -> PitfallResult {
    let mut result = nothing_found(pitfall.name, pitfall.class);
    for trial in pitfall.trials {
        let check = check_of(trial);
        result.expected.push(check);
        if !trial.runs_here() {
            result.not_run.push(check);
            continue;
        }
        let caught = trial.alarms(Variant::Wrong).is_some();
        if caught { &mut result.caught_by } else { &mut result.missed_by }.push(check);
        if trial.alarms(Variant::Right).is_some() {
            result.false_positives.push(check);
        }
    }
    result
}

fn check_of(trial: &Trial) -> Check {
    match trial {
        Trial::Explorer(_) => Check::Explorer,
        Trial::Live(_) => Check::Live,
        Trial::History(_) => Check::History,
        Trial::Invariants(_) => Check::Invariants,
        Trial::Contract(_) => Check::Contract,
        Trial::Loom => Check::Loom,
        Trial::Shuttle => Check::Shuttle,
    }
}

fn explorer(setting: Setting, limits: &Limits) -> Explorer {
    Explorer { limits: limits.clone(), ..Explorer::new(setting) }
}

fn model_result(
    model: &ModelCheck,
    (strategy, over): (&str, &StrategyModel),
    report: &Report,
    counterexample: Option<Counterexample>,
) -> ModelResult {
    ModelResult {
        model: model.name.to_owned(),
        strategy: strategy.to_owned(),
        represents: Vec::new(),
        engine: Engine::Explorer,
        schedules: report.complete,
        min_schedules: model.min_schedules(over),
        exhaustive: report.exhaustive(),
        bound: report.bound.clone(),
        assumption: match report.proof() {
            Proof::Exhaustive { assumption } => assumption.map(str::to_owned),
            Proof::Bounded(_) | Proof::Unsound(_) => None,
        },
        unsound: report.unsound.as_ref().map(ToString::to_string),
        holds: report.failure.is_none(),
        millis: report.took.as_millis() as u64,
        counterexample,
    }
}

/// What explores a subject; nothing for pitfalls that the explorer does not see.
fn set_up(subject: &VerifyTarget, limits: &Limits) -> Option<(Explorer, Build)> {
    match subject {
        VerifyTarget::Sound(model, _, over) => {
            Some((explorer(model.setting(over), limits), model.build(over)))
        }
        VerifyTarget::Mutant(model) => {
            let (setting, build) = model.mutant();
            Some((explorer(setting, limits), build))
        }
        VerifyTarget::Pitfall(pitfall) => explored(pitfall, Variant::Wrong),
    }
}

fn explored(pitfall: &Pitfall, variant: Variant) -> Option<(Explorer, Build)> {
    pitfall.trials.iter().find_map(|trial| match trial {
        Trial::Explorer(explored) => {
            let program = explored.program;
            let build: Build = Box::new(move |it| program(variant, it));
            Some((explored.explorer(), build))
        }
        _ => None,
    })
}

/// What the subject is when it is right, and what explores that; nothing where there is no such variant.
fn fixed(subject: &VerifyTarget, limits: &Limits) -> Option<(Explorer, Build)> {
    match subject {
        VerifyTarget::Sound(..) => None,
        VerifyTarget::Mutant(model) => {
            let over = StrategyModel::UNFAIR;
            Some((explorer(model.setting(&over), limits), model.build(&over)))
        }
        VerifyTarget::Pitfall(pitfall) => explored(pitfall, Variant::Right),
    }
}

/// A failure made small: where there is a fixed variant, to operations that this one passes in every schedule. What fails
/// there, too, fails for what was left out, and shows nothing of the bug.
fn smallest(
    subject: &VerifyTarget,
    explorer: &Explorer,
    failure: &Failure,
    build: &dyn Fn(&mut Program),
    limits: &Limits,
) -> Failure {
    let Some((fixed, right)) = fixed(subject, limits) else {
        return explorer.shrink(failure, SHRINKING, build);
    };
    explorer.shrink_where(failure, SHRINKING, build, &|left_out, time| {
        let (schedules, time) = (Some(FIXED_SCHEDULES), Some(time));
        let limits = Limits { schedules, time, switches: None, ..limits.clone() };
        let report = Explorer { limits, ..fixed.clone() }.search_without(left_out, &*right);
        report.failure.is_none() && report.bound.is_none()
    })
}

fn counterexample(
    subject: &VerifyTarget,
    explorer: &Explorer,
    failure: &Failure,
    build: &Build,
    limits: &Limits,
) -> Counterexample {
    let small = smallest(subject, explorer, failure, &**build, limits);
    let replay = replay_command(subject, &small.schedule);
    let run = explorer.trace(&small.schedule, &**build);
    Replayed { run, schedule: small.schedule, replay, about: subject.about() }.counterexample()
}

fn replay_command(subject: &VerifyTarget, schedule: &Schedule) -> String {
    match subject {
        VerifyTarget::Sound(model, strategy, _) => {
            format!("lockyard verify --model {} --strategy '{strategy}' --replay {schedule}", model.name)
        }
        VerifyTarget::Mutant(_) | VerifyTarget::Pitfall(_) => {
            format!("lockyard verify --pitfall {} --replay {schedule}", subject.name())
        }
    }
}

impl VerifyTarget {
    /// The name of the model, of its mutant, or of the pitfall.
    pub fn name(&self) -> String {
        match self {
            Self::Sound(model, ..) => model.name.to_owned(),
            Self::Mutant(model) => model.mutant_name(),
            Self::Pitfall(pitfall) => pitfall.name.to_owned(),
        }
    }

    /// What is tried, or what is wrong, in a sentence.
    fn about(&self) -> String {
        match self {
            Self::Sound(model, ..) => format!("The model tries {}.", model.about),
            Self::Mutant(model) => format!("The model tries {}; in this mutant it must fail.", model.about),
            Self::Pitfall(pitfall) => {
                let mut about = pitfall.about.chars();
                let first = about.next().map(|first| first.to_uppercase().collect::<String>());
                format!("{}{}.", first.unwrap_or_default(), about.as_str())
            }
        }
    }
}

/// What to show again: a schedule, or the first failure that a search finds.
#[derive(Clone, Debug)]
pub struct Replay {
    /// What of.
    pub subject: VerifyTarget,
    /// The schedule; none to search for one that fails, and to make it small.
    pub schedule: Option<Schedule>,
    /// How far a search may go.
    pub limits: Limits,
}

/// A run that was replayed.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// What happened.
    pub run: RunTrace,
    /// Which run it is.
    pub schedule: Schedule,
    /// The command that shows it again.
    pub replay: String,
    /// What is tried, or what is wrong, in a sentence.
    pub about: String,
}

impl Replayed {
    /// The run, to draw.
    pub fn counterexample(self) -> Counterexample {
        let Self { run, replay, about, .. } = self;
        Counterexample { about: Some(about), ..run.counterexample(replay) }
    }
}

/// Shows a run; nothing when a search found none that fails, or there is nothing to search.
pub fn replay(asked: &Replay) -> Option<Replayed> {
    let (explorer, build) = set_up(&asked.subject, &asked.limits)?;
    let schedule = if let Some(schedule) = &asked.schedule {
        schedule.clone()
    } else {
        let failure = explorer.search(&*build).failure?;
        smallest(&asked.subject, &explorer, &failure, &*build, &asked.limits).schedule
    };
    let run = explorer.trace(&schedule, &*build);
    let replay = replay_command(&asked.subject, &schedule);
    Some(Replayed { run, schedule, replay, about: asked.subject.about() })
}
