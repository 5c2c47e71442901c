//! What programs have come to in a search, so that another search can be compared with it.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// The outcomes that a search has seen, each by a number, for there may be as many as schedules.
#[derive(Default)]
pub(super) struct SeenOutcomes(HashSet<u64>, BuildHasherDefault<DefaultHasher>);

impl SeenOutcomes {
    pub(super) fn add(&mut self, outcome: &str) {
        let hash = self.1.hash_one(outcome);
        self.0.insert(hash);
    }

    /// Adds those of another part of the search.
    pub(super) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn contains(&self, outcome: &str) -> bool {
        self.0.contains(&self.1.hash_one(outcome))
    }
}
