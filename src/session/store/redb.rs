//! The durable store, over redb: committed whole or not at all.
//!
//! One thread owns the database. Calls reach it through a queue, so calls on one key take effect in the order in
//! which they were first polled, and whatever has queued up while the last commit was on its way to the disk shares
//! the next one (group commit).

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use redb::{
    Database, DatabaseError, ReadOnlyDatabase, ReadableDatabase, ReadableTable, TableDefinition, TableError,
    WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::chat::{ChatContext, ContextId, ContextSummary};

use super::{Store, StoreError};

/// Contexts as JSON, by id.
const CONTEXTS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("contexts");
/// Summaries as JSON, by id: the index that listing reads, changed in the same commit as its context.
const SUMMARIES: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("summaries");
/// What this file is.
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("lockyard");
const FORMAT: &str = "format";
const FORMAT_VERSION: u64 = 1;

/// How many calls at most share one commit; more would only make the first of them wait.
const GROUP: usize = 1024;

/// Contexts in one redb file.
///
/// **Durability.** A `put` or `delete` that returned `Ok` is on disk (`fsync`ed). **Cancellation.** A call that was
/// polled once takes effect, in its order, even when its caller goes away. Dropping the store finishes what is queued.
pub struct RedbStore {
    queue: Option<Sender<Call>>,
    thread: Option<JoinHandle<()>>,
}

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

enum Call {
    Load(ContextId, Reply<Option<ChatContext>>),
    List(Option<ContextId>, usize, Reply<Vec<ContextSummary>>),
    Put(Box<ChatContext>, Reply<()>),
    Delete(ContextId, Reply<()>),
}

impl RedbStore {
    /// Opens the store at `path`, or makes a new one where there is no file or an empty one.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when `path` is a directory, cannot be written, is open elsewhere, is not a file of
    /// this program, or was written in a newer format. A file that is refused is left as it was, unless its owner
    /// crashed: then it is repaired first, as its owner would have done.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let unusable = |reason: String| StoreError::Unusable { path: path.display().to_string(), reason };
        if path.is_dir() {
            return Err(unusable("it is a directory; name a file in it".to_owned()));
        }
        look(path).map_err(unusable)?;
        let database = Database::create(path).map_err(|error| unusable(not_opened(&error)))?;
        prepare(&database).map_err(unusable)?;
        let (queue, calls) = channel();
        let thread = std::thread::Builder::new()
            .name("lockyard-store".to_owned())
            .spawn(move || serve(&database, &calls))
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
        self.call("load", |reply| Call::Load(id, reply)).await
    }

    async fn put(&self, context: ChatContext) -> Result<(), StoreError> {
        self.call("put", |reply| Call::Put(Box::new(context), reply)).await
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        self.call("delete", |reply| Call::Delete(id, reply)).await
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        self.call("list", |reply| Call::List(after, limit, reply)).await
    }
}

fn failed(operation: &'static str, reason: &impl ToString) -> StoreError {
    StoreError::Failed { operation, reason: reason.to_string() }
}

/// Looks at what is there before it is opened for writing, since even that alone would change it.
fn look(path: &Path) -> Result<(), String> {
    if !path.metadata().is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    match ReadOnlyDatabase::open(path) {
        Ok(database) => check(&database),
        // It was not closed as it should be, and only its repair will show what it is.
        Err(DatabaseError::RepairAborted) => Ok(()),
        Err(error) => Err(not_opened(&error)),
    }
}

fn not_opened(error: &DatabaseError) -> String {
    match error {
        DatabaseError::DatabaseAlreadyOpen => {
            "it is open already; close it there, or name another file".to_owned()
        }
        error => format!("{error}; name a file written by this program, or a new one"),
    }
}

/// Refuses a file that is not ours or newer than us.
fn check(database: &impl ReadableDatabase) -> Result<(), String> {
    match contents(database).map_err(|error| unreadable(&error))? {
        Contents::Nothing | Contents::Format(FORMAT_VERSION) => Ok(()),
        Contents::Format(newer) => Err(format!(
            "it has format {newer} and this program reads up to {FORMAT_VERSION}; use a newer program"
        )),
        Contents::Foreign => Err("it is another program's redb file; name a new file".to_owned()),
    }
}

/// What is in a redb file.
enum Contents {
    Nothing,
    /// Ours, in this format.
    Format(u64),
    Foreign,
}

fn contents(database: &impl ReadableDatabase) -> Result<Contents, redb::Error> {
    let transaction = database.begin_read()?;
    if transaction.list_tables()?.next().is_none() && transaction.list_multimap_tables()?.next().is_none() {
        return Ok(Contents::Nothing);
    }
    match transaction.open_table(META) {
        Ok(meta) => {
            Ok(meta.get(FORMAT)?.map_or(Contents::Foreign, |format| Contents::Format(format.value())))
        }
        Err(TableError::Storage(error)) => Err(error.into()),
        Err(_) => Ok(Contents::Foreign), // no such table, or one of another make
    }
}

/// Makes the tables of a new file; those that are there already stay as they are.
fn prepare(database: &Database) -> Result<(), String> {
    check(database)?;
    let make = || {
        let transaction = database.begin_write()?;
        transaction.open_table(META)?.insert(FORMAT, FORMAT_VERSION)?;
        transaction.open_table(CONTEXTS)?;
        transaction.open_table(SUMMARIES)?;
        Ok(transaction.commit()?)
    };
    make().map_err(|error| unreadable(&error))
}

fn unreadable(error: &redb::Error) -> String {
    format!("it cannot be read: {error}")
}

/// The store's thread: takes what has queued up, does it in order, answers when it is on disk.
fn serve(database: &Database, calls: &Receiver<Call>) {
    while let Ok(first) = calls.recv() {
        let group: Vec<Call> = std::iter::once(first).chain(calls.try_iter().take(GROUP - 1)).collect();
        let writes = group.iter().any(|call| matches!(call, Call::Put(..) | Call::Delete(..)));
        if writes { serve_writes(database, group) } else { serve_reads(database, group) }
    }
}

/// Answers that wait for the commit: they get to know whether it went well.
type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;

fn serve_writes(database: &Database, group: Vec<Call>) {
    let transaction = match database.begin_write() {
        Ok(transaction) => transaction,
        Err(error) => {
            let error = failed("begin a commit", &error);
            return group.into_iter().for_each(|call| refuse(call, error.clone())(Ok(())));
        }
    };
    let answers: Vec<Answer> = group.into_iter().map(|call| apply(&transaction, call)).collect();
    let outcome = transaction.commit().map_err(|error| failed("commit", &error));
    for answer in answers {
        answer(outcome.clone());
    }
}

/// Answers with what was found, if the commit goes well.
fn after<T: 'static>(reply: Reply<T>, found: Result<T, StoreError>) -> Answer {
    // Whoever asked may have gone away; the work is done all the same.
    Box::new(move |committed| drop(reply.send(committed.and(found))))
}

fn refuse(call: Call, error: StoreError) -> Answer {
    match call {
        Call::Load(_, reply) => after(reply, Err(error)),
        Call::List(.., reply) => after(reply, Err(error)),
        Call::Put(_, reply) | Call::Delete(_, reply) => after(reply, Err(error)),
    }
}

/// Does one call inside the transaction. What it found is true only if the transaction is committed, so the reply
/// waits for that.
fn apply(transaction: &WriteTransaction, call: Call) -> Answer {
    let contexts = transaction.open_table(CONTEXTS);
    let summaries = transaction.open_table(SUMMARIES);
    let (mut contexts, mut summaries) = match (contexts, summaries) {
        (Ok(contexts), Ok(summaries)) => (contexts, summaries),
        (Err(error), _) | (_, Err(error)) => {
            return refuse(call, failed("open its tables", &error));
        }
    };
    match call {
        Call::Load(id, reply) => after(reply, find(&contexts, id)),
        Call::List(from, limit, reply) => after(reply, page(&summaries, from, limit)),
        Call::Put(context, reply) => {
            let key = context.id().0.as_u128();
            let mut write = || {
                // Both are encoded before either is written, so that no context is stored without its summary.
                let (whole, summary) = (encode(&*context)?, encode(&ContextSummary::from(&*context))?);
                contexts.insert(key, whole.as_slice()).map_err(|error| failed("put", &error))?;
                summaries.insert(key, summary.as_slice()).map_err(|error| failed("put", &error))?;
                Ok(())
            };
            after(reply, write())
        }
        Call::Delete(id, reply) => {
            let key = id.0.as_u128();
            let removed = contexts.remove(key).map(drop).and_then(|()| summaries.remove(key).map(drop));
            after(reply, removed.map_err(|error| failed("delete", &error)))
        }
    }
}

fn serve_reads(database: &Database, group: Vec<Call>) {
    let tables = (|| {
        let transaction = database.begin_read()?;
        Ok((transaction.open_table(CONTEXTS)?, transaction.open_table(SUMMARIES)?))
    })()
    .map_err(|error: redb::Error| failed("open its tables", &error));
    for call in group {
        match call {
            Call::Load(id, reply) => {
                drop(
                    reply.send(tables.as_ref().map_err(Clone::clone).and_then(|(table, _)| find(table, id))),
                );
            }
            Call::List(from, limit, reply) => {
                let found =
                    tables.as_ref().map_err(Clone::clone).and_then(|(_, table)| page(table, from, limit));
                drop(reply.send(found));
            }
            Call::Put(..) | Call::Delete(..) => {
                unreachable!("a group with writes is served in a write transaction")
            }
        }
    }
}

fn find(
    contexts: &impl ReadableTable<u128, &'static [u8]>,
    id: ContextId,
) -> Result<Option<ChatContext>, StoreError> {
    let record = contexts.get(id.0.as_u128()).map_err(|error| failed("load", &error))?;
    record.map(|record| decode(id, record.value())).transpose()
}

fn page(
    summaries: &impl ReadableTable<u128, &'static [u8]>,
    after: Option<ContextId>,
    limit: usize,
) -> Result<Vec<ContextSummary>, StoreError> {
    let from = after.map_or(0, |id| id.0.as_u128().saturating_add(1));
    let records = summaries.range(from..).map_err(|error| failed("list", &error))?;
    records
        .take(limit)
        .map(|record| {
            let (key, bytes) = record.map_err(|error| failed("list", &error))?;
            decode(ContextId(Uuid::from_u128(key.value())), bytes.value())
        })
        .collect()
}

fn encode(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| failed("put", &error))
}

fn decode<T: DeserializeOwned>(id: ContextId, bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| StoreError::Corrupt { id, reason: error.to_string() })
}
