//! Where sessions are kept for good: one trait, and the stores that come with it.
//!
//! These are back ends, each with the locks, threads and files that its job needs; the manager knows the trait only.

mod either;
mod faulty;
mod memory;
#[cfg(feature = "redb")]
mod redb;

use uuid::Uuid;

use crate::backend::chat::{ChatContext, ContextId, ContextSummary};

#[cfg(feature = "redb")]
pub use self::redb::{RedbStore, StoreCheck, TransferError};
pub use either::EitherStore;
pub use faulty::{Faults, FaultyStore};
pub use memory::MemoryStore;

/// A place for whole contexts, by id.
///
/// **What is remembered.** The caller keeps, from one call about a context to the next, what the store wants to know then
/// of what it holds ([`Stored`](Self::Stored)), so that a store may write what has changed and need not look for it.
///
/// **Order.** Calls on one key take effect in the order in which they were first polled, even when the caller is
/// dropped before the answer: a `put` that was given up may still happen, but never after a later call's.
/// **Atomicity.** A context is there whole or not at all, whatever fails.
pub trait Store: Send + Sync + 'static {
    /// What this store wants to be told of a context that it holds; the default stands for "not known", and is always
    /// right.
    type Stored: Clone + Default + Send + Sync + 'static;

    /// The context as it was last put, and what is to be remembered of it; `None` when there is none.
    fn load(
        &self,
        id: ContextId,
    ) -> impl Future<Output = Result<Option<(ChatContext, Self::Stored)>, StoreError>> + Send;

    /// Keeps this context in place of what was there. When it returns `Ok`, the context is as safe as this store
    /// makes things.
    ///
    /// `stored` is what the last call about this context left there, or the default. **Cancellation.** If the call fails
    /// or is dropped, the default is left there: what the store holds then is not known.
    fn put(
        &self,
        context: ChatContext,
        stored: &mut Self::Stored,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets a context; nothing to forget is fine.
    fn delete(&self, id: ContextId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// At most `limit` summaries by ascending id, the first one after `after`.
    fn list(
        &self,
        after: Option<ContextId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<ContextSummary>, StoreError>> + Send;

    /// How many contexts there are. Goes through all of them, unless a store knows it.
    fn count(&self) -> impl Future<Output = Result<usize, StoreError>> + Send {
        async move {
            const PAGE: usize = 1_000;
            let (mut count, mut after) = (0, None);
            loop {
                let page = self.list(after, PAGE).await?;
                count += page.len();
                after = page.last().filter(|_| page.len() == PAGE).map(|last| last.id);
                if after.is_none() {
                    return Ok(count);
                }
            }
        }
    }

    /// The context that the request with this key has created, if there is one. A store that keeps no keys has none.
    fn created_by(&self, key: Uuid) -> impl Future<Output = Result<Option<ContextId>, StoreError>> + Send {
        let _ = key;
        async { Ok(None) }
    }

    /// How many bytes of contexts the store itself keeps in memory, roughly; nothing, where it keeps them elsewhere.
    fn resident_bytes(&self) -> usize {
        0
    }

    /// [`load`](Self::load) for a caller that will put nothing.
    fn read(&self, id: ContextId) -> impl Future<Output = Result<Option<ChatContext>, StoreError>> + Send {
        async move { Ok(self.load(id).await?.map(|(context, _)| context)) }
    }

    /// [`put`](Self::put) for a caller that has remembered nothing and will not.
    fn write(&self, context: ChatContext) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move { self.put(context, &mut Self::Stored::default()).await }
    }
}

/// What a store says when it cannot. `Clone`, because a failed load is shared by all that waited for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operation did not succeed this time; whether it took effect is unknown for a `put` and a `delete`.
    #[error("the store could not {operation}: {reason}")]
    Failed {
        /// What was tried: load, put, delete, list.
        operation: &'static str,
        /// What went wrong, and what would help.
        reason: String,
    },
    /// What is stored is not what this program writes.
    #[error("the store holds something unreadable for {id}: {reason}")]
    Corrupt {
        /// Whose record it is.
        id: ContextId,
        /// What is wrong with it.
        reason: String,
    },
    /// The store cannot be opened as one.
    #[error("{path} cannot be used as a store: {reason}")]
    Unusable {
        /// The path given.
        path: String,
        /// What is there instead, and what would be right.
        reason: String,
    },
}
