//! Where a task yields before its next step.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use lockyard_evidence::Action;

use super::footprint::Object;
use super::next_step::NextStep;
use super::place::Place;
use super::run_state;

/// A point before a step: the chosen tasks run before this returns.
pub(super) struct YieldFuture {
    want: NextStep,
    place: Place,
    ticket: Option<u32>,
}

impl YieldFuture {
    pub(super) fn new(want: NextStep, place: Place) -> Self {
        Self { want, place, ticket: None }
    }
}

impl Future for YieldFuture {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        run_state::with(|state| {
            if !state.stepping {
                return Poll::Ready(());
            }
            match self.ticket {
                None => {
                    let (want, place) = (self.want, self.place);
                    self.ticket = Some(state.add_yield_point(want, place, context.waker()));
                    Poll::Pending
                }
                Some(ticket) if state.fired == Some(ticket) => {
                    state.fired = None;
                    state.remove_yield_point(ticket);
                    self.ticket = None;
                    match self.want {
                        NextStep::Go(None) => state.note(Action::Resume, None, None, self.place),
                        NextStep::Go(what) => state.note(Action::Access, what, None, self.place),
                        NextStep::Tick => {
                            state.timers += 1;
                            if state.background[state.task] {
                                state.ticks_left -= 1;
                                state.touch(Object::TICKS, true);
                            }
                            state.note(Action::Tick, None, None, self.place);
                        }
                        // The others are made by futures of their own.
                        _ => {}
                    }
                    Poll::Ready(())
                }
                Some(ticket) => {
                    state.polled(ticket, context.waker());
                    Poll::Pending
                }
            }
        })
    }
}

impl Drop for YieldFuture {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let _removed = run_state::with(|state| state.remove_yield_point(ticket));
        }
    }
}

/// A step of its own that touches nothing: any task may run before this returns.
#[track_caller]
pub fn point() -> impl Future<Output = ()> + Send {
    YieldFuture::new(NextStep::Go(None), Location::caller())
}

/// The same, at this place: for wrappers, whose callers should not see the wrapper's.
pub fn point_at(place: &'static Location<'static>) -> impl Future<Output = ()> + Send {
    YieldFuture::new(NextStep::Go(Some("begin")), place)
}

/// The same under a name, for counterexamples: what is gone on with, such as `hears from the other side`.
#[track_caller]
pub fn point_as(what: &'static str) -> impl Future<Output = ()> + Send {
    YieldFuture::new(NextStep::Go(Some(what)), Location::caller())
}

/// Sleeps until the schedule has the clock wake the task; a background task only as often as the
/// [setting](super::Setting::ticks) allows. For clocks of explored programs, where time stands still.
#[track_caller]
pub fn sleep() -> impl Future<Output = ()> + Send {
    YieldFuture::new(NextStep::Tick, Location::caller())
}
