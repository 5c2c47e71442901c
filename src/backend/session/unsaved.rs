//! Which sessions the store is behind.

use std::collections::BTreeMap;
use std::sync::Arc;

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
}

impl<E: Env> Unsaved<E> {
    pub(super) fn new() -> Self {
        Self { newest: BTreeMap::new(), entries: Slab::new() }
    }

    /// The store is behind this version.
    pub(super) fn mark(&mut self, entry: &Arc<Entry<E>>, version: Version) {
        let entries = &mut self.entries;
        // Marks come under the session's write guard, in the order of versions: the later one is always the newer.
        self.newest.entry(entry.id).or_insert_with(|| (entries.insert(entry.clone()), version)).1 = version;
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

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.newest.len()
    }

    /// All that are unsaved now.
    pub(super) fn all(&self) -> Vec<(Arc<Entry<E>>, Version)> {
        self.newest.values().map(|(place, version)| (self.entries[*place].clone(), *version)).collect()
    }
}
