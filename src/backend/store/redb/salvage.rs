//! Reading a file of which some pages are damaged: whatever is whole is found, and what is not is named.
//!
//! A tree of which a page is damaged cannot be walked through, but from both sides up to that page. And between two
//! damaged pages, from places tried in the middle.

use std::collections::{BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{
    Builder, ConcurrencyMode, DatabaseError, ReadOnlyDatabase, ReadOnlyTable, ReadableDatabase,
    ReadableTable, StorageError,
};
use uuid::Uuid;

use crate::backend::chat::{ChatContext, ContextId};

use super::format::{self, Contents};
use super::found::{self, Found};
use super::pages::PageRows;
use super::rows::{CHECKSUMS, ROWS};

/// A file that cannot be opened as it should be.
pub(super) enum Damaged {
    /// Its tables can be reached.
    Tables(ReadOnlyDatabase),
    /// At most its pages can be read.
    Pages,
    /// It is not damaged, but not for us.
    NotOurs,
}

/// Opens a file as it is, without repair, to read what can be read.
pub(super) fn open(path: &Path) -> Damaged {
    // As a reader beside a writer it asks for nothing but the tables: it is not refused for a file that was not closed, or
    // for damage where free pages are noted. There is no writer: one of ours would keep others out.
    let open = || Builder::new().set_concurrency_mode(ConcurrencyMode::SingleWriter).open_read_only(path);
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => Damaged::NotOurs,
        Ok(Err(_)) | Err(_) => Damaged::Pages,
        Ok(Ok(database)) => match format::read_contents(&database) {
            Ok(Contents::CURRENT) => Damaged::Tables(database),
            Ok(_) => Damaged::NotOurs,
            Err(_) => Damaged::Pages,
        },
    }
}

/// Reads, and makes an error of a panic: redb promises no more for damaged pages.
pub(super) fn guarded<T, E: ToString>(read: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err("its pages are damaged".to_owned()),
    }
}

/// Keys that were found, and where there may be others.
pub(super) struct Keys {
    pub(super) found: BTreeSet<u128>,
    pub(super) lost: Vec<RangeInclusive<u128>>,
}

/// What is asked of a table: a key of a range, if there is one.
type KeyIn<'a> = &'a dyn Fn(RangeInclusive<u128>) -> Result<Option<u128>, StorageError>;

/// How often a range that cannot be read from its ends is divided, of all ranges together.
const DIVISIONS: usize = 64;

/// All keys that can be read. `first` and `last` give the least and the greatest of a range.
pub(super) fn keys(first: KeyIn<'_>, last: KeyIn<'_>) -> Keys {
    let mut keys = Keys { found: BTreeSet::new(), lost: Vec::new() };
    let mut ranges = VecDeque::from([0..=u128::MAX]);
    let mut divisions = 0;
    while let Some(range) = ranges.pop_front() {
        let Some((from, until)) = unreadable_part(range, first, last, &mut keys.found) else { continue };
        if divisions < DIVISIONS && from < until {
            divisions += 1;
            let middle = from + (until - from) / 2;
            ranges.extend([from..=middle, middle + 1..=until]);
        } else {
            keys.lost.push(from..=until);
        }
    }
    keys.lost.sort_by_key(|range| *range.start());
    keys.lost.dedup_by(|next, range| {
        let adjacent = range.end().checked_add(1) == Some(*next.start());
        if adjacent {
            *range = *range.start()..=*next.end();
        }
        adjacent
    });
    keys
}

/// Reads a range from both ends as far as that is possible. What is left between them, if anything.
fn unreadable_part(
    range: RangeInclusive<u128>,
    first: KeyIn<'_>,
    last: KeyIn<'_>,
    found: &mut BTreeSet<u128>,
) -> Option<(u128, u128)> {
    let (mut from, mut until) = range.into_inner();
    // A damaged page may also give keys that are none of this range, which would never end.
    while let Ok(key) = guarded(|| first(from..=until)) {
        let key = key?;
        if key < from || key > until {
            break;
        }
        found.insert(key);
        if key == until {
            return None;
        }
        from = key + 1;
    }
    while let Ok(key) = guarded(|| last(from..=until)) {
        let key = key?;
        if key < from || key > until {
            break;
        }
        found.insert(key);
        if key == from {
            return None;
        }
        until = key - 1;
    }
    Some((from, until))
}

/// The keys of a table that has one row for each.
pub(super) fn keys_of<V: redb::Value + 'static>(table: &ReadOnlyTable<u128, V>) -> Keys {
    keys(
        &|range| Ok(ReadableTable::range(table, range)?.next().transpose()?.map(|(key, _)| key.value())),
        &|range| Ok(ReadableTable::range(table, range)?.next_back().transpose()?.map(|(key, _)| key.value())),
    )
}

/// A context that was found, and how sure it is.
pub(super) enum Salvaged {
    /// Whole, and what was stored last.
    Whole(ChatContext),
    /// Whole by its rows, but the table of checksums does not say so too.
    Unconfirmed(ChatContext, String),
}

/// Ids of contexts that could not be read.
pub(super) type Unread = Vec<RangeInclusive<u128>>;

/// Goes through all contexts that can be read, by ascending id. What cannot be is named in `faults`, and given back.
pub(super) fn contexts<E>(
    database: &impl ReadableDatabase,
    faults: &mut Vec<String>,
    take: &mut dyn FnMut(Salvaged) -> Result<(), E>,
) -> Result<Unread, E> {
    let open = || -> Result<_, redb::Error> {
        let transaction = database.begin_read()?;
        Ok((transaction.open_table(ROWS)?, transaction.open_table(CHECKSUMS)))
    };
    let (rows, checksums) = match guarded(open) {
        Ok(tables) => tables,
        Err(reason) => {
            faults.push(format!("the contexts cannot be read: {reason}"));
            return Ok(vec![0..=u128::MAX]);
        }
    };
    let checksums =
        checksums.map_err(|error| faults.push(format!("the checksums cannot be read: {error}"))).ok();
    let mut ids =
        keys(&|ids| Ok(rows_within(&rows, ids)?.next().transpose()?.map(|(key, _)| key.value().0)), &|ids| {
            Ok(rows_within(&rows, ids)?.next_back().transpose()?.map(|(key, _)| key.value().0))
        });
    if let Some(checksums) = &checksums {
        let known = keys_of(checksums);
        ids.found.extend(known.found);
        faults.extend(known.lost.iter().map(|range| lost("checksums", range)));
    }
    faults.extend(ids.lost.iter().map(|range| lost("contexts", range)));
    let mut unread = ids.lost;
    for key in ids.found {
        let id = ContextId(Uuid::from_u128(key));
        match one(&rows, checksums.as_ref(), id) {
            Ok(None) => {}
            Ok(Some(context)) => take(context)?,
            Err(reason) => {
                faults.push(format!("the context {id} cannot be read: {reason}"));
                unread.push(key..=key);
            }
        }
    }
    Ok(unread)
}

/// Goes through those of the contexts that could not be read of which the pages have all rows.
pub(super) fn from_pages<E>(
    path: &Path,
    unread: &Unread,
    take: &mut dyn FnMut(Salvaged) -> Result<(), E>,
) -> Result<(), E> {
    let Ok(mut pages) = PageRows::scan(path) else { return Ok(()) };
    for key in pages.ids().into_iter().filter(|key| unread.iter().any(|ids| ids.contains(key))) {
        let id = ContextId(Uuid::from_u128(key));
        if let Ok(context) = pages.find(key).and_then(|found| found.unconfirmed(id)) {
            let doubt = "put together from single pages, it may be older, or have been deleted";
            take(Salvaged::Unconfirmed(context, format!("the context {id}: {doubt}")))?;
        }
    }
    Ok(())
}

type Rows = ReadOnlyTable<(u128, u32), &'static [u8]>;

fn rows_within(
    rows: &Rows,
    ids: RangeInclusive<u128>,
) -> Result<redb::Range<'_, (u128, u32), &'static [u8]>, StorageError> {
    ReadableTable::range(rows, (*ids.start(), 0)..=(*ids.end(), u32::MAX))
}

fn one(
    rows: &Rows,
    checksums: Option<&ReadOnlyTable<u128, u32>>,
    id: ContextId,
) -> Result<Option<Salvaged>, String> {
    let confirmed = match checksums {
        Some(checksums) => guarded(|| found::find(rows, checksums, id)),
        None => Err("the checksums cannot be read".to_owned()),
    };
    let reason = match confirmed.map(|found| found.context(id)) {
        Ok(Ok(context)) => return Ok(context.map(Salvaged::Whole)),
        Ok(Err(error)) => error.to_string(),
        Err(reason) => reason,
    };
    let found: Found = guarded(|| found::find_rows(rows, id))?;
    let context = found.unconfirmed(id)?;
    Ok(Some(Salvaged::Unconfirmed(context, format!("the context {id} may not be the newest: {reason}"))))
}

fn lost(what: &str, range: &RangeInclusive<u128>) -> String {
    let [from, until] = [*range.start(), *range.end()].map(Uuid::from_u128);
    format!("{what} from {from} to {until} cannot be read: their pages are damaged")
}
