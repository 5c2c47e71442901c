//! The statements over the model: what each does to the one row of its session.

use std::time::Duration;

use crate::backend::chat::{ContextId, Version};
use crate::backend::shared::{
    Connection, CopyCheck, DatabaseError, Epoch, LeaseAnswer, NewSession, Owner, Statement, StoredSession,
    Write, WriteCondition,
};

use super::connection::{ModelConnection, Now};
use super::tables::{Effect, LeaseColumns, Row, Written};

impl Connection for ModelConnection {
    async fn begin(&mut self) -> Result<(), DatabaseError> {
        // No step: what begins a transaction takes no snapshot and no lock.
        self.count(Statement::Begin);
        self.begin_transaction();
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), DatabaseError> {
        self.count(Statement::Commit);
        self.commit_transaction().await
    }

    async fn rollback(&mut self) -> Result<(), DatabaseError> {
        self.count(Statement::Rollback);
        self.roll_back().await;
        Ok(())
    }

    async fn read(&mut self, id: ContextId) -> Result<Option<StoredSession>, DatabaseError> {
        self.count(Statement::Read);
        Ok(self.snapshot(id, Statement::Read.name()).await.map(|row| row.stored()))
    }

    async fn read_newer(
        &mut self,
        id: ContextId,
        known: Version,
    ) -> Result<Option<CopyCheck>, DatabaseError> {
        self.count(Statement::ReadNewer);
        let row = self.snapshot(id, Statement::ReadNewer.name()).await;
        Ok(row.map(|row| {
            if row.session.version == known { CopyCheck::Current } else { CopyCheck::Stale(row.stored()) }
        }))
    }

    async fn lock(&mut self, id: ContextId) -> Result<bool, DatabaseError> {
        let locks = |_: &Row, _: Now<'_>| Some((Effect::Lock, ()));
        Ok(self.modify(Statement::Lock, id, locks).await?.is_some())
    }

    async fn advisory_lock(&mut self, id: ContextId) -> Result<(), DatabaseError> {
        self.count(Statement::AdvisoryLock);
        self.wait_for_advisory_lock(id, Statement::AdvisoryLock.name(), |_| ()).await;
        Ok(())
    }

    async fn create(&mut self, id: ContextId, session: NewSession) -> Result<bool, DatabaseError> {
        self.count(Statement::Create);
        Ok(self.insert(id, Row::new(session)).await)
    }

    async fn write(
        &mut self,
        id: ContextId,
        condition: WriteCondition,
        write: Write,
    ) -> Result<Option<Version>, DatabaseError> {
        let writes = move |row: &Row, now: Now<'_>| {
            Some(match row.written(now, condition, &write)? {
                Written::Row(row) => {
                    let version = row.session.version;
                    (Effect::Replace(row), Ok(version))
                }
                // It has had the row by then, and fails.
                Written::Repeated => (Effect::Lock, Err(DatabaseError::Repeated)),
            })
        };
        self.modify(Statement::Write, id, writes).await?.transpose()
    }

    async fn delete(&mut self, id: ContextId, condition: WriteCondition) -> Result<bool, DatabaseError> {
        let deletes = move |row: &Row, _: Now<'_>| row.deleted(condition).map(|effect| (effect, ()));
        Ok(self.modify(Statement::Delete, id, deletes).await?.is_some())
    }

    async fn take_lease(
        &mut self,
        id: ContextId,
        owner: Owner,
        ttl: Duration,
    ) -> Result<LeaseAnswer, DatabaseError> {
        let takes = move |row: &Row, now: Now<'_>| {
            let lease = row.lease.taken(now, owner, ttl)?;
            Some((Effect::Replace(Row { lease, ..row.clone() }), (lease, now())))
        };
        let taken = self.modify(Statement::TakeLease, id, takes).await?;
        let at = taken.map(|(_, now)| now).unwrap_or_default();
        // What the statement says of another owner is a hint, and may as well be from after it.
        let before = self.current(id).map(|row| row.lease);
        Ok(LeaseColumns::answer(taken.map(|(lease, _)| lease), before, at))
    }

    async fn renew_lease(
        &mut self,
        id: ContextId,
        epoch: Epoch,
        ttl: Duration,
    ) -> Result<Option<Duration>, DatabaseError> {
        let renews = move |row: &Row, now: Now<'_>| {
            let lease = row.lease.renewed(now, epoch, ttl)?;
            Some((Effect::Replace(Row { lease, ..row.clone() }), now()))
        };
        self.modify(Statement::RenewLease, id, renews).await
    }

    async fn release_lease(&mut self, id: ContextId, epoch: Epoch) -> Result<(), DatabaseError> {
        let releases = move |row: &Row, _: Now<'_>| {
            let lease = row.lease.released(epoch)?;
            Some((Effect::Replace(Row { lease, ..row.clone() }), ()))
        };
        self.modify(Statement::ReleaseLease, id, releases).await.map(|_| ())
    }
}
