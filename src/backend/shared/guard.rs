//! What a guard does: it reads and changes one session, whichever server is asked, as if there were one copy of it.

use std::convert::Infallible;
use std::sync::Arc;

use crate::backend::chat::{ContextId, Version};

use super::database::Database;
use super::error::DatabaseError;
use super::statement::{Connection, WriteCondition};
use super::stored_session::{Change, NewSession, Owner, SharedSession};

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
        change: impl FnMut(&SharedSession) -> Result<Change, E> + Send,
    ) -> impl Future<Output = Result<Version, GuardError<E>>> + Send;

    /// Has what is had of a session for a time last for longer; to be called well before that time is over, for sessions that
    /// are asked for. Nothing, for a guard that has nothing for a time.
    ///
    /// # Errors
    /// The database was not asked or has not answered. Then what is had may be relied on as long as before.
    fn renew(&self, _: &Self::Local) -> impl Future<Output = Result<Renewal, GuardError>> + Send {
        async { Ok(Renewal::Renewed) }
    }

    /// Gives up what is had of a session for a time, so that others need not wait until that is over.
    ///
    /// # Errors
    /// The database was not asked or has not answered: it is not had any more, and others wait.
    fn release(&self, _: &Self::Local) -> impl Future<Output = Result<(), GuardError>> + Send {
        async { Ok(()) }
    }

    /// Creates a session of version 1, whose id was never given before; whether there was none. It happens when the
    /// statement commits: until then no other has its id to ask for it.
    fn create(
        &self,
        id: ContextId,
        session: NewSession,
    ) -> impl Future<Output = Result<bool, GuardError>> + Send {
        async move {
            let mut connection = self.database().connect().await.map_err(GuardError::nothing_done)?;
            connection.create(id, session).await.map_err(GuardError::of_commit)
        }
    }
}

/// What came of a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It lasts for longer.
    Renewed,
    /// There is none to renew.
    Lost,
    /// The clocks have drifted apart by more than half of the margin. This lease is not relied on any more, and neither may
    /// any other of this server: all are to be [given up](Guard::release), and taken anew.
    Drifted,
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
    /// The request was made before, and its change with it. This one has changed nothing.
    #[error("the request was made before")]
    Repeated,
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
    /// The same, with another word for the refusal.
    pub fn map<F>(self, refused: impl FnOnce(E) -> F) -> GuardError<F> {
        match self {
            Self::Gone => GuardError::Gone,
            Self::Refused(error) => GuardError::Refused(refused(error)),
            Self::Busy => GuardError::Busy,
            Self::Repeated => GuardError::Repeated,
            Self::Elsewhere(owner) => GuardError::Elsewhere(owner),
            Self::Contended => GuardError::Contended,
            Self::Unavailable(error) => GuardError::Unavailable(error),
            Self::Unknown => GuardError::Unknown,
        }
    }

    /// The failure of a statement that has changed nothing, or whose transaction is rolled back.
    pub(super) fn nothing_done(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Repeated => Self::Repeated,
            error => Self::Unavailable(error),
        }
    }

    /// The failure of a `COMMIT`, or of a change that is a transaction of its own.
    pub(super) fn of_commit(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Lost => Self::Unknown,
            nothing_done => Self::nothing_done(nothing_done),
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
