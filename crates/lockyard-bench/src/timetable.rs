//! When each round of a plan begins, for machines that share nothing but the time.
//!
//! ```text
//! start        own history      history of all        round 1     round 2   …
//! ─────────────┼────────┼──pause──┼────────┼──pause──┼───────┼──┼───────┼──
//! ```
//!
//! The pauses are for what is done between slices. A machine that needs longer is late: then it begins at once, or leaves the round
//! out if half of it is over, so that it is not late for ever. What it measures is held beside the others' by when it was
//! measured, not by its number.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::record::LoadPlan;

/// After a judged slice all that has changed is looked at once more.
const JUDGED_PAUSE: Duration = Duration::from_secs(2);

/// After a measured one clients tidy up.
const PAUSE: Duration = Duration::from_millis(200);

/// After the last round, for a machine that was late for it.
const END_PAUSE: Duration = Duration::from_secs(2);

/// How long an interrupt may stay unnoticed.
const HEED: Duration = Duration::from_millis(50);

/// When everything of a plan begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timetable {
    start: SystemTime,
    /// How long a judged slice takes; nothing if there are none.
    judged: Option<Duration>,
    slice: Duration,
    rounds: u32,
    /// How long an operation may take by itself.
    patience: Duration,
}

impl Timetable {
    /// Of a plan whose rounds are so long and so many.
    pub(crate) fn new(plan: &LoadPlan, judged: Duration, slice: Duration, rounds: u32) -> Self {
        let (start, judged) = (plan.start.into(), plan.verify.then_some(judged));
        Self { start, judged, slice, rounds, patience: Duration::ZERO }
    }

    /// The same where an operation may take so long by itself.
    pub(crate) fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// From the start to the judged slice with this number, counted from 0; nothing if none is judged.
    pub(crate) fn judged_at(&self, nth: u32) -> Option<Duration> {
        self.judged.map(|judged| (judged + JUDGED_PAUSE) * nth)
    }

    /// From the start to this round, counted from 0.
    pub(crate) fn round_at(&self, round: u32) -> Duration {
        self.judged_at(2).unwrap_or_default() + (self.slice + PAUSE) * round
    }

    /// Whether a round is better left out, so long after the start.
    pub(crate) fn is_too_late(&self, round: u32, since_start: Duration) -> bool {
        since_start > self.round_at(round) + self.slice / 2
    }

    /// When all machines have done everything.
    pub(crate) fn end(&self) -> SystemTime {
        self.start + self.round_at(self.rounds) + self.patience + END_PAUSE
    }

    /// How long ago the start was; nothing before it.
    pub(crate) fn since_start(&self) -> Option<Duration> {
        SystemTime::now().duration_since(self.start).ok()
    }

    /// The start, as the clock has it that is never set. To be asked once: what sets the other clock later shall not move rounds.
    pub(crate) fn epoch(&self) -> Instant {
        let now = Instant::now();
        match self.since_start() {
            Some(since) => now.checked_sub(since).unwrap_or(now),
            None => now + self.start.duration_since(SystemTime::now()).unwrap_or_default(),
        }
    }
}

/// Waits until then; false when `interrupted` meanwhile.
pub(crate) fn wait_until(then: Instant, interrupted: &AtomicBool) -> bool {
    loop {
        if interrupted.load(Ordering::Relaxed) {
            return false;
        }
        match then.checked_duration_since(Instant::now()) {
            None => return true,
            Some(left) => thread::sleep(left.min(HEED)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(verify: bool) -> Timetable {
        let start = SystemTime::now() - Duration::from_mins(1);
        let judged = verify.then_some(Duration::from_millis(500));
        let (slice, patience) = (Duration::from_millis(300), Duration::ZERO);
        Timetable { start, judged, slice, rounds: 10, patience }
    }

    #[test]
    fn judged_slices_come_first_and_rounds_at_even_distances() {
        let table = table(true);
        let ms = Duration::from_millis;
        assert_eq!([0, 1].map(|nth| table.judged_at(nth)), [Some(ms(0)), Some(ms(2_500))]);
        assert_eq!([0, 1, 9].map(|round| table.round_at(round)), [ms(5_000), ms(5_500), ms(9_500)]);
        assert_eq!(table.end(), table.start + ms(12_000));
        assert_eq!(table.patience(ms(5)).end(), table.end() + ms(5), "of what takes long by itself");
    }

    #[test]
    fn without_judging_rounds_begin_with_the_plan() {
        let table = table(false);
        assert_eq!((table.judged_at(0), table.round_at(0)), (None, Duration::ZERO));
    }

    #[test]
    fn a_round_of_which_half_is_over_is_left_out() {
        let table = table(false);
        let late = |ms| table.is_too_late(2, Duration::from_millis(ms));
        assert_eq!([999, 1_000, 1_150, 1_151].map(late), [false, false, false, true]);
    }

    #[test]
    fn a_wait_ends_with_its_time_or_an_interrupt() {
        assert!(wait_until(Instant::now(), &AtomicBool::new(false)), "it is over");
        let never = Instant::now() + Duration::from_hours(1);
        assert!(!wait_until(never, &AtomicBool::new(true)));
    }

    #[test]
    fn the_start_is_one_moment_by_both_clocks() {
        let past = table(true);
        assert!(past.since_start().is_some() && past.epoch().elapsed() >= Duration::from_mins(1));
        let future = Timetable { start: SystemTime::now() + Duration::from_mins(1), ..past };
        assert!(future.since_start().is_none() && future.epoch() > Instant::now());
    }
}
