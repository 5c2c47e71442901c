//! A database whose connections send other statements than the guards ask for: the seam at which most pitfalls are planted.

use std::time::Duration;

use crate::backend::chat::{ContextId, Version};
use crate::backend::shared::{
    Connection, CopyCheck, Database, DatabaseError, Epoch, LeaseAnswer, NewSession, Owner, StoredSession,
    Write, WriteCondition,
};
use crate::checks::shared::{ModelConnection, ModelDatabase};

type Answer<R> = Result<R, DatabaseError>;

/// What is sent instead. It lives as long as a connection, and what it leaves out is sent as it should be.
pub(super) trait Alteration: Default + Send + 'static {
    /// For `read`.
    fn read(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
    ) -> impl Future<Output = Answer<Option<StoredSession>>> + Send {
        connection.read(id)
    }

    /// For `lock`.
    fn lock(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
    ) -> impl Future<Output = Answer<bool>> + Send {
        connection.lock(id)
    }

    /// For `advisory_lock`.
    fn advisory_lock(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
    ) -> impl Future<Output = Answer<()>> + Send {
        connection.advisory_lock(id)
    }

    /// For `write`.
    fn write(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
        condition: WriteCondition,
        write: Write,
    ) -> impl Future<Output = Answer<Option<Version>>> + Send {
        connection.write(id, condition, write)
    }

    /// For `delete`.
    fn delete(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
        condition: WriteCondition,
    ) -> impl Future<Output = Answer<bool>> + Send {
        connection.delete(id, condition)
    }

    /// For `take_lease`.
    fn take_lease(
        &mut self,
        connection: &mut ModelConnection,
        id: ContextId,
        owner: Owner,
        ttl: Duration,
    ) -> impl Future<Output = Answer<LeaseAnswer>> + Send {
        connection.take_lease(id, owner, ttl)
    }
}

/// The model of the database with an alteration.
#[derive(Clone)]
pub(super) struct AlteredDatabase<A> {
    database: ModelDatabase,
    _alteration: std::marker::PhantomData<fn() -> A>,
}

impl<A> From<ModelDatabase> for AlteredDatabase<A> {
    fn from(database: ModelDatabase) -> Self {
        Self { database, _alteration: std::marker::PhantomData }
    }
}

impl<A: Alteration> Database for AlteredDatabase<A> {
    type Connection = AlteredConnection<A>;

    async fn connect(&self) -> Answer<AlteredConnection<A>> {
        Ok(AlteredConnection { connection: self.database.connect().await?, alteration: A::default() })
    }
}

/// A connection with an alteration.
pub(super) struct AlteredConnection<A> {
    connection: ModelConnection,
    alteration: A,
}

impl<A: Alteration> Connection for AlteredConnection<A> {
    async fn begin(&mut self) -> Answer<()> {
        self.connection.begin().await
    }

    async fn commit(&mut self) -> Answer<()> {
        self.connection.commit().await
    }

    async fn rollback(&mut self) -> Answer<()> {
        self.connection.rollback().await
    }

    async fn read(&mut self, id: ContextId) -> Answer<Option<StoredSession>> {
        self.alteration.read(&mut self.connection, id).await
    }

    async fn read_newer(&mut self, id: ContextId, known: Version) -> Answer<Option<CopyCheck>> {
        self.connection.read_newer(id, known).await
    }

    async fn lock(&mut self, id: ContextId) -> Answer<bool> {
        self.alteration.lock(&mut self.connection, id).await
    }

    async fn advisory_lock(&mut self, id: ContextId) -> Answer<()> {
        self.alteration.advisory_lock(&mut self.connection, id).await
    }

    async fn create(&mut self, id: ContextId, session: NewSession) -> Answer<bool> {
        self.connection.create(id, session).await
    }

    async fn write(
        &mut self,
        id: ContextId,
        condition: WriteCondition,
        write: Write,
    ) -> Answer<Option<Version>> {
        self.alteration.write(&mut self.connection, id, condition, write).await
    }

    async fn delete(&mut self, id: ContextId, condition: WriteCondition) -> Answer<bool> {
        self.alteration.delete(&mut self.connection, id, condition).await
    }

    async fn take_lease(&mut self, id: ContextId, owner: Owner, ttl: Duration) -> Answer<LeaseAnswer> {
        self.alteration.take_lease(&mut self.connection, id, owner, ttl).await
    }

    async fn renew_lease(&mut self, id: ContextId, epoch: Epoch, ttl: Duration) -> Answer<Option<Duration>> {
        self.connection.renew_lease(id, epoch, ttl).await
    }

    async fn release_lease(&mut self, id: ContextId, epoch: Epoch) -> Answer<()> {
        self.connection.release_lease(id, epoch).await
    }
}
