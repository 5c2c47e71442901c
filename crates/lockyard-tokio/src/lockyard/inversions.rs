//! Locks that are taken in both orders in explored runs: told even where no schedule hangs.
//!
//! The explorer tries the orders of one small program. Two paths that take two locks the other way round may never meet in it,
//! because one task takes both, or a join is between them; in the program that the code is from, they may.

use std::collections::BTreeSet;

use lockyard_explore::guest::{LockOrder, LockUse};

/// Longer cycles than this are not looked for: each lock more makes them rarer and the search longer.
const LONGEST: usize = 4;

/// Whether one who asks so waits for one who holds so.
fn excludes(asked: &LockUse, held: &LockUse) -> bool {
    asked.number == held.number
        && !(asked.mode == "read" && held.mode == "read")
        && is_lock(asked)
        && is_lock(held)
}

/// Permits and other modes keep one waiting only together with others.
fn is_lock(it: &LockUse) -> bool {
    matches!(it.mode, "read" | "write")
}

/// Each cycle of orders, in words, the shortest first.
pub(super) fn inversions(orders: &BTreeSet<LockOrder>) -> Vec<String> {
    let orders: Vec<_> = orders.iter().filter(|it| it.held.number != it.asked.number).collect();
    let mut found = Vec::new();
    let mut reported = BTreeSet::new();
    for length in 2..=LONGEST {
        for first in &orders {
            let mut path = vec![*first];
            walk(&orders, &mut path, length, &mut |cycle| {
                let mut places: Vec<_> = cycle.iter().map(|it| (it.held.place, it.asked.place)).collect();
                places.sort_unstable();
                if reported.insert(places) {
                    found.push(words(cycle));
                }
            });
        }
    }
    found
}

/// Goes on from the last order to those that hold what it asks for.
fn walk<'a>(
    orders: &[&'a LockOrder],
    path: &mut Vec<&'a LockOrder>,
    length: usize,
    found: &mut impl FnMut(&[&'a LockOrder]),
) {
    let (first, last) = (path[0], path[path.len() - 1]);
    if path.len() == length {
        if excludes(&last.asked, &first.held) {
            found(path);
        }
        return;
    }
    for next in orders {
        let is_new = path.iter().all(|it| it.held.number != next.held.number);
        // From the least on, so that one cycle is found from one of its orders alone.
        if is_new && next > &first && excludes(&last.asked, &next.held) {
            path.push(next);
            walk(orders, path, length, found);
            path.pop();
        }
    }
}

fn words(cycle: &[&LockOrder]) -> String {
    let lock = |it: &LockUse| format!("{} #{} ({}, at {})", it.kind, it.number, it.mode, it.place);
    let orders: Vec<_> =
        cycle.iter().map(|it| format!("{} before {}", lock(&it.held), lock(&it.asked))).collect();
    format!(
        "order inversion: locks are taken in orders that can deadlock where the paths run at once: {}",
        orders.join("; and ")
    )
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;

    #[track_caller]
    fn order(held: u32, held_mode: &'static str, asked: u32, asked_mode: &'static str) -> LockOrder {
        let place = Location::caller();
        let of = |number, mode| LockUse { kind: "mutex", number, mode, place };
        LockOrder { held: of(held, held_mode), asked: of(asked, asked_mode) }
    }

    #[test]
    fn both_orders_are_told_once_and_one_is_not() {
        let (one, other) = (order(1, "write", 2, "write"), order(2, "write", 1, "write"));
        assert!(inversions(&BTreeSet::from([one])).is_empty());
        let found = inversions(&BTreeSet::from([one, other]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("mutex #1 (write, at ") && found[0].contains("; and "), "{}", found[0]);
    }

    #[test]
    fn readers_alone_do_not_wait_for_each_other() {
        let (one, other) = (order(1, "read", 2, "read"), order(2, "read", 1, "read"));
        assert!(inversions(&BTreeSet::from([one, other])).is_empty());
    }

    #[test]
    fn three_are_a_cycle_and_a_chain_is_none() {
        let chain = [order(1, "write", 2, "write"), order(2, "write", 3, "write")];
        assert!(inversions(&BTreeSet::from(chain)).is_empty());
        let back = order(3, "write", 1, "write");
        assert_eq!(inversions(&chain.into_iter().chain([back]).collect()).len(), 1);
    }
}
