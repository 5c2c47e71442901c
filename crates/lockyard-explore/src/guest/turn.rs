//! One operation on something shared and real, as steps of an explored run.

use std::panic::Location;
use std::task::{Context, Poll};

use lockyard_evidence::Action;

use super::ask::Ask;
use super::task::TaskId;
use super::turn_waker::TurnWaker;
use crate::next_step::NextStep;
use crate::note::LockChange;
use crate::place::Place;
use crate::run_state::{RunState, try_with, with};
use crate::shared::Shared;

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It was not polled, or is over: then the next poll begins another.
    New,
    /// Its task stands before it.
    Asked(u32),
    /// It was polled, and was not ready.
    Waiting(u32),
}

/// What a poll comes to, before the real thing is polled.
enum Go {
    /// Nothing is explored: what is polled is none of the explorer's.
    Through,
    /// It is not its turn.
    Not,
    /// It is, by this waker.
    By(TurnWaker),
}

/// One operation on something shared, polled from outside: a step before its first poll, and one each time that the real
/// thing has woken it. In between its task stands at a yield point, and is not polled for it.
///
/// Whoever drops it gives the operation up; whatever it is polled for should be dropped in the same step. When the operation
/// is over, the next poll begins another of the same kind. Outside an explored run it polls through.
///
/// ```
/// use std::future::poll_fn;
/// use std::panic::Location;
/// use std::rc::Rc;
///
/// use lockyard_explore::guest::{self, Turn};
/// use lockyard_explore::{Shared, point};
/// use tokio::sync::Notify;
///
/// let report = guest::explorer(Default::default()).search(&|program| {
///     let (bell, shared) = (Rc::new(Notify::new()), Shared::new("notify"));
///     let (its, its_shared) = (bell.clone(), shared.clone());
///     let waits = async move {
///         let mut turn = Turn::new(&its_shared, "notified", true, Location::caller());
///         let mut real = None;
///         poll_fn(|context| {
///             // Made in its step: from then on it hears the bell.
///             turn.poll(context, |context| real.get_or_insert_with(|| Box::pin(its.notified())).as_mut().poll(context))
///         })
///         .await;
///     };
///     let rings = async move {
///         point().await;
///         bell.notify_waiters(); // only those that wait now
///         shared.touch(true);
///     };
///     program.task("waits").op("wait", waits).done();
///     program.task("rings").op("ring", rings).done();
/// });
/// let failure = report.failure.expect("it may ring too early");
/// assert!(failure.message.contains("task 0 waits for notify: notified"), "{}", failure.message);
/// ```
#[derive(Debug)]
pub struct Turn {
    want: NextStep,
    run: u64,
    place: Place,
    stage: Stage,
}

impl Turn {
    /// An operation on `shared`, asked for at `place`. `what` names it in traces, such as `send`; `write` tells whether the
    /// order of two of them may matter.
    pub fn new(shared: &Shared, what: &'static str, write: bool, place: &'static Location<'static>) -> Self {
        Self::of(shared, what, write, place, false)
    }

    /// An operation that ends in [holding](super::Holding) what is shared, in this mode.
    pub fn lock(shared: &Shared, mode: &'static str, write: bool, place: &'static Location<'static>) -> Self {
        Self::of(shared, mode, write, place, true)
    }

    fn of(shared: &Shared, what: &'static str, write: bool, place: Place, lock: bool) -> Self {
        let ask = Ask { number: shared.number, kind: shared.kind, what, write, lock };
        Self { want: NextStep::Ask(ask), run: shared.run, place, stage: Stage::New }
    }

    /// Going on once a task is over. It needs no step to ask: the step is made when the task is over, and so is ready when
    /// it is polled.
    ///
    /// ```
    /// use std::future::poll_fn;
    /// use std::panic::Location;
    /// use std::task::Poll;
    ///
    /// use lockyard_explore::guest::{self, Turn};
    /// use lockyard_explore::point;
    ///
    /// let report = guest::explorer(Default::default()).search(&|program| {
    ///     let main = async {
    ///         point().await;
    ///         let task = guest::spawn("task", async {});
    ///         let mut turn = Turn::enabled_when_over(task, Location::caller());
    ///         poll_fn(|context| turn.poll(context, |_| Poll::Ready(()))).await;
    ///         assert!(guest::is_over(task));
    ///     };
    ///     program.task("main").op("main", main).done();
    /// });
    /// assert!(report.failure.is_none() && report.exhaustive());
    /// assert_eq!((report.schedules(), report.longest), (1, 3));
    /// ```
    pub fn enabled_when_over(task: TaskId, place: &'static Location<'static>) -> Self {
        Self { want: NextStep::Over(task.number()), run: task.run(), place, stage: Stage::New }
    }

    /// Polls the real thing, if it is its turn, with a waker that the explorer knows.
    pub fn poll<R>(
        &mut self,
        context: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        match with(|state| self.go(state, context)) {
            Go::Through => poll(context),
            Go::Not => Poll::Pending,
            Go::By(by) => {
                let polled = poll(&mut Context::from_waker(by.waker()));
                // Returned out of the state and dropped there: what polls may have a waker whose end runs other code.
                let _removed = with(|state| self.after(state, polled.is_pending(), by, context));
                polled
            }
        }
    }

    fn go(&mut self, state: &mut RunState, context: &Context<'_>) -> Go {
        if !state.stepping {
            return Go::Through;
        }
        if self.run != state.guest.run {
            return self.is_of_another_run(state);
        }
        let (Stage::Asked(ticket) | Stage::Waiting(ticket)) = self.stage else {
            self.stage = Stage::Asked(state.add_yield_point(self.want, self.place, context.waker()));
            return Go::Not;
        };
        // Polled for another yield point of the same task: this one has not been chosen.
        if state.fired != Some(ticket) {
            state.polled(ticket, context.waker());
            return Go::Not;
        }
        state.fired = None;
        match (self.want, self.stage) {
            (NextStep::Ask(ask), Stage::Asked(_)) => {
                state.touch(ask.object(), ask.write);
                state.acquires(self.place);
                if ask.lock {
                    state.guest.note_orders(state.task, ask, self.place);
                } else {
                    state.releases(self.place);
                    state.note(Action::Access, Some(ask.what), None, self.place);
                }
                Go::By(state.guest.wakers.take(ask.number))
            }
            (NextStep::Ask(ask), _) => {
                state.touch(ask.object(), ask.write);
                let turn = state.own_yield_point(ticket).and_then(|point| point.turn.take());
                let turn = turn.unwrap_or_else(|| state.guest.wakers.take(ask.number));
                if !ask.lock {
                    state.note(Action::Resume, Some(ask.what), None, self.place);
                }
                turn.lower();
                Go::By(turn)
            }
            // That it is over was looked at when the step was found possible.
            (want, _) => {
                if let NextStep::Over(task) = want
                    && let Some(life) = state.guest.lives.get(task).and_then(|life| life.object)
                {
                    state.touch(life, false);
                    state.note(Action::Resume, Some("join"), None, self.place);
                }
                Go::By(state.guest.wakers.take(0))
            }
        }
    }

    /// The real thing was polled.
    fn after(
        &mut self,
        state: &mut RunState,
        pending: bool,
        by: TurnWaker,
        context: &Context<'_>,
    ) -> Option<(usize, crate::next_step::YieldPoint)> {
        let (Stage::Asked(ticket) | Stage::Waiting(ticket)) = self.stage else { return None };
        if !pending {
            self.stage = Stage::New;
            let removed = state.remove_yield_point(ticket);
            state.guest.wakers.keep(by);
            return removed;
        }
        let waker = state.waker_of_another(context.waker());
        let first = matches!(self.stage, Stage::Asked(_));
        self.stage = Stage::Waiting(ticket);
        let point = state.own_yield_point(ticket)?;
        if let NextStep::Ask(ask) | NextStep::Wake(ask) = point.want {
            point.want = NextStep::Wake(ask);
            point.turn = Some(by);
            point.waker = waker;
            if first && ask.lock {
                state.note_use(&ask, LockChange::Queues, self.place);
            } else if first {
                state.note_value(|| "waits".into());
            }
        }
        None
    }

    #[cold]
    fn is_of_another_run(&self, state: &mut RunState) -> Go {
        let what = match self.want {
            NextStep::Ask(ask) | NextStep::Wake(ask) => ask.kind,
            _ => "task",
        };
        let reason = format!(
            "the {what} that is used at {} was made in another run: what is kept in a `static` brings the state of one run \
             into the next, so make it anew in each",
            self.place
        );
        state.guest.refusal.get_or_insert(reason);
        Go::Not
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (Stage::Asked(ticket) | Stage::Waiting(ticket)) = self.stage else { return };
        let _removed = try_with(|state| {
            if self.run != state.guest.run {
                return None;
            }
            let (task, mut point) = state.remove_yield_point(ticket)?;
            if let NextStep::Wake(ask) = point.want {
                // It gives up its place in a queue, or what it was granted.
                state.touch(ask.object(), true);
                if ask.lock {
                    state.note_use(&ask, LockChange::Unlocks, self.place);
                }
            }
            if let Some(turn) = point.turn.take() {
                state.guest.wakers.keep(turn);
            }
            Some((task, point))
        });
    }
}
