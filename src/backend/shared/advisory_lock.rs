//! The guard by which a change takes a lock of the database that has the session's name.
//!
//! It differs from [`RowLock`](super::RowLock) in what is locked: a number made from the id, in the database's table of locks
//! and not in the row. Nothing is written to the row by locking it, and nothing but these changes waits for it: so **every**
//! change must take it.
//!
//! **A read** happens at the snapshot of its one SELECT, as there.
//!
//! **A change** happens when its transaction commits. The lock is waited for in a statement of its own, before the first that
//! reads: a statement takes its snapshot before anything in it is evaluated, so one that waits and reads would read what was
//! there before the wait. Two ids may share a number; then their changes wait for each other, and no more.

use std::sync::Arc;

use crate::backend::chat::{ContextId, Version};

use super::database::Database;
use super::guard::{Guard, GuardError};
use super::kind::GuardKind;
use super::locked_change::change_locked;
use super::row_lock::read_plainly;
use super::statement::Connection;
use super::stored_session::{Change, SharedSession};

/// The guard `advisory-lock`.
#[derive(Clone, Debug)]
pub struct AdvisoryLock<D> {
    database: D,
}

impl<D> AdvisoryLock<D> {
    /// Over this database.
    pub fn new(database: D) -> Self {
        Self { database }
    }
}

impl<D: Database> Guard for AdvisoryLock<D> {
    const NAME: &'static str = GuardKind::AdvisoryLock.name();
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
        connection.advisory_lock(*id).await.map_err(GuardError::nothing_done)?;
        change_locked(&mut connection, *id, change).await
    }
}
