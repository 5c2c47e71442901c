//! Reads that are wrong whatever guards the changes: from a cache that is only told of changes, beside the server that has the
//! lease, and one that recovers what it finds.

use std::sync::Arc;

use crate::backend::chat::{ContextId, Version};
use crate::backend::session::Short;
use crate::backend::shared::{
    Change, Connection, Database, Guard, GuardError, Owner, RowLock, SharedSession, TurnChange, Write,
};
use crate::checks::explored::ModelShort;
use crate::checks::shared::{ModelDatabase, ModelGuard, ModelLease, ModelTime};

type Shown = ModelShort<Option<Arc<SharedSession>>>;

/// Reads from a copy that is dropped when the database notifies the server of a change (`LISTEN`, `NOTIFY`). The change is
/// answered before every server has heard of it.
pub(super) struct NotifiedCache {
    changes: RowLock<ModelDatabase>,
    copy: Arc<Shown>,
}

impl ModelGuard for NotifiedCache {
    fn over(database: &ModelDatabase, _: &ModelTime, _: Owner) -> Self {
        let copy = Arc::new(Shown::new(None));
        let its_copy = copy.clone();
        database.listen(move || its_copy.with(|copy| *copy = None));
        Self { changes: RowLock::new(database.clone()), copy }
    }
}

impl Guard for NotifiedCache {
    const NAME: &'static str = "notified-cache";
    type Local = ContextId;
    type Database = ModelDatabase;

    fn database(&self) -> &ModelDatabase {
        self.changes.database()
    }

    fn local(&self, id: ContextId) -> ContextId {
        id
    }

    async fn read(&self, id: &ContextId) -> Result<Arc<SharedSession>, GuardError> {
        if let Some(copy) = self.copy.at(|copy| copy.clone()).await {
            return Ok(copy);
        }
        let session = self.changes.read(id).await?;
        self.copy.at(|copy| *copy = Some(session.clone())).await;
        Ok(session)
    }

    async fn change<E: Send>(
        &self,
        id: &ContextId,
        change: impl FnMut(&SharedSession) -> Result<Change, E> + Send,
    ) -> Result<Version, GuardError<E>> {
        let version = self.changes.change(id, change).await?;
        self.database().notify();
        Ok(version)
    }
}

/// A server that has not the lease answers a read by a plain SELECT, which may be newer than what the one that has it answers
/// from its memory.
pub(super) struct ReadBesideLease(ModelLease);

impl ModelGuard for ReadBesideLease {
    const READS_CLOCKS: bool = true;

    fn over(database: &ModelDatabase, time: &ModelTime, owner: Owner) -> Self {
        Self(ModelLease::over(database, time, owner))
    }
}

impl Guard for ReadBesideLease {
    const NAME: &'static str = "read-beside-lease";
    type Local = (ContextId, <ModelLease as Guard>::Local);
    type Database = ModelDatabase;

    fn database(&self) -> &ModelDatabase {
        self.0.database()
    }

    fn local(&self, id: ContextId) -> Self::Local {
        (id, self.0.local(id))
    }

    async fn read(&self, (id, local): &Self::Local) -> Result<Arc<SharedSession>, GuardError> {
        match self.0.read(local).await {
            Err(GuardError::Elsewhere(_)) => {
                let mut connection = self.database().connect().await.map_err(GuardError::Unavailable)?;
                let stored = connection.read(*id).await.map_err(GuardError::Unavailable)?;
                stored.map(|stored| Arc::new(stored.session)).ok_or(GuardError::Gone)
            }
            answer => answer,
        }
    }

    async fn change<E: Send>(
        &self,
        (_, local): &Self::Local,
        change: impl FnMut(&SharedSession) -> Result<Change, E> + Send,
    ) -> Result<Version, GuardError<E>> {
        self.0.change(local, change).await
    }
}

/// Whoever finds a session in a turn takes the turn for one that was abandoned, and ends it: right where one process has all
/// sessions, and loads one only when its turn has ended with the process before.
pub(super) struct RecoveryByLook(RowLock<ModelDatabase>, Owner);

impl ModelGuard for RecoveryByLook {
    fn over(database: &ModelDatabase, _: &ModelTime, owner: Owner) -> Self {
        Self(RowLock::new(database.clone()), owner)
    }
}

impl Guard for RecoveryByLook {
    const NAME: &'static str = "recovery-by-look";
    type Local = ContextId;
    type Database = ModelDatabase;

    fn database(&self) -> &ModelDatabase {
        self.0.database()
    }

    fn local(&self, id: ContextId) -> ContextId {
        id
    }

    async fn read(&self, id: &ContextId) -> Result<Arc<SharedSession>, GuardError> {
        let session = self.0.read(id).await?;
        let abandoned = session.turn.filter(|turn| turn.owner != self.1);
        let Some(turn) = abandoned else { return Ok(session) };
        let rolled_back = |session: &SharedSession| {
            let turn = TurnChange::End { token: turn.token };
            Ok::<_, std::convert::Infallible>(Change::Write(Write {
                body: session.body.clone(),
                settings: None,
                messages: Vec::new(),
                turn,
                receipt: None,
            }))
        };
        let _ended = self.0.change(id, rolled_back).await;
        self.0.read(id).await
    }

    async fn change<E: Send>(
        &self,
        id: &ContextId,
        change: impl FnMut(&SharedSession) -> Result<Change, E> + Send,
    ) -> Result<Version, GuardError<E>> {
        self.0.change(id, change).await
    }
}
