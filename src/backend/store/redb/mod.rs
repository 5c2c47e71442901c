//! The durable store, over redb: committed whole or not at all.
//!
//! One thread owns the database. Calls reach it through a queue, so calls on one key take effect in the order in
//! which they were first polled, and whatever has queued up while the last commit was on its way to the disk shares
//! the next one (group commit). Reading and writing JSON is the callers' work, for they are many.
//!
//! A context is stored as rows, and a put writes those that have changed: what a message costs does not depend on how
//! long its conversation is.
//!
//! | file | holds |
//! | --- | --- |
//! | `rows`, `found` | a context as rows, each with its checksum: what a change of it writes, and what is read of it |
//! | `call` | what is asked, and what is answered |
//! | `owner` | the thread that has the database: groups of calls, one commit for each |
//! | `queue` | which calls share the next commit |
//! | `loaded` | how much was read and not taken |
//! | `format` | what the file holds, and what it must be to be one of ours |
//! | `open` | how a file becomes an open store |
//! | `overlay` | a file that is read and never written |
//! | `migrate` | from the older format |
//! | `salvage` | reading a file of which some pages are damaged |
//! | `pages` | rows found page by page, where the trees are damaged |
//! | `keep` | maintenance of a file that no server has open: check, export, import |

mod call;
mod format;
mod found;
mod keep;
mod loaded;
mod migrate;
mod open;
mod overlay;
mod owner;
mod pages;
mod queue;
mod rows;
mod salvage;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use redb::{Builder, Database, DatabaseError, StorageBackend};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::backend::chat::{ChatContext, ContextId, ContextSummary};

use super::{Store, StoreError};
use call::{Answer, Call, Request, failed};
use owner::Owner;
use rows::Write;

pub use keep::{StoreCheck, TransferError};

/// Contexts in one redb file.
///
/// **Durability.** A `put` or `delete` that returned `Ok` is on disk (`fsync`ed). **Failure.** A call that fails says
/// so, and for a change it is unknown then whether it took effect; the file is opened anew for the next call, so the
/// store works again as soon as the disk does. **Cancellation.** A call that was polled once takes effect, in its
/// order, even when its caller goes away. Dropping the store finishes what is queued.
pub struct RedbStore {
    queue: Option<Sender<Call>>,
    thread: Option<JoinHandle<()>>,
}

impl RedbStore {
    /// How many calls at most share one commit; more would only make the first of them wait.
    pub const GROUP: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

    /// Opens the store at `path`, or makes a new one where there is no file or an empty one.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when `path` is a directory, cannot be written, is open elsewhere, is damaged, is not a
    /// file of this program, or was written in a newer format. A file that is refused is left as it was, unless its
    /// owner crashed: then it is repaired first, as its owner would have done.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path, Self::GROUP)
    }

    /// [`open`](Self::open) with at most `group` calls to a commit: 1 shows what sharing commits is worth.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, group: NonZeroUsize) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let database = open::or_make(path)?;
        let again = path.to_owned();
        Self::start(&path.display().to_string(), group, database, move || open::again(&again))
    }

    /// A store over whatever redb can be put on, for tests that break it. `backend` is asked for once at the start, and
    /// again after every failure.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn over<B: StorageBackend>(
        mut backend: impl FnMut() -> B + Send + 'static,
    ) -> Result<Self, StoreError> {
        let mut open = move || Builder::new().create_with_backend(backend());
        let unusable = |reason| StoreError::Unusable { path: "the backend".to_owned(), reason };
        let database = format::guarded(&mut open)
            .and_then(|database| format::prepare(&database).map(|()| database))
            .map_err(unusable)?;
        Self::start("the backend", Self::GROUP, database, open)
    }

    fn start(
        name: &str,
        group: NonZeroUsize,
        database: Database,
        again: impl FnMut() -> Result<Database, DatabaseError> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let unusable = |reason: String| StoreError::Unusable { path: name.to_owned(), reason };
        let (queue, calls) = channel();
        let mut owner = Owner::new(database, again, group);
        let thread = std::thread::Builder::new()
            .name("lockyard-store".to_owned())
            .spawn(move || owner.serve(&calls))
            .map_err(|error| unusable(format!("no thread could be started for it: {error}")))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    async fn call(&self, operation: &'static str, request: Request) -> Result<Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let ended = || failed(operation, &"its thread has ended; reopen the store");
        let call = Call { request, reply };
        self.queue.as_ref().ok_or_else(ended)?.send(call).map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed; there is nothing to add while dropping.
            let _ = thread.join();
        }
    }
}

impl Store for RedbStore {
    /// The context as it is stored: it shares all that has not changed with the one that is put next.
    type Stored = Option<Box<ChatContext>>;

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, Self::Stored)>, StoreError> {
        let Answer::Loaded(found, _untaken) = self.call("load", Request::Load(id)).await? else {
            unreachable!("a load is answered with what was found")
        };
        Ok(found.context(id)?.map(|context| (context.clone(), Some(Box::new(context)))))
    }

    async fn put(&self, context: ChatContext, stored: &mut Self::Stored) -> Result<(), StoreError> {
        // Taken out until the change is known to be on disk: what comes after a failure writes the whole.
        let known = stored.take();
        let write = match &known {
            Some(older) => Write::since(&context, older)?,
            None => Write::whole(&context)?,
        };
        self.call("put", Request::Put(Box::new(write))).await?;
        *stored = Some(match known {
            Some(mut place) => {
                *place = context;
                place
            }
            None => Box::new(context),
        });
        Ok(())
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        self.call("delete", Request::Delete(id)).await.map(drop)
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        let Some(from) = after.map_or(Some(0), |id| id.0.as_u128().checked_add(1)) else {
            return Ok(Vec::new());
        };
        let Answer::Listed(heads) = self.call("list", Request::List(from, limit)).await? else {
            unreachable!("a list is answered with heads")
        };
        heads.into_iter().map(|(id, head)| found::summary(id, &head)).collect()
    }

    async fn created_by(&self, key: Uuid) -> Result<Option<ContextId>, StoreError> {
        let Answer::Created(id) = self.call("look up a key", Request::Created(key)).await? else {
            unreachable!("a key is answered with a context")
        };
        Ok(id)
    }

    async fn count(&self) -> Result<usize, StoreError> {
        let Answer::Counted(contexts) = self.call("count", Request::Count).await? else {
            unreachable!("a count is answered with a number")
        };
        Ok(usize::try_from(contexts).unwrap_or(usize::MAX))
    }
}
