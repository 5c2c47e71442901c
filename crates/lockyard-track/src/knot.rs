//! Deadlocks over locks, permits, channels, joins and notifications, as a function of values: which of these sleeping tasks
//! can be woken by no task but one another?
//!
//! The reduction of a general resource graph (R. C. Holt, "Some deadlock properties of computer systems", 1972): all that
//! sleep are taken for stuck; one whose wait can be ended by a task that is not stuck is so no more; what is left when
//! nothing changes is stuck for good. Where each wait has one task that can end it, that is a cycle. Where any of several
//! tasks can, as with permits and senders, all of them have to be stuck: a knot, which no search along single edges finds.

use std::collections::HashMap;

use super::cycle::StrandId;

/// One wait of a sleeping task. It cannot end while tasks with a weight of at least `enough` together are stuck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blocked {
    /// The number of the wait.
    pub(super) wait: u64,
    /// Those who keep it waiting: for a lock each holder with the weight of all, for permits with as many as each has.
    pub(super) by: Vec<(StrandId, u32)>,
    pub(super) enough: u32,
}

/// A task that sleeps, and can be woken by nothing but the end of one of these waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sleeper {
    pub(super) strand: StrandId,
    pub(super) waits: Vec<Blocked>,
}

/// Which of the sleepers are stuck, by their places in the list, in their order.
pub(super) fn stuck(sleepers: &[Sleeper]) -> Vec<usize> {
    let place: HashMap<StrandId, usize> =
        sleepers.iter().enumerate().map(|(at, it)| (it.strand, at)).collect();
    let mut is_stuck: Vec<bool> = vec![true; sleepers.len()];
    // By sleeper and wait: the weight of those stuck that keep it waiting. By sleeper: whom it keeps waiting.
    let mut weights: Vec<Vec<u64>> = Vec::with_capacity(sleepers.len());
    let mut dependents: Vec<Vec<(usize, usize, u32)>> = vec![Vec::new(); sleepers.len()];
    for (at, sleeper) in sleepers.iter().enumerate() {
        let mut own = Vec::with_capacity(sleeper.waits.len());
        for (nth, wait) in sleeper.waits.iter().enumerate() {
            let mut weight = 0;
            for (blocker, share) in &wait.by {
                // One that does not sleep may end the wait at any moment, and has no weight.
                if let Some(blocker) = place.get(blocker) {
                    weight += u64::from(*share);
                    dependents[*blocker].push((at, nth, *share));
                }
            }
            own.push(weight);
        }
        weights.push(own);
    }
    let is_free = |at: usize, weights: &[Vec<u64>]| {
        let waits = &sleepers[at].waits;
        // One wait that can end is enough. A task without a wait waits for something that is not seen.
        waits.is_empty()
            || waits.iter().zip(&weights[at]).any(|(wait, weight)| *weight < u64::from(wait.enough.max(1)))
    };
    let mut free: Vec<usize> = (0..sleepers.len()).filter(|at| is_free(*at, &weights)).collect();
    free.iter().for_each(|at| is_stuck[*at] = false);
    while let Some(at) = free.pop() {
        for (dependent, nth, share) in std::mem::take(&mut dependents[at]) {
            weights[dependent][nth] -= u64::from(share);
            if is_stuck[dependent] && is_free(dependent, &weights) {
                is_stuck[dependent] = false;
                free.push(dependent);
            }
        }
    }
    (0..sleepers.len()).filter(|at| is_stuck[*at]).collect()
}

/// Cycles among those that are stuck, each from one task to the next that keeps it waiting, and no task in two of them: by
/// the places of the sleepers. What is stuck and in none of them waits for one that is.
pub(super) fn cycles(sleepers: &[Sleeper], stuck: &[usize]) -> Vec<Vec<usize>> {
    let place: HashMap<StrandId, usize> = stuck.iter().map(|at| (sleepers[*at].strand, *at)).collect();
    // The first wait's first blocker that is stuck as well: there is one, or it would be free.
    let next = |at: usize| {
        let by = || sleepers[at].waits.iter().flat_map(|wait| &wait.by);
        let mut stuck = by().filter_map(|(strand, _)| place.get(strand).copied());
        // Itself last: that a task with one of two permits waits for another says less than who has the other.
        stuck.find(|other| *other != at).or_else(|| by().find_map(|(strand, _)| place.get(strand).copied()))
    };
    let mut visited: HashMap<usize, usize> = HashMap::new();
    let mut cycles = Vec::new();
    for (walk, start) in stuck.iter().enumerate() {
        let mut path = Vec::new();
        let mut at = Some(*start);
        while let Some(here) = at {
            match visited.get(&here) {
                // Met on this very walk: what lies behind it is a cycle.
                Some(known) if *known == walk => {
                    let from = path.iter().position(|it| *it == here).unwrap_or_default();
                    cycles.push(path.split_off(from));
                    break;
                }
                Some(_) => break,
                None => {
                    visited.insert(here, walk);
                    path.push(here);
                    at = next(here);
                }
            }
        }
    }
    cycles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(strand: StrandId, waits: &[(&[(StrandId, u32)], u32)]) -> Sleeper {
        let waits = waits.iter().enumerate().map(|(nth, (by, enough))| Blocked {
            wait: strand * 10 + nth as u64,
            by: by.to_vec(),
            enough: *enough,
        });
        Sleeper { strand, waits: waits.collect() }
    }

    fn stuck_of(sleepers: &[Sleeper]) -> Vec<StrandId> {
        stuck(sleepers).into_iter().map(|at| sleepers[at].strand).collect()
    }

    #[test]
    fn two_that_wait_for_each_other_are_stuck_and_those_behind_them_too() {
        let sleepers =
            [sleeper(1, &[(&[(2, 1)], 1)]), sleeper(2, &[(&[(1, 1)], 1)]), sleeper(3, &[(&[(2, 1)], 1)])];
        assert_eq!(stuck_of(&sleepers), [1, 2, 3]);
        assert_eq!(cycles(&sleepers, &stuck(&sleepers)), [[0, 1]]);
    }

    #[test]
    fn a_chain_to_one_that_does_not_sleep_is_free() {
        assert!(stuck_of(&[sleeper(1, &[(&[(2, 1)], 1)]), sleeper(2, &[(&[(3, 1)], 1)])]).is_empty());
    }

    /// Two permits, and the holder of one of them is at work.
    #[test]
    fn permits_keep_one_waiting_only_if_all_that_have_them_are_stuck() {
        let one_at_work = [sleeper(1, &[(&[(1, 1), (9, 1)], 2)])];
        assert!(stuck_of(&one_at_work).is_empty());
        let both = [sleeper(1, &[(&[(1, 1), (2, 1)], 2)]), sleeper(2, &[(&[(1, 1), (2, 1)], 2)])];
        assert_eq!(stuck_of(&both), [1, 2]);
    }

    /// No cycle of single edges leads back here: each of two can be freed by either of two.
    #[test]
    fn a_knot_is_found_where_each_has_several_that_could_free_it() {
        let any: &[(&[(StrandId, u32)], u32)] = &[(&[(2, 1), (3, 1)], 2)];
        let knot =
            [sleeper(1, any), sleeper(2, &[(&[(1, 1), (3, 1)], 2)]), sleeper(3, &[(&[(1, 1), (2, 1)], 2)])];
        assert_eq!(stuck_of(&knot), [1, 2, 3]);
        let opened = [knot[0].clone(), knot[1].clone()];
        assert!(stuck_of(&opened).is_empty(), "3 is at work and may free both");
    }

    #[test]
    fn one_of_several_waits_that_can_end_is_enough() {
        let either = [sleeper(1, &[(&[(2, 1)], 1), (&[(9, 1)], 1)]), sleeper(2, &[(&[(1, 1)], 1)])];
        assert!(stuck_of(&either).is_empty());
    }

    #[test]
    fn a_wait_that_no_task_is_known_to_end_is_not_stuck() {
        assert!(stuck_of(&[sleeper(1, &[(&[], 1)]), sleeper(2, &[])]).is_empty());
    }

    #[test]
    fn a_task_that_waits_for_itself_is_a_cycle_of_one() {
        let sleepers = [sleeper(1, &[(&[(1, 1)], 1)])];
        assert_eq!(cycles(&sleepers, &stuck(&sleepers)), [[0]]);
    }

    /// The reduction against its definition: the greatest set whose members are kept waiting by members alone.
    #[test]
    fn the_reduction_finds_the_greatest_stuck_set_of_random_worlds() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move |below: u64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed % below
        };
        let mut found = 0;
        for _ in 0..3_000 {
            let tasks = 2 + random(5);
            let world: Vec<_> = (0..tasks - random(2))
                .map(|strand| {
                    let waits: Vec<_> = (0..=random(2))
                        .map(|nth| {
                            let by: Vec<_> =
                                (0..random(4)).map(|_| (random(tasks), 1 + random(2) as u32)).collect();
                            Blocked { wait: nth, by, enough: 1 + random(3) as u32 }
                        })
                        .collect();
                    Sleeper { strand, waits }
                })
                .collect();
            let is_closed = |set: u32| {
                world.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0).all(|(_, sleeper)| {
                    sleeper.waits.iter().all(|wait| {
                        let in_set = |strand: &StrandId| {
                            world
                                .iter()
                                .position(|it| it.strand == *strand)
                                .is_some_and(|at| set & (1 << at) != 0)
                        };
                        let weight: u32 =
                            wait.by.iter().filter(|(strand, _)| in_set(strand)).map(|(_, share)| share).sum();
                        weight >= wait.enough
                    })
                })
            };
            // Closed sets are closed under union, so the largest is the union of all.
            let greatest =
                (0..1_u32 << world.len()).filter(|set| is_closed(*set)).fold(0, |all, set| all | set);
            let stuck = stuck(&world).into_iter().fold(0, |all, at| all | 1 << at);
            assert_eq!(stuck, greatest, "{world:?}");
            found += u32::from(greatest != 0);
        }
        assert!(found > 300, "{found}");
    }
}
