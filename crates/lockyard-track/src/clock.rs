//! The time of the tracker: counter ticks, read in a few nanoseconds and made nanoseconds of later.

use std::sync::LazyLock;

static CLOCK: LazyLock<quanta::Clock> = LazyLock::new(quanta::Clock::new);

/// A moment, for differences only.
pub(super) type Ticks = u64;

#[inline]
pub(super) fn now() -> Ticks {
    CLOCK.raw()
}

/// From one moment to a later one, in nanoseconds; 0 where the counters of two processors disagree about which is later.
#[inline]
pub(super) fn nanos(from: Ticks, to: Ticks) -> u64 {
    CLOCK.delta_as_nanos(from, to.max(from))
}
