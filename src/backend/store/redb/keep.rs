//! Maintenance of a store's file that no server has open: is it whole, and out of it and into it by lines of JSON.

use std::io::{BufRead, Write};
use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::backend::chat::{ChatContext, ContextId, ContextSummary};
use crate::backend::store::StoreError;

use super::RedbStore;
use super::format::{self, CONTEXTS, Record, SUMMARIES, decode};

/// What a check of a store has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreCheck {
    /// Contexts that are whole.
    pub contexts: u64,
    /// Whether the file had to be repaired before it could be read: it was not closed as it should be.
    pub repaired: bool,
    /// What is wrong, one line each; empty for a good store.
    pub faults: Vec<String>,
}

/// Why contexts could not be taken out of a store or put into it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The store itself.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line that is no context. Nothing was imported.
    #[error("line {line}: {reason}; nothing was imported")]
    Line {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// The other side: the file read from or written to.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The first line of an export.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    lockyard_contexts: u64,
}

/// The version of the lines, which is that of contexts as JSON.
const LINES: u64 = 1;

impl RedbStore {
    /// Reads every page and every context of the file at `path`.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when it cannot be opened as a store. What is wrong inside stands in the [`StoreCheck`].
    pub fn check(path: impl AsRef<Path>) -> Result<StoreCheck, StoreError> {
        let path = path.as_ref();
        let unusable = |reason: String| StoreError::Unusable { path: path.display().to_string(), reason };
        let mut database = existing(path)?;
        let mut checkup = StoreCheck::default();
        match format::guarded(|| database.check_integrity()) {
            Ok(whole) => checkup.repaired = !whole,
            Err(reason) => {
                checkup.faults.push(reason);
                return Ok(checkup);
            }
        }
        format::check(&database).map_err(unusable)?;
        let mut read = || compare(&database, &mut checkup);
        read().map_err(|error| unusable(format::unreadable(&error)))?;
        Ok(checkup)
    }

    /// Writes every context as a line of JSON, by ascending id, after a first line that says so. How many there were.
    ///
    /// # Errors
    /// The store's, and those of `out`.
    pub fn export(path: impl AsRef<Path>, mut out: impl Write) -> Result<u64, TransferError> {
        let path = path.as_ref();
        let database = existing(path)?;
        let unusable = |reason: String| StoreError::Unusable { path: path.display().to_string(), reason };
        format::check(&database).map_err(unusable)?;
        let unreadable = |error: redb::Error| unusable(format::unreadable(&error));
        let table = database
            .begin_read()
            .map_err(redb::Error::from)
            .and_then(|transaction| Ok(transaction.open_table(CONTEXTS)?))
            .map_err(unreadable)?;
        serde_json::to_writer(&mut out, &Header { lockyard_contexts: LINES })
            .map_err(std::io::Error::from)?;
        writeln!(out)?;
        let mut count = 0;
        for row in table.iter().map_err(|error| unreadable(error.into()))? {
            let (key, bytes) = row.map_err(|error| unreadable(error.into()))?;
            // Read and written again, so that nothing is handed on that could not be taken in.
            let context: ChatContext = decode(ContextId(Uuid::from_u128(key.value())), bytes.value())?;
            serde_json::to_writer(&mut out, &context).map_err(std::io::Error::from)?;
            writeln!(out)?;
            count += 1;
        }
        out.flush()?;
        Ok(count)
    }

    /// Puts the contexts of an export into the store at `path`, which is made if need be. All of them or none. How many
    /// there were.
    ///
    /// # Errors
    /// Lines that are no contexts or stand twice; contexts that are there already, unless `replace`.
    pub fn import(path: impl AsRef<Path>, lines: impl BufRead, replace: bool) -> Result<u64, TransferError> {
        let path = path.as_ref();
        let unusable = |reason: String| StoreError::Unusable { path: path.display().to_string(), reason };
        format::look(path).map_err(unusable)?;
        let database = format::guarded(|| Database::create(path)).map_err(unusable)?;
        format::prepare(&database).map_err(unusable)?;
        let broken = |error: redb::Error| unusable(format!("it cannot be written: {error}"));
        let transaction = database.begin_write().map_err(|error| broken(error.into()))?;
        let mut count = 0;
        {
            let mut contexts = transaction.open_table(CONTEXTS).map_err(|error| broken(error.into()))?;
            let mut summaries = transaction.open_table(SUMMARIES).map_err(|error| broken(error.into()))?;
            for (line, text) in (1..).zip(lines.lines()) {
                let refuse = |reason: String| TransferError::Line { line, reason };
                let text = text?;
                if line == 1 {
                    header(&text).map_err(refuse)?;
                    continue;
                }
                let context: ChatContext =
                    serde_json::from_slice(text.as_bytes()).map_err(|error| refuse(error.to_string()))?;
                let Record { key, context, summary } = Record::of(&context)?;
                let before =
                    contexts.insert(key, context.as_slice()).map_err(|error| broken(error.into()))?;
                if before.is_some() && !replace {
                    let id = ContextId(Uuid::from_u128(key));
                    return Err(refuse(format!(
                        "the context {id} is there already; say so if it shall be replaced"
                    )));
                }
                drop(before);
                summaries.insert(key, summary.as_slice()).map_err(|error| broken(error.into()))?;
                count += 1;
            }
        }
        transaction.commit().map_err(|error| broken(error.into()))?;
        Ok(count)
    }
}

/// Opens a file that must be there. One that was not closed is repaired.
fn existing(path: &Path) -> Result<Database, StoreError> {
    let unusable = |reason: String| StoreError::Unusable { path: path.display().to_string(), reason };
    if !path.is_file() {
        return Err(unusable("there is no such file; name a store that was served from".to_owned()));
    }
    format::look(path).map_err(unusable)?;
    format::guarded(|| Database::open(path)).map_err(unusable)
}

fn header(text: &str) -> Result<(), String> {
    let wanted = format!("an export begins with {{\"lockyard_contexts\":{LINES}}}");
    let Header { lockyard_contexts } =
        serde_json::from_str(text).map_err(|error| format!("{error}; {wanted}"))?;
    if lockyard_contexts == LINES {
        return Ok(());
    }
    Err(format!("version {lockyard_contexts} of the lines is not known; {wanted}"))
}

/// Every context can be read, stands under its own id, and has the summary that it should have; and there are no others.
fn compare(database: &Database, checkup: &mut StoreCheck) -> Result<(), redb::Error> {
    let transaction = database.begin_read()?;
    let (contexts, summaries) = (transaction.open_table(CONTEXTS)?, transaction.open_table(SUMMARIES)?);
    for row in contexts.iter()? {
        let (key, bytes) = row?;
        let id = ContextId(Uuid::from_u128(key.value()));
        let context: ChatContext = match decode(id, bytes.value()) {
            Ok(context) => context,
            Err(error) => {
                checkup.faults.push(error.to_string());
                continue;
            }
        };
        if context.id() != id {
            checkup.faults.push(format!("the context {} is stored under the id {id}", context.id()));
        }
        let summary = summaries.get(key.value())?;
        let summary = summary.and_then(|bytes| serde_json::from_slice::<ContextSummary>(bytes.value()).ok());
        if summary.is_some_and(|summary| summary == ContextSummary::from(&context)) {
            checkup.contexts += 1;
        } else {
            checkup.faults.push(format!("the summary of the context {id} is missing or another one"));
        }
    }
    for row in summaries.iter()? {
        let (key, _) = row?;
        if contexts.get(key.value())?.is_none() {
            let id = ContextId(Uuid::from_u128(key.value()));
            checkup.faults.push(format!("there is a summary of the context {id}, and no such context"));
        }
    }
    Ok(())
}
