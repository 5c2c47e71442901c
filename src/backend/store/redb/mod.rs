//! The durable store, over redb: committed whole or not at all.
//!
//! One thread owns the database. Calls reach it through a queue, so calls on one key take effect in the order in
//! which they were first polled, and whatever has queued up while the last commit was on its way to the disk shares
//! the next one (group commit). Reading and writing JSON is the callers' work, for they are many.
//!
//! | file | holds |
//! | --- | --- |
//! | `format` | the tables, what a file must be to be ours, contexts to bytes and back |
//! | `owner` | the thread that has the database |
//! | `keep` | maintenance of a file that no server has open: check, export, import |

mod format;
mod keep;
mod owner;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use redb::{Builder, Database, DatabaseError, StorageBackend};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::backend::chat::{ChatContext, ContextId, ContextSummary};

use super::{Store, StoreError};
use format::{Record, decode, failed};
use owner::{Call, Owner, Reply};

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
        let name = path.display().to_string();
        let unusable = |reason: String| StoreError::Unusable { path: name.clone(), reason };
        if path.is_dir() {
            return Err(unusable("it is a directory; name a file in it".to_owned()));
        }
        format::look(path).map_err(unusable)?;
        let database = format::guarded(|| Database::create(path)).map_err(unusable)?;
        let again = path.to_owned();
        // The second time it must be there: a new file in its place would be an empty store.
        Self::start(&name, group, database, move || Database::open(&again))
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
        let database = format::guarded(&mut open).map_err(unusable)?;
        Self::start("the backend", Self::GROUP, database, open)
    }

    fn start(
        name: &str,
        group: NonZeroUsize,
        database: Database,
        again: impl FnMut() -> Result<Database, DatabaseError> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let unusable = |reason: String| StoreError::Unusable { path: name.to_owned(), reason };
        format::prepare(&database).map_err(unusable)?;
        let (queue, calls) = channel();
        let mut owner = Owner::new(database, again, group);
        let thread = std::thread::Builder::new()
            .name("lockyard-store".to_owned())
            .spawn(move || owner.serve(&calls))
            .map_err(|error| unusable(format!("no thread could be started for it: {error}")))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        call: impl FnOnce(Reply<T>) -> Call,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let ended = || failed(operation, &"its thread has ended; reopen the store");
        self.queue.as_ref().ok_or_else(ended)?.send(call(reply)).map_err(|_| ended())?;
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
    async fn load(&self, id: ContextId) -> Result<Option<ChatContext>, StoreError> {
        let found = self.call("load", |reply| Call::Load(id, reply)).await?;
        found.map(|bytes| decode(id, &bytes)).transpose()
    }

    async fn put(&self, context: ChatContext) -> Result<(), StoreError> {
        let record = Box::new(Record::of(&context)?);
        drop(context);
        self.call("put", |reply| Call::Put(record, reply)).await
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        self.call("delete", |reply| Call::Delete(id, reply)).await
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        let found = self.call("list", |reply| Call::List(after, limit, reply)).await?;
        let summary = |(key, bytes): (u128, Vec<u8>)| decode(ContextId(Uuid::from_u128(key)), &bytes);
        found.into_iter().map(summary).collect()
    }
}
