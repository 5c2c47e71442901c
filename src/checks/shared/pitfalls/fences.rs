//! Leases whose fence does not hold: none, one in another row, and one that lets through what was sent before.

use std::time::Duration;

use crate::backend::chat::{ContextId, Version};
use crate::backend::shared::{
    Connection, DatabaseError, Epoch, LeaseAnswer, Owner, StoredSession, Write, WriteCondition,
};
use crate::checks::shared::ModelConnection;

use super::super::tables::{Effect, LeaseColumns, Row};
use super::altered::Alteration;

/// A lease without fencing: the write of a server that has lost its lease, and does not know it, lands.
#[derive(Debug, Default)]
pub(super) struct Unfenced;

impl Alteration for Unfenced {
    async fn write(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
        _: WriteCondition,
        write: Write,
    ) -> Result<Option<Version>, DatabaseError> {
        connection.write(id, WriteCondition::default(), write).await
    }

    async fn delete(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
        _: WriteCondition,
    ) -> Result<bool, DatabaseError> {
        connection.delete(id, WriteCondition::default()).await
    }
}

/// The lease in a table of its own: `UPDATE sessions … WHERE id = $1 AND EXISTS (SELECT FROM leases WHERE session = $1 AND epoch =
/// $2)`. The other row is read by the snapshot that the statement began with; that it was changed since makes nobody wait, and
/// nothing looks again.
#[derive(Debug, Default)]
pub(super) struct FenceInAnotherRow;

impl Alteration for FenceInAnotherRow {
    async fn take_lease(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
        owner: Owner,
        ttl: Duration,
    ) -> Result<LeaseAnswer, DatabaseError> {
        connection.database.rows().step("update leases", true).await;
        let at = connection.database.time().database();
        let mut tables = connection.database.tables();
        let lease = tables.leases.entry(id).or_default();
        let (before, taken) = (*lease, lease.taken(&|| at, owner, ttl));
        *lease = taken.unwrap_or(before);
        Ok(LeaseColumns::answer(taken, Some(before), at))
    }

    async fn read(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
    ) -> Result<Option<StoredSession>, DatabaseError> {
        // Both rows at one snapshot.
        let stored = connection.read(id).await?;
        let epoch = epoch_of(connection, id);
        Ok(stored.map(|stored| StoredSession { epoch, ..stored }))
    }

    async fn write(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
        condition: WriteCondition,
        write: Write,
    ) -> Result<Option<Version>, DatabaseError> {
        connection.snapshot(id, "update sessions … where exists (select from leases …)").await;
        if condition.epoch.is_some_and(|epoch| epoch != epoch_of(connection, id)) {
            return Ok(None);
        }
        connection.write(id, WriteCondition { epoch: None, ..condition }, write).await
    }
}

fn epoch_of(connection: &ModelConnection, id: ContextId) -> Epoch {
    connection.database.tables().leases.get(&id).map(|lease| lease.epoch).unwrap_or_default()
}

/// A lease that is one's own is taken again in the same epoch. What was sent under it before, and not answered, may still take
/// effect after the session was loaded anew.
#[derive(Debug, Default)]
pub(super) struct SameEpoch;

impl Alteration for SameEpoch {
    async fn take_lease(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
        owner: Owner,
        ttl: Duration,
    ) -> Result<LeaseAnswer, DatabaseError> {
        let statement = crate::backend::shared::Statement::TakeLease;
        let keeps = connection.modify(statement, id, move |row: &Row, now| {
            let is_own = row.lease.owner == Some(owner);
            let taken = row.lease.taken(now, owner, ttl)?;
            let epoch = if is_own { row.lease.epoch } else { taken.epoch };
            let lease = LeaseColumns { epoch, ..taken };
            Some((Effect::Replace(Row { lease, ..row.clone() }), (lease, now())))
        });
        let taken = keeps.await?;
        let at = taken.map(|(_, at)| at).unwrap_or_default();
        let before = connection.current(id).map(|row| row.lease);
        Ok(LeaseColumns::answer(taken.map(|(lease, _)| lease), before, at))
    }
}
