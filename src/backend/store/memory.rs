//! The store that forgets everything when the process ends: for measuring locks rather than disks.
//!
//! An ordered map without a lock of its own, and a small mutex per record, so that sessions do not meet in the store
//! when they do not meet elsewhere. A put of a context that is there swaps one value, without going through the map; nothing
//! here ever waits.

use std::ops::Bound;
use std::sync::Arc;

use crossbeam_skiplist::SkipMap;
use parking_lot::Mutex;
use uuid::Uuid;

use crate::backend::byte_sum::ByteSum;
use crate::backend::chat::{ChatContext, ContextId, ContextSummary};

use super::{Store, StoreError};

/// Contexts in memory, ordered by id. Everything takes effect at the first poll.
#[derive(Default)]
pub struct MemoryStore {
    records: SkipMap<ContextId, StoredRecord>,
    /// How many bytes of memory all records take, roughly.
    bytes: ByteSum,
    /// Contexts by the key of the request that has created them, where it had one.
    created: SkipMap<Uuid, ContextId>,
}

/// Where a context is kept: who puts it again need not look for it.
#[derive(Clone)]
pub struct StoredRecord(Arc<Mutex<Record>>);

/// A context, and what a list says of it: beside it, so that a list need not look into every context.
struct Record {
    summary: ContextSummary,
    context: ChatContext,
    /// What is counted of it.
    bytes: usize,
    /// It was taken out of the store.
    deleted: bool,
}

impl StoredRecord {
    /// Keeps this context in place of what was there, unless the record was deleted; then it is handed back.
    fn replace(&self, context: ChatContext, all: &ByteSum) -> Option<ChatContext> {
        let mut record = self.0.lock();
        if record.deleted {
            return Some(context);
        }
        record.summary.follow(&context);
        record.bytes = all.follow(record.bytes, context.size());
        let old = std::mem::replace(&mut record.context, context);
        // Outside the lock: the old context may be the last to hold its messages.
        drop(record);
        drop(old);
        None
    }
}

impl MemoryStore {
    fn insert(&self, context: ChatContext) -> StoredRecord {
        let (id, summary) = (context.id(), ContextSummary::from(&context));
        let bytes = self.bytes.follow(0, context.size());
        if let Some(key) = context.created_by() {
            self.created.insert(key, id);
        }
        let record = Record { summary, context, bytes, deleted: false };
        let record = StoredRecord(Arc::new(Mutex::new(record)));
        self.records.insert(id, record.clone());
        record
    }
}

impl Store for MemoryStore {
    /// The record; `None` where it is not known.
    type Stored = Option<StoredRecord>;

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, Self::Stored)>, StoreError> {
        let found = self.records.get(&id).map(|found| found.value().clone());
        Ok(found.map(|record| (record.0.lock().context.clone(), Some(record.clone()))))
    }

    async fn put(&self, context: ChatContext, stored: &mut Self::Stored) -> Result<(), StoreError> {
        let known = stored.take().or_else(|| Some(self.records.get(&context.id())?.value().clone()));
        let left = match &known {
            Some(record) => record.replace(context, &self.bytes),
            None => Some(context),
        };
        *stored = match left {
            None => known,
            // There is no record, or it was deleted.
            Some(context) => Some(self.insert(context)),
        };
        Ok(())
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        if let Some(found) = self.records.remove(&id) {
            let mut record = found.value().0.lock();
            if let Some(key) = record.context.created_by()
                && let Some(created) = self.created.get(&key)
                && *created.value() == id
            {
                created.remove();
            }
            record.bytes = self.bytes.follow(record.bytes, 0);
            record.deleted = true;
        }
        Ok(())
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let records = self.records.range((from, Bound::Unbounded));
        Ok(records.take(limit).map(|record| record.value().0.lock().summary.clone()).collect())
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
