//! Saving: which changes the store does not hold yet, and how they get there.
//!
//! A change marks its session as unsaved *inside* the write guard, so there is no moment at which memory is newer
//! than the store and the session not known as unsaved. All I/O of one session happens under its gate: saves never go backwards, and
//! those that wait at the gate behind a save that covers their version have nothing left to do.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};

use crate::backend::chat::{ChatContext, ChatError, ContextId, Version};
use crate::backend::clock::Clock;
use lockyard_lock::{AwaitFamily, LockFamily};

use super::entry::{Entry, Saved};
use super::env::{Env, Short};
use super::error::SessionError;
use super::manager::{ChatSessionManager, Durability, Session};
use super::slot::Slot;
use super::unsaved::{Backlog, Unsaved};
use crate::backend::store::Store;

/// How many saves of different sessions may be under way at once when everything is flushed, so that a store which
/// commits in groups has a group to commit.
const FLUSH_WIDTH: usize = 256;

/// When a change must have reached the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// Some time: the step of a turn that continues, saved with the turn's end or by auto-save.
    Later,
    /// Before it is acknowledged, as far as the [`Durability`] mode promises that.
    Acknowledged,
    /// Before the call returns, in every mode.
    Stored,
}

/// A change to a context, made once at most, as an object: the way from a change to the store is long, and every strategy
/// has its own. Were it compiled for each change there is, that would be most of the program.
pub type Change<'a> = &'a mut (dyn FnMut(&mut ChatContext) -> Result<(), ChatError> + Send);

/// A factor of a strategy: is the session's lock held while the session is saved?
pub trait SaveMode<F: LockFamily>: Send + Sync + 'static {
    /// The name in a strategy: `under-lock` or `after-unlock`.
    const NAME: &'static str;

    /// Applies `change` under the write guard and sees to it that the outcome is saved as `settle` asks.
    fn change<E: Env<Locks = F>>(
        manager: &ChatSessionManager<E>,
        entry: &Arc<Entry<E>>,
        settle: Settle,
        change: Change<'_>,
    ) -> impl Future<Output = Result<(), SessionError>> + Send;
}

/// The guard is dropped before any I/O. Readers see a change before it is stored.
#[derive(Debug)]
pub struct AfterUnlock;

impl<F: LockFamily> SaveMode<F> for AfterUnlock {
    const NAME: &'static str = "after-unlock";

    async fn change<E: Env<Locks = F>>(
        manager: &ChatSessionManager<E>,
        entry: &Arc<Entry<E>>,
        settle: Settle,
        change: Change<'_>,
    ) -> Result<(), SessionError> {
        // The mark is set inside, so if the caller is dropped at an await below, auto-save knows that the session is
        // unsaved.
        let changed = entry.change(|slot| manager.apply(entry, slot, change)).await?;
        // The count was taken under the guard and may be stale by now. That moves a save from one writer to the
        // next; it loses none.
        if manager.must_save(settle, changed.backlog) {
            manager.save(entry, changed.version).await?;
        }
        Ok(())
    }
}

/// The guard is kept until the store has answered. No caller sees what is not stored, and all wait for the disk.
///
/// The gate is taken first, as everywhere: the other order would deadlock with a save that reads the session under
/// its gate.
#[derive(Debug)]
pub struct UnderLock;

impl<F: AwaitFamily> SaveMode<F> for UnderLock {
    const NAME: &'static str = "under-lock";

    async fn change<E: Env<Locks = F>>(
        manager: &ChatSessionManager<E>,
        entry: &Arc<Entry<E>>,
        settle: Settle,
        change: Change<'_>,
    ) -> Result<(), SessionError> {
        let mut saved = E::Gate::hold(&entry.gate).await;
        // The guard is declared after the gate and ends before it: the next at the gate finds the slot free, the
        // state published and `saved` raised.
        let mut holding = entry.hold().await;
        let changed = holding.make(|slot| manager.apply(entry, slot, change))?;
        if manager.must_save(settle, changed.backlog) {
            // If this fails or is dropped, the change stays in memory and marked: it was made, and it is not taken
            // back.
            manager.store(entry, holding.slot().clone(), &mut saved).await?;
        }
        Ok(())
    }
}

/// What a change left behind when its guard was dropped.
pub(super) struct Changed {
    version: Version,
    /// What is unsaved now, this change included.
    backlog: Backlog,
}

impl<E: Env> ChatSessionManager<E> {
    /// Changes the context and marks it as unsaved, or does neither.
    fn apply(
        &self,
        entry: &Arc<Entry<E>>,
        slot: &mut Slot,
        change: Change<'_>,
    ) -> Result<Changed, SessionError> {
        let context = slot.live_mut(entry.id)?;
        change(context).map_err(|source| SessionError::Refused { id: entry.id, source })?;
        // Only after the change was accepted: a refusal does not even change the time.
        context.touch(self.env.clock().now());
        let version = context.version();
        // Under the guard that the caller holds. Marked after it, a save in between could store this version and
        // find no mark to take away; the mark set then would stay, though the store is not behind.
        Ok(Changed { version, backlog: self.mark_unsaved(entry, version) })
    }

    /// Notes that the store is behind `version`; to be called with the session's write guard held.
    pub(super) fn mark_unsaved(&self, entry: &Arc<Entry<E>>, version: Version) -> Backlog {
        // The clock is read inside, so that a mark which a flush does not find is no older than that flush.
        self.unsaved.with(|unsaved| unsaved.mark(entry, version, self.env.clock().monotonic()))
    }

    /// Whether a change has to wait for the store. In write-behind that happens when too much is unsaved already, when
    /// it has been for too long, and when a save has failed: then every writer pays for its own save, which bounds
    /// what a crash can lose.
    fn must_save(&self, settle: Settle, backlog: Backlog) -> bool {
        match (settle, self.durability) {
            (Settle::Stored, _) | (Settle::Acknowledged, Durability::WriteThrough) => true,
            (Settle::Later, Durability::WriteThrough) => false,
            (Settle::Later | Settle::Acknowledged, Durability::WriteBehind { max_unsaved, within }) => {
                backlog.sessions > max_unsaved || backlog.age > within || backlog.failed
            }
        }
    }

    /// Sees to it that the session, as it is now, is as safe as an acknowledged change: for an answer that is given again.
    ///
    /// # Errors
    /// [`SessionError::NotFound`] when it was deleted meanwhile; [`SessionError::Store`] when it cannot be stored.
    pub async fn settle(&self, session: &Session<E>) -> Result<(), SessionError> {
        let version = session.read(ChatContext::version).await?;
        let backlog = self.unsaved.with(|unsaved| unsaved.backlog(self.env.clock().monotonic()));
        if self.must_save(Settle::Acknowledged, backlog) {
            self.save(&session.0, version).await?;
        }
        Ok(())
    }

    /// Brings the store to `version` of the session, or newer.
    pub(super) async fn save(&self, entry: &Arc<Entry<E>>, version: Version) -> Result<(), SessionError> {
        let mut saved = E::Gate::hold(&entry.gate).await;
        if saved.version >= version {
            return Ok(()); // the previous holder of the gate saved our change with theirs
        }
        // Read after the gate was taken. A snapshot from before the wait could be older than what the holder before
        // has stored, and storing it would take the store back. The read guard ends before the I/O.
        let snapshot = { Slot::clone(&*entry.look().await) };
        self.store(entry, snapshot, &mut saved).await
    }

    /// Stores what `slot` shows. `saved` is proof of the session's gate.
    pub(super) async fn store(
        &self,
        entry: &Arc<Entry<E>>,
        slot: Slot,
        saved: &mut Saved<<E::Store as Store>::Stored>,
    ) -> Result<(), SessionError> {
        let stored = put(self.env.store(), entry.id, slot, &mut saved.stored).await;
        self.health.note(&stored);
        let Some(version) = stored.inspect_err(|_| self.unsaved.with(Unsaved::failed))? else {
            return Ok(());
        };
        // After the store has answered. If the caller is dropped while it waits, it stays too low and the
        // version may be stored twice; raised before, it would pass for stored when it is not.
        saved.version = version;
        // A change that came during the I/O has marked a newer version, and that mark stays.
        self.unsaved.with(|unsaved| unsaved.stored(entry.id, version));
        Ok(())
    }

    /// Saves whatever is unsaved now; the failures, if any. What could not be saved stays marked.
    pub async fn flush(&self) -> Vec<SessionError> {
        // Before the table is copied: what is marked from now on is younger.
        let then = self.env.clock().monotonic();
        // Copied out of the table, which is not held across the saves; each save takes its own mark away.
        let unsaved = self.unsaved.with(|unsaved| unsaved.all());
        let save = |(entry, version)| async move { self.save(&entry, version).await }.boxed();
        let failures = failures(unsaved.into_iter().map(save).collect()).await;
        if failures.is_empty() {
            self.unsaved.with(|unsaved| unsaved.caught_up(then));
        }
        failures
    }

    /// Saves whatever is unsaved every `interval`, until dropped: a future for the host to run beside the service. A save
    /// that takes long shortens the pause after it, so that they begin in step.
    ///
    /// In write-behind, a quarter of what a crash may lose is a good interval: a change is then stored in time by a store
    /// that takes no longer than the other three. In write-through it only picks up what a failed save or an unfinished
    /// turn has left.
    pub async fn auto_save(&self, interval: Duration) {
        let mut spent = Duration::ZERO;
        loop {
            self.env.clock().sleep(interval.saturating_sub(spent)).await;
            let began = self.env.clock().monotonic();
            for error in self.flush().await {
                // The log has the cause already, once for all sessions.
                tracing::debug!(%error, "auto-save failed; the session stays marked and is tried again");
            }
            spent = self.env.clock().monotonic().saturating_sub(began);
        }
    }
}

/// Brings the store to what `slot` shows; the version that it holds then, unless there is nothing to hold.
///
/// No part of a manager, so that it is compiled once for all strategies over one type of store.
async fn put<S: Store>(
    store: &S,
    id: ContextId,
    slot: Slot,
    stored: &mut S::Stored,
) -> Result<Option<Version>, SessionError> {
    // Before the slot is moved into the store's call.
    let version = slot.version();
    let done = match slot {
        Slot::Live(context) => store.put(context, stored).await,
        Slot::Gone { .. } => store.delete(id).await,
        Slot::Empty { .. } => return Ok(None),
    };
    done.map_err(|source| SessionError::Store { id, source })?;
    Ok(Some(version))
}

/// Saves some at a time; what has failed.
async fn failures(saves: Vec<BoxFuture<'_, Result<(), SessionError>>>) -> Vec<SessionError> {
    stream::iter(saves).buffer_unordered(FLUSH_WIDTH).filter_map(async |saved| saved.err()).collect().await
}
