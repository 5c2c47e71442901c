//! One of two stores, chosen at run time: a program that offers both is compiled for one type.

use uuid::Uuid;

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
    /// What either wants to be told; of the other it is the default.
    type Stored = (A::Stored, B::Stored);

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, Self::Stored)>, StoreError> {
        Ok(match self {
            Self::One(store) => {
                store.load(id).await?.map(|(context, stored)| (context, (stored, B::Stored::default())))
            }
            Self::Other(store) => {
                store.load(id).await?.map(|(context, stored)| (context, (A::Stored::default(), stored)))
            }
        })
    }

    async fn put(&self, context: ChatContext, stored: &mut Self::Stored) -> Result<(), StoreError> {
        match self {
            Self::One(store) => store.put(context, &mut stored.0).await,
            Self::Other(store) => store.put(context, &mut stored.1).await,
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

    async fn count(&self) -> Result<usize, StoreError> {
        match self {
            Self::One(store) => store.count().await,
            Self::Other(store) => store.count().await,
        }
    }

    async fn created_by(&self, key: Uuid) -> Result<Option<ContextId>, StoreError> {
        match self {
            Self::One(store) => store.created_by(key).await,
            Self::Other(store) => store.created_by(key).await,
        }
    }

    fn resident_bytes(&self) -> usize {
        match self {
            Self::One(store) => store.resident_bytes(),
            Self::Other(store) => store.resident_bytes(),
        }
    }
}
