//! What a session manager has done and holds, for measurements and for `/metrics`.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::backend::clock::Clock;

use super::cache::{Cache, CacheStats};
use super::env::{Env, Short};
use super::health::StoreFailure;
use super::manager::ChatSessionManager;
use super::unsaved::Backlog;

/// What a manager has done since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests that did not find their session in the cache.
    pub misses: u64,
    /// The cache's own figures.
    pub cache: CacheStats,
}

/// What a manager has done and holds, the cache aside: told without waiting for anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionCounts {
    /// Requests that did not find their session in the cache.
    pub misses: u64,
    /// Sessions alive: cached, unsaved, or held by a request.
    pub live: usize,
    /// How many bytes of memory they take, roughly, and those that the store keeps in memory.
    pub bytes: usize,
    /// Sessions whose newest version the store does not hold.
    pub unsaved: usize,
    /// How old the oldest change may be that the store does not hold.
    pub unsaved_age: Duration,
}

/// What a manager has done and holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagerStats {
    /// Requests that did not find their session in the cache.
    pub misses: u64,
    /// The cache's own figures.
    pub cache: CacheStats,
    /// Sessions alive: cached, unsaved, or held by a request.
    pub live: usize,
    /// Sessions whose newest version the store does not hold.
    pub unsaved: usize,
}

impl<E: Env> ChatSessionManager<E> {
    /// What the manager has done.
    pub async fn traffic(&self) -> Traffic {
        Traffic { misses: self.misses.load(Relaxed), cache: self.cache.stats().await }
    }

    /// What the manager has done and holds. Waits for the cache's own lock, where it has one.
    pub async fn stats(&self) -> ManagerStats {
        let SessionCounts { misses, live, unsaved, .. } = self.counts();
        ManagerStats { misses, cache: self.cache.stats().await, live, unsaved }
    }

    /// Why the store takes no writes, if the last one has failed and none has succeeded since.
    pub fn store_failure(&self) -> Option<StoreFailure> {
        self.health.failure()
    }

    /// What the manager has done and holds, the cache aside, in constant time: a table is entered for a
    /// few instructions, and no lock is waited for.
    pub fn counts(&self) -> SessionCounts {
        let now = self.env.clock().monotonic();
        let Backlog { sessions, age, .. } = self.unsaved.with(|unsaved| unsaved.backlog(now));
        SessionCounts {
            misses: self.misses.load(Relaxed),
            live: self.live.sessions(),
            bytes: self.resident_bytes(),
            unsaved: sessions,
            unsaved_age: age,
        }
    }
}
