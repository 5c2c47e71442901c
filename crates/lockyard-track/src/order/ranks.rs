//! An order of all locks of a class that agrees with every edge so far, kept up edge by edge.
//!
//! (D. J. Pearce and P. H. J. Kelly, "A dynamic topological sort algorithm for directed acyclic graphs", 2006: an edge
//! that agrees with the ranks costs nothing; for one that does not, only what lies between its ends is visited and
//! ranked anew.)

use super::few::Few;
use super::ids::{IdMap, IdSet};
use crate::cycle::LockId;

struct Node {
    rank: i64,
    next: Few<LockId>,
    previous: Few<LockId>,
    /// There is no such lock any more. It stays as long as it is between two others.
    is_gone: bool,
}

impl Node {
    fn new(rank: i64) -> Self {
        Self { rank, next: Few::default(), previous: Few::default(), is_gone: false }
    }
}

/// Locks, ranked so that every edge leads upwards.
#[derive(Default)]
pub(super) struct Ranks {
    nodes: IdMap<LockId, Node>,
    edges: usize,
    lowest: i64,
    highest: i64,
}

impl Ranks {
    pub(super) fn next(&self, lock: LockId) -> &[LockId] {
        self.nodes.get(&lock).map_or(&[], |node| node.next.as_slice())
    }

    pub(super) fn len(&self) -> usize {
        self.edges
    }

    pub(super) fn is_gone(&self, lock: LockId) -> bool {
        self.nodes.get(&lock).is_some_and(|node| node.is_gone)
    }

    /// Adds an edge that is not there yet. Whether some order still agrees with all of them.
    pub(super) fn insert(&mut self, from: LockId, to: LockId) -> bool {
        self.edges += 1;
        // Most often a lock is asked for that was never in an order: it may stand above all others.
        if !self.nodes.contains_key(&to) {
            let highest = &mut self.highest;
            let below = self.nodes.entry(from).or_insert_with(|| {
                *highest += 1;
                Node::new(*highest)
            });
            below.next.push(to);
            *highest += 1;
            let mut node = Node::new(*highest);
            node.previous.push(from);
            self.nodes.insert(to, node);
            return true;
        }
        let agrees = if self.nodes.contains_key(&from) {
            self.make_room(from, to)
        } else {
            self.lowest -= 1;
            self.nodes.insert(from, Node::new(self.lowest));
            true
        };
        // One that does not agree is an edge all the same: what is searched for leads along it.
        self.node(from).next.push(to);
        self.node(to).previous.push(from);
        agrees
    }

    fn node(&mut self, lock: LockId) -> &mut Node {
        self.nodes.get_mut(&lock).expect("an edge is between nodes that are there")
    }

    /// Ranks anew what is between the two, so that `from` comes before `to`; `false` if `to` leads back to `from`.
    fn make_room(&mut self, from: LockId, to: LockId) -> bool {
        let (low, high) = (self.nodes[&to].rank, self.nodes[&from].rank);
        if high < low {
            return true;
        }
        // Upwards from `to`, no further than `from`: whatever is above both keeps its rank.
        let Some(mut after) = self.reach(to, |node| &node.next, |rank| rank <= high, from) else {
            return false;
        };
        let Some(mut before) = self.reach(from, |node| &node.previous, |rank| rank >= low, to) else {
            return false;
        };
        // The same ranks, given out again: first to what must come before, then to what must come after, each in the
        // order that it had among its own. So edges inside either part, and those to the outside, still lead upwards.
        for part in [&mut before, &mut after] {
            part.sort_unstable_by_key(|lock| self.nodes[lock].rank);
        }
        before.append(&mut after);
        let mut ranks: Vec<_> = before.iter().map(|lock| self.nodes[lock].rank).collect();
        ranks.sort_unstable();
        for (lock, rank) in before.into_iter().zip(ranks) {
            self.node(lock).rank = rank;
        }
        true
    }

    /// All that `start` leads to within the ranks; nothing if that is `goal`.
    fn reach(
        &self,
        start: LockId,
        along: impl Fn(&Node) -> &Few<LockId>,
        within: impl Fn(i64) -> bool,
        goal: LockId,
    ) -> Option<Vec<LockId>> {
        let mut seen = IdSet::from_iter([start]);
        let mut reached = vec![start];
        let mut at = 0;
        while at < reached.len() {
            for other in along(&self.nodes[&reached[at]]).as_slice() {
                if *other == goal {
                    return None;
                }
                if within(self.nodes[other].rank) && seen.insert(*other) {
                    reached.push(*other);
                }
            }
            at += 1;
        }
        Some(reached)
    }

    /// The lock is no more. Edges that lead nowhere now go with it; `removed` is called with each.
    pub(super) fn forget(&mut self, lock: LockId, mut removed: impl FnMut(LockId, LockId)) {
        let Some(node) = self.nodes.get_mut(&lock) else { return };
        node.is_gone = true;
        // Between two others it stays: the first was held while the last was asked for, which only the path through this
        // lock shows.
        let mut ended = vec![lock];
        while let Some(lock) = ended.pop() {
            let Some(node) = self.nodes.get(&lock) else { continue };
            if !node.is_gone || (!node.next.as_slice().is_empty() && !node.previous.as_slice().is_empty()) {
                continue;
            }
            let Some(node) = self.nodes.remove(&lock) else { continue };
            for to in node.next.into_vec() {
                self.edges -= 1;
                removed(lock, to);
                self.node(to).previous.retain(|it| *it != lock);
                ended.push(to);
            }
            for from in node.previous.into_vec() {
                self.edges -= 1;
                removed(from, lock);
                self.node(from).next.retain(|it| *it != lock);
                ended.push(from);
            }
        }
    }

    /// Takes one edge out.
    pub(super) fn remove(&mut self, from: LockId, to: LockId) {
        if !self.next(from).contains(&to) {
            return;
        }
        self.edges -= 1;
        self.node(from).next.retain(|it| *it != to);
        self.node(to).previous.retain(|it| *it != from);
        for lock in [from, to] {
            let node = &self.nodes[&lock];
            if node.next.as_slice().is_empty() && node.previous.as_slice().is_empty() {
                self.nodes.remove(&lock);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small generator of numbers, the same each time (G. Marsaglia, "Xorshift RNGs", 2003).
    fn numbers() -> impl FnMut(u64) -> u64 {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        move |below| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        }
    }

    #[test]
    fn edges_of_one_order_always_agree_in_whatever_turn_they_come() {
        let mut number = numbers();
        let mut ranks = Ranks::default();
        let mut edges = IdSet::default();
        for _ in 0..5_000 {
            let (one, other) = (number(300), number(300));
            if one != other {
                // The true order is that of the remainders, which the numbers themselves do not show.
                let key = |lock: &u64| (lock * 7) % 300;
                let mut edge = [one, other];
                edge.sort_by_key(key);
                assert!(!edges.insert((edge[0], edge[1])) || ranks.insert(edge[0], edge[1]));
            }
        }
        for (from, to) in &edges {
            assert!(ranks.nodes[from].rank < ranks.nodes[to].rank);
        }
    }

    #[test]
    fn it_agrees_until_there_is_a_cycle_and_no_longer() {
        for seed in 0..200 {
            let mut number = numbers();
            for _ in 0..seed {
                number(2);
            }
            let mut ranks = Ranks::default();
            let mut edges: Vec<(u64, u64)> = Vec::new();
            loop {
                let (from, to) = (number(12), number(12));
                if from == to || edges.contains(&(from, to)) {
                    continue;
                }
                // By a walk over all edges.
                let mut reached = vec![to];
                let mut at = 0;
                while at < reached.len() {
                    let current = reached[at];
                    for (_, next) in edges.iter().filter(|it| it.0 == current) {
                        if !reached.contains(next) {
                            reached.push(*next);
                        }
                    }
                    at += 1;
                }
                edges.push((from, to));
                let agrees = ranks.insert(from, to);
                assert_eq!(agrees, !reached.contains(&from), "{edges:?}");
                if !agrees {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_lock_that_is_gone_stays_while_it_is_between_two() {
        let mut ranks = Ranks::default();
        ranks.insert(1, 2);
        ranks.insert(2, 3);
        ranks.forget(2, |_, _| {});
        assert!(!ranks.insert(3, 1), "1 is before 3 by way of 2");
        ranks.remove(3, 1);
        let mut removed = Vec::new();
        ranks.forget(1, |from, to| removed.push((from, to)));
        removed.sort_unstable();
        assert_eq!((removed, ranks.len()), (vec![(1, 2), (2, 3)], 0));
        assert!(ranks.insert(3, 1));
    }
}
