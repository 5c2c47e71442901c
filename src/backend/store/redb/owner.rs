//! The thread that has the database: takes what has queued up, does it in order, answers when it is on disk.
//!
//! After a failure of the disk redb refuses everything until the file is opened anew. So that is what the next call
//! begins with: a disk that was full or gone for a while is no reason to restart the program.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, WriteTransaction};
use tokio::sync::oneshot;

use crate::backend::chat::ContextId;
use crate::backend::store::StoreError;

use super::format::{self, CONTEXTS, Record, SUMMARIES, failed};

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// Summaries as they are stored, with their keys.
type Rows = Vec<(u128, Vec<u8>)>;

pub(super) enum Call {
    Load(ContextId, Reply<Option<Vec<u8>>>),
    List(Option<ContextId>, usize, Reply<Rows>),
    Put(Box<Record>, Reply<()>),
    Delete(ContextId, Reply<()>),
}

impl Call {
    fn is_write(&self) -> bool {
        matches!(self, Self::Put(..) | Self::Delete(..))
    }

    fn refuse(self, error: StoreError) {
        // The caller may have been cancelled.
        match self {
            Self::Load(_, reply) => drop(reply.send(Err(error))),
            Self::List(.., reply) => drop(reply.send(Err(error))),
            Self::Put(_, reply) | Self::Delete(_, reply) => drop(reply.send(Err(error))),
        }
    }
}

/// Whether the database can be used further.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Well,
    Failed,
}

pub(super) struct Owner<O> {
    /// None after a failure, until the next call.
    database: Option<Database>,
    again: O,
    group: NonZeroUsize,
}

impl<O: FnMut() -> Result<Database, DatabaseError>> Owner<O> {
    pub(super) fn new(database: Database, again: O, group: NonZeroUsize) -> Self {
        Self { database: Some(database), again, group }
    }

    /// Serves until all senders are gone.
    pub(super) fn serve(&mut self, calls: &Receiver<Call>) {
        while let Ok(first) = calls.recv() {
            let more = calls.try_iter().take(self.group.get() - 1);
            let group: Vec<Call> = std::iter::once(first).chain(more).collect();
            if let Err(error) = self.reopen() {
                group.into_iter().for_each(|call| call.refuse(error.clone()));
                continue;
            }
            let Some(database) = &self.database else { continue };
            let serve = || {
                if group.iter().any(Call::is_write) {
                    writes(database, group)
                } else {
                    reads(database, group)
                }
            };
            // A panic in redb means damaged pages. The calls of this group find their replies dropped.
            let health = catch_unwind(AssertUnwindSafe(serve)).unwrap_or(Health::Failed);
            if health == Health::Failed {
                tracing::warn!("the store failed; it is opened anew for the next call");
                let closing = AssertUnwindSafe(|| self.database = None);
                let _ = catch_unwind(closing);
            }
        }
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        if self.database.is_some() {
            return Ok(());
        }
        let database = format::guarded(&mut self.again)
            .and_then(|database| format::check(&database).map(|()| database))
            .map_err(|reason| failed("be opened anew", &reason))?;
        tracing::info!("the store is open again");
        self.database = Some(database);
        Ok(())
    }
}

/// Answers that wait for the commit: they get to know whether it went well.
type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;

fn writes(database: &Database, group: Vec<Call>) -> Health {
    let transaction = match database.begin_write() {
        Ok(transaction) => transaction,
        Err(error) => {
            let error = failed("begin a commit", &error);
            group.into_iter().for_each(|call| call.refuse(error.clone()));
            return Health::Failed;
        }
    };
    let mut trouble = None;
    let answers: Vec<Answer> =
        group.into_iter().map(|call| apply(&transaction, call, &mut trouble)).collect();
    // Part of the group may be in the transaction by half: then none of it is committed.
    let outcome = match trouble {
        None => transaction.commit().map_err(|error| failed("commit", &error)),
        Some(error) => {
            drop(transaction.abort());
            Err(error)
        }
    };
    for answer in answers {
        answer(outcome.clone());
    }
    if outcome.is_ok() { Health::Well } else { Health::Failed }
}

/// Answers with what was found, if the commit goes well.
fn after<T: Clone + 'static>(
    reply: Reply<T>,
    found: Result<T, StoreError>,
    trouble: &mut Option<StoreError>,
) -> Answer {
    if let Err(error) = &found {
        trouble.get_or_insert_with(|| error.clone());
    }
    // The caller may have been cancelled; the work is done all the same.
    Box::new(move |committed| drop(reply.send(committed.and(found))))
}

/// Does one call inside the transaction. What it found is true only if the transaction is committed, so the reply
/// waits for that.
fn apply(transaction: &WriteTransaction, call: Call, trouble: &mut Option<StoreError>) -> Answer {
    match call {
        Call::Load(id, reply) => {
            let found = tables(transaction).and_then(|(contexts, _)| find(&contexts, id));
            after(reply, found, trouble)
        }
        Call::List(from, limit, reply) => {
            let found = tables(transaction).and_then(|(_, summaries)| page(&summaries, from, limit));
            after(reply, found, trouble)
        }
        Call::Put(record, reply) => {
            let write = || {
                let (mut contexts, mut summaries) = tables(transaction)?;
                let Record { key, context, summary } = &*record;
                contexts.insert(key, context.as_slice()).map_err(|error| failed("put", &error))?;
                summaries.insert(key, summary.as_slice()).map_err(|error| failed("put", &error))?;
                Ok(())
            };
            after(reply, write(), trouble)
        }
        Call::Delete(id, reply) => {
            let remove = || {
                let (mut contexts, mut summaries) = tables(transaction)?;
                let key = id.0.as_u128();
                contexts.remove(key).map_err(|error| failed("delete", &error))?;
                summaries.remove(key).map_err(|error| failed("delete", &error))?;
                Ok(())
            };
            after(reply, remove(), trouble)
        }
    }
}

type Tables<'a> = (redb::Table<'a, u128, &'static [u8]>, redb::Table<'a, u128, &'static [u8]>);

fn tables(transaction: &WriteTransaction) -> Result<Tables<'_>, StoreError> {
    let open = || Ok((transaction.open_table(CONTEXTS)?, transaction.open_table(SUMMARIES)?));
    open().map_err(|error: redb::TableError| failed("open its tables", &error))
}

fn reads(database: &Database, group: Vec<Call>) -> Health {
    let open = || {
        let transaction = database.begin_read()?;
        Ok((transaction.open_table(CONTEXTS)?, transaction.open_table(SUMMARIES)?))
    };
    let (contexts, summaries) = match open() {
        Ok(tables) => tables,
        Err(error) => {
            let error: redb::Error = error;
            let error = failed("open its tables", &error);
            group.into_iter().for_each(|call| call.refuse(error.clone()));
            return Health::Failed;
        }
    };
    let mut health = Health::Well;
    for call in group {
        match call {
            Call::Load(id, reply) => answer(reply, find(&contexts, id), &mut health),
            Call::List(from, limit, reply) => answer(reply, page(&summaries, from, limit), &mut health),
            Call::Put(..) | Call::Delete(..) => {
                unreachable!("a group with writes is served in a write transaction")
            }
        }
    }
    health
}

fn answer<T>(reply: Reply<T>, found: Result<T, StoreError>, health: &mut Health) {
    if found.is_err() {
        *health = Health::Failed;
    }
    drop(reply.send(found));
}

fn find(
    contexts: &impl ReadableTable<u128, &'static [u8]>,
    id: ContextId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let record = contexts.get(id.0.as_u128()).map_err(|error| failed("load", &error))?;
    Ok(record.map(|record| record.value().to_vec()))
}

fn page(
    summaries: &impl ReadableTable<u128, &'static [u8]>,
    after: Option<ContextId>,
    limit: usize,
) -> Result<Rows, StoreError> {
    let from = after.map_or(0, |id| id.0.as_u128().saturating_add(1));
    let records = summaries.range(from..).map_err(|error| failed("list", &error))?;
    let row = |record: Result<(redb::AccessGuard<'_, u128>, redb::AccessGuard<'_, &[u8]>), _>| {
        let (key, bytes) = record.map_err(|error: redb::StorageError| failed("list", &error))?;
        Ok((key.value(), bytes.value().to_vec()))
    };
    records.take(limit).map(row).collect()
}
