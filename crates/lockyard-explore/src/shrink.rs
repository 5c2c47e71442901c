//! A failure made small: first to the fewest operations, then to the fewest switches.
//!
//! A smaller program must show the same bug, and not one of its own. To leave an operation out may break what the property
//! takes for granted, and then the property fails whatever the schedule. So a smaller program is taken only if
//!
//! - the same property fails in it, with no more cancellations, stalls, faults and timers than before;
//! - its operations pass one after another, with none of these, if those of the whole program do;
//! - the caller agrees, who may know more: that the fixed program passes without the same operations.

use std::time::{Duration, Instant};

use super::execute::{ExecutedRun, Verdict};
use super::explorer::{Explorer, Limits};
use super::failure::Failure;
use super::program::Program;
use super::schedule::{MoveKind, Schedule};
use super::search::Reduction;
use super::threads::Threads;

/// Schedules to look through before a set of operations is taken to be right.
const PATIENCE: u64 = 20_000;

/// How much went wrong in a run beside the order of its steps.
#[derive(Clone, Copy)]
struct Disturbances {
    cancels: u32,
    stalls: u32,
    faults: u32,
    timers: u32,
}

impl Disturbances {
    fn of(schedule: &Schedule, timers: u32) -> Self {
        let count = |kinds: &[MoveKind]| {
            schedule.moves.iter().filter(|found| kinds.contains(&found.kind)).count() as u32
        };
        Self {
            cancels: count(&[MoveKind::Cancel]),
            stalls: count(&[MoveKind::Stall]),
            faults: count(&[MoveKind::Fail, MoveKind::FailLate, MoveKind::Slow]),
            timers,
        }
    }
}

/// What is made small, and what must stay.
struct Shrinking<'a> {
    /// With no more disturbances allowed than the failure had.
    explorer: Explorer,
    failure: &'a Failure,
    timers: u32,
    operations: usize,
    deadline: Instant,
    build: &'a dyn Fn(&mut Program),
}

impl Explorer {
    /// The failure of the same property with the fewest operations and, among these, the fewest switches that was found in
    /// `budget`. One that a smaller program does not show is returned as it is.
    pub fn shrink(&self, failure: &Failure, budget: Duration, build: &dyn Fn(&mut Program)) -> Failure {
        self.shrink_where(failure, budget, build, &|_, _| true)
    }

    /// The same; a smaller program is taken only if `accepts` says so, which is asked last, with the operations that are left
    /// out and the time that is left. Where the program has a fixed variant, that is the place to ask whether it
    /// [passes without them](Self::search_without), too: if it does not, the property has failed by itself.
    ///
    /// ```
    /// use std::time::Duration;
    /// use lockyard_explore::{Explorer, Program, Setting, marks, point};
    ///
    /// // Expects two operations, whatever there are: without one of them it fails by itself.
    /// let property = |program: &mut Program| {
    ///     for name in ["one", "other"] {
    ///         program.task(name).op("resume", async { point().await }).done();
    ///     }
    ///     program.at_end(|_| Err(format!("there are {} events", marks().len())));
    /// };
    /// let explorer = Explorer::new(Setting::default());
    /// let failure = explorer.search(&property).failure.unwrap();
    /// let budget = Duration::from_secs(1);
    /// assert_eq!(explorer.shrink(&failure, budget, &property).schedule.left_out, [1]);
    /// let kept = explorer.shrink_where(&failure, budget, &property, &|_, _| false);
    /// assert!(kept.schedule.left_out.is_empty());
    /// ```
    pub fn shrink_where(
        &self,
        failure: &Failure,
        budget: Duration,
        build: &dyn Fn(&mut Program),
        accepts: &dyn Fn(&[usize], Duration) -> bool,
    ) -> Failure {
        // What is wrong with the program or the schedule themselves no smaller one shows.
        if !failure.kind.is_of_the_program() {
            return failure.clone();
        }
        let deadline = Instant::now() + budget;
        let (_, run) = self.replay_observed(&failure.schedule, build, &mut |_, _| {});
        let Disturbances { cancels, stalls, faults, timers } =
            Disturbances::of(&failure.schedule, run.timers);
        let mut explorer = Self { keep_going: false, outcomes: false, ..self.clone() };
        explorer.setting.cancels = explorer.setting.cancels.min(cancels);
        explorer.setting.stalls = explorer.setting.stalls.min(stalls);
        explorer.setting.faults = explorer.setting.faults.min(faults);
        explorer.setting.ticks = explorer.setting.ticks.min(timers);
        let shrinking = Shrinking { explorer, failure, timers, operations: run.operations, deadline, build };
        let fewest = shrinking.fewest_operations(accepts).unwrap_or_else(|| failure.clone());
        shrinking.fewest_switches(fewest)
    }
}

impl Shrinking<'_> {
    /// The first failure of the same property without these operations.
    fn same_failure(
        &self,
        left_out: &[usize],
        reduction: Reduction,
        switches: Option<usize>,
    ) -> Option<Failure> {
        let now = Instant::now();
        let time = self.deadline.checked_duration_since(now).filter(|left| !left.is_zero())?;
        let interrupted = self.explorer.limits.interrupted.clone();
        let limits = Limits { schedules: Some(PATIENCE), time: Some(time), switches, interrupted };
        let search = Explorer { reduction, limits, ..self.explorer.clone() };
        let is_same = |run: &ExecutedRun| match &run.verdict {
            Verdict::Failed(cause) => {
                let same = cause.kind == self.failure.kind && cause.property == self.failure.property;
                same && run.timers <= self.timers
            }
            _ => false,
        };
        let report = search.depth_first(left_out, Threads::alone(self.build), now, &is_same).report;
        report.failure.filter(|found| found.kind == self.failure.kind)
    }

    fn fewest_operations(&self, accepts: &dyn Fn(&[usize], Duration) -> bool) -> Option<Failure> {
        let before = &self.failure.schedule.left_out;
        let kept: Vec<_> = (0..self.operations).filter(|it| !before.contains(it)).collect();
        let passes = |left_out: &[usize]| self.explorer.sequential(left_out, self.build) == Verdict::Held;
        let whole_passes = passes(before);
        // From the smallest sets to the largest, so that the first that fails is the smallest.
        for size in 1..kept.len() {
            let mut chosen: Vec<_> = (0..size).collect();
            loop {
                let is_kept = |it: &usize| chosen.iter().any(|at| kept[*at] == *it);
                let left_out: Vec<_> = (0..self.operations).filter(|it| !is_kept(it)).collect();
                // Cheap, so first: a program that fails without concurrency shows nothing of the bug.
                if (!whole_passes || passes(&left_out))
                    && let Some(found) = self.same_failure(&left_out, self.explorer.reduction, None)
                    && accepts(&left_out, self.time_left())
                {
                    return Some(found);
                }
                if self.time_left().is_zero() {
                    return None;
                }
                if !next_choice(&mut chosen, kept.len()) {
                    break;
                }
            }
        }
        None
    }

    fn fewest_switches(&self, failure: Failure) -> Failure {
        for switches in 0..failure.schedule.switches() {
            if self.time_left().is_zero() {
                break;
            }
            // A bound on switches cuts schedules that stand for others under a reduction, so all are run here.
            let found = self.same_failure(&failure.schedule.left_out, Reduction::None, Some(switches));
            if let Some(found) = found {
                return found;
            }
        }
        failure
    }

    fn time_left(&self) -> Duration {
        if self.explorer.limits.is_interrupted() {
            return Duration::ZERO;
        }
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// Turns to the next choice of as many among `all`, in lexicographic order; false after the last. One at a time, for there
/// are more of them than fit anywhere.
fn next_choice(chosen: &mut [usize], all: usize) -> bool {
    let size = chosen.len();
    let Some(at) = (0..size).rev().find(|at| chosen[*at] < all - size + at) else { return false };
    chosen[at] += 1;
    for next in at + 1..size {
        chosen[next] = chosen[next - 1] + 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(size: usize, all: usize) -> Vec<Vec<usize>> {
        let mut chosen: Vec<_> = (0..size).collect();
        let mut choices = vec![chosen.clone()];
        while next_choice(&mut chosen, all) {
            choices.push(chosen.clone());
        }
        choices
    }

    #[test]
    fn every_choice_is_made_once() {
        assert_eq!(choices(2, 3), [[0, 1], [0, 2], [1, 2]]);
        assert_eq!(choices(1, 3), [[0], [1], [2]]);
        assert_eq!(choices(3, 6).len(), 20);
        assert_eq!(choices(2, 2), [[0, 1]]);
    }
}
