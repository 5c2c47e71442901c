//! The store that forgets everything when the process ends: for measuring locks rather than disks.
//!
//! An ordered map without a lock of its own, and a small mutex per record, so that sessions do not meet in the store
//! when they do not meet elsewhere. A put swaps one value; nothing here ever waits.

use std::ops::Bound;

use crossbeam_skiplist::SkipMap;
use parking_lot::Mutex;

use crate::chat::{ChatContext, ContextId, ContextSummary};

use super::{Store, StoreError};

/// Contexts in memory, ordered by id. Everything takes effect at the first poll.
#[derive(Default)]
pub struct MemoryStore {
    records: SkipMap<ContextId, Mutex<ChatContext>>,
}

impl Store for MemoryStore {
    async fn load(&self, id: ContextId) -> Result<Option<ChatContext>, StoreError> {
        Ok(self.records.get(&id).map(|record| record.value().lock().clone()))
    }

    async fn put(&self, context: ChatContext) -> Result<(), StoreError> {
        if let Some(record) = self.records.get(&context.id()) {
            // The old context ends outside the lock: it may be the last to hold its messages.
            let _old = std::mem::replace(&mut *record.value().lock(), context);
        } else {
            self.records.insert(context.id(), Mutex::new(context));
        }
        Ok(())
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        self.records.remove(&id);
        Ok(())
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let records = self.records.range((from, Bound::Unbounded));
        Ok(records.take(limit).map(|record| ContextSummary::from(&*record.value().lock())).collect())
    }
}
