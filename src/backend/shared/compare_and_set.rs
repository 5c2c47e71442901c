//! The guard that locks nothing: a change is made only if the session is still of the version that it was made from.
//!
//! A server keeps a copy of the session. The copy is never trusted, and never wrong about its own version: the version rises
//! with every change, an id is never given again, and so a version names one state.
//!
//! **A read** asks whether there is a newer version, and for it if there is. It happens at that statement's snapshot, whether
//! the answer is the copy or what came with it.
//!
//! **A change** is made from the copy, without a look, and sent with the copy's version in its WHERE. It happens when that
//! statement commits, and only if it has changed a row: no row means that the copy was old, or that the turn in the way is
//! still at work. Then it is read anew and tried again. A refusal by an old copy means nothing, so it is given only from one
//! that was found to be current within this request, and happens at that snapshot.
//!
//! An outcome that is not known leaves the copy as it was, which is harmless, but useless if the change was made: it is
//! dropped.

use std::sync::Arc;

use crate::backend::chat::{ContextId, Version};
use crate::backend::session::Short;

use super::database::Database;
use super::guard::{ATTEMPTS, Guard, GuardError, changed_by};
use super::kind::GuardKind;
use super::statement::{Connection, CopyCheck, WriteCondition};
use super::stored_session::{Change, SharedSession};

/// The guard `compare-and-set`. `C` is how a server's own tasks share its copy.
pub struct CompareAndSet<D, C> {
    database: D,
    _copies: std::marker::PhantomData<fn() -> C>,
}

/// A server's copy of a session.
pub struct CachedCopy<C> {
    id: ContextId,
    copy: C,
}

impl<D, C> CompareAndSet<D, C> {
    /// Over this database.
    pub fn new(database: D) -> Self {
        Self { database, _copies: std::marker::PhantomData }
    }
}

impl<C: Short<Option<Arc<SharedSession>>>> CachedCopy<C> {
    async fn get(&self) -> Option<Arc<SharedSession>> {
        self.copy.at(|copy| copy.clone()).await
    }

    /// Keeps a session unless a newer one is kept.
    async fn keep(&self, session: Arc<SharedSession>) {
        let _older = self
            .copy
            .at(|copy| {
                let is_newer = copy.as_ref().is_none_or(|copy| copy.version < session.version);
                if is_newer { copy.replace(session) } else { None }
            })
            .await;
    }

    async fn forget(&self) {
        let _copy = self.copy.at(Option::take).await;
    }
}

impl<D, C> CompareAndSet<D, C>
where
    D: Database,
    C: Short<Option<Arc<SharedSession>>>,
{
    /// The session as it is now, where this one is known.
    async fn newest<E>(
        &self,
        local: &CachedCopy<C>,
        known: Option<Arc<SharedSession>>,
    ) -> Result<Arc<SharedSession>, GuardError<E>> {
        let mut connection = self.database.connect().await.map_err(GuardError::nothing_done)?;
        // No session has version 0, so with nothing known it is newer.
        let version = known.as_ref().map_or(Version(0), |known| known.version);
        let newer = connection.read_newer(local.id, version).await.map_err(GuardError::nothing_done)?;
        match (newer, known) {
            (Some(CopyCheck::Current), Some(known)) => Ok(known),
            (Some(CopyCheck::Stale(stored)), _) => {
                let session = Arc::new(stored.session);
                local.keep(session.clone()).await;
                Ok(session)
            }
            (Some(CopyCheck::Current) | None, _) => {
                local.forget().await;
                Err(GuardError::Gone)
            }
        }
    }
}

impl<D, C> Guard for CompareAndSet<D, C>
where
    D: Database,
    C: Short<Option<Arc<SharedSession>>>,
{
    const NAME: &'static str = GuardKind::CompareAndSet.name();
    type Local = CachedCopy<C>;
    type Database = D;

    fn database(&self) -> &D {
        &self.database
    }

    fn local(&self, id: ContextId) -> CachedCopy<C> {
        CachedCopy { id, copy: C::new(None) }
    }

    async fn read(&self, local: &CachedCopy<C>) -> Result<Arc<SharedSession>, GuardError> {
        let known = local.get().await;
        self.newest(local, known).await
    }

    async fn change<E: Send>(
        &self,
        local: &CachedCopy<C>,
        mut change: impl FnMut(&SharedSession) -> Result<Change, E> + Send,
    ) -> Result<Version, GuardError<E>> {
        let (mut seen, mut is_current) = match local.get().await {
            Some(copy) => (copy, false),
            None => (self.newest(local, None).await?, true),
        };
        for _ in 0..ATTEMPTS {
            let refusal = match change(&seen) {
                Err(reason) if is_current => return Err(GuardError::Refused(reason)),
                Err(reason) => GuardError::Refused(reason),
                Ok(change) => {
                    let (takes_over, after) = (change.takes_over(), copy_after(&seen, &change));
                    let condition = WriteCondition { version: Some(seen.version), epoch: None };
                    let mut connection = self.database.connect().await.map_err(GuardError::nothing_done)?;
                    match changed_by(&mut connection, local.id, condition, &seen, change).await {
                        // A row was changed: the change is made, and this is what it has made.
                        Ok(Some(version)) => {
                            match after {
                                Some(after) => local.keep(after).await,
                                None => local.forget().await,
                            }
                            return Ok(version);
                        }
                        Ok(None) if takes_over => GuardError::Busy,
                        Ok(None) => GuardError::Contended,
                        Err(error) => {
                            local.forget().await;
                            return Err(GuardError::of_commit(error));
                        }
                    }
                }
            };
            let next = self.newest(local, Some(seen.clone())).await?;
            // What was in the way is there still: neither was the copy old, nor did another come before.
            if next.version == seen.version && !matches!(refusal, GuardError::Contended) {
                return Err(refusal);
            }
            (seen, is_current) = (next, true);
        }
        Err(GuardError::Contended)
    }
}

/// What a change leaves to be kept: nothing of a deletion.
fn copy_after(seen: &SharedSession, change: &Change) -> Option<Arc<SharedSession>> {
    match change {
        Change::Write(write) => Some(Arc::new(seen.after(write))),
        Change::Delete => None,
    }
}
