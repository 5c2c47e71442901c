//! The registry: at most one live copy of a session, even if it is evicted meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use crate::backend::chat::ContextId;

/// Every live session by id, held weakly: the cache, the unsaved table and the requests in flight keep them alive. `T` is what
/// is kept of one.
///
/// A cache may evict a session to which handles exist. The next request then finds it here instead of loading a
/// second copy, whose changes and the first one's would overwrite each other in the store.
pub struct Registry<T> {
    entries: HashMap<ContextId, Weak<T>>,
    sweep_at: usize,
}

/// Below this size a sweep is not worth its walk.
const FIRST_SWEEP: usize = 64;

impl<T> Registry<T> {
    pub(in crate::backend) fn new() -> Self {
        Self { entries: HashMap::new(), sweep_at: FIRST_SWEEP }
    }

    /// The live session of this id, or the one that `make` makes now.
    pub(in crate::backend) fn upgrade_or_insert(
        &mut self,
        id: ContextId,
        make: impl FnOnce() -> Arc<T>,
    ) -> Arc<T> {
        // An upgrade fails from the moment the last handle is gone, so what it returns lives on with this caller.
        if let Some(entry) = self.entries.get(&id).and_then(Weak::upgrade) {
            return entry;
        }
        self.sweep();
        let entry = make();
        self.entries.insert(id, Arc::downgrade(&entry));
        entry
    }

    /// All that live now.
    pub(in crate::backend) fn live(&self) -> Vec<Arc<T>> {
        self.entries.values().filter_map(Weak::upgrade).collect()
    }

    /// Forgets the dead when they may be half of all, so that an insertion costs constant time on average.
    fn sweep(&mut self) {
        if self.entries.len() >= self.sweep_at {
            // Only weak handles end here, so no session ends inside the registry's section.
            self.entries.retain(|_, entry| entry.strong_count() > 0);
            self.sweep_at = FIRST_SWEEP.max(2 * self.entries.len());
        }
    }
}
