//! One task of a workload: does its steps, one after another, and keeps its own log.

use std::sync::Arc;
use std::time::Duration;

use quanta::Instant;

use crate::system::System;
use crate::workload::{Arrival, Workload, intended_times};

use super::meter::Meter;
use super::mode::{LatencyMode, Sampling};
use super::slice::Slice;

/// After this many steps a task lets the others on its worker have a turn: operations that never wait would keep the
/// worker busy indefinitely.
pub(crate) const TURN: u64 = 64;

/// A wait is cut into steps of this length, because the end of the slice wakes no task.
const LONGEST_STEP: Duration = Duration::from_millis(20);

/// Twice what the runtime's timers may be late.
const NEAR: Duration = Duration::from_millis(2);

/// One task, between slices and during one.
pub(crate) struct Task<W: Workload, C> {
    pub(crate) index: u32,
    /// Never empty.
    pub(crate) steps: Arc<[W::Step]>,
    pub(crate) client: C,
    pub(crate) meter: Meter,
}

/// What the tasks of a workload have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pacing {
    pub(crate) arrival: Arrival,
    pub(crate) tasks: u32,
    /// What is nearer than this is waited for by letting others run: timers of the runtime are a millisecond coarse.
    near: Duration,
}

impl Pacing {
    /// `alone`: nothing else needs the cores, so that a short wait may be spent running.
    pub(crate) fn new(arrival: Arrival, tasks: u32, alone: bool) -> Self {
        Self { arrival, tasks, near: if alone { NEAR } else { Duration::ZERO } }
    }

    /// When the task is to ask, in an open loop; `None` in a closed one.
    fn intended_times(self, task: u32, start: Instant) -> Option<impl Iterator<Item = Instant>> {
        let Arrival::Open { per_second } = self.arrival else { return None };
        let offsets = intended_times(per_second, self.tasks, task);
        Some(offsets.map(move |nanos| start + Duration::from_nanos(nanos)))
    }
}

impl<W: Workload, C> Task<W, C> {
    /// Does steps until the slice is over, and keeps the latencies that `mode` says.
    ///
    /// One function for every mode, and one call in it: each copy would hold the operations of every system whole, and they
    /// are what a program's build takes its time for. What is decided is decided for a stretch of steps, up to the next
    /// change of tasks, the next latency that is kept or the last of the steps, so that a step of it costs little more than
    /// the next address.
    pub(crate) async fn run<S: System<W, Client = C>>(
        &mut self,
        system: &S,
        slice: &Arc<Slice>,
        pace: Pacing,
        mode: LatencyMode,
    ) {
        let Self { index, steps, client, meter } = self;
        meter.enter(slice.clone());
        // One start for all, by the moment that the last task arrived: an open loop counts its times from it.
        let start = slice.begin().await;
        let mut intended = pace.intended_times(*index, start).map(Iterator::peekable);
        let mut at = (slice.position % steps.len() as u64) as usize;
        let mut until_turn = (TURN - slice.position % TURN) as usize;
        let mut sampling = Sampling::new(mode, slice.position + u64::from(*index));
        while !slice.is_over() {
            let mut most = until_turn.min(steps.len() - at);
            let mut due = None;
            if let Some(times) = &mut intended {
                // Taken off only when its step is made: a time that the slice ended before stays, and is late if it has
                // passed.
                due = times.peek().copied();
                meter.idle();
                if let Some(due) = due
                    && !wait_until(due, slice, pace.near).await
                {
                    break;
                }
                times.next();
                most = 1;
            }
            let (stretch, timed) = sampling.stretch(most);
            meter.next(timed, due);
            for step in &steps[at..at + stretch] {
                system.call(client, step, meter).await;
                // Not before it: what is due is asked. In a closed loop nobody is told which step was the last.
                if slice.is_over() {
                    break;
                }
            }
            at += stretch;
            if at == steps.len() {
                at = 0;
            }
            until_turn -= stretch;
            if until_turn == 0 {
                until_turn = TURN as usize;
                tokio::task::yield_now().await;
            }
        }
        meter.idle();
        if mode != LatencyMode::Bare {
            // What should have been asked by now has waited this long at least: left out, an overload would look like
            // a calm.
            let now = Instant::now();
            let rest = steps[at..].iter().chain(steps.iter().cycle());
            let unasked = intended.into_iter().flatten().take_while(|due| *due < now).zip(rest);
            for (due, step) in unasked {
                meter.late(W::operation(step), (now - due).as_nanos() as u64);
            }
        }
    }
}

/// Waits for an intended time; false when the slice ends before it.
async fn wait_until(due: Instant, slice: &Slice, near: Duration) -> bool {
    loop {
        if slice.is_over() {
            return false;
        }
        match due.checked_duration_since(Instant::now()) {
            None => return true,
            Some(far) if far > near => {
                // Short of the goal by half of `near`, which is as late as a timer may be; the rest is spent
                // yielding.
                tokio::time::sleep(far.saturating_sub(near / 2).min(LONGEST_STEP)).await;
            }
            Some(_) => tokio::task::yield_now().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::super::board::ProgressBoard;
    use super::super::samples::SubjectTotals;
    use super::*;
    use crate::random::Random;
    use crate::system::Fault;
    use crate::workload::{Operation, WorkloadShape};
    use crate::{Outcome, record::Latency};

    #[derive(PartialEq)]
    struct Numbered(Arrival);

    impl Workload for Numbered {
        type Step = usize;

        const OPERATIONS: &'static [Operation] = &[Operation::read("even"), Operation::write("odd")];

        fn name(&self) -> &'static str {
            "numbered"
        }

        fn shape(&self) -> WorkloadShape {
            WorkloadShape { arrival: self.0, ..WorkloadShape::closed(1, 1) }
        }

        fn steps(&self, _: usize, _: &mut Random) -> Vec<usize> {
            (0..STEPS).collect()
        }

        fn operation(step: &usize) -> usize {
            step % 2
        }
    }

    /// No multiple of a turn, so that the steps end in its middle.
    const STEPS: usize = 100;

    /// Ends the slice while its last call is under way, and takes so long for that one.
    struct Ending {
        slice: Arc<Slice>,
        calls: u64,
        called: AtomicU64,
        last: Duration,
    }

    impl System<Numbered> for Ending {
        type Client = Vec<usize>;

        async fn client(&self, _: usize) -> Result<Vec<usize>, Fault> {
            Ok(Vec::new())
        }

        async fn call(&self, asked: &mut Vec<usize>, step: &usize, meter: &mut Meter) {
            let start = meter.begin(step % 2);
            asked.push(*step);
            if self.called.fetch_add(1, Relaxed) + 1 == self.calls {
                std::thread::sleep(self.last);
                self.slice.end();
            }
            meter.end(start, Outcome::Done);
        }
    }

    type Ran = (Task<Numbered, Vec<usize>>, Arc<Slice>);

    /// A task that makes so many calls from this position on, of which the last takes so long.
    fn ran(arrival: Arrival, mode: LatencyMode, position: u64, (calls, last): (u64, Duration)) -> Ran {
        let slice = Arc::new(Slice::new(position, 1));
        slice.all_are_started();
        let system = Ending { slice: slice.clone(), calls, called: AtomicU64::new(0), last };
        let meter = Meter::new(Numbered::OPERATIONS, ProgressBoard::new(1).word(0), slice.clone());
        let steps = Numbered(arrival).steps(0, &mut Random::stream(0, 0)).into();
        let mut task = Task { index: 0, steps, client: Vec::new(), meter };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(task.run(&system, &slice, Pacing::new(arrival, 1, true), mode));
        (task, slice)
    }

    /// Wherever it begins, and wherever the slice ends: in the middle of a stretch, at its end, at a change of tasks.
    #[test]
    fn steps_are_asked_in_their_order_and_each_is_counted_and_timed_as_it_should_be() {
        let modes = [LatencyMode::Bare, LatencyMode::Sampled, LatencyMode::Full];
        for (position, calls) in [(0, 1), (0, 16), (0, 64), (0, 100), (37, 65), (63, 500), (164, 1_024)] {
            for mode in modes {
                let (task, _) = ran(Arrival::Closed, mode, position, (calls, Duration::ZERO));
                let expected: Vec<_> = (position..position + calls).map(|nth| nth as usize % STEPS).collect();
                assert_eq!(task.client, expected, "{mode:?} from {position}");
                let log = task.meter.log();
                assert_eq!(log.done(), calls - 1, "the last one ended after the slice");
                let odd = expected[..expected.len() - 1].iter().filter(|step| **step % 2 == 1).count();
                assert_eq!(log.counts[1].done, odd as u64);
                let timed = match mode {
                    LatencyMode::Bare => 0,
                    LatencyMode::Sampled => (position % 17 + calls) / 17,
                    LatencyMode::Full => calls,
                };
                assert_eq!(log.samples.len() as u64, timed, "{mode:?} {calls} from {position}");
            }
        }
    }

    /// The last of five calls takes as long as ten questions are apart: what came due meanwhile has waited since.
    #[test]
    fn what_came_due_and_was_not_asked_has_waited_since_and_nothing_is_left_out() {
        const APART: Duration = Duration::from_millis(1);
        let arrival = Arrival::Open { per_second: 1_000.0 };
        let before = std::time::Instant::now();
        let (task, slice) = ran(arrival, LatencyMode::Full, 0, (5, 10 * APART));
        let at_most = before.elapsed();
        assert_eq!(task.client, [0, 1, 2, 3, 4]);
        let samples = &task.meter.log().samples;
        let (asked, late) = samples.split_at(5);
        assert!(late.len() >= 9, "{} of ten", late.len());
        let mut waited = SubjectTotals::default();
        waited.add(task.meter.log());
        // The fifth was due four apart from the start.
        let fifth = asked[4].nanos();
        assert!(fifth >= 10 * APART.as_nanos() as u64 * 999 / 1_000, "{fifth} ns");
        let shorter = late.windows(2).map(|two| two[0].nanos() - two[1].nanos());
        assert!(shorter.clone().all(|ns| ns == APART.as_nanos() as u64), "one every millisecond");
        // The sixth was due right after it, and so waited for less than the fifth by one only.
        let sixth = late[0].nanos() + APART.as_nanos() as u64;
        assert!(sixth >= fifth, "{sixth} ns since the fifth was due, which took {fifth} ns");
        assert!(late[late.len() - 1].nanos() <= APART.as_nanos() as u64, "up to the last one");
        assert!(slice.begun().is_some_and(|begun| begun.at.elapsed() >= 4 * APART));
        let count: u64 = waited.latencies(Numbered::OPERATIONS).values().map(|it: &Latency| it.count).sum();
        assert!(count as usize == samples.len() && fifth <= at_most.as_nanos() as u64 * 1_001 / 1_000);
    }

    /// While the sixth question is waited for nothing gets on for as long as ten are apart, and then the slice is over.
    #[test]
    fn what_was_waited_for_when_the_slice_ended_is_late() {
        const APART: Duration = Duration::from_millis(1);
        let arrival = Arrival::Open { per_second: 1_000.0 };
        let slice = Arc::new(Slice::new(0, 1));
        slice.all_are_started();
        let (calls, called, last) = (u64::MAX, AtomicU64::new(0), 10 * APART);
        let system = Arc::new(Ending { slice: slice.clone(), calls, called, last });
        let meter = Meter::new(Numbered::OPERATIONS, ProgressBoard::new(1).word(0), slice.clone());
        let steps = Numbered(arrival).steps(0, &mut Random::stream(0, 0)).into();
        let mut task = Task { index: 0, steps, client: Vec::new(), meter };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let ended = runtime.block_on(async {
            let (asked, over) = (system.clone(), slice.clone());
            let pause = tokio::spawn(async move {
                while asked.called.load(Relaxed) < 5 {
                    tokio::task::yield_now().await;
                }
                std::thread::sleep(asked.last);
                over.end();
                Instant::now()
            });
            task.run(&*system, &slice, Pacing::new(arrival, 1, true), LatencyMode::Full).await;
            pause.await.unwrap()
        });
        let asked = task.client.len();
        let late = &task.meter.log().samples[asked..];
        // The next one after those that were asked was due so many apart from the start.
        let open = (ended - slice.begun().unwrap().at).saturating_sub(APART * asked as u32);
        let longest = late.first().map_or(0, |it| it.nanos());
        assert!(
            u128::from(longest) >= open.as_nanos(),
            "{longest} ns, and it was due {open:?} before the end"
        );
    }
}
