//! What the model of the database has in it: committed rows, locks and who waits for them.

use std::collections::BTreeMap;
use std::fmt;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::backend::chat::{ContextId, Version};
use crate::backend::shared::{
    Epoch, LeaseAnswer, NewSession, Owner, RequestReceipt, SharedSession, Statement, StoredSession,
    TurnChange, Write, WriteCondition,
};

/// A session: its head row, and the rows of its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) session: SharedSession,
    pub(super) turn_deadline: Option<Duration>,
    pub(super) lease: LeaseColumns,
    /// The receipts of the requests that have changed it, and what they have made. That keys are unique is asked of those of the same session alone: a
    /// key is of one, unless it is one of creation.
    pub(super) receipts: Vec<(RequestReceipt, Version)>,
}

/// What a write has come to whose WHERE has found its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// The row as it is then.
    Row(Row),
    /// Its receipt was in the way of another with the same key.
    Repeated,
}

/// The columns of a lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeaseColumns {
    pub(super) owner: Option<Owner>,
    pub(super) epoch: Epoch,
    /// Nothing stands for minus infinity.
    pub(super) expires: Option<Duration>,
}

/// All that is in the database.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// What is committed.
    pub(super) rows: BTreeMap<ContextId, Row>,
    pub(super) row_locks: BTreeMap<ContextId, LockEntry>,
    pub(super) advisory_locks: BTreeMap<ContextId, LockEntry>,
    /// Leases in a table of their own, which only a pitfall has.
    pub(super) leases: BTreeMap<ContextId, LeaseColumns>,
    pub(super) transactions: u64,
    /// What was executed, in order.
    pub(super) executed: Vec<Statement>,
    /// How often a connection may still be lost.
    pub(super) losses: u32,
}

/// A lock: the transaction that has it, and what waits for it.
#[derive(Debug, Default)]
pub(super) struct LockEntry {
    pub(super) holder: Option<u64>,
    waiting: Vec<Waker>,
}

impl LockEntry {
    /// Ready when no other transaction has it. It is not taken: not every row that was waited for is locked then.
    pub(super) fn poll_free(&mut self, transaction: u64, context: &Context<'_>) -> Poll<()> {
        if self.holder.is_none_or(|holder| holder == transaction) {
            return Poll::Ready(());
        }
        self.waiting.push(context.waker().clone());
        Poll::Pending
    }

    /// Lets go of it, if this transaction has it. All that wait try anew, in whatever order.
    pub(super) fn release(&mut self, transaction: u64) {
        if self.holder == Some(transaction) {
            self.holder = None;
            self.waiting.drain(..).for_each(Waker::wake);
        }
    }
}

/// What a statement does to a row that its WHERE has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It locks it.
    Lock,
    /// It puts another in its place.
    Replace(Row),
    /// It deletes it.
    Delete,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock => f.write_str("locked"),
            Self::Replace(Row { session, lease, .. }) => {
                let Epoch(epoch) = lease.epoch;
                write!(f, "→ version {}, body {:?}, epoch {epoch}", session.version, session.body)
            }
            Self::Delete => f.write_str("→ deleted"),
        }
    }
}

impl Tables {
    /// Commits a row, or that there is none.
    pub(super) fn store(&mut self, id: ContextId, row: Option<Row>) {
        let _before = match row {
            Some(row) => self.rows.insert(id, row),
            None => self.rows.remove(&id),
        };
    }
}

impl Row {
    pub(super) fn new(session: NewSession) -> Self {
        let NewSession { body, settings, receipt } = session;
        let session = SharedSession { version: Version(1), body, settings, messages: Vec::new(), turn: None };
        let receipts = receipt.into_iter().map(|receipt| (receipt, Version(1))).collect();
        let lease = LeaseColumns::default();
        Self { session, turn_deadline: None, lease, receipts }
    }

    pub(super) fn stored(&self) -> StoredSession {
        StoredSession { session: self.session.clone(), epoch: self.lease.epoch }
    }

    fn is_as_demanded(&self, condition: WriteCondition) -> bool {
        let WriteCondition { version, epoch } = condition;
        version.is_none_or(|version| version == self.session.version)
            && epoch.is_none_or(|epoch| epoch == self.lease.epoch)
    }

    /// As the statement `write` does it.
    pub(super) fn written(
        &self,
        now: &dyn Fn() -> Duration,
        condition: WriteCondition,
        write: &Write,
    ) -> Option<Written> {
        let token = self.session.turn.map(|turn| turn.token);
        let (fits, turn_deadline) = match write.turn {
            TurnChange::Keep => (true, self.turn_deadline),
            TurnChange::Begin { lasts, over, .. } => {
                let is_over = over.is_none() || self.turn_deadline.is_some_and(|deadline| deadline < now());
                (token == over && is_over, Some(now() + lasts))
            }
            TurnChange::Step { token: own, lasts } => (token == Some(own), Some(now() + lasts)),
            TurnChange::End { token: own } => (token == Some(own), None),
            TurnChange::Abandon { token: over } => {
                let is_over = self.turn_deadline.is_some_and(|deadline| deadline < now());
                (token == Some(over) && is_over, None)
            }
        };
        if !fits || !self.is_as_demanded(condition) {
            return None;
        }
        let key = write.receipt.map(|receipt| receipt.key);
        if self.receipts.iter().any(|(receipt, _)| Some(receipt.key) == key) {
            return Some(Written::Repeated);
        }
        let session = self.session.after(write);
        let noted = write.receipt.map(|receipt| (receipt, session.version));
        let receipts = self.receipts.iter().copied().chain(noted).collect();
        Some(Written::Row(Self { session, turn_deadline, receipts, ..self.clone() }))
    }

    /// As the statement `delete` does it.
    pub(super) fn deleted(&self, condition: WriteCondition) -> Option<Effect> {
        self.is_as_demanded(condition).then_some(Effect::Delete)
    }
}

impl LeaseColumns {
    /// As the statement `take_lease` does it.
    pub(super) fn taken(self, now: &dyn Fn() -> Duration, owner: Owner, ttl: Duration) -> Option<Self> {
        let is_free = self.owner == Some(owner) || self.expires.is_none_or(|expires| expires < now());
        let epoch = Epoch(self.epoch.0 + 1);
        is_free.then_some(Self { owner: Some(owner), epoch, expires: Some(now() + ttl) })
    }

    /// As the statement `renew_lease` does it.
    pub(super) fn renewed(self, now: &dyn Fn() -> Duration, epoch: Epoch, ttl: Duration) -> Option<Self> {
        (self.epoch == epoch).then_some(Self { expires: Some(now() + ttl), ..self })
    }

    /// As the statement `release_lease` does it.
    pub(super) fn released(self, epoch: Epoch) -> Option<Self> {
        (self.epoch == epoch).then_some(Self { owner: None, expires: None, ..self })
    }

    /// The answer to one who has tried to take it.
    pub(super) fn answer(taken: Option<Self>, before: Option<Self>, at: Duration) -> LeaseAnswer {
        match (taken, before) {
            (Some(Self { epoch, .. }), _) => LeaseAnswer::Taken { epoch, at },
            (None, Some(before)) => LeaseAnswer::Elsewhere(before.owner),
            (None, None) => LeaseAnswer::Gone,
        }
    }
}
