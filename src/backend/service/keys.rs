//! Requests with a key: one at a time, made once, and answered again as they were.

use std::collections::HashSet;

use uuid::Uuid;

use crate::backend::chat::{ChatError, ContextId, IdempotencyKey, Receipt};
use crate::backend::session::{ChatSessionManager, Env, SessionError, Short};

use super::error::ServiceError;

/// The keys of requests that are under way.
pub(super) struct KeysInUse<E: Env>(E::Short<HashSet<Uuid>>);

impl<E: Env> KeysInUse<E> {
    pub(super) fn new() -> Self {
        Self(Short::new(HashSet::new()))
    }

    /// The key is in use until what is returned is dropped, if there is a key.
    ///
    /// # Errors
    /// It is in use already.
    pub(super) fn take(&self, key: Option<IdempotencyKey>) -> Result<Option<KeyInUse<'_, E>>, ServiceError> {
        let Some(IdempotencyKey { key, .. }) = key else { return Ok(None) };
        if self.0.with(|keys| keys.insert(key)) {
            return Ok(Some(KeyInUse { keys: self, key }));
        }
        Err(ServiceError::KeyInUse)
    }
}

/// A key that no other request may use meanwhile.
pub(super) struct KeyInUse<'a, E: Env> {
    keys: &'a KeysInUse<E>,
    key: Uuid,
}

impl<E: Env> Drop for KeyInUse<'_, E> {
    fn drop(&mut self) {
        self.keys.0.with(|keys| keys.remove(&self.key));
    }
}

/// The outcome of a change of this session; that of the first time, if the change was made before.
pub(super) async fn outcome<E: Env, R>(
    manager: &ChatSessionManager<E>,
    id: ContextId,
    made: Result<R, SessionError>,
    again: impl FnOnce(Receipt) -> R,
) -> Result<R, ServiceError> {
    match made {
        Err(SessionError::Refused { source: ChatError::Repeated { receipt }, .. }) => {
            // The first time may have failed after the change was made, or be under way to the store: what is answered
            // again is as safe as what is answered.
            let session = manager.load_context(id).await?;
            manager.settle(&session).await?;
            Ok(again(receipt))
        }
        made => Ok(made?),
    }
}
