//! What is found of contexts in their rows: one as a whole, and the heads of many.

use redb::{ReadableTable, StorageError};
use uuid::Uuid;

use crate::backend::chat::{ChatContext, ContextHead, ContextId, ContextSummary, MAX_RECEIPTS, Receipt};
use crate::backend::store::StoreError;

use super::rows::{FIRST_MESSAGE, FIRST_RECEIPT, HEAD, SETTINGS, checksum_in, decode};

/// What was found of one context: bytes, read where the database is and decoded elsewhere.
pub(super) struct Found {
    rows: Vec<(u32, Vec<u8>)>,
    /// What the table of checksums says of its head.
    checksum: Option<u32>,
}

impl Found {
    /// How many bytes were read.
    pub(super) fn bytes(&self) -> usize {
        self.rows.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// The context; `None` if there is none.
    pub(super) fn context(&self, id: ContextId) -> Result<Option<ChatContext>, StoreError> {
        if self.rows.is_empty() && self.checksum.is_none() {
            return Ok(None);
        }
        let corrupt = |reason: String| StoreError::Corrupt { id, reason };
        let (said, context) = self.parts(id).map_err(corrupt)?;
        match (self.checksum, self.rows.last()) {
            (Some(checksum), Some((_, newest))) if checksum == checksum_in(newest) => {}
            (Some(_), _) => return Err(corrupt("its rows are not those that were stored last".to_owned())),
            (None, _) => return Err(corrupt("the checksum of its head is missing".to_owned())),
        }
        let receipts: Vec<Receipt> = self.receipts(id).collect::<Result<_, _>>().map_err(corrupt)?;
        context.with_receipts(said, receipts).map(Some).map_err(|error| corrupt(error.to_string()))
    }

    /// As many rows as the head says, taken one by one from wherever they are.
    pub(super) fn gathered(
        id: ContextId,
        get: &mut dyn FnMut(u32) -> Option<Vec<u8>>,
    ) -> Result<Self, String> {
        let bytes = get(HEAD).ok_or("its head is missing")?;
        let head: ContextHead = decode(id.0.as_u128(), HEAD, &bytes)?;
        let messages = FIRST_MESSAGE..=head.messages() as u32;
        let receipts = FIRST_RECEIPT..FIRST_RECEIPT + head.receipts().min(MAX_RECEIPTS) as u32;
        let rows = std::iter::once(SETTINGS).chain(messages).chain(receipts);
        let mut rows: Vec<_> = rows.filter_map(|row| Some((row, get(row)?))).collect();
        rows.push((HEAD, bytes));
        Ok(Self { rows, checksum: None })
    }

    fn receipts(&self, id: ContextId) -> impl Iterator<Item = Result<Receipt, String>> {
        let rows = self.rows.iter().filter(|(row, _)| (FIRST_RECEIPT..HEAD).contains(row));
        rows.map(move |(row, bytes)| decode(id.0.as_u128(), *row, bytes))
    }

    /// The context that the rows make up, which may not be the newest, with those of its receipts that can be read.
    pub(super) fn unconfirmed(&self, id: ContextId) -> Result<ChatContext, String> {
        let (_, context) = self.parts(id)?;
        let receipts: Vec<Receipt> = self.receipts(id).filter_map(Result::ok).collect();
        context.with_receipts(receipts.len(), receipts).map_err(|error| error.to_string())
    }

    /// How many receipts there should be, and the context without them.
    fn parts(&self, id: ContextId) -> Result<(usize, ChatContext), String> {
        let key = id.0.as_u128();
        let rest = self.rows.as_slice();
        let Some(((HEAD, head), rest)) = rest.split_last() else {
            return Err("its head is missing".to_owned());
        };
        let Some(((SETTINGS, settings), rest)) = rest.split_first() else {
            return Err("its settings are missing".to_owned());
        };
        let head: ContextHead = decode(key, HEAD, head)?;
        if head.summary().id != id {
            return Err(format!("its head is that of {}", head.summary().id));
        }
        let settings = decode(key, SETTINGS, settings)?;
        let rest = &rest[..rest.partition_point(|(row, _)| *row < FIRST_RECEIPT)];
        let message = |(n, (row, bytes)): (u32, &(u32, Vec<u8>))| {
            if *row == FIRST_MESSAGE + n {
                decode(key, *row, bytes)
            } else {
                Err(format!("message {n} is missing"))
            }
        };
        let messages: Result<Vec<_>, _> = (0..).zip(rest).map(message).collect();
        let receipts = head.receipts();
        let context = ChatContext::of_parts(head, settings, messages?).map_err(|error| error.to_string())?;
        Ok((receipts, context))
    }
}

/// Reads one context.
pub(super) fn find(
    rows: &impl ReadableTable<(u128, u32), &'static [u8]>,
    checksums: &impl ReadableTable<u128, u32>,
    id: ContextId,
) -> Result<Found, StorageError> {
    let checksum = checksums.get(id.0.as_u128())?.map(|checksum| checksum.value());
    Ok(Found { rows: rows_of(rows, id)?, checksum })
}

/// As [`find`], where the table of checksums cannot be asked.
pub(super) fn find_rows(
    rows: &impl ReadableTable<(u128, u32), &'static [u8]>,
    id: ContextId,
) -> Result<Found, StorageError> {
    Ok(Found { rows: rows_of(rows, id)?, checksum: None })
}

fn rows_of(
    rows: &impl ReadableTable<(u128, u32), &'static [u8]>,
    id: ContextId,
) -> Result<Vec<(u32, Vec<u8>)>, StorageError> {
    let key = id.0.as_u128();
    let mut found = Vec::new();
    for row in rows.range((key, SETTINGS)..=(key, HEAD))? {
        let (key, bytes) = row?;
        found.push((key.value().1, bytes.value().to_vec()));
    }
    Ok(found)
}

/// Heads as they are stored, with the ids of their contexts.
pub(super) type Heads = Vec<(u128, Vec<u8>)>;

/// The heads of at most `limit` contexts from `from` on, by ascending id. The messages are passed over.
///
/// Both tables must have the same contexts: so that none is left out because one page is damaged.
pub(super) fn heads(
    rows: &impl ReadableTable<(u128, u32), &'static [u8]>,
    checksums: &impl ReadableTable<u128, u32>,
    from: u128,
    limit: usize,
) -> Result<Result<Heads, StoreError>, StorageError> {
    let mut heads = Vec::new();
    if limit == 0 {
        return Ok(Ok(heads));
    }
    let corrupt = |id: u128, what: &str| StoreError::Corrupt {
        id: ContextId(Uuid::from_u128(id)),
        reason: what.to_owned(),
    };
    let mut there = rows.range((from, SETTINGS)..)?.next().transpose()?.map(|(key, _)| key.value().0);
    for known in checksums.range(from..)? {
        let (key, checksum) = known?;
        let (id, checksum) = (key.value(), checksum.value());
        match there {
            Some(other) if other < id => {
                return Ok(Err(corrupt(other, "the checksum of its head is missing")));
            }
            Some(other) if other == id => {}
            _ => return Ok(Err(corrupt(id, "its rows are missing"))),
        }
        // The head is the last row of its context, and the next row is the first of the next one.
        let mut last = rows.range((id, HEAD)..)?;
        match last.next().transpose()? {
            Some((key, head)) if key.value() == (id, HEAD) && checksum_in(head.value()) == checksum => {
                heads.push((id, head.value().to_vec()));
            }
            _ => return Ok(Err(corrupt(id, "its head is not the one that was stored last"))),
        }
        if heads.len() == limit {
            return Ok(Ok(heads));
        }
        there = last.next().transpose()?.map(|(key, _)| key.value().0);
    }
    Ok(match there {
        None => Ok(heads),
        Some(id) => Err(corrupt(id, "the checksum of its head is missing")),
    })
}

/// What a list says of the context that has this head.
pub(super) fn summary(id: u128, head: &[u8]) -> Result<ContextSummary, StoreError> {
    let corrupt = |reason: String| StoreError::Corrupt { id: ContextId(Uuid::from_u128(id)), reason };
    let head: ContextHead = decode(id, HEAD, head).map_err(corrupt)?;
    Ok(head.summary().clone())
}
