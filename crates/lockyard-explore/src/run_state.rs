//! What everything in one run shares: whose step it is, what each task waits for, what the step has touched.
//!
//! It lives in a thread-local, so that locks, stores and clocks need no handle to it: the traits they implement have no
//! room for one. A thread explores one run at a time.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::task::Waker;

use lockyard_evidence::Action;
use lockyard_lock::LockClass;

use super::fault::InjectedFault;
use super::footprint::{Footprint, Object};
use super::history::{EventKind, OperationEvent};
use super::lock_state::{LockModel, LockRequest, LockState};
use super::note::Note;
use super::place::{CoarseStep, Place};
use super::schedule::{FOREIGN, MoveKind};
use super::setting::Setting;

/// A task's future.
pub(super) type Job = Pin<Box<dyn Future<Output = ()>>>;

/// What a task stands before: its next step.
#[derive(Debug)]
pub(super) struct YieldPoint {
    pub(super) ticket: u32,
    pub(super) want: NextStep,
    pub(super) place: Place,
    pub(super) waker: Waker,
    /// It was woken, and the task has not polled it: it cannot go on before the task does.
    pub(super) unpolled: bool,
}

/// What the next step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextStep {
    /// Something that is always possible, by its name if it has one.
    Go(Option<&'static str>),
    /// A call of something outside, which may fail or be slow.
    Call(&'static str),
    /// Being woken by the clock, as often as the setting allows.
    Tick,
    /// Entering a lock, or taking a place in its queue.
    Lock { lock_state: usize, write: bool, queued: bool },
}

/// The world of one run.
#[derive(Default)]
pub(super) struct RunState {
    /// False outside a schedule (setting up, looking at the end, tearing down): there nothing is a step.
    pub(super) stepping: bool,
    pub(super) task: usize,
    pub(super) clock: u32,
    pub(super) fault: InjectedFault,
    /// How many timers have woken a task.
    pub(super) timers: u32,
    /// The yield point that this step goes on from.
    pub(super) fired: Option<u32>,
    pub(super) footprint: Footprint,
    pub(super) lock_states: Vec<LockState>,
    /// Those of earlier runs, for their memory.
    spare_lock_states: Vec<LockState>,
    /// By task.
    pub(super) yield_points: Vec<Vec<YieldPoint>>,
    pub(super) spawned: Vec<Job>,
    pub(super) marks: Vec<OperationEvent>,
    /// Operations that were begun and neither answered nor given up.
    pub(super) in_flight: u32,
    /// By task: the operation that has begun but not touched anything yet.
    asking: Vec<Option<usize>>,
    /// Where this step has let go of something.
    released: Option<Place>,
    pub(super) failure: Option<String>,
    pub(super) setting: Setting,
    /// Kept over all runs of an exploration.
    pub(super) coarse: BTreeSet<CoarseStep>,
    /// Where tasks have stood, and where they were given up, by their numbers; only where they may be given up. Kept as
    /// well.
    pub(super) awaits: BTreeSet<(usize, Place)>,
    pub(super) given_up_at: BTreeSet<(usize, Place)>,
    /// What happens, in words; only while a single run is shown.
    pub(super) notes: Option<Vec<Note>>,
    /// The note of what was done when the run failed, by its place.
    pub(super) fatal: Option<usize>,
    /// By task: whether it runs indefinitely, in the background of the others.
    pub(super) background: Vec<bool>,
    /// How often the clock may still wake one of these.
    pub(super) ticks_left: u32,
    next_ticket: u32,
    next_object: u32,
}

thread_local! {
    static WORLD: RefCell<RunState> = RefCell::default();
}

/// Looks at the world. Not to be nested, and nothing may be polled or dropped inside.
pub(super) fn with<R>(look: impl FnOnce(&mut RunState) -> R) -> R {
    WORLD.with(|state| look(&mut state.borrow_mut()))
}

/// Ends the run as failed, for this reason, unless it has failed already.
///
/// For stores, caches and other parts of a model that watch their callers: the schedule is kept, and printed with the
/// reason. Outside an exploration this does nothing.
pub fn fail(reason: impl Into<String>) {
    with(|state| {
        if state.failure.is_none() {
            state.failure = Some(reason.into());
            // The note that was made last is of what has just been done wrong.
            state.fatal = state.notes.as_ref().and_then(|notes| notes.len().checked_sub(1));
        }
    });
}

/// The marks of this run so far, in their order. An operation that was given up before it had touched anything has
/// none; one that is left has no end.
pub fn marks() -> Vec<OperationEvent> {
    with(|state| state.marks.clone())
}

/// Has a future run as a task of its own, to its end, whatever becomes of the task that asked for it.
///
/// For runtimes of explored programs. Outside an exploration the future is dropped.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    with(|state| {
        state.touch(Object::TASKS, true);
        state.spawned.push(Box::pin(future));
    });
}

impl RunState {
    /// Clears everything for a run, keeping the memory.
    pub(super) fn begin(&mut self, setting: &Setting) {
        self.stepping = false;
        (self.task, self.clock, self.fault, self.fired) = (0, 0, InjectedFault::None, None);
        self.timers = 0;
        self.footprint = Footprint::default();
        self.spare_lock_states.append(&mut self.lock_states);
        self.yield_points.iter_mut().for_each(Vec::clear);
        self.marks.clear();
        self.in_flight = 0;
        self.asking.clear();
        self.released = None;
        self.failure = None;
        self.fatal = None;
        self.background.clear();
        self.ticks_left = setting.ticks;
        if self.setting != *setting {
            self.setting.clone_from(setting);
        }
        (self.next_ticket, self.next_object) = (0, 0);
    }

    /// Clears what is kept over the runs of an exploration.
    pub(super) fn forget(&mut self) {
        self.coarse.clear();
        self.awaits.clear();
        self.given_up_at.clear();
    }

    /// Begins a step of a task.
    #[inline]
    pub(super) fn begin_step(&mut self, task: usize, fault: InjectedFault) {
        self.task = task;
        self.clock += 1;
        self.fault = fault;
        self.footprint = Footprint::default();
        self.released = None;
    }

    /// The task at work goes on from this of its yield points. Returns the waker to call, where it is not the task's `own`.
    #[inline]
    pub(super) fn go_on_from(&mut self, point: u8, own: &Waker) -> Option<Waker> {
        if point == FOREIGN {
            self.touch(Object::FOREIGN, true);
            return None;
        }
        let points = &self.yield_points[self.task];
        // What it waits for elsewhere may have become free: that is part of the footprint, too.
        for other in points {
            if let NextStep::Lock { lock_state, write, .. } = other.want {
                self.footprint.touch(self.lock_states[lock_state].object, write);
            }
        }
        let point = &points[usize::from(point)];
        self.fired = Some(point.ticket);
        (!point.waker.will_wake(own)).then(|| point.waker.clone())
    }

    /// The task at work will not end by itself.
    pub(super) fn give_up(&mut self, kind: MoveKind) {
        self.touch(Object::CANCELS, true);
        self.footprint.responds = true;
        let (task, points) = (self.task, &self.yield_points[self.task]);
        self.given_up_at.extend(points.iter().map(|point| (task, point.place)));
        if let Some(place) = points.first().map(|point| point.place) {
            let action = if kind == MoveKind::Cancel { Action::Cancel } else { Action::Stall };
            self.note(action, None, None, place);
        }
    }

    pub(super) fn object(&mut self) -> Object {
        self.next_object += 1;
        Object::nth(self.next_object - 1)
    }

    #[inline]
    pub(super) fn ticket(&mut self) -> u32 {
        self.next_ticket += 1;
        self.next_ticket
    }

    /// Notes an access to something shared.
    #[inline]
    pub(super) fn touch(&mut self, object: Object, write: bool) {
        if !self.stepping {
            return;
        }
        self.footprint.touch(object, write);
        // Invoked with the first touch and not at its beginning: before it nothing distinguishes the operation from
        // one that is called later, and a later call is the harder one to explain.
        if let Some(operation) = self.asking.get_mut(self.task).and_then(Option::take) {
            self.mark(operation, EventKind::Invoked);
        }
    }

    /// Notes that something is taken which others might take meanwhile.
    #[inline]
    pub(super) fn acquires(&mut self, place: Place) {
        if let Some(released) = self.released
            && self.stepping
        {
            self.coarse.insert(CoarseStep { released, acquired: place });
        }
    }

    /// Notes that something is let go of.
    #[inline]
    pub(super) fn releases(&mut self, place: Place) {
        self.released = Some(place);
    }

    /// An access that is taken and let go of at once.
    #[inline]
    pub(super) fn flash(&mut self, object: Object, write: bool, place: Place) {
        self.touch(object, write);
        self.acquires(place);
        self.releases(place);
    }

    fn mark(&mut self, operation: usize, kind: EventKind) {
        match kind {
            EventKind::Invoked => self.footprint.invokes = true,
            EventKind::Returned | EventKind::GivenUp => self.footprint.responds = true,
        }
        self.marks.push(OperationEvent { operation, kind, step: self.clock });
    }

    /// Whether the task's next operation has not touched anything yet.
    #[inline]
    pub(super) fn is_unasked(&self, task: usize) -> bool {
        self.asking.get(task).is_some_and(Option::is_some)
    }

    /// An operation of the task at work begins; it counts as asked with the first thing that it touches.
    pub(super) fn invoke(&mut self, operation: usize) {
        if self.asking.len() <= self.task {
            self.asking.resize(self.task + 1, None);
        }
        self.asking[self.task] = Some(operation);
        self.in_flight += 1;
    }

    /// An operation ends: answered, or dropped on the way. What has touched nothing was never asked.
    pub(super) fn end(&mut self, task: usize, operation: usize, answered: bool) {
        self.in_flight -= 1;
        // Taken only if it is this operation's: the task may have begun another, whose mark is still to come.
        let unasked =
            self.asking.get_mut(task).and_then(|asking| asking.take_if(|asking| *asking == operation));
        match (unasked, answered) {
            (Some(_), false) => {}
            (Some(_), true) => {
                self.mark(operation, EventKind::Invoked);
                self.mark(operation, EventKind::Returned);
            }
            (None, true) => self.mark(operation, EventKind::Returned),
            (None, false) => self.mark(operation, EventKind::GivenUp),
        }
    }

    pub(super) fn new_lock_state(&mut self, class: &'static LockClass) -> (usize, LockModel) {
        let model = self.setting.model_of(class);
        let object = self.object();
        let lock_state = match self.spare_lock_states.pop() {
            Some(spare) => spare.cleared_for(class, object, model),
            None => LockState::new(class, object, model),
        };
        self.lock_states.push(lock_state);
        (self.lock_states.len() - 1, model)
    }

    /// Puts the task at work before its next step.
    #[inline]
    pub(super) fn add_yield_point(&mut self, want: NextStep, place: Place, waker: &Waker) -> u32 {
        let ticket = self.ticket();
        let point = YieldPoint { ticket, want, place, waker: waker.clone(), unpolled: false };
        if self.yield_points.len() <= self.task {
            self.yield_points.resize_with(self.task + 1, Vec::new);
        }
        self.yield_points[self.task].push(point);
        ticket
    }

    /// A yield point that was not chosen is polled: it keeps the waker that was given last, and may go on again.
    #[inline]
    pub(super) fn polled(&mut self, ticket: u32, waker: &Waker) {
        let task = self.task;
        if let Some(point) = self.yield_points[task].iter_mut().find(|point| point.ticket == ticket) {
            point.unpolled = false;
            point.waker.clone_from(waker);
        }
    }

    /// After a step of the task at work: whether it has polled what it was to go on from. What it has not waits until it
    /// does; the wake-up is used up, as with a lock that was granted to a future which is not polled.
    pub(super) fn end_step(&mut self) {
        let task = self.task;
        if let Some(ticket) = self.fired.take()
            && let Some(point) = self.yield_points[task].iter_mut().find(|point| point.ticket == ticket)
        {
            point.unpolled = true;
        }
    }

    /// Removes a yield point; it and its task, if it was there.
    #[inline]
    pub(super) fn remove_yield_point(&mut self, ticket: u32) -> Option<(usize, YieldPoint)> {
        self.yield_points.iter_mut().enumerate().find_map(|(task, points)| {
            let at = points.iter().position(|point| point.ticket == ticket)?;
            Some((task, points.remove(at)))
        })
    }

    /// Whether the task may go on from this yield point.
    #[inline]
    pub(super) fn is_open(&self, task: usize, point: &YieldPoint) -> bool {
        if point.unpolled {
            return false;
        }
        match point.want {
            NextStep::Go(_) | NextStep::Call(_) => true,
            NextStep::Tick => self.ticks_left > 0 || !self.background[task],
            NextStep::Lock { lock_state, write, queued } => {
                let lock_state = &self.lock_states[lock_state];
                let asks_only = lock_state.model.queues() && !queued;
                let request = LockRequest::new(task, point.ticket, write, point.place);
                asks_only || lock_state.admits(&request) || lock_state.may_claim(point.ticket)
            }
        }
    }
}
