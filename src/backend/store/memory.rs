//! The store that forgets everything when the process ends: for measuring locks rather than disks.
//!
//! An ordered map without a lock of its own, and a small mutex per record, so that sessions do not meet in the store
//! when they do not meet elsewhere. A put swaps one value; nothing here ever waits.

use std::ops::Bound;

use crossbeam_skiplist::SkipMap;
use parking_lot::Mutex;
use uuid::Uuid;

use crate::backend::byte_sum::ByteSum;
use crate::backend::chat::{ChatContext, ContextId, ContextSummary};

use super::{Store, StoreError};

/// Contexts in memory, ordered by id. Everything takes effect at the first poll.
#[derive(Default)]
pub struct MemoryStore {
    records: SkipMap<ContextId, Mutex<Record>>,
    /// How many bytes of memory all records take, roughly.
    bytes: ByteSum,
    /// Contexts by the key of the request that has created them, where it had one.
    created: SkipMap<Uuid, ContextId>,
}

/// A context, and what a list says of it: beside it, so that a list need not look into every context.
struct Record {
    summary: ContextSummary,
    context: ChatContext,
    /// What is counted of it.
    bytes: usize,
}

impl Store for MemoryStore {
    type Stored = ();

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, ())>, StoreError> {
        Ok(self.records.get(&id).map(|record| (record.value().lock().context.clone(), ())))
    }

    async fn put(&self, context: ChatContext, (): &mut ()) -> Result<(), StoreError> {
        if let Some(record) = self.records.get(&context.id()) {
            let mut record = record.value().lock();
            record.summary.follow(&context);
            record.bytes = self.bytes.follow(record.bytes, context.size());
            let old = std::mem::replace(&mut record.context, context);
            // Outside the lock: the old context may be the last to hold its messages.
            drop(record);
            drop(old);
        } else {
            let (id, summary) = (context.id(), ContextSummary::from(&context));
            let bytes = self.bytes.follow(0, context.size());
            if let Some(key) = context.created_by() {
                self.created.insert(key, id);
            }
            self.records.insert(id, Mutex::new(Record { summary, context, bytes }));
        }
        Ok(())
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        if let Some(record) = self.records.remove(&id) {
            let mut record = record.value().lock();
            if let Some(key) = record.context.created_by()
                && let Some(created) = self.created.get(&key)
                && *created.value() == id
            {
                created.remove();
            }
            record.bytes = self.bytes.follow(record.bytes, 0);
        }
        Ok(())
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let records = self.records.range((from, Bound::Unbounded));
        Ok(records.take(limit).map(|record| record.value().lock().summary.clone()).collect())
    }

    async fn count(&self) -> Result<usize, StoreError> {
        Ok(self.records.len())
    }

    async fn created_by(&self, key: Uuid) -> Result<Option<ContextId>, StoreError> {
        Ok(self.created.get(&key).map(|id| *id.value()))
    }

    fn resident_bytes(&self) -> usize {
        self.bytes.get()
    }
}
