//! A depth-first search, or a part of one, on its way: schedule after schedule, and what they have come to.

use super::execute::{ExecutedRun, Executor, Verdict};
use super::explorer::{Explorer, STOPPED, repeated};
use super::outcomes::SeenOutcomes;
use super::program::Program;
use super::report::Report;
use super::run_state::{self, RunState};
use super::schedule::Schedule;
use super::scheduler::Scheduler;
use super::search::{DepthFirst, Reduction};

/// A search on its way.
pub(super) struct Traversal<'a> {
    explorer: &'a Explorer,
    left_out: &'a [usize],
    pub(super) search: DepthFirst,
    pub(super) report: Report,
    seen: SeenOutcomes,
    stops: bool,
    /// Whether some tasks have begun in one order alone.
    alike: bool,
}

impl<'a> Traversal<'a> {
    pub(super) fn new(explorer: &'a Explorer, left_out: &'a [usize], search: DepthFirst) -> Self {
        // The world outlives the search, being of the thread: what an earlier search collected there is none of
        // this one's.
        run_state::with(RunState::forget);
        let reduced = explorer.reduction != Reduction::None;
        let (report, seen) = (Report { reduced, ..Report::default() }, SeenOutcomes::default());
        Self { explorer, left_out, search, report, seen, stops: false, alike: false }
    }

    /// Runs the schedule at hand. False if the search ends with it, whatever is left to try.
    pub(super) fn run(
        &mut self,
        executor: &mut Executor,
        build: &dyn Fn(&mut Program),
        wanted: &dyn Fn(&ExecutedRun) -> bool,
    ) -> bool {
        let Self { explorer, left_out, search, report, seen, stops, alike } = self;
        let mut run = executor.run(&explorer.setting, left_out, build, search, &mut |_, _| {});
        *alike |= run.alike && search.begins_in_order();
        let fails = matches!(run.verdict, Verdict::Failed(_)) && wanted(&run);
        // The first run, and the first that fails, once more: a program that does not repeat itself has no failure
        // that a schedule shows again, and no proof either.
        if report.schedules() == 0 || fails && report.failure.is_none() {
            search.repeat();
            let again = executor.run(&explorer.setting, left_out, build, search, &mut |_, _| {});
            run.verdict = repeated(run.verdict, run.steps, again);
        }
        if let Verdict::Failed(cause) = &run.verdict
            && !fails
            && cause.kind.is_of_the_program()
        {
            run.verdict = Verdict::Held;
        }
        // Before the search advances, which changes the moves: the failure must carry the schedule of the run that
        // failed. Spelled out only on the first failure.
        report.add(&run, || Schedule { left_out: left_out.to_vec(), moves: search.moves() });
        if let Some(outcome) = run.outcome {
            seen.add(&outcome);
            if explorer.outcomes {
                report.outcomes.insert(outcome);
            }
        }
        if let Verdict::Failed(cause) = &run.verdict
            && !cause.kind.is_of_the_program()
        {
            // What was learned of one run says nothing about the next, so there is no next to turn to.
            report.bound = Some(format!("stopped: {}", cause.kind));
        } else if report.failure.is_some() && !explorer.keep_going {
            report.bound = Some(STOPPED.to_owned());
        }
        *stops = report.bound.is_some();
        !*stops
    }

    /// What it has come to.
    pub(super) fn end(self) -> Traversed {
        let Self { explorer, search, mut report, seen, stops, alike, .. } = self;
        if search.cut && report.bound.is_none() {
            report.bound = explorer.limits.switches.map(|switches| format!("at most {switches} switches"));
        }
        run_state::with(|state| {
            report.coarse = std::mem::take(&mut state.coarse);
            report.awaits = std::mem::take(&mut state.awaits);
            report.given_up_at = std::mem::take(&mut state.given_up_at);
            report.orders = state.guest.orders.take();
        });
        Traversed { report, seen, stops, reduced: alike || search.slept }
    }
}

/// What a traversal has come to.
#[derive(Default)]
pub(super) struct Traversed {
    pub(super) report: Report,
    pub(super) seen: SeenOutcomes,
    /// Whether the search has ended with it, whatever was left to try.
    pub(super) stops: bool,
    /// Whether schedules stand for others that were not run.
    pub(super) reduced: bool,
}

impl Traversed {
    /// Both, as one: `next` comes after this.
    pub(super) fn and_then(mut self, next: Self) -> Self {
        let bound = if next.stops { next.report.bound.clone() } else { None };
        self.report.join(next.report);
        self.report.bound = bound.or(self.report.bound);
        self.seen.join(next.seen);
        Self { stops: next.stops, reduced: self.reduced || next.reduced, ..self }
    }
}
