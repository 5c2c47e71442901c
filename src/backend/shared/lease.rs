//! The guard by which one server at a time has the session, and answers reads from its own memory.
//!
//! Who has it stands in the session's head row: owner, expiry by the database's clock, and an epoch that rises each time that
//! the lease is taken. While a server has it, no other changes the session: every write demands the epoch under which it was
//! made, of the very row that it updates. Others [forward](GuardError::Elsewhere) what they are asked. Not even a plain SELECT
//! would do for their reads: it may show a change that is committed and not yet in the memory of the server that has the
//! lease, which answers from that memory later.
//!
//! **A read** gets copy and deadline as one value, and then looks at the clock ([`LeaseTerm`]). It happens when it gets the
//! copy. If the look shows a time before the deadline, the lease was had then, and so the copy was the newest there was; that
//! the server pauses after the look, for however long, does not change this. Otherwise the lease is taken anew, and the read
//! happens at the snapshot of the statement that loads, which must show the epoch that was just taken.
//!
//! **A change** is made from the copy, and happens when its one statement commits, under the epoch in its WHERE. It needs no
//! look at the clock: if the epoch is still the session's, nobody else has written. Memory changes **after** the commit is
//! known, and before that the copy may be read, as it was before the change. A refusal is a read, and needs the look.
//!
//! **An unknown outcome**, also that of a change whose caller has gone away, takes copy and lease away: the database may still
//! execute what it was sent, under this epoch. So a new epoch is taken before the session is loaded again, after which nothing
//! of the old one can take effect.
//!
//! Tasks of one server take turns by a gate where they change or take; reads of what is held do not wait for it.

use std::sync::Arc;
use std::time::Duration;

use crate::backend::chat::{ContextId, Version};
use crate::backend::session::Short;
use lockyard_lock::{AwaitFamily, LockClass, LockOf, SharedLock};

use super::database::Database;
use super::guard::{ATTEMPTS, Guard, GuardError, Renewal, changed_by};
use super::kind::GuardKind;
use super::lease_term::{LeaseTerm, TimedAnswer};
use super::statement::{Connection, LeaseAnswer, WriteCondition};
use super::stored_session::{Change, Epoch, Owner, SharedSession};

/// The class of the lock by which a server's tasks take turns at a session's lease.
static LEASE_GATE: LockClass = LockClass::new("lease gate");

/// The guard `lease`. `G` is the lock of its gates, `C` how a server's own tasks share what is held, `T` the term.
pub struct Lease<D, G, C, T> {
    database: D,
    owner: Owner,
    term: T,
    _parts: std::marker::PhantomData<fn() -> (G, C)>,
}

/// What a server keeps of a session whose lease it has, or would take.
pub struct LeasedSession<G: AwaitFamily, C> {
    id: ContextId,
    gate: LockOf<G, ()>,
    held: C,
}

/// A lease that is held: the session as it is, for as long as that may be relied on. One value, which is got and replaced as one.
#[derive(Clone, Debug)]
pub struct HeldLease {
    session: Arc<SharedSession>,
    epoch: Epoch,
    /// Before this time of the server's clock it may be relied on.
    until: Duration,
    /// Both clocks when it was taken or renewed last.
    sent: Duration,
    at: Duration,
}

impl<D, G, C, T> Lease<D, G, C, T> {
    /// Over this database, for the process of this name, for terms like this.
    pub fn new(database: D, owner: Owner, term: T) -> Self {
        Self { database, owner, term, _parts: std::marker::PhantomData }
    }
}

impl<D, G, C, T> Lease<D, G, C, T>
where
    D: Database,
    G: AwaitFamily,
    C: Short<Option<HeldLease>>,
    T: LeaseTerm,
{
    /// What is held, if it may be relied on.
    async fn valid(&self, local: &LeasedSession<G, C>) -> Option<HeldLease> {
        // In this order, and both after the request came in: a copy that was got before the request, or a look from before
        // it, would say nothing about the time of the request.
        let held = local.held.at(|held| held.clone()).await?;
        self.term.is_valid(held.until).await.then_some(held)
    }

    /// Takes the lease and loads the session. The caller has the gate.
    async fn take<E>(&self, local: &LeasedSession<G, C>) -> Result<HeldLease, GuardError<E>> {
        let mut connection = self.database.connect().await.map_err(GuardError::nothing_done)?;
        for _ in 0..ATTEMPTS {
            let takes = connection.take_lease(local.id, self.owner, self.term.ttl());
            let TimedAnswer { answer, sent, until } = self.term.timed(takes).await;
            let (epoch, at) = match answer.map_err(GuardError::nothing_done)? {
                LeaseAnswer::Taken { epoch, at } => (epoch, at),
                LeaseAnswer::Elsewhere(owner) => return Err(GuardError::Elsewhere(owner)),
                LeaseAnswer::Gone => {
                    local.forget().await;
                    return Err(GuardError::Gone);
                }
            };
            // In a later statement: the snapshot of the one that took the lease may be older than the last write before it.
            let stored = connection.read(local.id).await.map_err(GuardError::nothing_done)?;
            let Some(stored) = stored else {
                local.forget().await;
                return Err(GuardError::Gone);
            };
            // Another may have taken it meanwhile, if this server was slow. What was loaded may then be newer than what that
            // one answers from its memory.
            if stored.epoch == epoch {
                let held = HeldLease { session: Arc::new(stored.session), epoch, until, sent, at };
                local.hold(held.clone()).await;
                return Ok(held);
            }
        }
        Err(GuardError::Contended)
    }
}

impl<G: AwaitFamily, C: Short<Option<HeldLease>>> LeasedSession<G, C> {
    async fn hold(&self, held: HeldLease) {
        let _before = self.held.at(|place| place.replace(held)).await;
    }

    async fn forget(&self) {
        let _before = self.held.at(Option::take).await;
    }
}

/// A change is under way. Unless it is [settled](Self::settle), its outcome is not known when this is dropped, and nothing that
/// is held is relied on any more.
struct InDoubt<'a, C: Short<Option<HeldLease>>> {
    held: &'a C,
    settled: bool,
}

impl<C: Short<Option<HeldLease>>> InDoubt<'_, C> {
    fn settle(mut self) {
        self.settled = true;
    }
}

impl<C: Short<Option<HeldLease>>> Drop for InDoubt<'_, C> {
    fn drop(&mut self) {
        if !self.settled {
            let _before = self.held.with(Option::take);
        }
    }
}

impl<D, G, C, T> Guard for Lease<D, G, C, T>
where
    D: Database,
    G: AwaitFamily,
    C: Short<Option<HeldLease>>,
    T: LeaseTerm,
{
    const NAME: &'static str = GuardKind::Lease.name();
    type Local = LeasedSession<G, C>;
    type Database = D;

    fn database(&self) -> &D {
        &self.database
    }

    fn local(&self, id: ContextId) -> LeasedSession<G, C> {
        LeasedSession { id, gate: SharedLock::new(&LEASE_GATE, ()), held: C::new(None) }
    }

    async fn read(&self, local: &LeasedSession<G, C>) -> Result<Arc<SharedSession>, GuardError> {
        if let Some(held) = self.valid(local).await {
            return Ok(held.session);
        }
        let _gate = G::hold(&local.gate).await;
        // Another task of this server may have taken it while this one waited.
        match self.valid(local).await {
            Some(held) => Ok(held.session),
            None => Ok(self.take(local).await?.session),
        }
    }

    async fn change<E: Send>(
        &self,
        local: &LeasedSession<G, C>,
        mut change: impl FnMut(&SharedSession) -> Result<Change, E> + Send,
    ) -> Result<Version, GuardError<E>> {
        let _gate = G::hold(&local.gate).await;
        let (mut held, mut is_current) = match local.held.at(|held| held.clone()).await {
            Some(held) => (held, false),
            None => (self.take(local).await?, true),
        };
        for _ in 0..ATTEMPTS {
            let change = match change(&held.session) {
                Ok(change) => Some(change),
                // A refusal is an answer, as that to a read.
                Err(reason) => {
                    if is_current || self.term.is_valid(held.until).await {
                        return Err(GuardError::Refused(reason));
                    }
                    None
                }
            };
            let mut takes_over = false;
            if let Some(change) = change {
                takes_over = change.takes_over();
                let after = match &change {
                    Change::Write(write) => Some(Arc::new(held.session.after(write))),
                    Change::Delete => None,
                };
                let condition = WriteCondition { version: None, epoch: Some(held.epoch) };
                let mut connection = self.database.connect().await.map_err(GuardError::nothing_done)?;
                let doubt = InDoubt { held: &local.held, settled: false };
                let made = changed_by(&mut connection, local.id, condition, &held.session, change).await;
                // Whatever ends this function early from here on, the caller's going away included, drops `doubt`; but for a
                // refusal, as by a full disk, which has changed nothing.
                let made = match made.map_err(GuardError::of_commit) {
                    Err(error) if !matches!(error, GuardError::Unknown) => {
                        doubt.settle();
                        return Err(error);
                    }
                    made => made?,
                };
                if let Some(version) = made {
                    match after {
                        Some(session) => local.hold(HeldLease { session, ..held }).await,
                        None => local.forget().await,
                    }
                    doubt.settle();
                    return Ok(version);
                }
            }
            // No row was changed, or the refusal was by a copy that may be old.
            let next = self.take(local).await?;
            if takes_over && next.session.version == held.session.version {
                return Err(GuardError::Busy);
            }
            (held, is_current) = (next, true);
        }
        Err(GuardError::Contended)
    }

    async fn renew(&self, local: &LeasedSession<G, C>) -> Result<Renewal, GuardError> {
        let _gate = G::hold(&local.gate).await;
        let Some(held) = local.held.at(|held| held.clone()).await else { return Ok(Renewal::Lost) };
        let mut connection = self.database.connect().await.map_err(GuardError::nothing_done)?;
        let renews = connection.renew_lease(local.id, held.epoch, self.term.ttl());
        let TimedAnswer { answer, sent, until } = self.term.timed(renews).await;
        let Some(at) = answer.map_err(GuardError::nothing_done)? else {
            local.forget().await;
            return Ok(Renewal::Lost);
        };
        if self.term.has_drifted(sent.saturating_sub(held.sent), at.saturating_sub(held.at)) {
            local.forget().await;
            return Ok(Renewal::Drifted);
        }
        local.hold(HeldLease { until, sent, at, ..held }).await;
        Ok(Renewal::Renewed)
    }

    async fn release(&self, local: &LeasedSession<G, C>) -> Result<(), GuardError> {
        let _gate = G::hold(&local.gate).await;
        // First the copy: once another can have the lease, nothing may be read from it.
        let Some(held) = local.held.at(Option::take).await else { return Ok(()) };
        let mut connection = self.database.connect().await.map_err(GuardError::nothing_done)?;
        connection.release_lease(local.id, held.epoch).await.map_err(GuardError::nothing_done)
    }
}
