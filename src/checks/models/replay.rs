//! A failure, made small, shown again, and drawn.

use std::time::Duration;

use lockyard_bench::program::program_name;
use lockyard_bench::record::Counterexample;
use lockyard_explore::{Explorer, Failure, Limits, Program, RunTrace, Schedule};

use crate::checks::pitfalls::{Pitfall, Trial, Variant};

use super::list::StrategyModel;
use super::programs::Build;
use super::target::{VerifyTarget, explorer};

/// How long a failure may be made small.
const SHRINKING: Duration = Duration::from_secs(2);

/// So many schedules a fixed variant may have before it is not asked any more.
const FIXED_SCHEDULES: u64 = 20_000;

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

pub(super) fn counterexample(
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
    let program = program_name();
    match subject {
        VerifyTarget::Sound(model, strategy, _) => {
            format!("{program} verify --model {} --strategy '{strategy}' --replay {schedule}", model.name)
        }
        VerifyTarget::Mutant(_) | VerifyTarget::Pitfall(_) => {
            format!("{program} verify --pitfall {} --replay {schedule}", subject.name())
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
