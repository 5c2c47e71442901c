//! How many rounds of which slices.

use std::time::Duration;

use crate::conclusions::RoundNumber;
use crate::plan::{Latency, Plan};
use crate::slices::LatencyMode;
use crate::subject::Subject;
use crate::workload::{Arrival, Workload, WorkloadShape};

/// At least this many rounds of long slices, however short the time: fewer have no interval worth the name.
const MIN_ROUNDS: u32 = 5;

/// And of short ones, of which the machine may take some away whole.
const MIN_SHORT_ROUNDS: u32 = 24;

/// After so many rounds of short slices every subject is set up anew, or after fewer where that gives too few layouts: with
/// four of them an interval at 99 % reaches 5.8 standard errors to either side, with eight 3.5. Two subjects of the same code
/// have been seen to differ by 3 % in one layout and pairs of slices by 14 %; then sixteen rounds, with what setting up takes,
/// leave the tightest interval for the time.
const LAYOUT: u32 = 16;
const MIN_LAYOUTS: u32 = 4;
const MIN_LAYOUT: u32 = 6;

/// Setting one subject up may take this part of the time for which it is measured: those that take longer stay longer.
const SETTING_UP: f64 = 0.25;

/// After this many layouts an interval may be trusted to be tight. It is looked at when one ends.
const LOOK_FROM: u32 = 10;

/// From this length on, and wherever operations are slow, a slice holds operations so long that reading a clock for each
/// costs nothing: then one slice serves for throughput and for latency.
const LONG_SLICE: Duration = Duration::from_millis(200);

/// An open loop asks at fixed times, and a stall must fit into a slice to be seen whole.
const OPEN_SLICE: Duration = Duration::from_secs(1);

/// An answer from outside the process takes as long as hundreds here, and a slice must hold many of each task's.
const OUTSIDE_SLICE: Duration = Duration::from_millis(500);

/// Of so many rounds of short slices one has a second slice, which keeps latencies.
const LATENCY_EVERY: u32 = 4;

/// Rounds of short slices are gathered into this many blocks: a slice of milliseconds has no p99.
const BLOCKS: u32 = 20;

/// How often each subject is judged under a workload of short slices, for how long, and in one of long slices.
const VERIFICATIONS: u32 = 8;
const VERIFICATION: Duration = Duration::from_millis(20);
const LONG_VERIFICATIONS: u32 = 2;
const LONGEST_VERIFICATION: Duration = Duration::from_secs(1);

/// How many rounds of which slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// At most.
    pub(crate) rounds: u32,
    pub(crate) slice: Duration,
    /// Operations are long, so that each slice measures everything.
    whole: bool,
    /// Rounds of one layout.
    layout: u32,
    /// Rounds whose latencies make one percentile.
    block: u32,
    latency: Latency,
}

impl Schedule {
    /// Of a plan under one of its workloads, where each subject is measured for `duration`.
    pub(crate) fn new<W: Workload>(plan: &Plan<W>, shape: &WorkloadShape, duration: Duration) -> Self {
        let wanted = match shape.arrival {
            Arrival::Closed => shape.slice,
            Arrival::Open { .. } => shape.slice.max(OPEN_SLICE),
        };
        let outside = plan.subjects.iter().any(Subject::is_outside);
        let wanted = if outside { wanted.max(OUTSIDE_SLICE).min(duration / MIN_ROUNDS) } else { wanted };
        let slice = wanted.min(plan.longest_slice);
        let whole = slice >= LONG_SLICE || shape.is_slow || outside;
        let slices =
            if whole || plan.latency == Latency::None { 1.0 } else { 1.0 + 1.0 / f64::from(LATENCY_EVERY) };
        let rounds = (duration.as_secs_f64() / (slice.as_secs_f64() * slices)).ceil() as u32;
        let least = if whole { MIN_ROUNDS } else { MIN_SHORT_ROUNDS };
        let rounds = rounds.max(least);
        let block = if whole { 1 } else { rounds.div_ceil(BLOCKS).next_multiple_of(LATENCY_EVERY) };
        Self { rounds, slice, whole, layout: rounds, block, latency: plan.latency }
    }

    /// Has subjects set up anew as often as is worth its time, where one of them takes this long for it; or never.
    pub(crate) fn set_layouts(&mut self, setting_up: Option<Duration>) {
        let Some(setting_up) = setting_up else { return };
        let wanted = if self.whole { 1 } else { LAYOUT.min(self.rounds / MIN_LAYOUTS).max(MIN_LAYOUT) };
        let worth = (setting_up.as_secs_f64() / self.slice.as_secs_f64() / SETTING_UP).ceil() as u32;
        self.layout = wanted.max(worth).min(self.rounds);
        // Blocks end where layouts do, as long as that leaves enough of them.
        if self.layout <= 2 * self.block {
            self.block = self.block.next_multiple_of(self.layout);
        }
    }

    /// Whether subjects are set up anew before this round.
    pub(crate) fn begins_layout(&self, round: u32) -> bool {
        round.is_multiple_of(self.layout)
    }

    /// Where a round stands among those of its layout.
    pub(crate) fn number(&self, round: u32) -> RoundNumber {
        RoundNumber { layout: (round / self.layout) as usize, nth: (round % self.layout) as usize }
    }

    /// The slices of a round; the first one measures throughput.
    pub(crate) fn modes(&self, round: u32) -> &'static [LatencyMode] {
        if self.whole {
            return &[LatencyMode::Full];
        }
        if !(round + 1).is_multiple_of(LATENCY_EVERY) {
            return &[LatencyMode::Bare];
        }
        match self.latency {
            Latency::None => &[LatencyMode::Bare],
            Latency::Sampled => &[LatencyMode::Bare, LatencyMode::Sampled],
            Latency::Full => &[LatencyMode::Bare, LatencyMode::Full],
        }
    }

    pub(crate) fn ends_block(&self, round: u32) -> bool {
        (round + 1).is_multiple_of(self.block)
    }

    /// How long every subject shall be judged before this round; not at all before most.
    pub(crate) fn verifies(&self, round: u32) -> Option<Duration> {
        let times = if self.whole { LONG_VERIFICATIONS } else { VERIFICATIONS };
        round.is_multiple_of(self.rounds.div_ceil(times)).then_some(self.judged_length())
    }

    /// How long a slice is that is judged.
    pub(crate) fn judged_length(&self) -> Duration {
        if self.whole { self.slice.min(LONGEST_VERIFICATION) } else { VERIFICATION }
    }

    /// Whether this is a moment to look if the intervals are tight, after so many rounds: at the end of a layout, for half
    /// of one knows little.
    pub(crate) fn looks(&self, played: u32) -> bool {
        played.is_multiple_of(self.layout) && played >= LOOK_FROM * self.layout && played < self.rounds
    }
}
