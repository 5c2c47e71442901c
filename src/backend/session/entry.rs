//! One live session: its slot, the state that is published of it, and the gate that orders its I/O.

use std::future::ready;
use std::ops::DerefMut;

use futures_util::future::Either;

use crate::backend::chat::{ContextId, Version};
use crate::backend::store::Store;
use lockyard_lock::{AwaitFamily, LockClass, LockFamily, LockOf, SharedLock};

use super::env::{Env, Short};
use super::live::{Alive, LiveCount};
use super::registry::Registry;
use super::slot::Slot;
use super::state::StateMode;

/// The class of a session's own lock.
pub static SESSION: LockClass = LockClass::new("session");
/// The class of the lock that orders a session's I/O.
pub static GATE: LockClass = LockClass::new("gate");

/// A live session, loaded or about to be.
///
/// Lock order: gate before slot. The slot's guard is never held across an await, except where saving under the lock
/// is the very strategy ([`UnderLock`](super::UnderLock)).
pub struct Entry<E: Env> {
    pub(super) id: ContextId,
    /// Looked at and changed by the methods of this type alone, so that nothing is answered from it, and no next writer is let
    /// in, before the state is published.
    slot: LockOf<E::Locks, Slot>,
    /// What the slot says of its state, for callers that need no more.
    pub(super) state: E::State,
    /// Guards what the store is known to hold. Its holder may do I/O for this session.
    pub(super) gate: LockOf<E::Gate, Saved<StoredOf<E>>>,
    _tie: <E::Short<Registry<Self>> as Short<Registry<Self>>>::Tie,
    pub(super) alive: Alive,
}

/// What a store wants to be told of a session that it holds.
type StoredOf<E> = <<E as Env>::Store as Store>::Stored;

/// What the store is known to hold of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Saved<R> {
    /// The version that it holds, or a newer one.
    pub(super) version: Version,
    /// What it wants to be told with the next put.
    pub(super) stored: R,
}

type SlotLock<E> = LockOf<<E as Env>::Locks, Slot>;
type ReadGuard<'a, E> = <SlotLock<E> as SharedLock<Slot>>::Read<'a>;
type WriteGuard<'a, E> = <SlotLock<E> as SharedLock<Slot>>::Write<'a>;

impl<E: Env> Entry<E> {
    pub(super) fn new(
        id: ContextId,
        slot: Slot,
        registry: &E::Short<Registry<Self>>,
        live: &LiveCount,
    ) -> Self {
        let state = E::State::default();
        // Before the slot moves behind its lock, and before the entry is known to any other caller: no guard is
        // needed yet.
        state.changed(|| slot.state());
        let alive = live.begin();
        alive.takes(slot.size());
        Self {
            id,
            slot: SharedLock::new(&SESSION, slot),
            state,
            gate: SharedLock::new(&GATE, Saved::default()),
            _tie: registry.tie(),
            alive,
        }
    }

    /// Looks at the slot. What is seen is published by then.
    #[track_caller]
    pub(super) fn look(&self) -> impl Future<Output = ReadGuard<'_, E>> + Send {
        // Where nothing is published, an explored lock need not take a step for it.
        if E::State::PUBLISHES {
            Either::Left(self.slot.read_first(|slot| self.state.seen(|| slot.state())))
        } else {
            Either::Right(self.slot.read())
        }
    }

    /// [`look`](Self::look), if that takes no waiting.
    #[track_caller]
    pub(super) fn try_look(&self) -> Option<ReadGuard<'_, E>> {
        let slot = self.slot.try_read()?;
        self.state.seen(|| slot.state());
        Some(slot)
    }

    /// Changes the slot under its write guard. What the change leaves is published when this returns, and before the next
    /// writer is let in.
    ///
    /// **Cancellation.** Dropped before the change is made, it leaves nothing; after it, the change is published as well.
    #[track_caller]
    pub(super) fn change<R: Send>(
        &self,
        change: impl FnOnce(&mut Slot) -> R + Send,
    ) -> impl Future<Output = R> + Send {
        let writing = self.slot.write();
        async move {
            // The guard need not be `Send`: it ends with this block, and what is awaited behind it is.
            let (outcome, finishing) = {
                let mut writing = Writing { entry: self, guard: Some(writing.await) };
                (writing.make(change), writing.finish())
            };
            finishing.await;
            outcome
        }
    }

    /// The write guard of the slot, to be held across awaits.
    #[track_caller]
    pub(super) fn hold(
        &self,
    ) -> impl Future<Output = Holding<'_, impl DerefMut<Target = Slot> + Send, E>> + Send
    where
        E::Locks: AwaitFamily,
    {
        const { assert!(!E::Locks::COPY_ON_WRITE, "a copy cannot be stored before it is seen") };
        let holding = E::Locks::hold(&self.slot);
        async move { Holding { slot: holding.await, entry: self, is_changing: false } }
    }

    /// Publishes what a change has left. `slot` is what stands, and no other writer is in.
    fn changed(&self, slot: &Slot) {
        self.alive.takes(slot.size());
        self.state.changed(|| slot.state());
    }
}

/// A change of a slot in the making.
struct Writing<'a, E: Env> {
    entry: &'a Entry<E>,
    /// Gone only in the end.
    guard: Option<WriteGuard<'a, E>>,
}

impl<'a, E: Env> Writing<'a, E> {
    fn make<R>(&mut self, change: impl FnOnce(&mut Slot) -> R) -> R {
        change(self.guard.as_mut().expect("only the end takes it"))
    }

    fn finish(mut self) -> impl Future<Output = ()> + Send + use<'a, E> {
        let entry = self.entry;
        let guard = self.guard.take().expect("only the end takes it");
        if E::State::PUBLISHES {
            Either::Left(entry.slot.finish(guard, |slot| entry.changed(slot)))
        } else {
            entry.changed(&guard);
            drop(guard);
            Either::Right(ready(()))
        }
    }
}

impl<E: Env> Drop for Writing<'_, E> {
    fn drop(&mut self) {
        // Only a panic comes here with a guard. A copy is lost then, and nothing of it must be seen.
        if let Some(mut guard) = self.guard.take().filter(|_| !E::Locks::COPY_ON_WRITE) {
            guard.cut_short();
            self.entry.changed(&guard);
        }
    }
}

/// A slot's write guard that is held across awaits. It publishes what it leaves as the last thing before the lock is released.
pub(super) struct Holding<'a, G: DerefMut<Target = Slot>, E: Env> {
    // Fields end after the body of `drop`: the state is published while the lock is still held.
    slot: G,
    entry: &'a Entry<E>,
    /// A change has begun and not ended. It is dropped so by a panic alone.
    is_changing: bool,
}

impl<G: DerefMut<Target = Slot>, E: Env> Holding<'_, G, E> {
    pub(super) fn make<R>(&mut self, change: impl FnOnce(&mut Slot) -> R) -> R {
        self.is_changing = true;
        let outcome = change(&mut self.slot);
        self.is_changing = false;
        outcome
    }

    pub(super) fn slot(&self) -> &Slot {
        &self.slot
    }
}

impl<G: DerefMut<Target = Slot>, E: Env> Drop for Holding<'_, G, E> {
    fn drop(&mut self) {
        if self.is_changing {
            self.slot.cut_short();
        }
        self.entry.changed(&self.slot);
    }
}
