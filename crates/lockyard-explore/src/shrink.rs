//! A failure made small: first to the fewest operations, then to the fewest switches.

use std::time::{Duration, Instant};

use super::explorer::{Explorer, Limits};
use super::failure::Failure;
use super::program::Program;
use super::search::Reduction;

/// Schedules to look through before a set of operations is taken to be right.
const PATIENCE: u64 = 20_000;

impl Explorer {
    /// The same kind of failure with the fewest operations and, among these, the fewest switches that were found in
    /// `budget`.
    pub fn shrink(&self, failure: &Failure, budget: Duration, build: &dyn Fn(&mut Program)) -> Failure {
        let deadline = Instant::now() + budget;
        let fewest = self.fewest_operations(failure, deadline, build);
        self.fewest_switches(fewest, deadline, build)
    }

    fn fewest_operations(
        &self,
        failure: &Failure,
        deadline: Instant,
        build: &dyn Fn(&mut Program),
    ) -> Failure {
        let mut operations = 0;
        self.replay_told(&failure.schedule, build, &mut |_, program| operations = program.operations.len());
        let all: Vec<_> = (0..operations).collect();
        // From the smallest sets to the largest, so that the first that fails is the smallest.
        for kept in 1..operations {
            for left_out in subsets_without(&all, kept) {
                let now = Instant::now();
                if now >= deadline {
                    return failure.clone();
                }
                let limits = Limits { schedules: Some(PATIENCE), time: Some(deadline - now), switches: None };
                let search = Self { limits, keep_going: false, ..self.clone() };
                let found = search.search_without(&left_out, build).failure;
                if let Some(found) = found.filter(|found| found.kind == failure.kind) {
                    return found;
                }
            }
        }
        failure.clone()
    }

    fn fewest_switches(&self, failure: Failure, deadline: Instant, build: &dyn Fn(&mut Program)) -> Failure {
        for switches in 0..failure.schedule.switches() {
            let now = Instant::now();
            if now >= deadline {
                break;
            }
            let limits =
                Limits { schedules: Some(PATIENCE), time: Some(deadline - now), switches: Some(switches) };
            // A bound on switches cuts schedules that stand for others under a reduction, so all are run here.
            let search = Self { limits, reduction: Reduction::None, keep_going: false, ..self.clone() };
            let found = search.search_without(&failure.schedule.left_out, build).failure;
            if let Some(found) = found.filter(|found| found.kind == failure.kind) {
                return found;
            }
        }
        failure
    }
}

/// Every way to keep so many of these: what is left out then.
fn subsets_without(all: &[usize], kept: usize) -> Vec<Vec<usize>> {
    if kept == all.len() {
        return vec![Vec::new()];
    }
    let Some((first, rest)) = all.split_first() else { return Vec::new() };
    let mut ways = Vec::new();
    if kept > 0 {
        ways.extend(subsets_without(rest, kept - 1));
    }
    ways.extend(subsets_without(rest, kept).into_iter().map(|mut without| {
        without.insert(0, *first);
        without
    }));
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_tried_once() {
        let ways = subsets_without(&[0, 1, 2], 2);
        assert_eq!(ways, [vec![2], vec![1], vec![0]]);
        assert_eq!(subsets_without(&[0, 1, 2, 3], 2).len(), 6);
        assert_eq!(subsets_without(&[0], 0), [vec![0]]);
    }
}
