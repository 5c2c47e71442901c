//! What a guard does: it reads and changes one session, whichever server is asked, as if there were one copy of it.

use std::convert::Infallible;
use std::sync::Arc;

use crate::backend::chat::{ContextId, Version};

use super::database::Database;
use super::error::DatabaseError;
use super::statement::{Connection, WriteCondition};
use super::stored_session::{Change, Owner, SharedSession, Text};

/// A way to guard sessions that several servers share.
///
/// **Linearizable.** Each answer is as if the operation had happened at one moment between its call and its return, and all
/// servers agree on these moments. Each guard says at which.
/// **Cancellation.** A read may be dropped at any time. A change that is dropped is of unknown outcome, as
/// [`GuardError::Unknown`].
pub trait Guard: Send + Sync + 'static {
    /// The name on the command line and in reports.
    const NAME: &'static str;
    /// What a server keeps of one session.
    type Local: Send + Sync + 'static;
    /// Where the sessions are.
    type Database: Database;

    /// The database.
    fn database(&self) -> &Self::Database;

    /// What a server keeps of a session, in the beginning. **A process has at most one of each session**, as it has one live
    /// copy: two would be two servers under one name.
    fn local(&self, id: ContextId) -> Self::Local;

    /// The session as it is.
    fn read(
        &self,
        local: &Self::Local,
    ) -> impl Future<Output = Result<Arc<SharedSession>, GuardError>> + Send;

    /// Changes the session: `change` is shown how it is and says what becomes of it, or refuses. It may be called several
    /// times, with newer ones each time; what it said last counts. Returns the version that was made; of a deletion, one more
    /// than the last.
    fn change<E: Send>(
        &self,
        local: &Self::Local,
        change: impl Fn(&SharedSession) -> Result<Change, E> + Send + Sync,
    ) -> impl Future<Output = Result<Version, GuardError<E>>> + Send;

    /// Creates a session of version 1, whose id was never given before; whether there was none. It happens when the
    /// statement commits: until then no other has its id to ask for it.
    fn create(&self, id: ContextId, body: Text) -> impl Future<Output = Result<bool, GuardError>> + Send {
        async move {
            let mut connection = self.database().connect().await.map_err(GuardError::nothing_done)?;
            connection.create(id, body).await.map_err(GuardError::of_commit)
        }
    }
}

/// Why there is no answer, or none but this. Only [`Unknown`](Self::Unknown) leaves open whether the change was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError<E = Infallible> {
    /// There is no such session.
    #[error("there is no such session")]
    Gone,
    /// The change was refused by the session as it is.
    #[error("{0}")]
    Refused(E),
    /// Another turn is at work, and its deadline has not passed.
    #[error("another turn is at work on the session: try again when it has ended")]
    Busy,
    /// Another server has the session's lease: it is to be asked instead, if it is known, or this one once more.
    #[error("another server has the session: ask it instead, or try again")]
    Elsewhere(Option<Owner>),
    /// Others have changed the session each time before this change could be made.
    #[error("others keep changing the session: try again")]
    Contended,
    /// The database could not be asked, or refused. Nothing was changed.
    #[error("nothing was changed: {0}")]
    Unavailable(DatabaseError),
    /// Whether the change was made, or will be, is not known.
    #[error("whether the change was made is not known: look before it is repeated")]
    Unknown,
}

impl<E> GuardError<E> {
    /// The failure of a statement that has changed nothing, or whose transaction is rolled back.
    pub(super) fn nothing_done(error: DatabaseError) -> Self {
        Self::Unavailable(error)
    }

    /// The failure of a `COMMIT`, or of a change that is a transaction of its own.
    pub(super) fn of_commit(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Lost => Self::Unknown,
            refused @ DatabaseError::Refused(_) => Self::Unavailable(refused),
        }
    }
}

/// How often a change is tried anew when others came before it.
pub(super) const ATTEMPTS: usize = 16;

/// Sends a change; the version that it made of `seen`, or nothing where the head row was not as demanded.
///
/// # Errors
/// What the connection says.
pub(super) async fn changed_by(
    connection: &mut impl Connection,
    id: ContextId,
    condition: WriteCondition,
    seen: &SharedSession,
    change: Change,
) -> Result<Option<Version>, DatabaseError> {
    match change {
        Change::Write(write) => connection.write(id, condition, write).await,
        Change::Delete => Ok(connection.delete(id, condition).await?.then(|| seen.version.next())),
    }
}
