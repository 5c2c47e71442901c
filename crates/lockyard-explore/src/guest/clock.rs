//! The virtual clock: it stands still while tasks can go on, and then comes to the next deadline.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use lockyard_evidence::Action;

use super::situation::refuse;
use crate::footprint::Object;
use crate::next_step::NextStep;
use crate::place::Place;
use crate::run_state::{try_with, with};

/// The time of the virtual clock, since the run began.
///
/// ```
/// use std::panic::Location;
/// use std::time::Duration;
/// use lockyard_explore::guest::{self, Timer};
///
/// guest::explorer(Default::default()).search(&|program| {
///     let main = async {
///         Timer::after(Duration::from_secs(3), Location::caller()).await;
///         assert_eq!(guest::now(), Duration::from_secs(3));
///     };
///     program.task("main").op("main", main).done();
/// });
/// ```
pub fn now() -> Duration {
    with(|state| {
        // Before the first step it is the same for all, whatever they come to.
        if state.clock > 0 {
            state.touch(Object::CLOCK, false);
        }
        state.guest.now
    })
}

/// Waits for a time of the virtual clock.
///
/// Timers fire in the order of their deadlines, and where no task can go on without the clock; as often as the setting says
/// also [early](crate::Setting::early_timers), while others could go on, but by no more than
/// [so much](crate::Setting::early_by). One whose deadline has passed is a step like any other. Outside an explored run it is
/// ready at once.
///
/// ```
/// use std::future::poll_fn;
/// use std::panic::Location;
/// use std::pin::pin;
/// use std::task::Poll;
/// use std::time::Duration;
///
/// use lockyard_explore::guest::{self, Timer};
/// use lockyard_explore::{Explorer, Program, Setting, point};
///
/// // An answer that needs one step, and a timeout.
/// let program = |program: &mut Program| {
///     let main = async {
///         let mut timeout = pin!(Timer::after(Duration::from_millis(10), Location::caller()));
///         let mut answer = pin!(point());
///         let answered = poll_fn(|context| {
///             if answer.as_mut().poll(context).is_ready() {
///                 return Poll::Ready(true);
///             }
///             timeout.as_mut().poll(context).map(|()| false)
///         });
///         assert!(answered.await, "it was too late");
///     };
///     program.task("main").op("main", main).done();
/// };
/// let found = |early_timers| {
///     guest::explorer(Setting { early_timers, ..Setting::default() }).search(&program).failure.is_some()
/// };
/// assert!(!found(0), "the answer is faster than any clock");
/// assert!(found(1));
/// ```
#[derive(Debug)]
#[must_use = "it does nothing unless it is polled"]
pub struct Timer {
    deadline: Duration,
    place: Place,
    ticket: Option<u32>,
    run: u64,
}

impl Timer {
    /// Until this time of the [clock](now).
    pub fn at(deadline: Duration, place: &'static Location<'static>) -> Self {
        let run = with(|state| state.guest.run);
        Self { deadline, place, ticket: None, run }
    }

    /// For so long from now on. One that ends beyond the clock ends the run as a
    /// [bad program](crate::FailureKind::BadProgram).
    pub fn after(duration: Duration, place: &'static Location<'static>) -> Self {
        let deadline = now().checked_add(duration);
        if deadline.is_none() {
            refuse(format!("a timer of {duration:?} ends beyond the virtual clock ({place})"));
        }
        Self::at(deadline.unwrap_or(Duration::MAX), place)
    }

    /// When it fires.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Has it fire at another time. If it waits, it waits anew.
    pub fn reset(&mut self, deadline: Duration) {
        self.stop();
        self.deadline = deadline;
    }

    fn stop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let _removed = try_with(|state| {
            if self.run != state.guest.run {
                return None;
            }
            state.touch(Object::CLOCK, true);
            state.remove_yield_point(ticket)
        });
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let _removed;
        let polled = with(|state| {
            if !state.stepping {
                return (Poll::Ready(()), None);
            }
            if self.run != state.guest.run {
                // Whatever it waited for has ended with its run.
                (self.run, self.ticket) = (state.guest.run, None);
            }
            let Some(ticket) = self.ticket else {
                // A task that has touched nothing before its first yield point has not looked at the clock: one that
                // waits does that by standing there.
                if state.clock > 0 {
                    state.touch(Object::CLOCK, true);
                    if state.guest.now >= self.deadline {
                        return (Poll::Ready(()), None);
                    }
                }
                let want = NextStep::Timer(self.deadline);
                self.ticket = Some(state.add_yield_point(want, self.place, context.waker()));
                return (Poll::Pending, None);
            };
            if state.fired != Some(ticket) {
                state.polled(ticket, context.waker());
                return (Poll::Pending, None);
            }
            state.fired = None;
            self.ticket = None;
            state.touch(Object::CLOCK, true);
            state.guest.now = state.guest.now.max(self.deadline);
            state.timers += 1;
            state.note(Action::Tick, None, None, self.place);
            let now = state.guest.now;
            state.note_value(|| format!("{now:?}").into());
            (Poll::Ready(()), state.remove_yield_point(ticket))
        });
        let (polled, removed) = polled;
        _removed = removed;
        polled
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.stop();
    }
}
