//! What a store's file holds, and what it must be to be one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{
    Database, DatabaseError, ReadOnlyDatabase, ReadableDatabase, TableDefinition, TableError, TableHandle,
};

use super::rows::{CHECKSUMS, CREATED, ROWS};

/// What this file is.
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("lockyard");
const FORMAT: &str = "format";
/// The format that is written. Format 1 had each context in one piece.
const FORMAT_VERSION: u64 = 2;

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
        Ok(database) => contents(&database).and_then(known).map(drop),
        // It was not closed as it should be, and only its repair will show what it is.
        Err(DatabaseError::RepairAborted) => Ok(()),
        Err(error) => Err(not_opened(&error)),
    };
    catch_unwind(look).unwrap_or_else(|_| Err(DAMAGED.to_owned()))
}

fn not_opened(error: &DatabaseError) -> String {
    match error {
        DatabaseError::DatabaseAlreadyOpen => {
            "it is open already; close it there, or name another file".to_owned()
        }
        error => format!("{error}; name a file written by this program, or a new one"),
    }
}

/// What is in a redb file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    Nothing,
    /// Ours, in this format.
    Format(u64),
    Foreign,
}

impl Contents {
    /// Ours, as it is written now.
    pub(super) const CURRENT: Self = Self::Format(FORMAT_VERSION);
    /// Ours, with each context in one piece.
    pub(super) const WHOLE_CONTEXTS: Self = Self::Format(1);
}

/// Refuses a file that is not ours or newer than us.
fn known(contents: Contents) -> Result<Contents, String> {
    match contents {
        Contents::Nothing | Contents::CURRENT | Contents::WHOLE_CONTEXTS => Ok(contents),
        Contents::Format(newer) => Err(format!(
            "it has format {newer} and this program reads up to {FORMAT_VERSION}; use a newer program"
        )),
        Contents::Foreign => Err("it is another program's redb file; name a new file".to_owned()),
    }
}

/// What is in the file, if it is ours to use.
pub(super) fn contents(database: &impl ReadableDatabase) -> Result<Contents, String> {
    known(read_contents(database)?)
}

/// What is in the file, whatever it is.
pub(super) fn read_contents(database: &impl ReadableDatabase) -> Result<Contents, String> {
    let read = || -> Result<_, redb::Error> {
        let transaction = database.begin_read()?;
        if transaction.list_tables()?.next().is_none() && transaction.list_multimap_tables()?.next().is_none()
        {
            return Ok(Contents::Nothing);
        }
        match transaction.open_table(META) {
            Ok(meta) => {
                Ok(meta.get(FORMAT)?.map_or(Contents::Foreign, |format| Contents::Format(format.value())))
            }
            Err(TableError::Storage(error)) => Err(error.into()),
            Err(_) => Ok(Contents::Foreign), // no such table, or one of another make
        }
    };
    let contents = catch_unwind(AssertUnwindSafe(read)).map_err(|_| DAMAGED.to_owned())?;
    contents.map_err(|error| unreadable(&error))
}

/// Refuses a file that is not in the format that is written.
pub(super) fn check(database: &impl ReadableDatabase) -> Result<(), String> {
    match contents(database)? {
        Contents::CURRENT => Ok(()),
        other => Err(format!("it is no store: {other:?}")),
    }
}

/// Makes the tables of a new file; those that are there already stay as they are.
pub(super) fn prepare(database: &Database) -> Result<(), String> {
    match contents(database)? {
        Contents::CURRENT if has_created(database)? => return Ok(()),
        Contents::CURRENT | Contents::Nothing => {}
        other => return Err(format!("it is to be migrated first: {other:?}")),
    }
    let make = || -> Result<_, redb::Error> {
        let transaction = database.begin_write()?;
        transaction.open_table(META)?.insert(FORMAT, FORMAT_VERSION)?;
        transaction.open_table(ROWS)?;
        transaction.open_table(CHECKSUMS)?;
        transaction.open_table(CREATED)?;
        Ok(transaction.commit()?)
    };
    make().map_err(|error| unreadable(&error))
}

/// Whether the table of keys is there, which came later than the others.
fn has_created(database: &Database) -> Result<bool, String> {
    let look = || -> Result<_, redb::Error> {
        Ok(database.begin_read()?.list_tables()?.any(|table| table.name() == CREATED.name()))
    };
    look().map_err(|error| unreadable(&error))
}

pub(super) fn unreadable(error: &redb::Error) -> String {
    format!("it cannot be read: {error}")
}
