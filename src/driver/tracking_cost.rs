//! What tracking costs: a strategy with tracked locks against itself without, in slices that alternate.
//!
//! A tracked run has answers in boxes, too, and a label for each request, because it is built over services as objects.
//! So there are two answers: what tracked locks cost, all else alike, and what a tracked run costs in all.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::strategy::Strategy;
use crate::workload::Scenario;
use lockyard_bench::stats::{Confidence, Ratio};

use super::contest::{Contest, Schedule};
use super::entrant::Who;
use super::error::RunError;
use super::judge;
use super::plan::{Latency, Plan, Silent};

/// The throughput of a strategy with tracked locks, as a share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackingCost {
    /// Of what it has with locks that are not tracked, all else alike.
    pub locks: Ratio,
    /// Of what it has in an ordinary run.
    pub whole: Ratio,
}

/// What tracking costs `strategy`, measured for so long each; nothing if there were too few rounds.
///
/// # Errors
/// For strategies that are no presets, and when no threads can be had.
pub fn tracking_cost(
    strategy: &Strategy,
    scenario: &Scenario,
    duration: Duration,
) -> Result<Option<TrackingCost>, RunError> {
    let plan = Plan {
        strategies: vec![strategy.clone()],
        scenarios: vec![scenario.clone()],
        duration,
        latency: Latency::None,
        ..Plan::default()
    };
    let who = vec![Who::Strategy(strategy), Who::Boxed(strategy), Who::Tracked(strategy)];
    let mut contest = Contest::of(&plan, scenario, Schedule::new(&plan, scenario), who, &mut Silent)?;
    contest.play(&AtomicBool::new(false), None, |_, _| ())?;
    let [plain, boxed, tracked] = [0, 1, 2].map(|index| contest.measured(index));
    let of = |all| judge::throughput_ratio(&[tracked], &[all], Confidence::default());
    Ok(of(boxed).zip(of(plain)).map(|(locks, whole)| TrackingCost { locks, whole }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_is_held_against_itself() {
        let small = ["sessions=5", "messages=1", "tasks=2"].map(str::to_owned);
        let scenario = Scenario::load("polling", &small).expect("a built-in scenario");
        let after = Strategy::parse("after").expect("a preset");
        let cost = tracking_cost(&after, &scenario, Duration::from_millis(200)).expect("it runs");
        let cost = cost.expect("there are rounds");
        for Ratio { ratio, ci, .. } in [cost.locks, cost.whole] {
            assert!(ci[0] <= ratio && ratio <= ci[1] && ratio > 0.0, "{ratio} {ci:?}");
        }
    }
}
