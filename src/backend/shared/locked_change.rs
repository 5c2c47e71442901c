//! What the guards that lock do once they have the lock: read, change, commit.

use crate::backend::chat::{ContextId, Version};

use super::guard::{GuardError, changed_by};
use super::statement::{Connection, WriteCondition};
use super::stored_session::{Change, SharedSession};

/// Changes a session in the transaction at hand, which has the session's lock and has read nothing yet, and ends it.
///
/// Errors before the `COMMIT` leave nothing behind: whoever drops a connection in a transaction rolls it back.
pub(super) async fn change_locked<E>(
    connection: &mut impl Connection,
    id: ContextId,
    mut change: impl FnMut(&SharedSession) -> Result<Change, E>,
) -> Result<Version, GuardError<E>> {
    // Head and messages in one statement, whose snapshot is taken now, after the wait for the lock: so it has all that the
    // lock's last holder has committed, and until the end of this transaction nobody commits anything else.
    let stored = connection.read(id).await.map_err(GuardError::nothing_done)?;
    let Some(stored) = stored else {
        return refused(connection, GuardError::Gone).await;
    };
    let change = match change(&stored.session) {
        Ok(change) => change,
        Err(reason) => return refused(connection, GuardError::Refused(reason)).await,
    };
    // The lock is the guard, so nothing is demanded of the head row but what the turn demands.
    let made = changed_by(connection, id, WriteCondition::default(), &stored.session, change).await;
    match made.map_err(GuardError::nothing_done)? {
        // The change is made here, for all servers at once.
        Some(version) => connection.commit().await.map(|()| version).map_err(GuardError::of_commit),
        None => refused(connection, GuardError::Busy).await,
    }
}

async fn refused<E>(
    connection: &mut impl Connection,
    error: GuardError<E>,
) -> Result<Version, GuardError<E>> {
    // If it fails the connection is gone, and the transaction with it.
    let _ended = connection.rollback().await;
    Err(error)
}
