//! Tasks as the instruments know them: the one layer to which `task` and `runtime` report.
#![allow(clippy::unused_self, reason = "some of it is for one of the two features alone")]
#![cfg_attr(
    not(feature = "track"),
    expect(clippy::unused_self, reason = "without a tracker nothing is reported")
)]

use std::task::{Context, Poll};

#[cfg(feature = "track")]
use lockyard_track as track;

#[cfg(feature = "track")]
use crate::maybe_named::MaybeNamed;
use crate::resource::{Place, Resource, Serving};
#[cfg(feature = "track")]
use crate::tracked;

/// Whose tasks they are that a runtime runs: which tracker's, where the one who spawns them belongs to none.
#[derive(Clone)]
pub(crate) struct Owner {
    /// Nothing where it is whoever spawns.
    #[cfg(feature = "track")]
    tracker: Option<track::Tracker>,
}

impl Owner {
    /// For a runtime that is made here.
    pub(crate) fn of_runtime() -> Self {
        Self {
            #[cfg(feature = "track")]
            tracker: Some(tracked::tracker_of_runtime()),
        }
    }

    /// For what is spawned by the task at work.
    pub(crate) fn here() -> Self {
        Self {
            #[cfg(feature = "track")]
            tracker: None,
        }
    }

    /// That of the task or thread at work, if it has one, and else this one.
    #[cfg(feature = "track")]
    fn tracker(&self) -> track::Tracker {
        tracked::known().or_else(|| self.tracker.clone()).unwrap_or_else(tracked::tracker)
    }

    /// A future that is to be spawned, and what its handle reports by.
    pub(crate) fn task<F: Future>(
        &self,
        at: Place,
        future: F,
    ) -> (impl Future<Output = F::Output> + use<F>, TaskEnd) {
        #[cfg(feature = "track")]
        {
            let tracker = self.tracker();
            // What is spawned while tracking is off has no name later, either: most programs never switch it on.
            if !tracker.is_on() {
                return (MaybeNamed::No { future }, TaskEnd { tracked: None });
            }
            let (future, end) = tracker.spawned(track::Name::Spawned(at), at, future);
            (MaybeNamed::Yes { future }, TaskEnd { tracked: Some(end) })
        }
        #[cfg(not(feature = "track"))]
        {
            let _ = at;
            (future, TaskEnd {})
        }
    }

    /// A function that is to run on a thread of its own.
    pub(crate) fn blocking<R, F: FnOnce() -> R>(
        &self,
        at: Place,
        f: F,
    ) -> (impl FnOnce() -> R + use<R, F>, TaskEnd) {
        #[cfg(feature = "track")]
        let tracker = self.tracker();
        #[cfg(feature = "track")]
        let (name, is_on) = (track::Name::Spawned(at), tracker.is_on());
        let _ = at;
        #[cfg(feature = "track")]
        let (f, end) = {
            let (f, end) = tracker.spawned_blocking(name, at, f);
            (f, TaskEnd { tracked: is_on.then_some(end) })
        };
        #[cfg(not(feature = "track"))]
        let end = TaskEnd {};
        (f, end)
    }

    /// The future that a thread is blocked on.
    pub(crate) fn main<F: Future>(&self, at: Place, future: F) -> impl Future<Output = F::Output> + use<F> {
        #[cfg(feature = "track")]
        {
            let (file, line) = (at.file(), at.line());
            self.tracker().spawned(format!("main {file}:{line}"), at, future).0
        }
        #[cfg(not(feature = "track"))]
        {
            let _ = at;
            future
        }
    }
}

/// What a handle of a task reports by.
pub(crate) struct TaskEnd {
    /// Nothing of a task that was spawned while tracking was off.
    #[cfg(feature = "track")]
    tracked: Option<track::TaskEnd>,
}

impl TaskEnd {
    /// Polls the real handle by `f`. Of one that is pending it may be polled twice, with another waker.
    pub(crate) fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        f: impl FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        #[cfg(feature = "track")]
        if let Some(tracked) = &mut self.tracked {
            return tracked.poll(cx, f);
        }
        let mut f = f;
        f(cx)
    }

    /// The end of the task ends waits for this, too.
    pub(crate) fn serves(&self, resource: &Resource) -> Serving {
        let serving = resource.serve();
        #[cfg(feature = "track")]
        if let Some(tracked) = &self.tracked {
            serving.is_with(tracked);
        }
        serving
    }

    /// The end of the task is known to the one at work.
    pub(crate) fn seen(&self) {
        #[cfg(feature = "track")]
        if let Some(tracked) = &self.tracked {
            tracked.seen();
        }
    }
}
