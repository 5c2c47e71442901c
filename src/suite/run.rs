//! The models over the strategies, and their broken twins: what ran, what held, and how to see a failure again.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use crate::explore::{Explorer, Failure, Lanes, Limits, Report, Schedule};
use crate::record::{Check, Counterexample, Engine, ModelResult, PitfallResult, VerificationReport};

use super::models::{Build, MODELS, Model, Over};

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The models; all by default.
    pub models: Vec<&'static str>,
    /// The strategies by their names, with what each is modelled as.
    pub strategies: Vec<(String, Over)>,
    /// Only the models that a quick run includes.
    pub quick: bool,
    /// How long one search may take.
    pub time: Duration,
    /// How many searches at once.
    pub threads: NonZeroUsize,
}

/// A model over a strategy, or its broken twin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The model, over what the strategy of this name is modelled as.
    Sound(String, Over),
    /// The twin.
    Twin,
}

/// How long a failure may be made small.
const SHRINKING: Duration = Duration::from_secs(1);

enum Found {
    Model(Box<ModelResult>, Vec<String>),
    Pitfall(PitfallResult),
}

/// Runs a plan. `told` hears of every search that is over, in the order in which they end.
///
/// # Panics
/// When a search does, which would be a fault of its own: what the explored code panics with is a failure that is told.
pub fn run(plan: &Plan, told: &(dyn Fn(&str) + Sync)) -> VerificationReport {
    let chosen = |model: &&&Model| {
        if plan.models.is_empty() { !plan.quick || model.quick } else { plan.models.contains(&model.name) }
    };
    let models: Vec<&'static Model> = MODELS.iter().collect();
    let models: Vec<_> = models.iter().filter(chosen).copied().collect();
    let mut jobs = Vec::new();
    for model in &models {
        for (name, over) in &plan.strategies {
            jobs.push((*model, Subject::Sound(name.clone(), *over)));
        }
        jobs.push((*model, Subject::Twin));
    }
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..plan.threads.get() {
            scope.spawn(|| {
                while let Some((model, subject)) = jobs.get(next.fetch_add(1, Relaxed)) {
                    let result = try_out(model, subject, plan.time);
                    told(&one_line(&result));
                    let at = jobs.iter().position(|job| std::ptr::eq(job.0, *model) && job.1 == *subject);
                    found.lock().expect("nobody panics with it").push((at, result));
                }
            });
        }
    });
    let mut found = found.into_inner().expect("nobody panics with it");
    found.sort_by_key(|(at, _)| *at);
    let mut verification = VerificationReport::default();
    for (_, result) in found {
        match result {
            Found::Model(result, coarse) => {
                verification.models.push(*result);
                verification.coarse_steps.extend(coarse);
            }
            Found::Pitfall(result) => verification.pitfalls.push(result),
        }
    }
    verification.coarse_steps.sort();
    verification.coarse_steps.dedup();
    verification
}

fn one_line(found: &Found) -> String {
    match found {
        Found::Model(it, _) => {
            let verdict = if it.holds { "holds" } else { "FAILS" };
            format!(
                "{} over {}: {verdict}, {} schedules, {} ms",
                it.model, it.strategy, it.schedules, it.millis
            )
        }
        Found::Pitfall(it) => {
            let verdict = if it.missed_by.is_empty() { "caught" } else { "MISSED" };
            format!("{}: {verdict}", it.pitfall)
        }
    }
}

fn try_out(model: &'static Model, subject: &Subject, time: Duration) -> Found {
    let (explorer, build) = set_up(model, subject, Some(time));
    let report = explorer.search(&*build);
    match subject {
        Subject::Sound(strategy, _) => {
            let counterexample = report
                .failure
                .as_ref()
                .map(|failure| counterexample(model, subject, &explorer, failure, &build));
            let coarse = report.coarse.iter().map(|step| {
                format!("lets go at {}, and takes at {} in the same step", step.released, step.acquired)
            });
            let coarse = coarse.collect();
            Found::Model(Box::new(model_result(model, strategy, &report, counterexample)), coarse)
        }
        Subject::Twin => {
            let checks = vec![Check::Explorer];
            let caught = report.failure.is_some();
            Found::Pitfall(PitfallResult {
                pitfall: model.twin_name(),
                class: model.twin_class().to_owned(),
                expected: checks.clone(),
                caught_by: if caught { checks.clone() } else { vec![] },
                missed_by: if caught { vec![] } else { checks },
                not_run: vec![],
                twin_alarms: vec![],
            })
        }
    }
}

fn model_result(
    model: &Model,
    strategy: &str,
    report: &Report,
    counterexample: Option<Counterexample>,
) -> ModelResult {
    ModelResult {
        model: model.name.to_owned(),
        strategy: strategy.to_owned(),
        engine: Engine::Explorer,
        schedules: report.complete,
        min_schedules: model.min_schedules,
        exhaustive: report.exhaustive() && !report.blind,
        bound: report.bound.clone().or_else(|| {
            report.blind.then(|| "a task waited for something that the explorer does not see".to_owned())
        }),
        holds: report.failure.is_none(),
        millis: report.took.as_millis() as u64,
        counterexample,
    }
}

fn set_up(model: &Model, subject: &Subject, time: Option<Duration>) -> (Explorer, Build) {
    let (setting, build) = match subject {
        Subject::Sound(_, over) => (model.setting(over), model.build(over)),
        Subject::Twin => model.twin(),
    };
    let limits = Limits { time, ..Limits::default() };
    (Explorer { limits, ..Explorer::new(setting) }, build)
}

fn counterexample(
    model: &Model,
    subject: &Subject,
    explorer: &Explorer,
    failure: &Failure,
    build: &Build,
) -> Counterexample {
    let small = explorer.shrink(failure, SHRINKING, &**build);
    let (lanes, _) = explorer.draw(&small.schedule, &**build);
    Counterexample {
        message: small.message,
        steps: lanes.to_string().lines().map(str::to_owned).collect(),
        replay: replay_command(model, subject, &small.schedule),
    }
}

fn replay_command(model: &Model, subject: &Subject, schedule: &Schedule) -> String {
    match subject {
        Subject::Sound(strategy, _) => {
            format!("lockyard verify --model {} --strategy '{strategy}' --replay {schedule}", model.name)
        }
        Subject::Twin => format!("lockyard verify --pitfall {} --replay {schedule}", model.twin_name()),
    }
}

/// What to show again: a schedule, or the first failure that a search finds.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The model.
    pub model: &'static Model,
    /// It, or its twin.
    pub subject: Subject,
    /// The schedule; none to search for one that fails, and to make it small.
    pub schedule: Option<Schedule>,
    /// How long a search may take.
    pub time: Duration,
}

/// A run that is shown.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// What happened.
    pub lanes: Lanes,
    /// The command that shows it again.
    pub replay: String,
    /// Whether something did not hold.
    pub failed: bool,
}

/// Shows a run; nothing when a search found none that fails.
pub fn replay(asked: &Replay) -> Option<Drawn> {
    let (explorer, build) = set_up(asked.model, &asked.subject, Some(asked.time));
    let schedule = if let Some(schedule) = &asked.schedule {
        schedule.clone()
    } else {
        let failure = explorer.search(&*build).failure?;
        explorer.shrink(&failure, SHRINKING, &*build).schedule
    };
    let (lanes, failure) = explorer.draw(&schedule, &*build);
    let replay = replay_command(asked.model, &asked.subject, &schedule);
    Some(Drawn { lanes, replay, failed: failure.is_some() })
}
