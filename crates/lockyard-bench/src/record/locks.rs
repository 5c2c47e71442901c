//! How the locks of a cell were used, where they were tracked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the locks of one class were used by one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LockUse {
    /// The class of the locks.
    pub class: String,
    /// The operation that took them; null for what runs in the background. In schema 1: `endpoint`.
    #[serde(alias = "endpoint")]
    pub operation: Option<String>,
    /// From requesting the lock to being granted it, in nanoseconds. For blocking locks, to acquiring it.
    pub queued_ns: Times,
    /// From the wake-up to running with the lock, in nanoseconds; 0 without a wait.
    pub woken_ns: Times,
    /// From acquiring the lock to releasing it, in nanoseconds.
    pub held_ns: Times,
    /// How often a single waiter was overtaken by later requests, at most. Only a lock's broken promise is a finding.
    pub overtaken: u64,
}

/// A histogram of times in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Times {
    /// How many there are.
    pub count: u64,
    /// Half were at most this.
    pub p50: u64,
    /// 99 % were at most this; null of fewer than 100.
    pub p99: Option<u64>,
    /// The longest.
    pub max: u64,
    /// How many fell into which doubling: `[upper end, count]`, ascending, those that are empty left out.
    pub buckets: Vec<[u64; 2]>,
}
