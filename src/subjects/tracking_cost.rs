//! What tracking costs: a strategy with tracked locks against itself without, in slices that alternate.
//!
//! A tracked run has answers in boxes, too, and a label for each request, because it is built over services as objects.
//! So there are two answers: what tracked locks cost, all else alike, and what a tracked run costs in all.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lockyard_bench::stats::Ratio;
use lockyard_bench::{Fault, Latency, Plan, RunError, pairs};

use crate::strategy::Strategy;
use crate::workload::Scenario;

use super::strategy::Strategies;

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
/// For strategies that are not built tracked, and when no threads can be had.
pub fn tracking_cost(
    strategy: &Strategy,
    scenario: &Scenario,
    duration: Duration,
) -> Result<Option<TrackingCost>, RunError> {
    let strategies = Strategies::default();
    let cannot = |fault| RunError::Subject { name: strategy.name().to_owned(), fault };
    let plain = strategies.subject(strategy).map_err(|error| cannot(Fault::new(error)))?;
    let boxed = strategies.boxed(strategy);
    let plan = Plan::default().duration(duration).latency(Latency::None);
    let subjects = [(&plain, false), (&boxed, false), (&plain, true)];
    let measured = pairs(&plan, scenario, &subjects, &AtomicBool::new(false))?;
    let (locks, whole) = (measured.ratio(2, 1), measured.ratio(2, 0));
    Ok(locks.zip(whole).map(|(locks, whole)| TrackingCost { locks, whole }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_is_held_against_itself() {
        let small = ["sessions=5", "messages=1", "tasks=2"];
        let scenario = Scenario::load("polling", &small).expect("a built-in scenario");
        let after = Strategy::parse("after").expect("a preset");
        let cost = tracking_cost(&after, &scenario, Duration::from_millis(200)).expect("it runs");
        let cost = cost.expect("there are rounds");
        for Ratio { ratio, ci, .. } in [cost.locks, cost.whole] {
            assert!(ci[0] <= ratio && ratio <= ci[1] && ratio > 0.0, "{ratio} {ci:?}");
        }
    }
}
