//! Which sessions the store is behind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use slab::Slab;

use crate::backend::chat::{ContextId, Version};

use super::entry::Entry;
use super::env::Env;

/// Sessions whose newest version the store does not hold yet, and that version. Strong references: what is unsaved
/// must not die with the cache.
pub struct Unsaved<E: Env> {
    /// By id, so that a flush goes the same way whenever it is repeated. The sessions themselves stand beside the tree: it
    /// is the same for every strategy so, and not compiled for each.
    newest: BTreeMap<ContextId, (usize, Version)>,
    entries: Slab<Arc<Entry<E>>>,
    /// No unsaved change is older than this moment of the monotonic clock. A bound that costs nothing to keep, and not
    /// the age of the oldest change: it moves on when a flush has saved all that there was when it began.
    since: Duration,
    /// A save has failed, and not all has been saved since.
    failed: bool,
}

/// What is not stored yet, as a writer must know it that has just added to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Backlog {
    /// How many sessions have unsaved changes.
    pub(super) sessions: usize,
    /// How old the oldest unsaved change may be.
    pub(super) age: Duration,
    /// Whether a save has failed, and not all has been saved since.
    pub(super) failed: bool,
}

impl<E: Env> Unsaved<E> {
    pub(super) fn new() -> Self {
        Self { newest: BTreeMap::new(), entries: Slab::new(), since: Duration::ZERO, failed: false }
    }

    /// The store is behind this version, which was made `now`.
    pub(super) fn mark(&mut self, entry: &Arc<Entry<E>>, version: Version, now: Duration) -> Backlog {
        if self.newest.is_empty() {
            (self.since, self.failed) = (now, false);
        }
        let entries = &mut self.entries;
        // Marks come under the session's write guard, in the order of versions: the later one is always the newer.
        self.newest.entry(entry.id).or_insert_with(|| (entries.insert(entry.clone()), version)).1 = version;
        self.backlog(now)
    }

    /// What is unsaved `now`.
    pub(super) fn backlog(&self, now: Duration) -> Backlog {
        let age = if self.newest.is_empty() { Duration::ZERO } else { now.saturating_sub(self.since) };
        Backlog { sessions: self.newest.len(), age, failed: self.failed }
    }

    /// The store holds this version. The mark of a newer one stays.
    pub(super) fn stored(&mut self, id: ContextId, version: Version) {
        // Compared with the newest mark and not removed outright: a change during the I/O has raised it.
        if self.newest.get(&id).is_some_and(|(_, newest)| *newest <= version)
            && let Some((place, _)) = self.newest.remove(&id)
        {
            // The caller that saved has a handle too, so this is not the last one: no session ends inside this
            // section.
            self.entries.remove(place);
        }
    }

    /// A save has failed. Until all is saved, nothing more is acknowledged before it is stored.
    pub(super) fn failed(&mut self) {
        self.failed = true;
    }

    /// All that was unsaved at the moment `then` is stored.
    pub(super) fn caught_up(&mut self, then: Duration) {
        (self.since, self.failed) = (self.since.max(then), false);
    }

    /// All that are unsaved now.
    pub(super) fn all(&self) -> Vec<(Arc<Entry<E>>, Version)> {
        self.newest.values().map(|(place, version)| (self.entries[*place].clone(), *version)).collect()
    }
}
