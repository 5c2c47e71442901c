//! Which sessions the store is behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use slab::Slab;

use crate::backend::chat::Version;

use super::entry::Entry;
use super::env::Env;

/// Sessions whose newest version the store does not hold yet, and that version. Strong references: what is unsaved
/// must not die with the cache.
pub struct Unsaved<E: Env> {
    /// Each session knows its place: every change is marked and taken out again, and that looks up and allocates nothing.
    marks: Slab<(Arc<Entry<E>>, Version)>,
    /// No unsaved change is older than this moment of the monotonic clock. A bound that costs nothing to keep, and not
    /// the age of the oldest change: it moves on when a flush has saved all that there was when it began.
    since: Duration,
    /// A save has failed, and not all has been saved since.
    failed: bool,
}

/// Where a session stands among the unsaved, if it does. Looked at and changed inside the table's section alone.
pub(super) struct MarkPlace(AtomicU32);

impl MarkPlace {
    /// None.
    pub(super) fn none() -> Self {
        Self(AtomicU32::new(u32::MAX))
    }

    fn get(&self) -> Option<usize> {
        let place = self.0.load(Relaxed);
        (place != u32::MAX).then_some(place as usize)
    }

    fn set(&self, place: Option<usize>) {
        let place =
            place.map_or(u32::MAX, |place| u32::try_from(place).expect("fewer sessions than that live"));
        self.0.store(place, Relaxed);
    }
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
        Self { marks: Slab::new(), since: Duration::ZERO, failed: false }
    }

    /// The store is behind this version, which was made `now`.
    pub(super) fn mark(&mut self, entry: &Arc<Entry<E>>, version: Version, now: Duration) -> Backlog {
        if self.marks.is_empty() {
            (self.since, self.failed) = (now, false);
        }
        match entry.mark.get() {
            // Marks come under the session's write guard, in the order of versions: the later one is always the newer.
            Some(place) => self.marks[place].1 = version,
            None => entry.mark.set(Some(self.marks.insert((entry.clone(), version)))),
        }
        self.backlog(now)
    }

    /// What is unsaved `now`.
    pub(super) fn backlog(&self, now: Duration) -> Backlog {
        let age = if self.marks.is_empty() { Duration::ZERO } else { now.saturating_sub(self.since) };
        Backlog { sessions: self.marks.len(), age, failed: self.failed }
    }

    /// The store holds this version. The mark of a newer one stays.
    pub(super) fn stored(&mut self, entry: &Entry<E>, version: Version) {
        // Compared with the newest mark and not removed outright: a change during the I/O has raised it.
        if let Some(place) = entry.mark.get().filter(|place| self.marks[*place].1 <= version) {
            entry.mark.set(None);
            // The caller that saved has a handle too, so this is not the last one: no session ends inside this
            // section.
            self.marks.remove(place);
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

    /// All that are unsaved now, by id: a flush goes the same way whenever it is repeated.
    pub(super) fn all(&self) -> Vec<(Arc<Entry<E>>, Version)> {
        let mut all: Vec<_> = self.marks.iter().map(|(_, mark)| mark.clone()).collect();
        all.sort_by_key(|(entry, _)| entry.id);
        all
    }
}
