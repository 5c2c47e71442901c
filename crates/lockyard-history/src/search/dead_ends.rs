//! Where a search has been in vain.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

/// No more are remembered than this; they may take a gigabyte. Past it the search repeats itself, and is right.
const MOST: usize = 8_000_000;

/// States from which what is left cannot be explained, with what was taken before them.
pub(super) struct DeadEnds<S> {
    by_hash: HashMap<u64, Vec<DeadEnd<S>>>,
    count: usize,
    state_hash: RandomState,
}

struct DeadEnd<S> {
    taken: Box<[u32]>,
    state: S,
    /// How many were taken of each group of interchangeable operations of unknown outcome, of those groups where any
    /// was.
    used: Box<[(u32, u32)]>,
}

impl<S: Clone + Eq + Hash> DeadEnds<S> {
    pub(super) fn new() -> Self {
        Self { by_hash: HashMap::new(), count: 0, state_hash: RandomState::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn hash(&self, set: u64, state: &S) -> u64 {
        set ^ self.state_hash.hash_one(state)
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
        let Some(met) = self.by_hash.get(&self.hash(set, state)) else { return false };
        let taken = taken();
        // What may or may not have happened can only help: with less of it left the rest is no easier to explain.
        let is_here =
            |end: &DeadEnd<S>| end.taken == taken && end.state == *state && is_part(&end.used, used);
        met.iter().any(is_here)
    }

    pub(super) fn insert(&mut self, set: u64, state: &S, used: &[(u32, u32)], taken: Box<[u32]>) {
        if self.count == MOST {
            return;
        }
        let hash = self.hash(set, state);
        let met = self.by_hash.entry(hash).or_default();
        let before = met.len();
        met.retain(|end| !(is_part(used, &end.used) && end.taken == taken && end.state == *state));
        met.push(DeadEnd { taken, state: state.clone(), used: used.into() });
        self.count = self.count + met.len() - before;
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
        ends.insert(7, &'s', &[(1, 2), (4, 1)], taken());
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
        ends.insert(7, &'s', &[(4, 1)], taken());
        assert_eq!(ends.count, 1, "one that says more takes the place of one that says less");
    }
}
