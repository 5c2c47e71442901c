//! What is waited for or held: the one layer to which the types of `sync` report, and behind which the instruments are.
//!
//! A [`Resource`] stands beside each real primitive. It becomes known to the tracker when it is first used, so that it can
//! be made in a `const`, and costs one look at a flag while the tracker is off. In an explored run it is the explorer's instead.
//!
//! What callers keep to, so that no report contradicts tokio:
//!
//! - A [`Hold`] is dropped before tokio's guard or permit, a [`Waiting`] before tokio's future, and a [`Serving`] after tokio's
//!   end of the channel: no lock is found free that is noted as held, and no wait is for ends that are noted as gone.
//! - [`Resource::access`] comes before the call that it reports, except where a future is at its end: there it comes within
//!   the poll.
//! - A wait begins with the first poll of its future, not with the call that makes the future.
//! - [`Resource::acquire`] and [`Resource::block`] give a `Hold` also where tokio gives an error, which is dropped at once.
#![allow(clippy::unused_self, reason = "some of it is for one of the two features alone")]

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

#[cfg(feature = "explore")]
use std::future::poll_fn;
use std::sync::OnceLock;

#[cfg(feature = "explore")]
use lockyard_explore::Shared;
#[cfg(feature = "explore")]
use lockyard_explore::guest::{Turn, is_on};

#[cfg(feature = "track")]
use lockyard_track as track;

mod hold;
mod mode;
mod serving;
mod waiting;

pub(crate) use crate::kind::Kind;
pub(crate) use hold::Hold;
pub(crate) use mode::{Mode, Place, name_in_std};
pub(crate) use serving::Serving;
pub(crate) use waiting::Waiting;

#[cfg(feature = "track")]
use crate::kind::Nature;
#[cfg(feature = "track")]
use crate::tracked;

/// One thing that is waited for or held.
pub(crate) struct Resource {
    kind: Kind,
    #[cfg_attr(
        not(feature = "track"),
        expect(dead_code, reason = "an explored run names places where things are used")
    )]
    made: Place,
    name: Option<&'static str>,
    /// Of a semaphore: how many permits there are, free and held.
    permits: AtomicUsize,
    #[cfg(feature = "track")]
    tracked: OnceLock<track::Resource>,
    #[cfg(feature = "explore")]
    explored: OnceLock<Shared>,
}

impl Resource {
    /// Something that was made there.
    pub(crate) const fn new(kind: Kind, made: Place, name: Option<&'static str>) -> Self {
        Self {
            kind,
            made,
            name,
            permits: AtomicUsize::new(0),
            #[cfg(feature = "track")]
            tracked: OnceLock::new(),
            #[cfg(feature = "explore")]
            explored: OnceLock::new(),
        }
    }

    /// As the explorer knows it. It is of the run in which it is used first; that it is used in another one is refused there.
    #[cfg(feature = "explore")]
    #[inline]
    fn explored(&self) -> &Shared {
        self.explored.get_or_init(|| Shared::new(self.name.unwrap_or(self.kind.as_str())))
    }

    /// As the tracker knows it. It belongs to the tracker of the task that uses it first.
    #[cfg(feature = "track")]
    #[inline]
    fn tracked(&self) -> &track::Resource {
        self.tracked.get_or_init(|| {
            let (tracker, class) = (tracked::tracker(), tracked::class(self.kind, self.made, self.name));
            let kind = self.kind.as_str();
            match self.kind.nature() {
                Nature::Lock => track::Resource::lock(&tracker, class, kind, track::Policy::FifoFair),
                Nature::Permits => {
                    track::Resource::semaphore(&tracker, class, kind, self.permits.load(Relaxed))
                }
                Nature::CountedEvent => track::Resource::event(&tracker, class, kind, true),
                Nature::Event => track::Resource::event(&tracker, class, kind, false),
                Nature::Unseen => track::Resource::unseen(&tracker, class, kind),
            }
        })
    }

    /// A semaphore has so many permits, free or held.
    pub(crate) fn permits(&self, total: usize) {
        self.permits.store(total, Relaxed);
        #[cfg(feature = "track")]
        if let Some(tracked) = self.tracked.get() {
            tracked.set_permits(total);
        }
    }

    /// Waits for something that is then held, by the future that `wait` makes. `again` tries once without waiting: where that
    /// is enough, no future is made.
    pub(crate) async fn acquire<F: Future>(
        &self,
        mode: Mode,
        owned: bool,
        at: Place,
        again: impl Fn() -> Option<F::Output>,
        wait: impl FnOnce() -> F,
    ) -> (F::Output, Hold<'_>) {
        let _ = (mode, owned, at, &again);
        #[cfg(feature = "explore")]
        if is_on() {
            let (mut turn, mut future) =
                (Turn::lock(self.explored(), mode.as_str(), mode.excludes(), at), std::pin::pin!(wait()));
            let got = poll_fn(|cx| turn.poll(cx, |cx| future.as_mut().poll(cx))).await;
            return (got, Hold::explored(self.explored(), mode, at));
        }
        #[cfg(feature = "track")]
        {
            // The attempt ends before the await: kept over it, its guard would take auto traits from the future that tokio's has.
            let waits = match self.tracked().acquire_now(mode.into(), owned, at, &again) {
                track::Attempt::Acquired(got, hold) => return (got, Hold::tracked(hold)),
                track::Attempt::Waits => true,
                track::Attempt::Untracked => false,
            };
            if waits {
                let (got, hold) = self.tracked().wait(mode.into(), owned, at, again, wait()).await;
                return (got, Hold::tracked(hold));
            }
        }
        (wait().await, Hold::none())
    }

    /// Something is held that was there for the asking.
    pub(crate) fn acquired(&self, mode: Mode, owned: bool, at: Place) -> Hold<'_> {
        let _ = (mode, owned, at);
        #[cfg(feature = "explore")]
        if is_on() {
            self.explored().atomic(mode.excludes());
            return Hold::explored(self.explored(), mode, at);
        }
        #[cfg(feature = "track")]
        return Hold::tracked(self.tracked().acquired(mode.into(), owned, at));
        #[cfg(not(feature = "track"))]
        Hold::none()
    }

    /// Blocks the thread until something is held. `again` tries once without waiting.
    pub(crate) fn block<R>(
        &self,
        mode: Mode,
        owned: bool,
        at: Place,
        again: impl FnOnce() -> Option<R>,
        block: impl FnOnce() -> R,
    ) -> (R, Hold<'_>) {
        let _ = (mode, owned, at);
        #[cfg(feature = "explore")]
        if is_on() {
            let Some(got) = again() else {
                let what = format!("a {} that is not free and blocks its thread ({at})", self.kind.as_str());
                crate::explored::refuse(&what, "await it, or try it");
            };
            return (got, self.acquired(mode, owned, at));
        }
        #[cfg(feature = "track")]
        {
            let (got, hold) = self.tracked().acquire_blocking(mode.into(), owned, at, again, block);
            (got, Hold::tracked(hold))
        }
        #[cfg(not(feature = "track"))]
        {
            drop(again);
            (block(), Hold::none())
        }
    }

    /// Begins to wait for an event.
    pub(crate) fn waiting(&self, what: &'static str, at: Place) -> Waiting {
        Waiting {
            what,
            at,
            #[cfg(feature = "track")]
            tracked: track::EventWait::new(what, at),
            #[cfg(feature = "explore")]
            turn: None,
        }
    }

    /// A call that changes it, or reads it, and never waits.
    #[inline]
    #[track_caller]
    pub(crate) fn access(&self, write: bool) {
        let _ = write;
        #[cfg(feature = "explore")]
        if is_on() {
            self.explored().touch(write);
        }
    }

    /// Blocks the thread until an event.
    pub(crate) fn block_event<R>(&self, what: &'static str, at: Place, block: impl FnOnce() -> R) -> R {
        #[cfg(feature = "explore")]
        if is_on() {
            crate::explored::refuse(
                &format!("a {what} that blocks its thread ({at})"),
                "await it, or try it",
            );
        }
        #[cfg(feature = "track")]
        {
            self.tracked().wait_blocking(what, at, block)
        }
        #[cfg(not(feature = "track"))]
        {
            let _ = (what, at);
            block()
        }
    }

    /// Its owner can end waits here.
    pub(crate) fn serve(&self) -> Serving {
        Serving {
            #[cfg(feature = "track")]
            tracked: (!is_explored()).then(|| self.tracked().handle()),
        }
    }
}

/// Whether a run is explored here.
#[cfg(feature = "track")]
fn is_explored() -> bool {
    #[cfg(feature = "explore")]
    return is_on();
    #[cfg(not(feature = "explore"))]
    false
}

impl Waiting {
    /// Asks whether what is waited for has come. Of one that is pending it may be asked twice, with another waker.
    pub(crate) fn poll<R>(
        &mut self,
        resource: &Resource,
        cx: &mut Context<'_>,
        f: impl FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let _ = (self.what, self.at);
        #[cfg(feature = "explore")]
        if is_on() {
            let new = || Turn::new(resource.explored(), self.what, true, self.at);
            return self.turn.get_or_insert_with(new).poll(cx, f);
        }
        #[cfg(feature = "track")]
        {
            self.tracked.poll(resource.tracked(), cx, f)
        }
        #[cfg(not(feature = "track"))]
        {
            let (_, mut f) = (resource, f);
            f(cx)
        }
    }
}

/// What a panic leaves of the instruments is as right as before: each part is changed at once, under a lock of its own.
macro_rules! unwind_safe {
    ($($type:ty)*) => {
        $(
            impl UnwindSafe for $type {}
            impl RefUnwindSafe for $type {}
        )*
    };
}

unwind_safe! { Resource Hold<'_> Waiting Serving }
