//! The guard by which a change locks the session's head row.
//!
//! **A read** is one plain SELECT. It happens when the statement takes its snapshot, which is after the request came in: the
//! snapshot has every change whose commit was answered before that, on any server. It waits for no lock.
//!
//! **A change** locks the head row, in a statement that reads nothing else, then reads, then writes. It happens when its
//! transaction commits. From the lock to the commit no other transaction can change the row, so what was read is what is
//! changed. The statement that reads begins after the lock is granted: were the messages read by the statement that waits,
//! its snapshot would be older than what the lock's last holder has added. A refusal happens when the row is read.

use std::sync::Arc;

use crate::backend::chat::{ContextId, Version};

use super::database::Database;
use super::guard::{Guard, GuardError};
use super::kind::GuardKind;
use super::locked_change::change_locked;
use super::statement::Connection;
use super::stored_session::{Change, SharedSession};

/// The guard `row-lock`.
#[derive(Clone, Debug)]
pub struct RowLock<D> {
    database: D,
}

impl<D> RowLock<D> {
    /// Over this database.
    pub fn new(database: D) -> Self {
        Self { database }
    }
}

impl<D: Database> Guard for RowLock<D> {
    const NAME: &'static str = GuardKind::RowLock.name();
    type Local = ContextId;
    type Database = D;

    fn database(&self) -> &D {
        &self.database
    }

    fn local(&self, id: ContextId) -> ContextId {
        id
    }

    async fn read(&self, id: &ContextId) -> Result<Arc<SharedSession>, GuardError> {
        read_plainly(&self.database, *id).await
    }

    async fn change<E: Send>(
        &self,
        id: &ContextId,
        change: impl FnMut(&SharedSession) -> Result<Change, E> + Send,
    ) -> Result<Version, GuardError<E>> {
        let mut connection = self.database.connect().await.map_err(GuardError::nothing_done)?;
        connection.begin().await.map_err(GuardError::nothing_done)?;
        // Where there is no row nothing is locked, and the statement after this one finds none either: an id is not given
        // again.
        connection.lock(*id).await.map_err(GuardError::nothing_done)?;
        change_locked(&mut connection, *id, change).await
    }
}

/// One plain SELECT.
pub(super) async fn read_plainly(
    database: &impl Database,
    id: ContextId,
) -> Result<Arc<SharedSession>, GuardError> {
    let mut connection = database.connect().await.map_err(GuardError::nothing_done)?;
    let stored = connection.read(id).await.map_err(GuardError::nothing_done)?;
    stored.map(|stored| Arc::new(stored.session)).ok_or(GuardError::Gone)
}
