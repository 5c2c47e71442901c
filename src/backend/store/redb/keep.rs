//! Maintenance of a store's file that no server has open: is it whole, and out of it and into it by lines of JSON.

use std::io::BufRead;
use std::path::Path;

use redb::{ReadableDatabase, ReadableTable};
use serde::{Deserialize, Serialize};

use crate::backend::chat::ChatContext;
use crate::backend::store::StoreError;

use super::RedbStore;
use super::format;
use super::open::{self, unusable};
use super::rows::{Tables, Write};
use super::salvage::{self, Damaged, Salvaged};

/// What was found in a store's file that was read through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreCheck {
    /// Contexts that are whole; of an export, those that were written.
    pub contexts: u64,
    /// Whether the file was not closed as it should be, and will be repaired by the next to open it.
    pub unclosed: bool,
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
    /// Reads every page and every context of the file at `path`, which stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when it cannot be opened as a store. What is wrong inside stands in the [`StoreCheck`].
    pub fn check(path: impl AsRef<Path>) -> Result<StoreCheck, StoreError> {
        let mut checkup = StoreCheck::default();
        let mut count = |context| -> Result<Option<String>, StoreError> {
            Ok(match context {
                Salvaged::Whole(_) => None,
                Salvaged::Unconfirmed(_, fault) => Some(fault),
            })
        };
        read_through(path.as_ref(), true, &mut checkup, &mut count)?;
        Ok(checkup)
    }

    /// Writes every context that can be read as a line of JSON, by ascending id, after a first line that says so. How
    /// many there were, and what is missing: what a damaged page has taken takes nothing else with it.
    ///
    /// # Errors
    /// The store's, when nothing of it can be read, and those of `out`.
    pub fn export(path: impl AsRef<Path>, mut out: impl std::io::Write) -> Result<StoreCheck, TransferError> {
        let mut checkup = StoreCheck::default();
        let mut written = 0;
        let mut write = |context| -> Result<Option<String>, TransferError> {
            if written == 0 {
                line(&mut out, &Header { lockyard_contexts: LINES })?;
            }
            written += 1;
            Ok(match context {
                Salvaged::Whole(context) => {
                    line(&mut out, &context)?;
                    None
                }
                Salvaged::Unconfirmed(context, fault) => {
                    line(&mut out, &context)?;
                    Some(format!("{fault}; it is exported as it was found"))
                }
            })
        };
        read_through(path.as_ref(), false, &mut checkup, &mut write)?;
        if written == 0 {
            line(&mut out, &Header { lockyard_contexts: LINES })?;
        }
        checkup.contexts = written;
        out.flush()?;
        Ok(checkup)
    }

    /// Puts the contexts of an export into the store at `path`, which is made if need be. All of them or none. How many
    /// there were.
    ///
    /// # Errors
    /// Lines that are no contexts or stand twice; contexts that are there already, unless `replace`.
    pub fn import(path: impl AsRef<Path>, lines: impl BufRead, replace: bool) -> Result<u64, TransferError> {
        let path = path.as_ref();
        let database = open::or_make(path)?;
        let broken = |error: redb::Error| unusable(path, format!("it cannot be written: {error}"));
        let transaction = database.begin_write().map_err(|error| broken(error.into()))?;
        let mut count = 0;
        {
            let mut tables = Tables::open(&transaction).map_err(|error| broken(error.into()))?;
            for (line, text) in (1..).zip(lines.lines()) {
                let refuse = |reason: String| TransferError::Line { line, reason };
                let text = text?;
                if line == 1 {
                    header(&text).map_err(refuse)?;
                    continue;
                }
                let context: ChatContext =
                    serde_json::from_slice(text.as_bytes()).map_err(|error| refuse(error.to_string()))?;
                let id = context.id();
                let there =
                    tables.checksums.get(id.0.as_u128()).map_err(|error| broken(error.into()))?.is_some();
                if there && !replace {
                    return Err(refuse(format!(
                        "the context {id} is there already; say so if it shall be replaced"
                    )));
                }
                Write::whole(&context)?.apply(&mut tables).map_err(|error| broken(error.into()))?;
                count += 1;
            }
        }
        transaction.commit().map_err(|error| broken(error.into()))?;
        Ok(count)
    }
}

/// What is done with each context; what there is to say against it.
type Take<'a, E> = &'a mut dyn FnMut(Salvaged) -> Result<Option<String>, E>;

/// Goes through all contexts of the file at `path`, checking each page first if `thorough`. What `take` has to say of a
/// context is a fault of it.
fn read_through<E: From<StoreError>>(
    path: &Path,
    thorough: bool,
    checkup: &mut StoreCheck,
    take: Take<'_, E>,
) -> Result<(), E> {
    let damage = match open::to_read(path) {
        Err(StoreError::Unusable { reason, .. }) => reason,
        Err(error) => return Err(error.into()),
        Ok(database) if !thorough => return collect(path, &database, checkup, take),
        Ok(mut database) => match format::guarded(|| database.check_integrity()) {
            Ok(whole) => {
                checkup.unclosed = !whole;
                return collect(path, &database, checkup, take);
            }
            Err(reason) => reason,
        },
    };
    // It cannot be opened as it should be, or not all of its pages are good: what is left is read as it stands.
    match salvage::open(path) {
        Damaged::NotOurs => Err(unusable(path, damage).into()),
        Damaged::Tables(database) => {
            checkup.faults.push(damage);
            collect(path, &database, checkup, take)
        }
        Damaged::Pages => {
            checkup.faults.push(damage.clone());
            let seen = count(checkup, take, |take| salvage::from_pages(path, &vec![0..=u128::MAX], take))?;
            if seen == 0 { Err(unusable(path, damage).into()) } else { Ok(()) }
        }
    }
}

/// Goes through what the tables lead to, and then through what they do not but single pages have.
fn collect<E>(
    path: &Path,
    database: &impl ReadableDatabase,
    checkup: &mut StoreCheck,
    take: Take<'_, E>,
) -> Result<(), E> {
    let mut faults = Vec::new();
    let mut unread = Vec::new();
    count(checkup, take, |take| {
        unread = salvage::contexts(database, &mut faults, take)?;
        Ok(())
    })?;
    checkup.faults.extend(faults);
    if !unread.is_empty() {
        count(checkup, take, |take| salvage::from_pages(path, &unread, take))?;
    }
    Ok(())
}

/// Counts what is whole and notes what is not; how many there were of both.
fn count<E>(
    checkup: &mut StoreCheck,
    take: Take<'_, E>,
    read: impl FnOnce(&mut dyn FnMut(Salvaged) -> Result<(), E>) -> Result<(), E>,
) -> Result<u64, E> {
    let mut seen = 0;
    read(&mut |context| {
        seen += 1;
        match take(context)? {
            None => checkup.contexts += 1,
            Some(doubt) => checkup.faults.push(doubt),
        }
        Ok(())
    })?;
    Ok(seen)
}

fn line(out: &mut impl std::io::Write, value: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
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
