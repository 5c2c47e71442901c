//! A context as rows of a table: one for each message, one for its settings, and a small head.
//!
//! ```text
//! rows       (id, 0)        the settings
//!            (id, 1 + n)    message n
//!            (id, 2³² − 1,025 + n)  the nth place of its receipts
//!            (id, 2³² − 1)  the head: all else, and what a list says; beside the newest message, often on one page
//! checksums  id             the checksum of the head
//! created    key            the context that was created by the request with this key
//! ```
//!
//! A row is a checksum, the version with which it was written, and JSON. The checksum covers the key as well, so that a row
//! in another's place is found out. That of the head is kept in a second table: there a context is missed that is lost with
//! all of its rows, and one of which an older state has come back.

use std::ops::RangeInclusive;

use redb::{
    ReadableTable, ReadableTableMetadata, StorageError, Table, TableDefinition, TableError, WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::chat::{
    ChatContext, ContextHead, ContextId, MAX_RECEIPTS, Message, MessageId, Receipt, Version,
};
use crate::backend::store::StoreError;

/// Rows, by the id of their context and their number in it.
pub(super) const ROWS: TableDefinition<'_, (u128, u32), &[u8]> = TableDefinition::new("rows");
/// The checksum of each context's head, by id.
pub(super) const CHECKSUMS: TableDefinition<'_, u128, u32> = TableDefinition::new("checksums");

/// Contexts by the key of the request that has created them, where it had one.
pub(super) const CREATED: TableDefinition<'_, u128, u128> = TableDefinition::new("created");

/// All tables as they are written.
pub(super) struct Tables<'a> {
    pub(super) rows: Table<'a, (u128, u32), &'static [u8]>,
    pub(super) checksums: Table<'a, u128, u32>,
    pub(super) created: Table<'a, u128, u128>,
}

impl<'a> Tables<'a> {
    pub(super) fn open(transaction: &'a WriteTransaction) -> Result<Self, TableError> {
        Ok(Self {
            rows: transaction.open_table(ROWS)?,
            checksums: transaction.open_table(CHECKSUMS)?,
            created: transaction.open_table(CREATED)?,
        })
    }
}

pub(super) const SETTINGS: u32 = 0;
pub(super) const FIRST_MESSAGE: u32 = 1;
pub(super) const HEAD: u32 = u32::MAX;
pub(super) const FIRST_RECEIPT: u32 = HEAD - MAX_RECEIPTS as u32;

/// How large a row may be: well below the 3 GiB that redb takes.
pub(super) const ROW_LIMIT: usize = 1 << 30;

/// A change of what is stored of one context, encoded before it is queued: what cannot be stored fails its caller alone.
pub(super) struct Write {
    id: u128,
    /// Rows that are removed first.
    clear: Option<RangeInclusive<u32>>,
    rows: Vec<(u32, Vec<u8>)>,
    checksum: u32,
    /// The key of the request that has created the context, where the context is written for the first time.
    created_by: Option<u128>,
}

impl Write {
    /// Stores the whole context in place of whatever is there.
    pub(super) fn whole(context: &ChatContext) -> Result<Self, StoreError> {
        Self::of(context, None)
    }

    /// Stores what has changed since `older`, which must be what is stored.
    pub(super) fn since(context: &ChatContext, older: &ChatContext) -> Result<Self, StoreError> {
        Self::of(context, Some(older).filter(|older| older.id() == context.id()))
    }

    fn of(context: &ChatContext, older: Option<&ChatContext>) -> Result<Self, StoreError> {
        let (id, version) = (context.id().0.as_u128(), context.version());
        let message = |message: &Message| {
            let row = row_of(message.id);
            Ok((row, encode(id, row, version, message)?))
        };
        let (clear, mut rows) = match older {
            None => {
                let rows: Result<Vec<_>, _> = context.pool().iter().map(message).collect();
                (Some(SETTINGS..=HEAD), rows?)
            }
            Some(older) => {
                let rows: Result<Vec<_>, _> = context.messages_since(older).map(message).collect();
                let (now, before) = (context.pool().len(), older.pool().len());
                // A context that was restored may have fewer messages than before.
                let surplus = || row_of(MessageId(now as u32))..=row_of(MessageId(before as u32)) - 1;
                ((now < before).then(surplus), rows?)
            }
        };
        let mut receipt = |(place, receipt): (usize, &Receipt)| {
            let row = FIRST_RECEIPT + place as u32;
            rows.push((row, encode(id, row, version, receipt)?));
            Ok(())
        };
        match older {
            None => context.receipts().try_for_each(&mut receipt)?,
            Some(older) => context.receipts_since(older).try_for_each(&mut receipt)?,
        }
        if older.is_none_or(|older| !context.has_settings_of(older)) {
            rows.push((SETTINGS, encode(id, SETTINGS, version, &context.settings())?));
        }
        let head = encode(id, HEAD, version, &context.head())?;
        let checksum = checksum_in(&head);
        rows.push((HEAD, head));
        let created_by = context.created_by().filter(|_| older.is_none()).map(|key| key.as_u128());
        Ok(Self { id, clear, rows, checksum, created_by })
    }

    /// Of which context.
    pub(super) fn context(&self) -> u128 {
        self.id
    }

    /// How many bytes it writes.
    pub(super) fn bytes(&self) -> usize {
        self.rows.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// How many rows it writes.
    #[cfg(test)]
    fn rows(&self) -> Vec<u32> {
        self.rows.iter().map(|(row, _)| *row).collect()
    }

    /// Makes the change.
    pub(super) fn apply(&self, tables: &mut Tables<'_>) -> Result<(), StorageError> {
        if let Some(clear) = &self.clear {
            remove(tables, self.id, clear)?;
        }
        for (row, bytes) in &self.rows {
            tables.rows.insert((self.id, *row), bytes.as_slice())?;
        }
        tables.checksums.insert(self.id, self.checksum)?;
        if let Some(key) = self.created_by {
            tables.created.insert(key, self.id)?;
        }
        Ok(())
    }
}

/// Removes a context, whatever is there of it.
pub(super) fn delete(tables: &mut Tables<'_>, id: ContextId) -> Result<(), StorageError> {
    if let Some(key) = creator(tables, id)? {
        tables.created.remove(key)?;
    }
    remove(tables, id.0.as_u128(), &(SETTINGS..=HEAD))?;
    tables.checksums.remove(id.0.as_u128())?;
    Ok(())
}

/// The key that leads to this context. A head that cannot be read has none: its key leads to nothing then.
fn creator(tables: &Tables<'_>, id: ContextId) -> Result<Option<u128>, StorageError> {
    // Where no context was created by a key, no head is looked into.
    if tables.created.is_empty()? {
        return Ok(None);
    }
    let id = id.0.as_u128();
    let Some(head) = tables.rows.get((id, HEAD))? else { return Ok(None) };
    let key = decode::<ContextHead>(id, HEAD, head.value()).ok().and_then(|head| head.created_by());
    let Some(key) = key.map(|key| key.as_u128()) else { return Ok(None) };
    Ok(tables.created.get(key)?.filter(|created| created.value() == id).map(|_| key))
}

fn remove(tables: &mut Tables<'_>, id: u128, rows: &RangeInclusive<u32>) -> Result<(), StorageError> {
    tables.rows.retain_in((id, *rows.start())..=(id, *rows.end()), |_, _| false)
}

fn row_of(message: MessageId) -> u32 {
    FIRST_MESSAGE + message.0
}

/// Four bytes of checksum, eight of version, and JSON.
fn encode(id: u128, row: u32, version: Version, value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    let failed = |reason: String| StoreError::Failed { operation: "put", reason };
    let mut bytes = vec![0; size_of::<u32>()];
    bytes.extend(version.0.to_le_bytes());
    serde_json::to_writer(&mut bytes, value).map_err(|error| failed(error.to_string()))?;
    fits(bytes.len()).map_err(failed)?;
    let checksum = checksum(id, row, &bytes[size_of::<u32>()..]);
    bytes[..size_of::<u32>()].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

fn fits(bytes: usize) -> Result<(), String> {
    if bytes <= ROW_LIMIT {
        return Ok(());
    }
    Err(format!("a record of {bytes} bytes is too large: {ROW_LIMIT} are the most"))
}

pub(super) fn decode<T: DeserializeOwned>(id: u128, row: u32, bytes: &[u8]) -> Result<T, String> {
    let what = || match row {
        SETTINGS => "its settings".to_owned(),
        HEAD => "its head".to_owned(),
        FIRST_RECEIPT..HEAD => "a receipt".to_owned(),
        message => format!("message {}", message - FIRST_MESSAGE),
    };
    version_in(id, row, bytes).ok_or_else(|| format!("the checksum of {} is wrong", what()))?;
    serde_json::from_slice(&bytes[JSON..]).map_err(|error| format!("{}: {error}", what()))
}

/// Where the JSON of a row begins.
const JSON: usize = size_of::<u32>() + size_of::<u64>();

/// The version with which a row was written; `None` if it is damaged, or the row of another place.
pub(super) fn version_in(id: u128, row: u32, bytes: &[u8]) -> Option<Version> {
    let version = bytes.get(size_of::<u32>()..JSON)?;
    let right = checksum_in(bytes) == checksum(id, row, &bytes[size_of::<u32>()..]);
    right.then(|| Version(u64::from_le_bytes(version.try_into().unwrap_or_default())))
}

fn checksum(id: u128, row: u32, rest: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&id.to_be_bytes());
    hasher.update(&row.to_be_bytes());
    hasher.update(rest);
    hasher.finalize()
}

/// The checksum that a row says it has; zero where there is not even that.
pub(super) fn checksum_in(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |checksum| u32::from_le_bytes(*checksum))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::backend::chat::{ContextConfig, NewMessage, Role, Timestamp};

    fn context() -> ChatContext {
        let id = ContextId(Uuid::from_u128(7));
        ChatContext::new(id, ContextConfig::new("m", "chat"), Timestamp(0)).unwrap()
    }

    #[test]
    fn an_append_writes_one_message_and_the_head_however_long_the_conversation_is() {
        let mut context = context();
        let mut written = Vec::new();
        for nth in 0..2_000 {
            let older = context.clone();
            context.append(NewMessage::text(Role::User, "x".repeat(78)), None).unwrap();
            context.touch(Timestamp(nth));
            let write = Write::since(&context, &older).unwrap();
            assert_eq!(write.rows(), [FIRST_MESSAGE + nth as u32, HEAD]);
            assert_eq!(write.clear, None);
            written.push(write.rows.iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
        }
        let (first, last) = (written[0], written[1_999]);
        assert!(last - first < 40, "only numbers have grown: {first} {last}");
    }

    #[test]
    fn settings_are_written_when_they_change_and_surplus_messages_are_removed() {
        let initial = context();
        let mut long = initial.clone();
        for _ in 0..3 {
            long.append(NewMessage::text(Role::User, "hello"), None).unwrap();
        }
        let mut prompted = long.clone();
        prompted.set_system_prompt("be polite");
        assert_eq!(Write::since(&prompted, &long).unwrap().rows(), [SETTINGS, HEAD]);
        let mut restored = long.clone();
        restored.restore(&initial);
        let write = Write::since(&restored, &long).unwrap();
        assert_eq!((write.rows(), write.clear), (vec![HEAD], Some(FIRST_MESSAGE..=FIRST_MESSAGE + 2)));
    }

    #[test]
    fn a_row_that_is_changed_or_moved_is_not_read() {
        let bytes = encode(7, 3, Version(5), &"hello").unwrap();
        assert_eq!(decode::<String>(7, 3, &bytes), Ok("hello".to_owned()));
        for (id, row) in [(8, 3), (7, 4)] {
            assert!(decode::<String>(id, row, &bytes).unwrap_err().contains("checksum"));
        }
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode::<String>(7, 3, &flipped).unwrap_err().contains("checksum"), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(decode::<String>(7, 3, &bytes[..length]).is_err());
        }
    }

    #[test]
    fn a_record_beyond_the_limit_is_refused() {
        assert_eq!(fits(ROW_LIMIT), Ok(()));
        assert!(fits(ROW_LIMIT + 1).unwrap_err().contains("too large"));
    }
}
