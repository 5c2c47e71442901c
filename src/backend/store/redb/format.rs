//! What a store's file holds, and what it must be to be one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{Database, DatabaseError, ReadOnlyDatabase, ReadableDatabase, TableDefinition, TableError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::chat::{ChatContext, ContextId, ContextSummary};
use crate::backend::store::StoreError;

/// Contexts as JSON, by id.
pub(super) const CONTEXTS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("contexts");
/// Summaries as JSON, by id: the index that listing reads, changed in the same commit as its context.
pub(super) const SUMMARIES: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("summaries");
/// What this file is.
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("lockyard");
const FORMAT: &str = "format";
pub(super) const FORMAT_VERSION: u64 = 1;

/// A context and its summary as they are stored. Both are encoded before either is written, so that no context is
/// stored without its summary.
pub(super) struct Record {
    pub(super) key: u128,
    pub(super) context: Vec<u8>,
    pub(super) summary: Vec<u8>,
}

impl Record {
    pub(super) fn of(context: &ChatContext) -> Result<Self, StoreError> {
        let key = context.id().0.as_u128();
        Ok(Self { key, context: encode(context)?, summary: encode(&ContextSummary::from(context))? })
    }
}

pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| failed("put", &error))
}

pub(super) fn decode<T: DeserializeOwned>(id: ContextId, bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| StoreError::Corrupt { id, reason: error.to_string() })
}

pub(super) fn failed(operation: &'static str, reason: &impl ToString) -> StoreError {
    StoreError::Failed { operation, reason: reason.to_string() }
}

/// Opens a database, whatever stands in it: redb promises no more than a panic for pages that something else has
/// damaged.
pub(super) fn guarded<T>(open: impl FnOnce() -> Result<T, DatabaseError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(opened) => opened.map_err(|error| not_opened(&error)),
        Err(_) => Err(DAMAGED.to_owned()),
    }
}

pub(super) const DAMAGED: &str = "its pages are damaged; restore it from a copy or an export";

/// Looks at what is there before it is opened for writing, since even that alone would change it.
pub(super) fn look(path: &Path) -> Result<(), String> {
    if !path.metadata().is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    let look = || match ReadOnlyDatabase::open(path) {
        Ok(database) => check(&database),
        // It was not closed as it should be, and only its repair will show what it is.
        Err(DatabaseError::RepairAborted) => Ok(()),
        Err(error) => Err(not_opened(&error)),
    };
    catch_unwind(look).unwrap_or_else(|_| Err(DAMAGED.to_owned()))
}

pub(super) fn not_opened(error: &DatabaseError) -> String {
    match error {
        DatabaseError::DatabaseAlreadyOpen => {
            "it is open already; close it there, or name another file".to_owned()
        }
        error => format!("{error}; name a file written by this program, or a new one"),
    }
}

/// Refuses a file that is not ours or newer than us.
pub(super) fn check(database: &impl ReadableDatabase) -> Result<(), String> {
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
pub(super) fn prepare(database: &Database) -> Result<(), String> {
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

pub(super) fn unreadable(error: &redb::Error) -> String {
    format!("it cannot be read: {error}")
}
