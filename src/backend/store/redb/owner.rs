//! The thread that has the database: takes what has queued up, does it in order, answers when it is on disk.
//!
//! After a failure of the disk redb refuses everything until the file is opened anew. So that is what the next call
//! begins with: a disk that was full or gone for a while is no reason to restart the program. A call that meets damaged
//! pages fails alone, and those that shared its commit are done without it.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError};
use uuid::Uuid;

use crate::backend::chat::ContextId;
use crate::backend::store::StoreError;

use super::call::{Answer, Call, Request, failed};
use super::format;
use super::found;
use super::loaded::LoadedBytes;
use super::queue::CallQueue;
use super::rows::{self, CHECKSUMS, CREATED, ROWS, Tables};

/// Why a group of calls could not be served.
enum Trouble {
    /// The disk or the database: it concerns every call.
    Disk(StoreError),
    /// The call at work alone.
    Call(String),
}

impl Trouble {
    fn of(operation: &'static str, error: &StorageError) -> Self {
        match error {
            StorageError::Corrupted(_) | StorageError::ValueTooLarge(_) => Self::Call(error.to_string()),
            error => Self::Disk(failed(operation, error)),
        }
    }
}

pub(super) struct Owner<O> {
    /// None after a failure, until the next call.
    database: Option<Database>,
    again: O,
    group: NonZeroUsize,
    loaded: LoadedBytes,
}

impl<O: FnMut() -> Result<Database, DatabaseError>> Owner<O> {
    pub(super) fn new(database: Database, again: O, group: NonZeroUsize) -> Self {
        Self { database: Some(database), again, group, loaded: LoadedBytes::default() }
    }

    /// Serves until all senders are gone.
    pub(super) fn serve(&mut self, calls: &Receiver<Call>) {
        let mut queue = CallQueue::default();
        while let Some(mut group) = queue.next(calls, self.group) {
            // Each round answers some calls.
            while !group.is_empty() {
                self.loaded.wait();
                group = self.serve_group(group);
            }
        }
    }

    /// Serves a group as a whole. What is left of it when one call had to be left out, or so much was loaded that the others
    /// have to wait.
    fn serve_group(&mut self, mut group: Vec<Call>) -> Vec<Call> {
        let refuse_all = |group: Vec<Call>, error: &StoreError| {
            group.into_iter().for_each(|call| call.answer(Err(error.clone())));
            Vec::new()
        };
        if let Err(error) = self.reopen() {
            return refuse_all(group, &error);
        }
        let Some(database) = &self.database else { return group };
        let at = Cell::new(0);
        // A panic in redb means damaged pages.
        match catch_unwind(AssertUnwindSafe(|| attempt(database, &group, &at, &self.loaded))) {
            Ok(Ok(answers)) => {
                let rest = group.split_off(answers.len());
                group.into_iter().zip(answers).for_each(|(call, answer)| call.answer(answer));
                rest
            }
            Ok(Err(Trouble::Disk(error))) => {
                self.close();
                refuse_all(group, &error)
            }
            outcome => {
                let reason = if let Ok(Err(Trouble::Call(reason))) = outcome {
                    reason
                } else {
                    // Whatever was held while it panicked is not to be relied on.
                    self.close();
                    format::DAMAGED.to_owned()
                };
                if at.get() == group.len() {
                    return refuse_all(group, &failed("commit", &reason));
                }
                let call = group.remove(at.get());
                let error = call.request.damaged(reason);
                call.answer(Err(error));
                group
            }
        }
    }

    fn close(&mut self) {
        tracing::warn!("the store failed; it is opened anew for the next call");
        let _ = catch_unwind(AssertUnwindSafe(|| self.database = None));
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

/// The answers to all calls, in their order; those to changes are true, since they are committed by then.
type Answers = Vec<Result<Answer, StoreError>>;

/// Serves all calls or none, but for those behind a load after which too much waits to be taken. `at` says which one is at work,
/// and is their number when all are done.
fn attempt(
    database: &Database,
    group: &[Call],
    at: &Cell<usize>,
    loaded: &LoadedBytes,
) -> Result<Answers, Trouble> {
    if !group.iter().any(|call| call.request.is_write()) {
        let begin = || -> Result<_, redb::Error> {
            let transaction = database.begin_read()?;
            let (rows, checksums) = (transaction.open_table(ROWS)?, transaction.open_table(CHECKSUMS)?);
            Ok((rows, checksums, transaction.open_table(CREATED)?))
        };
        let (rows, checksums, created) =
            begin().map_err(|error| Trouble::Disk(failed("open its tables", &error)))?;
        return each(group, at, loaded, |request| look(&rows, &checksums, &created, request, loaded));
    }
    let transaction =
        database.begin_write().map_err(|error| Trouble::Disk(failed("begin a commit", &error)))?;
    let answers = {
        let mut tables =
            Tables::open(&transaction).map_err(|error| Trouble::Disk(failed("open its tables", &error)))?;
        each(group, at, loaded, |request| {
            let change = match request {
                Request::Put(write) => write.apply(&mut tables),
                Request::Delete(id) => rows::delete(&mut tables, *id),
                Request::Load(_) | Request::List(..) | Request::Count | Request::Created(_) => {
                    return look(&tables.rows, &tables.checksums, &tables.created, request, loaded);
                }
            };
            change.map(|()| Ok(Answer::Done))
        })
    };
    match answers {
        Ok(answers) => {
            // Those that have to wait have no part in what may go wrong from here on.
            at.set(group.len());
            transaction.commit().map_err(|error| Trouble::Disk(failed("commit", &error)))?;
            Ok(answers)
        }
        Err(trouble) => {
            // One call may be in the transaction by half: then none of it is committed.
            drop(transaction.abort());
            Err(trouble)
        }
    }
}

fn each(
    group: &[Call],
    at: &Cell<usize>,
    loaded: &LoadedBytes,
    mut serve: impl FnMut(&Request) -> Result<Result<Answer, StoreError>, StorageError>,
) -> Result<Answers, Trouble> {
    let mut answers = Vec::with_capacity(group.len());
    for call in group {
        answers.push(serve(&call.request).map_err(|error| Trouble::of(call.request.name(), &error))?);
        at.set(at.get() + 1);
        if loaded.are_many() {
            break;
        }
    }
    Ok(answers)
}

/// Answers a request that changes nothing.
fn look(
    rows: &impl ReadableTable<(u128, u32), &'static [u8]>,
    checksums: &impl ReadableTable<u128, u32>,
    created: &impl ReadableTable<u128, u128>,
    request: &Request,
    loaded: &LoadedBytes,
) -> Result<Result<Answer, StoreError>, StorageError> {
    match request {
        Request::Load(id) => {
            let found = found::find(rows, checksums, *id)?;
            let untaken = loaded.add(found.bytes());
            Ok(Ok(Answer::Loaded(found, untaken)))
        }
        Request::Created(key) => {
            let id = created.get(key.as_u128())?.map(|id| ContextId(Uuid::from_u128(id.value())));
            Ok(Ok(Answer::Created(id)))
        }
        Request::Count => Ok(Ok(Answer::Counted(checksums.len()?))),
        Request::List(from, limit) => Ok(found::heads(rows, checksums, *from, *limit)?.map(Answer::Listed)),
        Request::Put(_) | Request::Delete(_) => unreachable!("a change is made in a transaction that writes"),
    }
}
