//! Ticks at a steady pace.

use std::future::poll_fn;
use std::panic::Location;
#[cfg(feature = "explore")]
use std::pin::Pin;
#[cfg(feature = "explore")]
use std::task::ready;
use std::task::{Context, Poll};

#[cfg(feature = "explore")]
use lockyard_explore::guest;

use super::timer_wait::TimerWait;
use super::{Duration, Instant, MissedTickBehavior};
#[cfg(feature = "explore")]
use super::{Sleep, sleep_until};
#[cfg(feature = "explore")]
use crate::explored;
use crate::resource::Place;

/// Ticks: [tokio's](real::time::Interval), or in an explored run by that run's clock.
#[derive(Debug)]
pub struct Interval(Inner);

#[derive(Debug)]
enum Inner {
    // The wait is dropped before tokio's timer.
    Real(TimerWait, real::time::Interval),
    #[cfg(feature = "explore")]
    Explored(Ticks),
}

/// Ticks of an explored run.
#[cfg(feature = "explore")]
#[derive(Debug)]
struct Ticks {
    next: Pin<Box<Sleep>>,
    period: Duration,
    missed: MissedTickBehavior,
}

fn wait(at: Place) -> TimerWait {
    TimerWait::new("tick", at)
}

/// Ticks now, and then each time a period has passed.
///
/// # Panics
/// If the period is zero.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    #[cfg(feature = "explore")]
    if guest::is_on() {
        let now = explored::instant(guest::now()).unwrap_or_else(Instant::now);
        return interval_at(now, period);
    }
    Interval(Inner::Real(wait(Location::caller()), real::time::interval(period)))
}

/// Ticks then, and each time a period has passed since.
///
/// # Panics
/// If the period is zero.
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    #[cfg(feature = "explore")]
    if guest::is_on() {
        assert!(!period.is_zero(), "`period` must be non-zero.");
        let next = Box::pin(sleep_until(start));
        return Interval(Inner::Explored(Ticks { next, period, missed: MissedTickBehavior::default() }));
    }
    Interval(Inner::Real(wait(Location::caller()), real::time::interval_at(start, period)))
}

#[cfg(feature = "explore")]
impl Ticks {
    fn now() -> Instant {
        explored::instant(guest::now()).unwrap_or_else(Instant::now)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Instant> {
        ready!(self.next.as_mut().poll(context));
        let (timeout, now) = (self.next.deadline(), Self::now());
        // Each behaviour as tokio documents it; it counts as missed where it is late by more than tokio's tolerance.
        let next = if now > timeout + Duration::from_millis(5) {
            match self.missed {
                MissedTickBehavior::Burst => timeout + self.period,
                MissedTickBehavior::Delay => now + self.period,
                MissedTickBehavior::Skip => {
                    let late = (now - timeout).as_nanos() % self.period.as_nanos();
                    now + self.period - Duration::from_nanos(u64::try_from(late).unwrap_or(u64::MAX))
                }
            }
        } else {
            timeout + self.period
        };
        self.next.as_mut().reset(next);
        Poll::Ready(timeout)
    }
}

impl Interval {
    /// Waits for the next tick.
    ///
    /// **Cancellation.** No tick is lost.
    #[track_caller]
    pub fn tick(&mut self) -> impl Future<Output = Instant> {
        let at = Location::caller();
        async move {
            match &mut self.0 {
                Inner::Real(shown, ticks) => {
                    // One that was given up ends with this, and not with the interval.
                    let mut own = wait(at);
                    *shown = wait(at);
                    poll_fn(|context| own.poll(context, |context| ticks.poll_tick(context))).await
                }
                #[cfg(feature = "explore")]
                Inner::Explored(ticks) => poll_fn(|context| ticks.poll(context)).await,
            }
        }
    }

    /// Polls for the next tick.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        match &mut self.0 {
            Inner::Real(wait, ticks) => wait.poll(cx, |context| ticks.poll_tick(context)),
            #[cfg(feature = "explore")]
            Inner::Explored(ticks) => ticks.poll(cx),
        }
    }

    /// Has the next tick come a period from now.
    pub fn reset(&mut self) {
        match &mut self.0 {
            Inner::Real(_, interval) => interval.reset(),
            #[cfg(feature = "explore")]
            Inner::Explored(ticks) => ticks.next.as_mut().reset(Ticks::now() + ticks.period),
        }
    }

    /// Has the next tick come at once.
    pub fn reset_immediately(&mut self) {
        match &mut self.0 {
            Inner::Real(_, interval) => interval.reset_immediately(),
            #[cfg(feature = "explore")]
            Inner::Explored(ticks) => ticks.next.as_mut().reset(Ticks::now()),
        }
    }

    /// Has the next tick come after so long.
    pub fn reset_after(&mut self, after: Duration) {
        match &mut self.0 {
            Inner::Real(_, interval) => interval.reset_after(after),
            #[cfg(feature = "explore")]
            Inner::Explored(ticks) => ticks.next.as_mut().reset(Ticks::now() + after),
        }
    }

    /// Has the next tick come then.
    pub fn reset_at(&mut self, deadline: Instant) {
        match &mut self.0 {
            Inner::Real(_, interval) => interval.reset_at(deadline),
            #[cfg(feature = "explore")]
            Inner::Explored(ticks) => ticks.next.as_mut().reset(deadline),
        }
    }

    /// What becomes of ticks that were missed.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        match &self.0 {
            Inner::Real(_, interval) => interval.missed_tick_behavior(),
            #[cfg(feature = "explore")]
            Inner::Explored(ticks) => ticks.missed,
        }
    }

    /// Says what becomes of ticks that are missed.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        match &mut self.0 {
            Inner::Real(_, interval) => interval.set_missed_tick_behavior(behavior),
            #[cfg(feature = "explore")]
            Inner::Explored(ticks) => ticks.missed = behavior,
        }
    }

    /// The time between two ticks.
    pub fn period(&self) -> Duration {
        match &self.0 {
            Inner::Real(_, interval) => interval.period(),
            #[cfg(feature = "explore")]
            Inner::Explored(ticks) => ticks.period,
        }
    }
}
