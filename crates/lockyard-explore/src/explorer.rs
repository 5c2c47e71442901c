//! The explorer: what to search, and what came of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::execute::{ExecutedRun, Executor, Verdict};
use super::failure::{Cause, Failure, FailureKind};
use super::program::Program;
use super::proof::Unsound;
use super::random::{Random, RandomRun};
use super::report::Report;
use super::run_state::{self, RunState};
use super::schedule::{Move, MoveKind, Schedule};
use super::scheduler::Scheduler;
use super::search::{DepthFirst, Reduction};
use super::sequential::Sequential;
use super::setting::Setting;

/// Why a search has ended that was to end at the first failure.
pub(super) const STOPPED: &str = "stopped at the first failure";

/// Why a search has ended that nothing waits for any more.
const INTERRUPTED: &str = "interrupted";

/// How far a search goes.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// At most so many schedules, complete and pruned.
    pub schedules: Option<u64>,
    /// At most so long.
    pub time: Option<Duration>,
    /// At most so many switches in a schedule. Not with a reduction.
    pub switches: Option<usize>,
    /// Ends with the schedule that is on once this is true.
    pub interrupted: Option<Arc<AtomicBool>>,
}

impl Limits {
    /// Whether what asked for it wants it no more.
    pub fn is_interrupted(&self) -> bool {
        // Nothing is handed over by the flag, and a schedule more makes no difference.
        self.interrupted.as_ref().is_some_and(|interrupted| interrupted.load(Relaxed))
    }
}

/// A search through the schedules of a program.
#[derive(Clone, Debug, Default)]
pub struct Explorer {
    /// What the program is set in.
    pub setting: Setting,
    /// How schedules of the same trace are treated.
    pub reduction: Reduction,
    /// How far to go.
    pub limits: Limits,
    /// Whether to go on after a failure, as a comparison of searches must.
    pub keep_going: bool,
    /// Whether to collect what the program reports by [`Program::outcome`].
    pub outcomes: bool,
}

impl Explorer {
    /// A search for failures in this setting.
    pub fn new(setting: Setting) -> Self {
        Self { setting, ..Self::default() }
    }

    /// What runs the schedules of a search.
    pub(super) fn executor(&self) -> Executor {
        Executor::new(self.outcomes || self.reduction != Reduction::None)
    }

    /// A search that has yet to begin.
    pub(super) fn whole_tree(&self) -> DepthFirst {
        DepthFirst::new(self.reduction, self.limits.switches)
    }

    /// Tries schedules at random, without any reduction.
    pub fn sample(&self, random: Random, build: &dyn Fn(&mut Program)) -> Report {
        let start = Instant::now();
        let (mut executor, mut report) = (Executor::new(self.outcomes), Report::default());
        let mut length = 0;
        run_state::with(RunState::forget);
        for nth in 0..random.runs {
            let draw = || RandomRun::new(random.seed.wrapping_add(nth), random.depth, length);
            let mut choice = draw();
            let mut run = executor.run(&self.setting, &[], build, &mut choice, &mut |_, _| {});
            let fails = matches!(run.verdict, Verdict::Failed(_));
            if nth == 0 || fails && report.failure.is_none() {
                let mut same = draw();
                let again = executor.run(&self.setting, &[], build, &mut same, &mut |_, _| {});
                run.verdict = repeated(run.verdict, run.steps, again);
                if !choice.is_like(&same) {
                    run.verdict = Verdict::Failed(Box::new(differs()));
                }
            }
            // The first run has no length to go by, so all its priority changes are at the first step.
            length = length.max(run.steps);
            report.add(&run, || Schedule { left_out: vec![], moves: choice.moves.clone() });
            report.outcomes.extend(run.outcome.filter(|_| self.outcomes));
            let goes_on = self.keep_going && report.unsound != Some(Unsound::Nondeterministic);
            if report.failure.is_some() && !goes_on {
                break;
            }
            if self.is_over(report.schedules(), start).is_some() {
                break;
            }
        }
        let how = random.depth.map_or("uniform".to_owned(), |depth| format!("PCT of depth {depth}"));
        report.bound =
            Some(format!("{} random schedules ({how}) from seed {}", report.complete, random.seed));
        report.orders = run_state::with(|state| state.guest.orders.take());
        report.took = start.elapsed();
        report
    }

    /// One operation after another, nothing given up, no call failing: how that goes.
    pub(super) fn sequential(&self, left_out: &[usize], build: &dyn Fn(&mut Program)) -> Verdict {
        let mut chooser = Sequential::default();
        Executor::default().run(&self.setting, left_out, build, &mut chooser, &mut |_, _| {}).verdict
    }

    /// Runs one schedule; how it fails, if it does. A schedule that ends early goes on with the first task. One that is
    /// of another program is a [bad schedule](FailureKind::BadSchedule).
    pub fn replay(&self, schedule: &Schedule, build: &dyn Fn(&mut Program)) -> Option<Failure> {
        self.replay_observed(schedule, build, &mut |_, _| {}).0
    }

    /// How the run fails, and what else came of it.
    pub(super) fn replay_observed(
        &self,
        schedule: &Schedule,
        build: &dyn Fn(&mut Program),
        at_end: &mut dyn FnMut(Vec<String>, &Program),
    ) -> (Option<Failure>, ExecutedRun) {
        let mut replayer = Replayer { given: &schedule.moves, next: 0, made: Vec::new() };
        let mut run =
            Executor::default().run(&self.setting, &schedule.left_out, build, &mut replayer, at_end);
        let (given, made) = (schedule.moves.len(), replayer.next);
        // Such a run may well hold. To say so would answer for a schedule that was not run.
        let misfit = if let Some(none) = schedule.left_out.iter().find(|it| **it >= run.operations) {
            Some(format!("it leaves out operation {none}, and there are {} operations", run.operations))
        } else if run.verdict == Verdict::Held && made < given {
            Some(format!("it has {given} steps, and the run has ended after {made}"))
        } else {
            None
        };
        if let Some(misfit) = misfit {
            let message = format!("schedule does not match this model: {misfit}");
            run.verdict =
                Verdict::Failed(Box::new(Cause::new(FailureKind::BadSchedule, "schedule", message)));
        }
        let failure = match &run.verdict {
            Verdict::Failed(cause) => {
                Some((**cause).clone().by(Schedule { moves: replayer.made, ..schedule.clone() }))
            }
            _ => None,
        };
        (failure, run)
    }

    /// The bound that is reached after so many schedules, in words.
    pub(super) fn is_over(&self, schedules: u64, start: Instant) -> Option<String> {
        if let Some(most) = self.limits.schedules.filter(|most| schedules >= *most) {
            return Some(format!("at most {most} schedules"));
        }
        self.is_late(schedules, start)
    }

    /// The same for time and interrupts alone.
    pub(super) fn is_late(&self, schedules: u64, start: Instant) -> Option<String> {
        if self.limits.is_interrupted() {
            return Some(INTERRUPTED.to_owned());
        }
        // A look at the clock costs as much as some steps.
        // The clock is read in one run of 64, so a search may exceed its time by as many runs.
        let looks = schedules.is_multiple_of(64);
        let most = self.limits.time.filter(|most| looks && start.elapsed() >= *most)?;
        Some(format!("at most {} s", most.as_secs_f64()))
    }
}

/// What a run has come to that was run once more: the same, or it is not deterministic.
pub(super) fn repeated(verdict: Verdict, steps: usize, again: ExecutedRun) -> Verdict {
    if verdict.is_like(&again.verdict) && steps == again.steps {
        return verdict;
    }
    match again.verdict {
        // What is wrong with the program itself, such as that it keeps something from run to run, says more.
        Verdict::Failed(cause) if !cause.kind.is_of_the_program() => Verdict::Failed(cause),
        _ => Verdict::Failed(Box::new(differs())),
    }
}

/// The same schedule has come to something else.
fn differs() -> Cause {
    let message = "the program is not deterministic: the same schedule, run once more, went otherwise. Something besides the \
                   schedule decides, such as the start branch of `select!` without `biased`, the order of a `HashMap`, or time";
    Cause::new(FailureKind::Nondeterminism, "determinism", message.to_owned())
}

/// Follows a schedule.
struct Replayer<'a> {
    given: &'a [Move],
    /// How many of these were made.
    next: usize,
    made: Vec<Move>,
}

impl Scheduler for Replayer<'_> {
    fn known(&mut self, _: usize) -> Option<Move> {
        let known = self.given.get(self.next).copied();
        self.next += usize::from(known.is_some());
        self.made.extend(known);
        known
    }

    fn choose(&mut self, _: usize, moves: &[Move]) -> Option<Move> {
        let chosen = moves.first().copied();
        self.made.extend(chosen);
        chosen
    }

    fn choice(&self, _: usize, nth: usize) -> Option<Move> {
        self.given.get(self.next + nth).copied().filter(|known| known.kind == MoveKind::Choose)
    }

    fn chose(&mut self, _: usize, choice: Move, _: u8) -> bool {
        // Those that are not given are made all the same.
        self.next += usize::from(self.given.get(self.next) == Some(&choice));
        self.made.push(choice);
        true
    }

    fn impossible(&self) -> FailureKind {
        FailureKind::BadSchedule
    }
}
