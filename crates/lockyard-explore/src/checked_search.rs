//! The search as callers see it: depth-first, and checked where it is reduced.

use std::num::NonZeroUsize;
use std::time::Instant;

use super::cross_check::CrossCheck;
use super::explorer::{Explorer, STOPPED};
use super::failure::Failure;
use super::program::Program;
use super::proof::Unsound;
use super::report::Report;
use super::search::Reduction;
use super::threads::Threads;
use super::traversal::Traversed;

/// So many schedules without the reduction are tried for a simpler failure than the one that a random schedule has shown.
const SIMPLER: u64 = 20_000;

impl Explorer {
    /// Searches depth-first.
    ///
    /// Where schedules are [reduced](Self::reduction) and some were left out for others, the search is checked: a thousand random
    /// schedules without the reduction must come to no failure and no outcome that it has not seen. If one does, tasks share
    /// something that is not reported to the explorer. Then every schedule is started, without the reduction, and the report is
    /// [unsound](super::Unsound::Unreported). So outcomes must not depend on the order of steps that share nothing, such as
    /// when operations were answered. What is wrong with the program itself is a [`Failure`], not a panic.
    ///
    /// # Panics
    /// When a bound on switches is asked for together with a reduction.
    pub fn search(&self, build: &dyn Fn(&mut Program)) -> Report {
        self.search_without(&[], build)
    }

    /// Searches the program without some of its operations, given by their numbers, as a smaller counterexample is without
    /// them.
    ///
    /// # Panics
    /// As [`search`](Self::search).
    ///
    /// ```
    /// use lockyard_explore::{Explorer, Program, Setting, point};
    ///
    /// let program = |program: &mut Program| {
    ///     for name in ["one", "other"] {
    ///         program.task(name).op("resume", async { point().await }).done();
    ///     }
    /// };
    /// let explorer = Explorer::new(Setting::default());
    /// assert_eq!(explorer.search(&program).longest, 2);
    /// assert_eq!(explorer.search_without(&[0], &program).longest, 1);
    /// ```
    pub fn search_without(&self, left_out: &[usize], build: &dyn Fn(&mut Program)) -> Report {
        self.checked(left_out, Threads::alone(build))
    }

    /// [Searches](Self::search) on so many threads at once, this one among them. `program` is called on each that takes part:
    /// what it returns puts the program together there, and may have things of that thread.
    ///
    /// What it comes to is the same on any number of threads, as long as no limit of time and no interrupt ends it. Small
    /// searches and those with a limit of [schedules](super::Limits::schedules) use one.
    ///
    /// # Panics
    /// As [`search`](Self::search).
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    ///
    /// use lockyard_explore::{Explorer, Program, Reduction, Setting, point};
    ///
    /// let program = |program: &mut Program| {
    ///     for name in ["one", "other"] {
    ///         let steps = async {
    ///             for _ in 0..6 {
    ///                 point().await;
    ///             }
    ///         };
    ///         program.task(name).op("resume", steps).done();
    ///     }
    /// };
    /// let explorer = Explorer { reduction: Reduction::None, ..Explorer::new(Setting::default()) };
    /// let both = explorer.search_parallel(NonZeroUsize::new(2).unwrap(), &|| program);
    /// assert_eq!(both.complete, 924);
    /// assert_eq!(explorer.search(&program).complete, 924);
    /// ```
    pub fn search_parallel<B: Fn(&mut Program)>(
        &self,
        threads: NonZeroUsize,
        program: &(impl Fn() -> B + Sync),
    ) -> Report {
        let build = program();
        self.checked(&[], Threads::several(threads, &build, &|work| work(&program())))
    }

    fn checked(&self, left_out: &[usize], threads: Threads<'_>) -> Report {
        let start = Instant::now();
        let Traversed { mut report, seen, reduced, .. } =
            self.depth_first(left_out, threads, start, &|_| true);
        let complete = report.bound.is_none() && (report.failure.is_none() || self.keep_going);
        // Where no schedule stands for another, a random one is none but those that were run.
        if complete && reduced {
            let searched = (report.longest, report.failed > 0);
            match self.cross_check(left_out, threads, &seen, searched, start) {
                CrossCheck::Agrees => {}
                CrossCheck::CutShort(bound) => report.bound = Some(bound),
                CrossCheck::Differs { shown, failure } => {
                    report = self.without_reduction(left_out, threads, failure, start);
                    report.unsound = Some(Unsound::Unreported { shown });
                }
                CrossCheck::Nondeterministic(failure) => {
                    report.failed += 1;
                    report.failure.get_or_insert(*failure);
                    report.unsound = Some(Unsound::Nondeterministic);
                }
            }
        }
        report.took = start.elapsed();
        report
    }

    /// Every schedule, after a random one has shown that the reduction leaves out too many; how that one failed, if it did.
    fn without_reduction(
        &self,
        left_out: &[usize],
        threads: Threads<'_>,
        failure: Option<Failure>,
        start: Instant,
    ) -> Report {
        let mut every = Self { reduction: Reduction::None, ..self.clone() };
        let known = failure.filter(|_| !self.keep_going);
        if known.is_some() {
            // What is left to find is a simpler schedule, and not worth any time.
            every.limits.schedules = Some(self.limits.schedules.unwrap_or(SIMPLER).min(SIMPLER));
        }
        let mut report = every.depth_first(left_out, threads, start, &|_| true).report;
        if let (None, Some(known)) = (&report.failure, known) {
            report.failed += 1;
            report.failure = Some(known);
            report.bound = Some(STOPPED.to_owned());
        }
        report
    }
}
