//! The explorer: what to search, and what came of it.

use std::collections::BTreeSet;
use std::panic::Location;
use std::time::{Duration, Instant};

use super::execute::{Executor, Verdict};
use super::failure::Failure;
use super::footprint::Footprint;
use super::place::CoarseStep;
use super::program::Program;
use super::random::{Random, RandomRun};
use super::run_state::{self, RunState};
use super::schedule::{Move, Schedule};
use super::scheduler::Scheduler;
use super::search::{DepthFirst, Reduction};
use super::setting::Setting;

/// How far a search goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// At most so many schedules, complete and pruned.
    pub schedules: Option<u64>,
    /// At most so long.
    pub time: Option<Duration>,
    /// At most so many switches in a schedule. Not with a reduction.
    pub switches: Option<usize>,
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
    /// Whether to collect what the program tells by [`Program::outcome`].
    pub outcomes: bool,
}

/// What a search has found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Schedules that were run to their end.
    pub complete: u64,
    /// Schedules that were cut short, because what comes was seen in another order.
    pub pruned: u64,
    /// Steps in all.
    pub steps: u64,
    /// Steps of the longest run.
    pub longest: usize,
    /// Runs that failed.
    pub failed: u64,
    /// The first of them.
    pub failure: Option<Failure>,
    /// What bounded the search, in words; none if every schedule was tried, or one of each trace.
    pub bound: Option<String>,
    /// Steps that are one only here.
    pub coarse: BTreeSet<CoarseStep>,
    /// Where tasks have stood, each by its number: every await that was reached. Only of searches that may give up tasks.
    pub awaits: BTreeSet<(usize, &'static Location<'static>)>,
    /// At which of these a task was given up.
    pub given_up_at: BTreeSet<(usize, &'static Location<'static>)>,
    /// Whether a task waited for something that the explorer does not see. Then a reduction is unsound.
    pub blind: bool,
    /// What the program told.
    pub outcomes: BTreeSet<String>,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// Schedules, complete and pruned.
    pub fn schedules(&self) -> u64 {
        self.complete + self.pruned
    }

    /// Whether every schedule was tried, or one of each trace.
    pub fn exhaustive(&self) -> bool {
        self.bound.is_none()
    }
}

impl Explorer {
    /// A search for failures in this setting.
    pub fn new(setting: Setting) -> Self {
        Self { setting, ..Self::default() }
    }

    /// Searches depth-first.
    ///
    /// # Panics
    /// When a bound on switches is asked for together with a reduction.
    pub fn search(&self, build: &dyn Fn(&mut Program)) -> Report {
        self.search_without(&[], build)
    }

    /// Searches the program without some of its operations.
    pub(super) fn search_without(&self, left_out: &[usize], build: &dyn Fn(&mut Program)) -> Report {
        let start = Instant::now();
        let mut search = DepthFirst::new(self.reduction, self.limits.switches);
        let (mut executor, mut report) = (Executor::new(self.outcomes), Report::default());
        // The world outlives the search, being of the thread: what an earlier search collected there is none of
        // this one's.
        run_state::with(RunState::forget);
        loop {
            let run = executor.run(&self.setting, left_out, build, &mut search, &mut |_, _| {});
            // Before `advance`, which changes the moves: the failure must carry the schedule of the run that
            // failed. Spelled out only on the first failure.
            report.add(&run.verdict, run.steps, || Schedule {
                left_out: left_out.to_vec(),
                moves: search.moves(),
            });
            report.blind |= run.blind;
            report.outcomes.extend(run.outcome);
            if report.failure.is_some() && !self.keep_going {
                report.bound = Some("stopped at the first failure".to_owned());
                break;
            }
            // Before the limits: a search that ends in the same run as its limit has tried all it was to try, and
            // is not bounded.
            if !search.advance() {
                break;
            }
            if let Some(bound) = self.is_over(&report, start) {
                report.bound = Some(bound);
                break;
            }
        }
        if search.cut && report.bound.is_none() {
            report.bound = self.limits.switches.map(|switches| format!("at most {switches} switches"));
        }
        run_state::with(|state| {
            report.coarse = std::mem::take(&mut state.coarse);
            report.awaits = std::mem::take(&mut state.awaits);
            report.given_up_at = std::mem::take(&mut state.given_up_at);
        });
        report.took = start.elapsed();
        report
    }

    /// Tries schedules at random.
    pub fn sample(&self, random: Random, build: &dyn Fn(&mut Program)) -> Report {
        let start = Instant::now();
        let (mut executor, mut report) = (Executor::new(self.outcomes), Report::default());
        let mut length = 0;
        for nth in 0..random.runs {
            let mut choice = RandomRun::new(random.seed.wrapping_add(nth), random.depth, length);
            let run = executor.run(&self.setting, &[], build, &mut choice, &mut |_, _| {});
            // The first run has no length to go by, so all its priority changes are at the first step.
            length = length.max(run.steps);
            report
                .add(&run.verdict, run.steps, || Schedule { left_out: vec![], moves: choice.moves.clone() });
            report.blind |= run.blind;
            report.outcomes.extend(run.outcome);
            if report.failure.is_some() && !self.keep_going {
                break;
            }
            if let Some(bound) = self.is_over(&report, start) {
                report.bound = Some(bound);
                break;
            }
        }
        let how = random.depth.map_or("uniform".to_owned(), |depth| format!("PCT of depth {depth}"));
        report.bound =
            Some(format!("{} random schedules ({how}) from seed {}", report.complete, random.seed));
        report.took = start.elapsed();
        report
    }

    /// Runs one schedule; how it fails, if it does. A schedule that ends early goes on with whoever is first.
    pub fn replay(&self, schedule: &Schedule, build: &dyn Fn(&mut Program)) -> Option<Failure> {
        self.replay_told(schedule, build, &mut |_, _| {})
    }

    pub(super) fn replay_told(
        &self,
        schedule: &Schedule,
        build: &dyn Fn(&mut Program),
        told: &mut dyn FnMut(Vec<String>, &Program),
    ) -> Option<Failure> {
        let mut told_by = Replayer { given: &schedule.moves, made: Vec::new() };
        let run = Executor::default().run(&self.setting, &schedule.left_out, build, &mut told_by, told);
        let Verdict::Failed(kind, message) = run.verdict else { return None };
        Some(Failure { kind, message, schedule: Schedule { moves: told_by.made, ..schedule.clone() } })
    }

    fn is_over(&self, report: &Report, start: Instant) -> Option<String> {
        let Limits { schedules, time, .. } = self.limits;
        if let Some(most) = schedules.filter(|most| report.schedules() >= *most) {
            return Some(format!("at most {most} schedules"));
        }
        // A look at the clock costs as much as some steps.
        // The clock is read in one run of 64, so a search may exceed its time by as many runs.
        let looks = report.schedules().is_multiple_of(64);
        let most = time.filter(|most| looks && start.elapsed() >= *most)?;
        Some(format!("at most {} s", most.as_secs_f64()))
    }
}

impl Report {
    fn add(&mut self, verdict: &Verdict, steps: usize, schedule: impl FnOnce() -> Schedule) {
        self.steps += steps as u64;
        self.longest = self.longest.max(steps);
        match verdict {
            Verdict::Pruned => {
                self.pruned += 1;
                return;
            }
            Verdict::Held => {}
            Verdict::Failed(kind, message) => {
                self.failed += 1;
                if self.failure.is_none() {
                    self.failure =
                        Some(Failure { kind: *kind, message: message.clone(), schedule: schedule() });
                }
            }
        }
        self.complete += 1;
    }
}

/// Follows a schedule.
struct Replayer<'a> {
    given: &'a [Move],
    made: Vec<Move>,
}

impl Scheduler for Replayer<'_> {
    fn known(&mut self, depth: usize) -> Option<Move> {
        let known = self.given.get(depth).copied();
        self.made.extend(known);
        known
    }

    fn choose(&mut self, _: usize, moves: &[Move]) -> Option<Move> {
        let chosen = moves.first().copied();
        self.made.extend(chosen);
        chosen
    }

    fn taken(&mut self, _: usize, _: &Footprint) {}
}
