//! The settings at which something was measured, and what a sweep varies of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The settings of a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// Worker threads of the runtime.
    pub workers: u32,
    /// Concurrent tasks that send requests.
    pub tasks: u32,
    /// Tasks that only read; null where every task both reads and writes.
    pub readers: Option<u32>,
    /// Tasks that only write; null where every task both reads and writes.
    pub writers: Option<u32>,
    /// The store's delay for one save, in milliseconds; null if the store has its own speed.
    pub save_ms: Option<u64>,
    /// Other settings of the system under test that a sweep varies, as they were given; left out where there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

impl Point {
    /// Every setting that there is, by its name on the command line, with its value.
    pub fn all(&self) -> impl Iterator<Item = (&str, String)> {
        let given = [("workers", u64::from(self.workers)), ("tasks", self.tasks.into())];
        let optional = [
            ("readers", self.readers.map(u64::from)),
            ("writers", self.writers.map(u64::from)),
            ("save_ms", self.save_ms),
        ];
        let known =
            given.into_iter().chain(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        let others = self.settings.iter().map(|(name, value)| (name.as_str(), value.clone()));
        known.map(|(name, value)| (name, value.to_string())).chain(others)
    }

    /// The value of one setting, if it is a whole number: the size that a sweep goes along.
    pub fn size(&self, along: &str) -> Option<u64> {
        self.all().find(|(name, _)| *name == along).and_then(|(_, value)| value.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point() -> Point {
        let settings = BTreeMap::from([("accounts".to_owned(), "64".to_owned())]);
        Point { workers: 2, tasks: 8, readers: None, writers: None, save_ms: Some(3), settings }
    }

    #[test]
    fn all_settings_are_given_by_name_and_none_that_there_is_not() {
        let all: Vec<_> = point().all().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(all, ["workers=2", "tasks=8", "save_ms=3", "accounts=64"]);
    }

    #[test]
    fn a_sweep_may_go_along_any_setting_that_is_a_number() {
        let point = point();
        let sizes = ["tasks", "readers", "save_ms", "accounts", "weather"].map(|along| point.size(along));
        assert_eq!(sizes, [Some(8), None, Some(3), Some(64), None]);
    }
}
