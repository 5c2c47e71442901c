//! Locks and caches of a program's own, as strategies know them: by name, and by what they declare.

use std::sync::OnceLock;

use lockyard_lock::Policy;

/// A lock family of a program's own, as strategies know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CustomLock {
    pub(super) name: &'static str,
    pub(super) policy: Policy,
    pub(super) shared_reads: bool,
}

/// A cache of a program's own, as strategies know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CustomCache {
    pub(super) name: &'static str,
    pub(super) is_visited: bool,
    pub(super) is_background: bool,
}

/// Those of this program, once it has said which.
static ALL: OnceLock<(Vec<CustomLock>, Vec<CustomCache>)> = OnceLock::new();

/// The locks of this program's own.
pub(super) fn custom_locks() -> &'static [CustomLock] {
    ALL.get().map_or(&[], |(locks, _)| locks)
}

/// The caches of this program's own.
pub(super) fn custom_caches() -> &'static [CustomCache] {
    ALL.get().map_or(&[], |(_, caches)| caches)
}

/// These are this program's own. Whether it is the first time that any are.
pub(super) fn announce(locks: Vec<CustomLock>, caches: Vec<CustomCache>) -> bool {
    ALL.set((locks, caches)).is_ok()
}
