//! Requests with a key: one at a time, made once, and answered again as they were.

use std::collections::HashSet;

use uuid::Uuid;

use crate::backend::chat::{ChatError, ContextId, IdempotencyKey, Receipt};
use crate::backend::session::{SessionError, Sessions, Short};

use super::error::ServiceError;

/// The keys of requests that are under way.
pub(super) struct KeysInUse<S: Sessions>(S::Short<HashSet<Uuid>>);

impl<S: Sessions> KeysInUse<S> {
    pub(super) fn new() -> Self {
        Self(Short::new(HashSet::new()))
    }

    /// The key is in use until what is returned is dropped, if there is a key.
    ///
    /// # Errors
    /// It is in use already.
    pub(super) fn take(&self, key: Option<IdempotencyKey>) -> Result<Option<KeyInUse<'_, S>>, ServiceError> {
        let Some(IdempotencyKey { key, .. }) = key else { return Ok(None) };
        if self.0.with(|keys| keys.insert(key)) {
            return Ok(Some(KeyInUse { keys: self, key }));
        }
        Err(ServiceError::KeyInUse)
    }
}

/// A key that no other request may use meanwhile.
pub(super) struct KeyInUse<'a, S: Sessions> {
    keys: &'a KeysInUse<S>,
    key: Uuid,
}

impl<S: Sessions> Drop for KeyInUse<'_, S> {
    fn drop(&mut self) {
        self.keys.0.with(|keys| keys.remove(&self.key));
    }
}

/// The outcome of a change of this session; that of the first time, if the change was made before.
pub(super) async fn outcome<S: Sessions, R>(
    sessions: &S,
    id: ContextId,
    made: Result<R, SessionError>,
    again: impl FnOnce(Receipt) -> R,
) -> Result<R, ServiceError> {
    match made {
        Err(SessionError::Refused { source: ChatError::Repeated { receipt }, .. }) => {
            // The first time may have failed after the change was made, or be under way to the store: what is answered
            // again is as safe as what is answered.
            sessions.settle(id).await?;
            Ok(again(receipt))
        }
        Err(SessionError::RequestUnderWay { .. }) => Err(ServiceError::KeyInUse),
        made => Ok(made?),
    }
}
