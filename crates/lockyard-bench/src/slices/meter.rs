//! What a system reports while it is measured: that an operation begins, and how it ended.

use std::fmt::Display;
use std::sync::Arc;

use quanta::{Clock, Instant};

use crate::workload::Operation;

use super::board::TaskStatus;
use super::samples::{Sample, TaskLog};
use super::slice::Slice;

/// What one task is measured by. [`System::call`](crate::System::call) begins and ends each of its operations here.
pub struct Meter {
    operations: &'static [Operation],
    /// Operations begun since the run began.
    begun: u64,
    word: TaskStatus,
    clock: Clock,
    slice: Arc<Slice>,
    /// Whether the latencies of this step are kept.
    timed: bool,
    /// The intended start of the step in an open loop: the first operation counts from it, the others follow from its
    /// answer.
    due: Option<Instant>,
    log: TaskLog,
}

/// An operation that has begun.
#[must_use = "an operation that has begun must be ended, or it does not count"]
#[derive(Debug)]
pub struct Start {
    operation: usize,
    from: From,
}

/// From when on a latency counts.
#[derive(Debug)]
enum From {
    /// It is not kept.
    Never,
    /// From the question, by the raw counter of the task's clock.
    Asked(u64),
    /// From when it should have been asked.
    Due(Instant),
}

/// How an operation ended.
#[derive(Clone, Copy)]
pub enum Outcome<'a> {
    /// It did what was asked. Only these count as throughput, and only of these latencies are kept.
    Done,
    /// It was right, and came at the wrong time: a conflict, nothing to do.
    Refused,
    /// It failed, for this reason.
    Failed(&'a dyn Display),
    /// No answer came, for this reason, so that the outcome is unknown.
    Unknown(&'a dyn Display),
}

impl Meter {
    pub(crate) fn new(operations: &'static [Operation], word: TaskStatus, slice: Arc<Slice>) -> Self {
        let log = TaskLog::new(operations.len());
        Self { operations, begun: 0, word, clock: Clock::new(), slice, timed: false, due: None, log }
    }

    /// Notes that an operation is asked now, by its place among [`OPERATIONS`](crate::Workload::OPERATIONS).
    ///
    /// # Panics
    /// If there is no such operation.
    #[inline]
    pub fn begin(&mut self, operation: usize) -> Start {
        self.begun += 1;
        if self.operations[operation].looks_up {
            self.log.look_ups += 1;
        }
        self.word.begin(self.begun, operation);
        // Taken: only the first operation of a step counts from the intended time. The clock is read last, so that
        // what is written down here is not in the latency.
        let from = if self.timed {
            self.due.take().map_or_else(|| From::Asked(self.clock.raw()), From::Due)
        } else {
            From::Never
        };
        Start { operation, from }
    }

    /// Logs how it went. What is answered after the end of the slice does not count as done, but its latency is kept: a
    /// stall would hide in the slices that it outlasts.
    #[inline]
    pub fn end(&mut self, start: Start, outcome: Outcome<'_>) {
        let Start { operation, from } = start;
        if let Outcome::Done = outcome {
            // The clock first, for the same reason.
            let nanos = match from {
                From::Never => None,
                From::Asked(start) => Some(self.clock.delta_as_nanos(start, self.clock.raw())),
                From::Due(due) => Some(since(due)),
            };
            if let Some(nanos) = nanos {
                self.log.samples.push(Sample::new(operation, nanos));
            }
        }
        if self.slice.is_over() {
            return;
        }
        if let Outcome::Done = outcome {
            self.log.counts[operation].done += 1;
        } else {
            self.not_done(operation, outcome);
        }
    }

    /// Counts what was refused, failed, or is not known.
    #[cold]
    fn not_done(&mut self, operation: usize, outcome: Outcome<'_>) {
        let (name, counts) = (self.operations[operation].name, &mut self.log.counts[operation]);
        match outcome {
            Outcome::Done => {}
            Outcome::Refused => counts.refused += 1,
            Outcome::Failed(why) => {
                counts.errors += 1;
                self.log.first_error.get_or_insert_with(|| format!("{name}: {why}"));
            }
            Outcome::Unknown(why) => {
                counts.unanswered += 1;
                self.log.first_silence.get_or_insert_with(|| format!("{name}: {why}"));
            }
        }
    }

    /// The next steps: whether their latencies are kept; and when the first was to begin, which is then the only one.
    #[inline]
    pub(super) fn next(&mut self, timed: bool, due: Option<Instant>) {
        (self.timed, self.due) = (timed, due);
    }

    /// A step that should have begun by now, and did not: it has waited so long at least.
    pub(super) fn late(&mut self, operation: usize, nanos: u64) {
        self.log.samples.push(Sample::new(operation, nanos));
    }

    /// A slice begins.
    pub(super) fn enter(&mut self, slice: Arc<Slice>) {
        self.slice = slice;
        self.log.clear();
    }

    /// The task has no operation in flight.
    #[inline]
    pub(super) fn idle(&self) {
        self.word.idle(self.begun);
    }

    pub(crate) fn log(&self) -> &TaskLog {
        &self.log
    }
}

/// Not inlined, so that what ends an operation of a closed loop is short enough to be.
#[inline(never)]
fn since(due: Instant) -> u64 {
    due.elapsed().as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATIONS: &[Operation] = &[Operation::read("get").looking_up(), Operation::write("put")];

    fn meter() -> Meter {
        super::super::testing::meter(OPERATIONS)
    }

    #[test]
    fn each_outcome_is_counted_as_what_it_is() {
        let mut meter = meter();
        for outcome in
            [Outcome::Done, Outcome::Refused, Outcome::Failed(&"no room"), Outcome::Unknown(&"lost")]
        {
            let start = meter.begin(1);
            meter.end(start, outcome);
        }
        let counts = meter.log().counts[1];
        assert_eq!((counts.done, counts.refused, counts.errors, counts.unanswered), (1, 1, 1, 1));
        assert_eq!(meter.log().first_error.as_deref(), Some("put: no room"));
        assert_eq!(meter.log().first_silence.as_deref(), Some("put: lost"));
        assert_eq!(meter.log().look_ups, 0);
    }

    #[test]
    fn what_ends_after_the_slice_is_timed_and_not_counted() {
        let mut meter = meter();
        meter.next(true, None);
        let start = meter.begin(0);
        meter.slice.end();
        meter.end(start, Outcome::Done);
        assert_eq!((meter.log().done(), meter.log().samples.len(), meter.log().look_ups), (0, 1, 1));
    }

    #[test]
    fn only_the_first_operation_of_a_step_counts_from_its_intended_time() {
        let mut meter = meter();
        let long_ago = Instant::now() - std::time::Duration::from_secs(5);
        meter.next(true, Some(long_ago));
        for _ in 0..2 {
            let start = meter.begin(0);
            meter.end(start, Outcome::Done);
        }
        let mut totals = super::super::samples::SubjectTotals::default();
        totals.add(meter.log());
        assert!(totals.longest() >= Some(5_000_000_000));
        let untimed = meter.begin(0);
        assert!(matches!(untimed.from, From::Asked(_)));
    }

    /// By the system's clock, which is read around it.
    #[test]
    fn a_latency_lies_between_what_was_waited_and_what_passed_around_it() {
        let mut meter = meter();
        meter.next(true, None);
        let wait = std::time::Duration::from_millis(5);
        let around = std::time::Instant::now();
        let start = meter.begin(0);
        std::thread::sleep(wait);
        meter.end(start, Outcome::Done);
        let around = around.elapsed().as_nanos() as u64;
        let nanos = meter.log().samples[0].nanos();
        // The two clocks agree to within a thousandth.
        assert!(
            nanos >= wait.as_nanos() as u64 * 999 / 1_000 && nanos <= around * 1_001 / 1_000,
            "{nanos} ns"
        );
    }

    /// As where the counters of two cores differ, and a task has changed from one to the other meanwhile.
    #[test]
    fn a_counter_that_is_behind_makes_a_latency_of_nothing_and_not_of_centuries() {
        let mut meter = meter();
        let ahead = meter.clock.raw() + (1 << 50);
        meter.end(Start { operation: 0, from: From::Asked(ahead) }, Outcome::Done);
        assert_eq!(meter.log().samples[0].nanos(), 0);
    }
}
