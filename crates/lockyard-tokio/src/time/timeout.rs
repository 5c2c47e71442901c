//! Limits for how long something may take.

use std::future::{Pending, pending, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use real::task::coop;

use super::error::Elapsed;
use super::run_timer::RunTimer;
use super::timer_wait::TimerWait;
use super::{Duration, Instant};

pin_project! {
    /// A future with a limit: [tokio's](real::time::Timeout), or in an explored run one by that run's clock.
    ///
    /// **Cancellation.** Dropped, it drops the future.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Timeout<T> {
        #[pin]
        value: T,
        #[pin]
        limit: Limit,
    }
}

pin_project! {
    // By itself, and not around the future: that is polled with the task's own waker, and its waits are its own.
    #[derive(Debug)]
    #[project = Projected]
    enum Limit {
        // The wait is dropped before tokio's timer, which is a timeout only for the error that tokio makes.
        Real { wait: TimerWait, #[pin] timeout: real::time::Timeout<Pending<()>> },
        Explored { timer: RunTimer },
    }
}

/// The future, which has so long.
#[track_caller]
pub fn timeout<F>(duration: Duration, future: F) -> Timeout<F::IntoFuture>
where
    F: IntoFuture,
{
    let at = Location::caller();
    // No closure: a panic is to be at the caller's place, which does not reach into one.
    let limit = match RunTimer::after(duration, at) {
        Some(timer) => Limit::Explored { timer },
        None => Limit::Real {
            wait: TimerWait::new("timeout", at),
            timeout: real::time::timeout(duration, pending()),
        },
    };
    Timeout { value: future.into_future(), limit }
}

/// The future, which has until then.
#[track_caller]
pub fn timeout_at<F>(deadline: Instant, future: F) -> Timeout<F::IntoFuture>
where
    F: IntoFuture,
{
    let at = Location::caller();
    // No closure: a panic is to be at the caller's place, which does not reach into one.
    let limit = match RunTimer::until(deadline, at) {
        Some(timer) => Limit::Explored { timer },
        None => Limit::Real {
            wait: TimerWait::new("timeout", at),
            timeout: real::time::timeout_at(deadline, pending()),
        },
    };
    Timeout { value: future.into_future(), limit }
}

impl<T> Timeout<T> {
    /// The future.
    pub fn get_ref(&self) -> &T {
        &self.value
    }

    /// The future.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// The future, without the limit.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl Limit {
    /// The future has come to its end, and nobody waits for this.
    fn end(self: Pin<&mut Self>) {
        match self.project() {
            Projected::Real { wait, .. } => wait.end(),
            Projected::Explored { .. } => {}
        }
    }

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Elapsed> {
        match self.project() {
            Projected::Real { wait, mut timeout } => wait.poll(context, |context| {
                let elapsed = ready!(timeout.as_mut().poll(context));
                Poll::Ready(elapsed.expect_err("nothing else comes"))
            }),
            Projected::Explored { timer } => timer.poll_limit(context),
        }
    }
}

impl<T> Future for Timeout<T>
where
    T: Future,
{
    type Output = Result<T::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let had_budget = coop::has_budget_remaining();
        if let Poll::Ready(output) = this.value.poll(context) {
            this.limit.end();
            return Poll::Ready(Ok(output));
        }
        // As tokio: a future that spends the whole budget each time would else keep its limit from ever being looked at.
        let spent = had_budget && !coop::has_budget_remaining();
        let elapsed = if spent {
            let limit = poll_fn(|context| this.limit.as_mut().poll(context));
            ready!(pin!(coop::unconstrained(limit)).poll(context))
        } else {
            ready!(this.limit.poll(context))
        };
        Poll::Ready(Err(elapsed))
    }
}
