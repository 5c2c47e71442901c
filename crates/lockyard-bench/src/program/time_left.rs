//! How long a run will still take, by what it has taken so far; nothing before there is something to go by.

use std::time::Duration;

/// What is known of the pace of a run.
///
/// Rounds and set-ups are measured apart: of the first round of a workload it is not known how much of its time was spent on
/// setting up, so that time counts once for each workload, and none of it for a round.
#[derive(Debug, Default)]
pub(super) struct TimeLeft {
    /// When the last event was, and whether it was the end of a round.
    last: Option<(Duration, bool)>,
    /// Rounds whose time is known, and their time.
    timed: u32,
    rounds: Duration,
    /// Workloads that have been set up, and the time of that.
    set_up: u32,
    setting_up: Duration,
    workload: String,
    workloads_begun: u32,
    workloads: u32,
}

/// Fewer rounds say nothing of those to come.
const LEAST: u32 = 3;

impl TimeLeft {
    /// Of a run of so many workloads.
    pub fn of(workloads: u32) -> Self {
        Self { workloads, ..Self::default() }
    }

    /// Whether nothing has happened yet.
    pub fn is_new(&self) -> bool {
        self.last.is_none()
    }

    /// Something is being set up at this time since the run began.
    pub fn preparing(&mut self, at: Duration) {
        // All that is set up for one workload is one set-up.
        if self.last.is_none_or(|(_, is_round)| is_round) {
            self.last = Some((at, false));
        }
    }

    /// A round of this workload has ended at this time; how long the rest will take.
    pub fn round(&mut self, at: Duration, workload: &str, done: u32, of: u32) -> Option<Duration> {
        if self.workload != workload {
            workload.clone_into(&mut self.workload);
            self.workloads_begun += 1;
        }
        match self.last.replace((at, true)) {
            Some((before, true)) => {
                self.timed += 1;
                self.rounds += at.saturating_sub(before);
            }
            Some((before, false)) => {
                self.set_up += 1;
                self.setting_up += at.saturating_sub(before);
            }
            None => {}
        }
        if self.timed < LEAST {
            return None;
        }
        let rounds = self.rounds.mul_f64(f64::from(of.saturating_sub(done)) / f64::from(self.timed));
        let to_set_up = self.workloads.saturating_sub(self.workloads_begun);
        let set_ups = self.setting_up.mul_f64(f64::from(to_set_up) / f64::from(self.set_up.max(1)));
        Some(rounds + set_ups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn nothing_is_said_before_some_rounds_have_been_timed() {
        let mut left = TimeLeft::of(1);
        left.preparing(s(0));
        let said =
            [(10, 1), (11, 2), (12, 3), (13, 4)].map(|(at, done)| left.round(s(at), "polling", done, 10));
        assert_eq!(said, [None, None, None, Some(s(6))], "the set-up of ten seconds is none of a round");
    }

    #[test]
    fn the_workloads_to_come_are_set_up_too() {
        let mut left = TimeLeft::of(3);
        left.preparing(s(0));
        left.preparing(s(2));
        for (at, done) in [(5, 1), (6, 2), (7, 3)] {
            left.round(s(at), "polling", done, 30);
        }
        assert_eq!(left.round(s(8), "polling", 4, 30), Some(s(26 + 2 * 5)));
        // The second workload takes as long to set up, and its rounds twice as long.
        left.preparing(s(8));
        left.round(s(13), "churn", 11, 30);
        assert_eq!(left.round(s(16), "churn", 12, 30), Some(s(27 + 5)), "a round takes (3 + 3) / 4 s");
    }

    #[test]
    fn at_the_end_nothing_is_left() {
        let mut left = TimeLeft::of(1);
        let said: Vec<_> = (1..=5).map(|done| left.round(s(done.into()), "polling", done, 5)).collect();
        assert_eq!(said.last(), Some(&Some(Duration::ZERO)));
    }
}
