//! The branches of a context, by name.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::{SmallVec, smallvec};

use super::Branch;

/// Branches in the order of their names: few, often only one, and copied with every save, so that one stands in place and more
/// in one piece. Written as a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branches(SmallVec<[Branch; 1]>);

impl Branches {
    pub(super) fn of(branch: Branch) -> Self {
        Self(smallvec![branch])
    }

    /// Branches that are in the order of their names.
    pub(super) fn sorted(branches: Vec<Branch>) -> Self {
        // One that stands alone is brought into place.
        Self(branches.into_iter().collect())
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Branch> {
        self.0.iter()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Branch> {
        self.0.iter().find(|branch| branch.name() == name)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Branch> {
        self.0.iter_mut().find(|branch| branch.name() == name)
    }

    /// Adds a branch whose name is new.
    pub(super) fn add(&mut self, branch: Branch) {
        let at = self.0.partition_point(|other| other.name() < branch.name());
        self.0.insert(at, branch);
    }

    /// A copy that shares no memory with this one.
    pub(super) fn deep_clone(&self) -> Self {
        Self(self.iter().map(Branch::deep_clone).collect())
    }
}

impl Serialize for Branches {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|branch| (branch.name(), branch)))
    }
}

impl<'de> Deserialize<'de> for Branches {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let by_name = BTreeMap::<String, Branch>::deserialize(deserializer)?;
        for (name, branch) in &by_name {
            if name != branch.name() {
                let says = branch.name();
                return Err(D::Error::custom(format_args!("branch `{name}` says it is branch `{says}`")));
            }
        }
        Ok(Self(by_name.into_values().collect()))
    }
}
