//! What goes wrong with snapshots and counts of rows: three statements that look like the guards' own.

use crate::backend::chat::{ContextId, Version};
use crate::backend::shared::{Connection, DatabaseError, StoredSession, Write, WriteCondition};
use crate::checks::shared::ModelConnection;

use super::super::tables::Row;
use super::altered::Alteration;

/// `SELECT … FROM sessions JOIN messages … FOR UPDATE OF sessions`, one statement where there should be two. It waits for the
/// head row, and then has the newest head, with the messages of the snapshot that it began with.
#[derive(Debug, Default)]
pub(super) struct JoinedUnderLock {
    joined: Option<StoredSession>,
}

impl Alteration for JoinedUnderLock {
    async fn lock(&mut self, connection: &mut ModelConnection, id: ContextId) -> Result<bool, DatabaseError> {
        let before = connection.snapshot(id, "select … join messages … for update").await;
        let found = connection.lock(id).await?;
        let head = connection.current(id);
        self.joined = before.zip(head).map(|(before, head)| {
            let mut joined = head.stored();
            joined.session.messages = before.session.messages;
            joined
        });
        Ok(found)
    }

    async fn read(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
    ) -> Result<Option<StoredSession>, DatabaseError> {
        match self.joined.take() {
            Some(joined) => Ok(Some(joined)),
            None => connection.read(id).await,
        }
    }
}

/// `SELECT pg_advisory_xact_lock(…), s.* FROM sessions s`, one statement where there should be two. It takes its snapshot,
/// waits, and returns what the snapshot shows.
#[derive(Debug, Default)]
pub(super) struct LockedWhileReading {
    read: Option<StoredSession>,
}

impl Alteration for LockedWhileReading {
    async fn advisory_lock(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
    ) -> Result<(), DatabaseError> {
        let read = &mut self.read;
        let what = "select pg_advisory_xact_lock(…), …";
        connection
            .wait_for_advisory_lock(id, what, |tables| *read = tables.rows.get(&id).map(Row::stored))
            .await;
        Ok(())
    }

    async fn read(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
    ) -> Result<Option<StoredSession>, DatabaseError> {
        match self.read.take() {
            Some(read) => Ok(Some(read)),
            None => connection.read(id).await,
        }
    }
}

/// A compare-and-set whose count of rows nobody looks at: no error is taken for success.
#[derive(Debug, Default)]
pub(super) struct IgnoredCount;

impl Alteration for IgnoredCount {
    async fn write(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
        condition: WriteCondition,
        write: Write,
    ) -> Result<Option<Version>, DatabaseError> {
        let made = connection.write(id, condition, write).await?;
        Ok(made.or_else(|| condition.version.map(Version::next)))
    }
}
