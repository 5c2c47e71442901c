//! One live session: its slot, and the gate that orders its I/O.

use std::ops::DerefMut;

use crate::backend::chat::{ChatContext, ContextId, Version};
use crate::backend::store::Store;
use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock};

use super::env::{Env, Short};
use super::error::SessionError;
use super::live::{Alive, LiveCount};
use super::registry::Registry;
use super::state::{PublishingGuard, StateMode};

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
    pub(super) slot: LockOf<E::Locks, Slot>,
    /// What the slot says of its state, for callers that need no more. Stored by [`changing`](Self::changing) alone.
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

/// What a session is right now. It moves from `Empty` to `Live` to `Gone` and never back.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are live, and a box would be one more hop to each of them"
)]
pub(super) enum Slot {
    /// Not loaded yet.
    Empty {
        /// How often loading has failed: a waiter that queued behind a failing load sees the count rise and shares the
        /// error instead of trying again.
        failures: u32,
        /// How it failed last.
        last: Option<SessionError>,
    },
    /// Loaded.
    Live(ChatContext),
    /// Deleted. A holder of a handle that comes late finds that out here, and cannot bring it back.
    Gone {
        /// One more than the version that was deleted, so that the deletion is newer than every save.
        version: Version,
    },
}

impl<E: Env> Entry<E> {
    pub(super) fn new(
        id: ContextId,
        slot: Slot,
        registry: &E::Short<Registry<Self>>,
        live: &LiveCount,
    ) -> Self {
        const {
            assert!(
                !(E::State::PUBLISHES && E::Locks::COPY_ON_WRITE),
                "a published state needs a lock whose readers wait for writers"
            );
        }
        let state = E::State::default();
        // Before the slot moves behind its lock, and before the entry is known to any other caller: no guard is
        // needed yet.
        state.publish(|| slot.state());
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

    /// The write guard of this session's slot, made to publish what it leaves behind. Every change goes through it.
    pub(super) fn changing<G: DerefMut<Target = Slot>>(&self, guard: G) -> PublishingGuard<'_, G, E::State> {
        PublishingGuard::new(guard, &self.state, &self.alive)
    }
}

impl Slot {
    pub(super) const EMPTY: Self = Self::Empty { failures: 0, last: None };

    /// The context to read.
    pub(super) fn live(&self, id: ContextId) -> Result<&ChatContext, SessionError> {
        match self {
            Self::Live(context) => Ok(context),
            Self::Empty { .. } | Self::Gone { .. } => Err(SessionError::NotFound { id }),
        }
    }

    /// The context to change.
    pub(super) fn live_mut(&mut self, id: ContextId) -> Result<&mut ChatContext, SessionError> {
        match self {
            Self::Live(context) => Ok(context),
            Self::Empty { .. } | Self::Gone { .. } => Err(SessionError::NotFound { id }),
        }
    }

    /// How many bytes of memory it takes, roughly.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Live(context) => context.size(),
            Self::Empty { .. } | Self::Gone { .. } => 0,
        }
    }

    pub(super) fn version(&self) -> Version {
        match self {
            Self::Empty { .. } => Version(0),
            Self::Live(context) => context.version(),
            Self::Gone { version } => *version,
        }
    }
}
