//! What is remembered of requests that were answered.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::backend::shared_vec::SharedVec;

use super::{MessageId, Timestamp, Version};

/// For how long an answer is remembered, in milliseconds: 24 hours.
pub const IDEMPOTENCY_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// How many answers one context remembers at most: the newest.
pub const MAX_RECEIPTS: usize = 1024;

/// The key that a client has given to a request, and what it asked for, each by a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// The key, with what it was sent to: the same text elsewhere is another key.
    pub key: Uuid,
    /// What was asked for.
    pub request: Uuid,
}

/// What is remembered of a request that was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub(super) key: Uuid,
    pub(super) request: Uuid,
    pub(super) at: Timestamp,
    /// The version that the change gave to the context.
    pub version: Version,
    /// The message that the change appended, if any.
    pub message: Option<MessageId>,
}

impl Receipt {
    /// That this request was answered `at` some time, with this version.
    pub fn new(request: IdempotencyKey, at: Timestamp, version: Version, message: Option<MessageId>) -> Self {
        Self { key: request.key, request: request.request, at, version, message }
    }

    /// The request.
    pub fn request(&self) -> IdempotencyKey {
        IdempotencyKey { key: self.key, request: self.request }
    }
}

/// The newest receipts, in a ring. Each place keeps its number, so that a store writes the one that has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Receipts {
    pub(super) slots: SharedVec<Receipt>,
    /// Where the next one goes.
    next: usize,
}

impl Receipts {
    pub(super) fn of(slots: SharedVec<Receipt>) -> Self {
        // Versions rise: after the newest receipt comes the oldest.
        let newest = slots.iter().enumerate().max_by_key(|(_, receipt)| receipt.version);
        let next = newest.map_or(0, |(at, _)| (at + 1) % MAX_RECEIPTS);
        Self { slots, next }
    }

    pub(super) fn push(&mut self, receipt: Receipt) {
        match self.slots.get_mut(self.next) {
            Some(oldest) => *oldest = receipt,
            None => self.slots.push(receipt),
        }
        self.next = (self.next + 1) % MAX_RECEIPTS;
    }

    /// A copy that shares no memory with these.
    pub(super) fn deep_clone(&self) -> Self {
        Self { slots: self.slots.iter().copied().collect(), next: self.next }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many bytes of memory they take.
    pub(super) fn size(&self) -> usize {
        self.slots.len() * size_of::<Receipt>()
    }
}

/// Receipts are written as the list of their places.
impl Serialize for Receipts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.slots.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Receipts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slots = SharedVec::<Receipt>::deserialize(deserializer)?;
        if slots.len() > MAX_RECEIPTS {
            return Err(D::Error::custom(format_args!(
                "{} receipts, of {MAX_RECEIPTS} at most",
                slots.len()
            )));
        }
        Ok(Self::of(slots))
    }
}
