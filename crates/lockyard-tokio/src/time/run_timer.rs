//! A sleep of an explored run, by that run's clock.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lockyard_explore::guest::{self, Timer};

use super::error::Elapsed;
use super::{Duration, Instant};
use crate::explored;
use crate::resource::Place;

/// A timer of the run.
#[derive(Debug)]
pub(super) struct RunTimer {
    timer: Timer,
    deadline: Instant,
    at: Place,
    elapsed: bool,
}

fn timer_at(deadline: Instant, at: Place) -> Timer {
    let start = explored::instant(Duration::ZERO).unwrap_or_else(Instant::now);
    Timer::at(deadline.saturating_duration_since(start), at)
}

impl RunTimer {
    /// For so long, if a run is explored here.
    pub fn after(duration: Duration, at: Place) -> Option<Self> {
        if !guest::is_on() {
            return None;
        }
        let timer = Timer::after(duration, at);
        let deadline = explored::instant(timer.deadline()).unwrap_or_else(|| {
            guest::refuse(format!(
                "a timer of {duration:?} ends beyond the clock ({at}): to wait for good, await `std::future::pending()`"
            ));
            Instant::now()
        });
        Some(Self { timer, deadline, at, elapsed: false })
    }

    /// Until then, if a run is explored here.
    pub fn until(deadline: Instant, at: Place) -> Option<Self> {
        guest::is_on().then(|| Self { timer: timer_at(deadline, at), deadline, at, elapsed: false })
    }

    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    pub fn is_elapsed(&self) -> bool {
        self.elapsed
    }

    pub fn reset(&mut self, until: Instant) {
        self.timer = timer_at(until, self.at);
        (self.deadline, self.elapsed) = (until, false);
    }

    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.elapsed {
            return Poll::Ready(());
        }
        ready!(Pin::new(&mut self.timer).poll(context));
        self.elapsed = true;
        if guest::is_on() {
            explored::put_forward();
        }
        Poll::Ready(())
    }

    /// As a limit, which gives tokio's own error.
    pub fn poll_limit(&mut self, context: &mut Context<'_>) -> Poll<Elapsed> {
        ready!(self.poll(context));
        Poll::Ready(explored::elapsed())
    }
}
