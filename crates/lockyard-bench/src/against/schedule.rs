//! Which rounds there are, in which order, and which build is first in each.

use rand::RngExt;
use rand::seq::SliceRandom;

use super::plan::AgainstPlan;
use crate::random::Random;

/// The stream of the seed that orders rounds and turns.
const ORDER_STREAM: u64 = u64::MAX;

/// One turn of each build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Round {
    pub(super) subject: usize,
    pub(super) workload: usize,
    /// Of the rounds of this subject under this workload, from 0 on.
    pub(super) nth: u32,
    pub(super) other_first: bool,
}

/// All rounds. Every subject under every workload has its first one before any has a second, in an order drawn anew each
/// time, so that a run that is stopped has something of all, and a slow spell of the machine does not hit one of them alone.
pub(super) fn rounds(plan: &AgainstPlan) -> Vec<Round> {
    let mut draws = Random::stream(plan.seed, ORDER_STREAM);
    let mut cells: Vec<_> = (0..plan.workloads.len())
        .flat_map(|workload| (0..plan.subjects.len()).map(move |subject| (workload, subject)))
        .map(|(workload, subject)| Round { subject, workload, nth: 0, other_first: false })
        .collect();
    let mut rounds = Vec::new();
    for nth in 0..plan.pairs {
        cells.shuffle(&mut *draws);
        for round in &mut cells {
            round.nth = nth;
            // Drawn in pairs of rounds: each build is first as often as the other, in no predictable order.
            round.other_first = if nth % 2 == 0 { draws.random_bool(0.5) } else { !round.other_first };
            rounds.push(*round);
        }
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(rounds: u32, seed: u64) -> AgainstPlan {
        let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
        let (subjects, workloads) = (names(["a", "b"]), names(["read", "write"]));
        AgainstPlan::new("other", subjects, workloads).pairs(rounds).seed(seed)
    }

    #[test]
    fn all_have_their_nth_round_before_any_has_the_next() {
        let found = rounds(&plan(6, 42));
        assert_eq!(found.len(), 6 * 4);
        for (nth, of_all) in found.chunks(4).enumerate() {
            assert!(of_all.iter().all(|round| round.nth == nth as u32), "{of_all:?}");
            let mut cells: Vec<_> = of_all.iter().map(|it| (it.workload, it.subject)).collect();
            cells.sort_unstable();
            assert_eq!(cells, [(0, 0), (0, 1), (1, 0), (1, 1)]);
        }
    }

    #[test]
    fn each_build_is_first_in_one_of_two_rounds() {
        let found = rounds(&plan(8, 42));
        for (workload, subject) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let firsts = found.iter().filter(|it| (it.workload, it.subject) == (workload, subject));
            let firsts: Vec<_> = firsts.map(|it| it.other_first).collect();
            assert!(firsts.chunks(2).all(|two| two[0] != two[1]), "{firsts:?}");
        }
    }

    #[test]
    fn the_seed_decides_the_order() {
        assert_eq!(rounds(&plan(8, 7)), rounds(&plan(8, 7)));
        assert_ne!(rounds(&plan(8, 7)), rounds(&plan(8, 8)));
    }
}
