//! The threads that a search runs on: the one that has asked for it, and others that help.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::execute::{ExecutedRun, Executor};
use super::explorer::Explorer;
use super::parallel::ParallelSearch;
use super::program::Program;
use super::traversal::{Traversal, Traversed};

/// So many schedules are run before another thread is begun: it costs as much as some of them.
const ALONE: u64 = 64;

/// What a thread does with the program, once it has it.
type Work<'a> = &'a mut dyn FnMut(&dyn Fn(&mut Program));

/// The threads of a search, and how each of them puts the program together.
#[derive(Clone, Copy)]
pub(super) struct Threads<'a> {
    /// On this one.
    build: &'a dyn Fn(&mut Program),
    others: usize,
    /// On another: makes what it takes there.
    on_other: &'a (dyn Fn(Work<'_>) + Sync),
}

impl<'a> Threads<'a> {
    /// This one alone.
    pub(super) fn alone(build: &'a dyn Fn(&mut Program)) -> Self {
        Self { build, others: 0, on_other: &|_| {} }
    }

    /// This one, and others, so many in all.
    pub(super) fn several(
        threads: NonZeroUsize,
        build: &'a dyn Fn(&mut Program),
        on_other: &'a (dyn Fn(Work<'_>) + Sync),
    ) -> Self {
        Self { build, others: threads.get() - 1, on_other }
    }
}

impl Explorer {
    /// Searches without checking the reduction. Failures that are not `wanted` are passed over, by one thread alone.
    pub(super) fn depth_first(
        &self,
        left_out: &[usize],
        Threads { build, others, on_other }: Threads<'_>,
        start: Instant,
        wanted: &dyn Fn(&ExecutedRun) -> bool,
    ) -> Traversed {
        let mut executor = self.executor();
        let mut traversal = Traversal::new(self, left_out, self.whole_tree());
        // Which schedules are the first so many is known where they are run one after another.
        let splits = others > 0 && self.limits.schedules.is_none();
        // Before the limits: a search that ends in the same run as its limit has tried all it was to try, and is not bounded.
        while traversal.run(&mut executor, build, wanted) && traversal.search.advance() {
            if let Some(bound) = self.is_over(traversal.report.schedules(), start) {
                traversal.report.bound = Some(bound);
                break;
            }
            if splits && traversal.report.schedules() >= ALONE {
                let search = ParallelSearch::new(self, left_out, start);
                return std::thread::scope(|scope| {
                    let help = || on_other(&mut |build| search.help(&mut self.executor(), build));
                    (0..others).for_each(|_| drop(scope.spawn(help)));
                    search.lead(traversal, &mut executor, build)
                });
            }
        }
        traversal.end()
    }
}

impl Threads<'_> {
    /// Asks a question of each number below `of`; the answer of the first that has one.
    pub(super) fn first<R: Send>(
        self,
        of: u64,
        ask: impl Fn(u64, &mut Executor, &dyn Fn(&mut Program)) -> Option<R> + Sync,
    ) -> Option<R> {
        let Self { build, others, on_other } = self;
        let (next, found) = (AtomicU64::new(0), Mutex::new(None));
        let work = |build: &dyn Fn(&mut Program)| {
            let mut executor = Executor::new(true);
            loop {
                let nth = next.fetch_add(1, Relaxed);
                if nth >= of {
                    break;
                }
                if let Some(answer) = ask(nth, &mut executor, build) {
                    // Those before it were begun, and are waited for.
                    next.store(of, Relaxed);
                    let mut found = found.lock().expect("no thread panics with the lock held");
                    if found.as_ref().is_none_or(|(first, _)| nth < *first) {
                        *found = Some((nth, answer));
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            let help = || on_other(&mut |build| work(build));
            (0..others).for_each(|_| drop(scope.spawn(help)));
            work(build);
        });
        found.into_inner().expect("no thread has panicked").map(|(_, answer)| answer)
    }
}
