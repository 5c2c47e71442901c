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
    /// One function for every mode: each copy of it would hold the operations of every system whole, and they are what a
    /// program's build takes its time for. To count down costs less than can be measured.
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
        // Walked round: a comparison is cheaper than a division for each step.
        let mut at = (slice.position % steps.len() as u64) as usize;
        let mut until_turn = TURN - slice.position % TURN;
        let mut sampling = Sampling::new(mode, slice.position + u64::from(*index));
        while !slice.is_over() {
            let due = intended.as_mut().and_then(|times| times.peek().copied());
            if let Some(due) = due {
                meter.idle();
                if !wait_until(due, slice, pace.near).await {
                    break;
                }
            }
            // Taken off only here, when its step is made: a time that the slice ended before stays, and is late if
            // it has passed.
            if let Some(times) = &mut intended {
                times.next();
            }
            let step = &steps[at];
            at += 1;
            if at == steps.len() {
                at = 0;
            }
            meter.next(sampling.is_due(), due);
            system.call(client, step, meter).await;
            until_turn -= 1;
            if until_turn == 0 {
                until_turn = TURN;
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
