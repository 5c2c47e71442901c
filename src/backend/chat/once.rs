//! Requests that take effect once, however often they are sent: a context remembers what it has answered, as part of what is
//! stored with the change itself.

use uuid::Uuid;

use crate::backend::shared_vec::SharedVec;

use super::receipts::Receipts;
use super::{
    ChatContext, ChatError, IDEMPOTENCY_MILLIS, IdempotencyKey, MAX_RECEIPTS, MessageId, Receipt, Timestamp,
};

/// Asked and noted under the guard under which the change is made, so that it is made once.
impl ChatContext {
    /// Agrees unless the request was answered before.
    ///
    /// # Errors
    /// [`ChatError::Repeated`] if this very request was; [`ChatError::KeyReused`] if another one was under this key.
    pub fn expect_new(&self, key: Option<IdempotencyKey>, now: Timestamp) -> Result<(), ChatError> {
        let Some(IdempotencyKey { key, request }) = key else { return Ok(()) };
        let is_kept = |it: &&Receipt| now.0.saturating_sub(it.at.0) < IDEMPOTENCY_MILLIS;
        match self.receipts.slots.iter().filter(is_kept).find(|receipt| receipt.key == key) {
            None => Ok(()),
            Some(receipt) if receipt.request == request => Err(ChatError::Repeated { receipt: *receipt }),
            Some(_) => Err(ChatError::KeyReused),
        }
    }

    /// Remembers that a request is answered with the change that is being made, which has appended `message`.
    pub fn remember(&mut self, key: Option<IdempotencyKey>, message: Option<MessageId>, now: Timestamp) {
        let Some(IdempotencyKey { key, request }) = key else { return };
        self.receipts.push(Receipt { key, request, at: now, version: self.version.next(), message });
    }

    /// As [`remember`](Self::remember), of the request that creates the context.
    pub fn remember_creation(&mut self, key: Option<IdempotencyKey>, now: Timestamp) {
        self.created_by = key.map(|key| key.key);
        self.remember(key, None, now);
    }

    /// Takes the newest receipt out, and leaves none: for who keeps them elsewhere.
    pub fn take_receipt(&mut self) -> Option<Receipt> {
        let receipts = std::mem::take(&mut self.receipts);
        receipts.slots.iter().copied().max_by_key(|receipt| receipt.version)
    }

    /// The key of the request that has created the context, if it had one.
    pub fn created_by(&self) -> Option<Uuid> {
        self.created_by
    }

    /// The receipts that are new or other ones since an `older` state of this context, with their places.
    pub fn receipts_since<'a>(&'a self, older: &'a Self) -> impl Iterator<Item = (usize, &'a Receipt)> {
        let (own, theirs) = (&self.receipts.slots, &older.receipts.slots);
        own.changed_since(theirs).map(|at| (at, &own[at])).filter(|(at, it)| theirs.get(*at) != Some(*it))
    }

    /// All receipts, with their places.
    pub fn receipts(&self) -> impl Iterator<Item = (usize, &Receipt)> {
        self.receipts.slots.iter().enumerate()
    }

    /// The same context, which remembers these, in the order of their places.
    ///
    /// # Errors
    /// [`ChatError::Damaged`] if they are not as many as its head has said, or more than a context remembers.
    pub fn with_receipts(
        self,
        said: usize,
        receipts: impl IntoIterator<Item = Receipt>,
    ) -> Result<Self, ChatError> {
        let slots: SharedVec<Receipt> = receipts.into_iter().collect();
        if slots.len() != said || said > MAX_RECEIPTS {
            let what = format!("it should have {said} receipts, and {} are there", slots.len());
            return Err(ChatError::Damaged { id: self.id, what });
        }
        Ok(Self { receipts: Receipts::of(slots), ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ContextConfig, ContextId, Version};
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "as requests have it")]
    fn key(key: u128, request: u128) -> Option<IdempotencyKey> {
        Some(IdempotencyKey { key: Uuid::from_u128(key), request: Uuid::from_u128(request) })
    }

    fn context() -> ChatContext {
        let config = ContextConfig::new("m", "chat");
        ChatContext::new(ContextId(Uuid::nil()), config, Timestamp(0)).unwrap()
    }

    fn answer(context: &mut ChatContext, number: u128, now: Timestamp) {
        context.remember(key(number, number), Some(MessageId(number as u32)), now);
        context.touch(now);
    }

    #[test]
    fn a_request_is_new_once_and_its_key_is_for_it_alone() {
        let mut context = context();
        assert_eq!(context.expect_new(key(1, 1), Timestamp(0)), Ok(()));
        answer(&mut context, 1, Timestamp(5));
        let Err(ChatError::Repeated { receipt }) = context.expect_new(key(1, 1), Timestamp(6)) else {
            panic!("it was answered")
        };
        assert_eq!((receipt.version, receipt.message), (Version(1), Some(MessageId(1))));
        assert_eq!(context.expect_new(key(1, 2), Timestamp(6)), Err(ChatError::KeyReused));
        assert_eq!(context.expect_new(key(2, 1), Timestamp(6)), Ok(()));
        assert_eq!(context.expect_new(None, Timestamp(6)), Ok(()));
        let later = |millis| context.expect_new(key(1, 1), Timestamp(5 + millis));
        assert!(later(IDEMPOTENCY_MILLIS - 1).is_err());
        assert_eq!(later(IDEMPOTENCY_MILLIS), Ok(()), "after a day the key is a new one");
    }

    #[test]
    fn the_newest_receipts_are_kept_and_one_place_is_changed_by_each() {
        let mut context = context();
        let all = MAX_RECEIPTS as u128 + 10;
        for number in 0..all {
            let older = context.clone();
            answer(&mut context, number, Timestamp(0));
            let changed: Vec<usize> = context.receipts_since(&older).map(|(at, _)| at).collect();
            assert_eq!(changed, [number as usize % MAX_RECEIPTS]);
        }
        for number in 0..all {
            let is_new = context.expect_new(key(number, number), Timestamp(0)).is_ok();
            assert_eq!(is_new, number < 10, "{number}");
        }
        // Read back, the ring goes on where it was.
        let mut read: ChatContext = serde_json::from_slice(&serde_json::to_vec(&context).unwrap()).unwrap();
        assert_eq!(read, context);
        answer(&mut read, all, Timestamp(0));
        let changed: Vec<usize> = read.receipts_since(&context).map(|(at, _)| at).collect();
        assert_eq!(changed, [10]);
    }
}
