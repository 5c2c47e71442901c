//! What everything in one run shares: whose step it is, what each task waits for, what the step has touched.
//!
//! It lives in a thread-local, so that locks, stores and clocks need no handle to it: the traits they implement have no
//! room for one. A thread explores one run at a time.

use std::cell::RefCell;
use std::collections::BTreeSet;

use lockyard_evidence::Action;
use lockyard_lock::LockClass;

use super::fault::InjectedFault;
use super::footprint::{Footprint, Object};
use super::guest::state::GuestState;
use super::history::{EventKind, OperationEvent};
use super::lock_state::{LockModel, LockState, Look};
use super::next_step::YieldPoint;
use super::note::Note;
use super::place::{CoarseStep, Place};
use super::planned_task::{PlannedTask, TaskKind, TaskOrigin};
use super::schedule::MoveKind;
use super::setting::Setting;

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
    pub(super) looks: Vec<Look>,
    /// Those of earlier runs, for their memory.
    spare_lock_states: Vec<LockState>,
    /// By task.
    pub(super) yield_points: Vec<Vec<YieldPoint>>,
    pub(super) spawned: Vec<PlannedTask>,
    /// How many tasks there are, those that were spawned in this step counted.
    pub(super) tasks: usize,
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
    /// What tells the waker of the task at work from others.
    pub(super) own_waker: usize,
    pub(super) guest: GuestState,
}

thread_local! {
    static WORLD: RefCell<RunState> = RefCell::new(RunState { guest: GuestState::of_thread(), ..RunState::default() });
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
    let (name, job, origin) = ("background".into(), Box::pin(future), TaskOrigin::Spawned);
    let planned = PlannedTask { name, job, kind: TaskKind::Steady, alike: false, origin };
    with(|state| state.add_spawned(planned));
}

/// Looks at the world; nothing where its thread is ending.
pub(super) fn try_with<R>(look: impl FnOnce(&mut RunState) -> R) -> Option<R> {
    WORLD.try_with(|state| look(&mut state.borrow_mut())).ok()
}

impl RunState {
    /// Clears everything for a run, keeping the memory.
    pub(super) fn begin(&mut self, setting: &Setting) {
        self.stepping = false;
        (self.task, self.clock, self.fault, self.fired) = (0, 0, InjectedFault::None, None);
        self.timers = 0;
        self.footprint = Footprint::default();
        self.spare_lock_states.append(&mut self.lock_states);
        self.looks.clear();
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
        (self.next_ticket, self.next_object, self.tasks) = (0, 0, 0);
        self.guest.begin(setting);
    }

    /// Clears what is kept over the runs of an exploration.
    pub(super) fn forget(&mut self) {
        self.coarse.clear();
        self.awaits.clear();
        self.given_up_at.clear();
        let _orders = self.guest.orders.take();
    }

    /// Adds a task that the step at work has spawned; its number.
    pub(super) fn add_spawned(&mut self, planned: PlannedTask) -> usize {
        self.touch(Object::TASKS, true);
        self.spawned.push(planned);
        self.tasks += 1;
        self.tasks - 1
    }

    /// Begins a step of a task.
    #[inline]
    pub(super) fn begin_step(&mut self, task: usize, fault: InjectedFault) {
        self.task = task;
        self.clock += 1;
        self.fault = fault;
        self.footprint = Footprint::default();
        self.released = None;
        // Whoever aborts it decides whether there is such a step.
        if let Some(life) = self.guest.lives.get(task).and_then(|life| life.object) {
            self.footprint.touch(life, false);
        }
    }

    /// The task at work will not end by itself.
    pub(super) fn give_up(&mut self, kind: MoveKind) {
        let (task, points) = (self.task, &self.yield_points[self.task]);
        let place = points.first().map(|point| point.place);
        let (action, value) = if kind == MoveKind::Abort {
            // It is the program that has asked for it.
            (Action::Cancel, Some("aborted"))
        } else {
            self.given_up_at.extend(points.iter().map(|point| (task, point.place)));
            self.touch(Object::CANCELS, true);
            self.footprint.responds = true;
            (if kind == MoveKind::Cancel { Action::Cancel } else { Action::Stall }, None)
        };
        if let Some(place) = place {
            self.note(action, None, value, place);
        }
    }

    pub(super) fn object(&mut self) -> Object {
        Object::nth(self.object_number())
    }

    /// The number of a new object.
    pub(super) fn object_number(&mut self) -> u32 {
        self.next_object += 1;
        self.next_object - 1
    }

    #[inline]
    pub(super) fn ticket(&mut self) -> u32 {
        self.next_ticket += 1;
        self.next_ticket
    }

    /// Notes an access to something shared.
    #[inline]
    pub(super) fn touch(&mut self, object: Object, write: bool) {
        if self.stepping {
            self.footprint.touch(object, write);
            self.has_touched();
        }
    }

    /// Notes a change that commutes with others like it.
    pub(super) fn touch_commutatively(&mut self, object: Object) {
        if self.stepping {
            self.footprint.commute(object);
            self.has_touched();
        }
    }

    #[inline]
    fn has_touched(&mut self) {
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
}
