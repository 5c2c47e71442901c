//! A wait for a timer, which is shown with its place as long as it lasts, and ends by itself.

use std::fmt;
use std::task::{Context, Poll};

#[cfg(feature = "track")]
use lockyard_track as track;

use crate::resource::Place;
#[cfg(feature = "track")]
use crate::{kind::Kind, tracked};

/// At most one wait at a time, which ends when this is dropped. It is dropped before tokio's timer.
pub(super) struct TimerWait {
    #[cfg(feature = "track")]
    what: &'static str,
    #[cfg(feature = "track")]
    at: Place,
    #[cfg(feature = "track")]
    on: Option<(track::Resource, track::EventWait)>,
}

impl TimerWait {
    /// A wait that has not begun: by this call, at this place.
    pub fn new(what: &'static str, at: Place) -> Self {
        #[cfg(not(feature = "track"))]
        let _ = (what, at);
        Self {
            #[cfg(feature = "track")]
            what,
            #[cfg(feature = "track")]
            at,
            #[cfg(feature = "track")]
            on: None,
        }
    }

    /// It is not waited for any more.
    #[cfg_attr(
        not(feature = "track"),
        expect(clippy::unused_self, reason = "without a tracker nothing is reported")
    )]
    pub fn end(&mut self) {
        #[cfg(feature = "track")]
        drop(self.on.take());
    }

    /// Polls the timer by `poll`; once more where it is pending at first, and tracked.
    #[cfg_attr(
        not(feature = "track"),
        expect(clippy::unused_self, reason = "without a tracker nothing is reported")
    )]
    pub fn poll<R>(
        &mut self,
        context: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        #[cfg(feature = "track")]
        {
            if self.on.is_none() {
                // Most timers of a program that is not tracked come here, and pay for no more than this.
                if !tracked::is_on() {
                    return poll(context);
                }
                let class = tracked::class(Kind::Timer, self.at, None);
                let timer = track::Resource::timer(&tracked::tracker(), class, Kind::Timer.as_str());
                self.on = Some((timer, track::EventWait::new(self.what, self.at)));
            }
            let (timer, wait) = self.on.as_mut().expect("it was made just now");
            let polled = wait.poll(timer, context, poll);
            if polled.is_ready() {
                // The next one is another wait.
                self.end();
            }
            polled
        }
        #[cfg(not(feature = "track"))]
        poll(context)
    }
}

impl fmt::Debug for TimerWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimerWait").finish_non_exhaustive()
    }
}
