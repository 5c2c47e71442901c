//! Where a search has been in vain.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::ops::Range;

use foldhash::fast::RandomState;

/// No more are remembered than this; they may take a gigabyte. Past it the search repeats itself, and is right.
const MOST: usize = 8_000_000;

/// States from which what is left cannot be explained, with what was taken before them.
///
/// All of them lie in a few vectors: a search that is given up has millions, and would else take seconds to forget them, after
/// its time is up.
pub(super) struct DeadEnds<S> {
    /// The last one of each hash, by its place.
    by_hash: HashMap<u64, u32, RandomState>,
    ends: Vec<DeadEnd<S>>,
    /// What was taken, one after the other.
    taken: Vec<u32>,
    /// How many were taken of each group of interchangeable operations of unknown outcome, of those groups where any was.
    used: Vec<(u32, u32)>,
    state_hash: RandomState,
}

struct DeadEnd<S> {
    taken: Range<usize>,
    state: S,
    used: Range<usize>,
    /// Another one with the same hash.
    next: Option<u32>,
}

impl<S: Clone + Eq + Hash> DeadEnds<S> {
    pub(super) fn new() -> Self {
        Self {
            by_hash: HashMap::default(),
            ends: Vec::new(),
            taken: Vec::new(),
            used: Vec::new(),
            state_hash: RandomState::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn hash(&self, set: u64, state: &S) -> u64 {
        set ^ self.state_hash.hash_one(state)
    }

    /// The places of those that were met with this hash.
    fn met(&self, hash: u64) -> impl Iterator<Item = usize> {
        let first = self.by_hash.get(&hash).copied();
        std::iter::successors(first, |&at| self.ends[at as usize].next).map(|at| at as usize)
    }

    /// Whether a search was here in vain. `set` is a hash of what was taken: only where it was met before, `taken` has to
    /// spell that out.
    pub(super) fn contains(
        &self,
        set: u64,
        state: &S,
        used: &[(u32, u32)],
        taken: impl FnOnce() -> Box<[u32]>,
    ) -> bool {
        let mut met = self.met(self.hash(set, state)).peekable();
        if met.peek().is_none() {
            return false;
        }
        let taken = taken();
        // What may or may not have happened can only help: with less of it left the rest is no easier to explain.
        met.any(|at| self.is_at(at, state, &taken) && is_part(&self.used[self.ends[at].used.clone()], used))
    }

    pub(super) fn insert(&mut self, set: u64, state: &S, used: &[(u32, u32)], taken: &[u32]) {
        if self.ends.len() == MOST {
            return;
        }
        let hash = self.hash(set, state);
        let says_less = |at: &usize| {
            self.is_at(*at, state, taken) && is_part(used, &self.used[self.ends[*at].used.clone()])
        };
        let less = self.met(hash).find(says_less);
        let used_here = self.used.len()..self.used.len() + used.len();
        self.used.extend_from_slice(used);
        if let Some(less) = less {
            self.ends[less].used = used_here;
            return;
        }
        let taken_here = self.taken.len()..self.taken.len() + taken.len();
        self.taken.extend_from_slice(taken);
        let next = self.by_hash.insert(hash, self.ends.len() as u32);
        self.ends.push(DeadEnd { taken: taken_here, state: state.clone(), used: used_here, next });
    }

    fn is_at(&self, at: usize, state: &S, taken: &[u32]) -> bool {
        let end = &self.ends[at];
        end.state == *state && self.taken[end.taken.clone()] == *taken
    }
}

/// Whether there is no more in the one than in the other. Both are sorted by group.
fn is_part(part: &[(u32, u32)], whole: &[(u32, u32)]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|(group, count)| {
        whole
            .by_ref()
            .find(|(other, _)| other >= group)
            .is_some_and(|(other, most)| other == group && count <= most)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_end_is_one_for_all_who_used_up_more() {
        let mut ends = DeadEnds::new();
        let taken = || vec![3].into_boxed_slice();
        ends.insert(7, &'s', &[(1, 2), (4, 1)], &taken());
        for (used, is_dead) in [
            (&[(1, 2), (4, 1)][..], true),
            (&[(0, 1), (1, 3), (2, 1), (4, 1)], true),
            (&[(1, 1), (4, 1)], false),
            (&[(1, 2)], false),
            (&[(4, 1)], false),
            (&[], false),
        ] {
            assert_eq!(ends.contains(7, &'s', used, taken), is_dead, "{used:?}");
        }
        assert!(!ends.contains(7, &'t', &[(1, 2), (4, 1)], taken), "another state");
        assert!(
            !ends.contains(7, &'s', &[(1, 2), (4, 1)], || vec![4].into()),
            "other operations with the same hash"
        );
        ends.insert(7, &'s', &[(4, 1)], &taken());
        assert_eq!(ends.ends.len(), 1, "one that says more takes the place of one that says less");
    }
}
