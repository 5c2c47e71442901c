//! One of two stores, chosen at run time: a program that offers both is compiled for one type.

use crate::backend::chat::{ChatContext, ContextId, ContextSummary};

use super::{Store, StoreError};

/// The one store or the other. Adds nothing to either.
pub enum EitherStore<A, B> {
    /// The one.
    One(A),
    /// The other.
    Other(B),
}

impl<A: Store, B: Store> Store for EitherStore<A, B> {
    async fn load(&self, id: ContextId) -> Result<Option<ChatContext>, StoreError> {
        match self {
            Self::One(store) => store.load(id).await,
            Self::Other(store) => store.load(id).await,
        }
    }

    async fn put(&self, context: ChatContext) -> Result<(), StoreError> {
        match self {
            Self::One(store) => store.put(context).await,
            Self::Other(store) => store.put(context).await,
        }
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        match self {
            Self::One(store) => store.delete(id).await,
            Self::Other(store) => store.delete(id).await,
        }
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        match self {
            Self::One(store) => store.list(after, limit).await,
            Self::Other(store) => store.list(after, limit).await,
        }
    }
}
