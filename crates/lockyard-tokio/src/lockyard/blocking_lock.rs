//! A lock whose waiters block their threads, as the instruments know it: what the locks of other crates report to.
//!
//! Beside the resource for what tokio has: here a guard that is held across an await is wrong by itself, and a waiter is not
//! polled while it waits.

use std::panic::{RefUnwindSafe, UnwindSafe};
#[cfg(feature = "track")]
use std::sync::OnceLock;
#[cfg(feature = "parking_lot_locks")]
use std::time::Duration;

#[cfg(feature = "track")]
use lockyard_track as track;

use crate::kind::Kind;
#[cfg(feature = "explore")]
use crate::resource::{Hold, Resource};
use crate::resource::{Mode, Place};
#[cfg(feature = "track")]
use crate::tracked;

/// Stands beside a lock that blocks.
pub(super) struct BlockingLock {
    #[cfg(feature = "track")]
    kind: Kind,
    #[cfg(feature = "track")]
    made: Place,
    #[cfg(feature = "track")]
    name: Option<&'static str>,
    #[cfg(feature = "track")]
    tracked: OnceLock<track::Resource>,
    #[cfg(feature = "explore")]
    explored: Resource,
}

/// What a panic leaves of the instruments is as right as before.
impl UnwindSafe for BlockingLock {}
impl RefUnwindSafe for BlockingLock {}

impl BlockingLock {
    pub const fn new(kind: Kind, made: Place, name: Option<&'static str>) -> Self {
        #[cfg(not(feature = "explore"))]
        let _ = (kind, made, name);
        Self {
            #[cfg(feature = "track")]
            kind,
            #[cfg(feature = "track")]
            made,
            #[cfg(feature = "track")]
            name,
            #[cfg(feature = "track")]
            tracked: OnceLock::new(),
            #[cfg(feature = "explore")]
            explored: Resource::new(kind, made, name),
        }
    }

    /// As the tracker knows it. It belongs to the tracker of the task that uses it first.
    #[cfg(feature = "track")]
    fn tracked(&self) -> &track::Resource {
        self.tracked.get_or_init(|| {
            let (tracker, class) = (tracked::tracker(), tracked::class(self.kind, self.made, self.name));
            // Both libraries keep new readers out once a writer waits. Of a mutex, which has none, it says nothing.
            let policy = track::Policy::WriterPreferring;
            track::Resource::blocking_lock(&tracker, class, self.kind.as_str(), policy)
        })
    }

    /// Blocks the thread until it is locked. `again` tries once without waiting.
    pub fn lock<R>(
        &self,
        mode: Mode,
        at: Place,
        again: impl Fn() -> Option<R>,
        block: impl FnOnce() -> R,
    ) -> (R, Held<'_>) {
        #[cfg(feature = "explore")]
        if crate::explored::is_on() {
            let (got, hold) = self.explored.block(mode, false, at, again, block);
            return (got, Held::explored(hold));
        }
        #[cfg(feature = "track")]
        {
            let (got, hold) = self.tracked().lock_blocking(mode.into(), at, again, block);
            (got, Held::tracked(hold))
        }
        #[cfg(not(feature = "track"))]
        {
            let _ = (mode, at, again);
            (block(), Held { explored: None })
        }
    }

    /// It is locked, and was free for the asking.
    pub fn locked(&self, mode: Mode, at: Place) -> Held<'_> {
        #[cfg(feature = "explore")]
        if crate::explored::is_on() {
            return Held::explored(self.explored.acquired(mode, false, at));
        }
        #[cfg(feature = "track")]
        return Held::tracked(self.tracked().acquired(mode.into(), false, at));
        #[cfg(not(feature = "track"))]
        {
            let _ = (mode, at);
            Held { explored: None }
        }
    }

    /// How long one may wait for it who would wait so long: in an explored run nothing else could run meanwhile.
    #[cfg(feature = "parking_lot_locks")]
    #[cfg_attr(
        not(feature = "explore"),
        expect(clippy::unused_self, reason = "only an explored run has another time")
    )]
    pub fn patience(&self, timeout: Duration) -> Duration {
        #[cfg(feature = "explore")]
        if crate::explored::is_on() {
            self.explored.access(false);
            return Duration::ZERO;
        }
        timeout
    }

    /// It was looked at.
    #[cfg_attr(
        not(feature = "explore"),
        expect(clippy::unused_self, reason = "only the explorer hears of it")
    )]
    pub fn looked_at(&self) {
        #[cfg(feature = "explore")]
        self.explored.access(false);
    }
}

/// It is locked until this is dropped: before the guard of the lock itself.
#[must_use]
pub(super) struct Held<'a> {
    #[cfg(feature = "track")]
    tracked: track::Hold<'a>,
    // Elsewhere, for most guards of a program are of no explored run, and are moved about.
    #[cfg(feature = "explore")]
    explored: Option<Box<Hold<'a>>>,
}

impl UnwindSafe for Held<'_> {}
impl RefUnwindSafe for Held<'_> {}

impl<'a> Held<'a> {
    #[cfg(feature = "track")]
    fn tracked(tracked: track::Hold<'a>) -> Self {
        Self {
            tracked,
            #[cfg(feature = "explore")]
            explored: None,
        }
    }

    #[cfg(feature = "explore")]
    fn explored(explored: Hold<'a>) -> Self {
        Self {
            #[cfg(feature = "track")]
            tracked: track::Hold::untracked(),
            explored: Some(Box::new(explored)),
        }
    }

    /// It was held alone and is now held beside readers.
    pub fn downgrade(&mut self) {
        #[cfg(feature = "track")]
        self.tracked.change(track::Mode::Read);
        #[cfg(feature = "explore")]
        if let Some(explored) = &mut self.explored {
            explored.downgrade();
        }
    }
}
