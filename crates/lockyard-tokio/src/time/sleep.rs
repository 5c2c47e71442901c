//! Sleeping.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::run_timer::RunTimer;
use super::timer_wait::TimerWait;
use super::{Duration, Instant};

pin_project! {
    /// A sleep: [tokio's](real::time::Sleep), or in an explored run one by that run's clock.
    ///
    /// **Cancellation.** Dropped, it does nothing.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Sleep {
        #[pin]
        inner: Inner,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = Projected]
    enum Inner {
        // The wait is dropped before tokio's timer.
        Real { wait: TimerWait, #[pin] sleep: real::time::Sleep },
        Explored { timer: RunTimer },
    }
}

/// Sleeps for so long.
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    let at = Location::caller();
    // No closure: a panic is to be at the caller's place, which does not reach into one.
    let inner = match RunTimer::after(duration, at) {
        Some(timer) => Inner::Explored { timer },
        None => Inner::Real { wait: TimerWait::new("sleep", at), sleep: real::time::sleep(duration) },
    };
    Sleep { inner }
}

/// Sleeps until then.
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    let at = Location::caller();
    // No closure: a panic is to be at the caller's place, which does not reach into one.
    let inner = match RunTimer::until(deadline, at) {
        Some(timer) => Inner::Explored { timer },
        None => Inner::Real { wait: TimerWait::new("sleep", at), sleep: real::time::sleep_until(deadline) },
    };
    Sleep { inner }
}

impl Sleep {
    /// When it ends.
    pub fn deadline(&self) -> Instant {
        match &self.inner {
            Inner::Real { sleep, .. } => sleep.deadline(),
            Inner::Explored { timer } => timer.deadline(),
        }
    }

    /// Whether it has ended.
    pub fn is_elapsed(&self) -> bool {
        match &self.inner {
            Inner::Real { sleep, .. } => sleep.is_elapsed(),
            Inner::Explored { timer } => timer.is_elapsed(),
        }
    }

    /// Has it end at another time.
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        match self.project().inner.project() {
            // A wait that is on goes on: tokio's timer still has its waker.
            Projected::Real { sleep, .. } => sleep.reset(deadline),
            Projected::Explored { timer } => timer.reset(deadline),
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.project().inner.project() {
            Projected::Real { wait, mut sleep } => wait.poll(context, |context| sleep.as_mut().poll(context)),
            Projected::Explored { timer } => timer.poll(context),
        }
    }
}
