//! Loading: one flight for all that miss, and what is live afterwards is what the store holds.

use std::sync::Arc;

use lockyard_lock::AwaitFamily;

use super::entry::{Entry, Saved};
use super::env::Env;
use super::error::SessionError;
use super::manager::ChatSessionManager;
use super::slot::Slot;
use crate::backend::chat::{ChatContext, ContextId};
use crate::backend::clock::Clock;
use crate::backend::store::Store;

impl<E: Env> ChatSessionManager<E> {
    /// Loads the session unless another caller does. The gate is the flight: its holder loads; one that is dropped
    /// passes it on; those that queued behind a load that failed share its error.
    pub(super) async fn load(&self, entry: &Arc<Entry<E>>, failures_seen: u32) -> Result<(), SessionError> {
        let id = entry.id;
        let mut saved = E::Gate::hold(&entry.gate).await;
        // Looked at again, now under the gate: the holder before may have loaded it, found it missing, or failed.
        // Only the holder of the gate takes a slot out of `Empty`, so what is seen here holds until this call
        // changes it.
        let failures = match &*entry.look().await {
            Slot::Live(_) => return Ok(()),
            Slot::Gone { .. } => return Err(SessionError::NotFound { id }),
            Slot::Empty { failures, last: Some(error) } if *failures > failures_seen => {
                return Err(error.clone());
            }
            Slot::Empty { failures, .. } => *failures,
        };
        let fetched = fetch(self.env.store(), self.env.clock(), id).await;
        // Looked at with the context at hand and no await since it came: of many that are loaded at once, each is let go at
        // once for which there is no room.
        let outcome = fetched.and_then(|(context, stored)| {
            self.admit_load(context.size())?;
            Ok((context.within(self.limits.context), stored))
        });
        // A call dropped before this change is made has changed nothing: the slot is still `Empty`, and the next at
        // the gate loads. Slot and `saved` change together.
        let settle = |slot: &mut Slot| match outcome {
            Ok((context, stored)) => {
                // What was loaded is what the store holds: without this the next save could not know that it is
                // covered.
                *saved = Saved { version: context.version(), stored };
                *slot = Slot::Live(context);
                Ok(())
            }
            Err(error) => {
                *slot = Slot::Empty { failures: failures + 1, last: Some(error.clone()) };
                Err(error)
            }
        };
        entry.change(settle).await
    }
}

/// Reads a context from the store. One that was left in the middle of a turn has lost that turn with the process
/// that ran it: it is rolled back, and stored so, before any caller sees it.
///
/// No part of a manager, so that it is compiled once for all strategies over one type of store.
async fn fetch<S: Store>(
    store: &S,
    clock: &impl Clock,
    id: ContextId,
) -> Result<(ChatContext, S::Stored), SessionError> {
    let failed = |source| SessionError::Store { id, source };
    let loaded = store.load(id).await.map_err(failed)?;
    let (mut context, mut stored) = loaded.ok_or(SessionError::NotFound { id })?;
    // Stored before it is live: a load sets no mark, so otherwise memory would be newer than the store and no save
    // would know.
    if context.recover() {
        context.touch(clock.now());
        store.put(context.clone(), &mut stored).await.map_err(failed)?;
    }
    Ok((context, stored))
}
