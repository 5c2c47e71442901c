//! A store with the troubles of a real one, on demand: slow loads, slow saves, and calls that fail.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use crate::backend::chat::{ChatContext, ContextId, ContextSummary};
use crate::backend::clock::Clock;

use super::{Store, StoreError};

/// What shall go wrong, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// Added to every load and list.
    pub load_delay: Duration,
    /// Added to every put and delete.
    pub save_delay: Duration,
    /// Share of all calls that fail, 0 to 1.
    pub failing: f64,
    /// Which calls those are: the nth call of a store with this seed fails or not, always alike.
    pub seed: u64,
}

/// `inner`, with [`Faults`] in front. A call that is dropped or fails during its delay never reaches `inner`. Calls on
/// one key that are under way together may overtake each other when their delays differ; the session manager makes no
/// such calls.
pub struct FaultyStore<S, C> {
    inner: S,
    clock: C,
    faults: Faults,
    calls: AtomicU64,
}

impl<S: Store, C: Clock> FaultyStore<S, C> {
    /// Puts `faults` in front of `inner`; delays are waited for on `clock`.
    pub fn new(inner: S, clock: C, faults: Faults) -> Self {
        Self { inner, clock, faults, calls: AtomicU64::new(0) }
    }

    /// The store behind the faults.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    async fn suffer(&self, operation: &'static str, delay: Duration) -> Result<(), StoreError> {
        if self.faults.failing > 0.0 {
            // The call's number alone decides, so that a run can be repeated.
            let call = self.calls.fetch_add(1, Relaxed);
            let mut draws = ChaCha8Rng::seed_from_u64(self.faults.seed);
            draws.set_stream(call);
            if draws.random_bool(self.faults.failing) {
                let reason = "an injected fault; it was asked for".to_owned();
                return Err(StoreError::Failed { operation, reason });
            }
        }
        if !delay.is_zero() {
            self.clock.sleep(delay).await;
        }
        Ok(())
    }
}

impl<S: Store, C: Clock> Store for FaultyStore<S, C> {
    type Stored = S::Stored;

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, S::Stored)>, StoreError> {
        self.suffer("load", self.faults.load_delay).await?;
        self.inner.load(id).await
    }

    async fn put(&self, context: ChatContext, stored: &mut S::Stored) -> Result<(), StoreError> {
        // Taken out meanwhile, so that it is not known any more if this fails or is dropped.
        let mut known = std::mem::take(stored);
        self.suffer("put", self.faults.save_delay).await?;
        self.inner.put(context, &mut known).await?;
        *stored = known;
        Ok(())
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        self.suffer("delete", self.faults.save_delay).await?;
        self.inner.delete(id).await
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        self.suffer("list", self.faults.load_delay).await?;
        self.inner.list(after, limit).await
    }

    async fn count(&self) -> Result<usize, StoreError> {
        self.inner.count().await
    }

    async fn created_by(&self, key: Uuid) -> Result<Option<ContextId>, StoreError> {
        self.inner.created_by(key).await
    }

    fn resident_bytes(&self) -> usize {
        self.inner.resident_bytes()
    }
}
