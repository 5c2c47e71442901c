//! Tasks of guests: how they begin, and how they end.

use std::borrow::Cow;
use std::panic::Location;

use super::situation::refuse;
use super::state::{Life, TaskEnd};
use crate::footprint::Object;
use crate::place::Place;
use crate::planned_task::{PlannedTask, TaskKind, TaskOrigin};
use crate::run_state::with;

/// A task that was [spawned](spawn), in its run.
///
/// ```
/// use lockyard_explore::{guest, point};
///
/// guest::explorer(Default::default()).search(&|program| {
///     let main = async {
///         point().await;
///         let task = guest::spawn("task", async { assert_eq!(guest::task(), 1) });
///         assert_eq!((task.number(), task.run()), (1, guest::run_number()));
///     };
///     program.task("main").op("main", main).done();
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId {
    number: usize,
    run: u64,
}

impl TaskId {
    /// Its number among the tasks of its run.
    pub fn number(self) -> usize {
        self.number
    }

    /// The [number of its run](super::run_number).
    pub fn run(self) -> u64 {
        self.run
    }
}

/// What becomes of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpawnOptions {
    /// The run is over without it: it is dropped then, as a runtime drops its tasks when the main one ends.
    pub background: bool,
    /// It is not cancelled or left, whatever the [setting](crate::Setting::cancels) allows.
    pub steady: bool,
}

/// Adds a task, in the step at work. That it begins is a step of its own. The run is over when it is, and it may be cancelled
/// or left if the [setting](crate::Setting::cancels) allows that. One without a name is called by where it was spawned.
///
/// A panic in it fails the run. Outside an explored run the future is dropped.
///
/// ```
/// use std::cell::Cell;
/// use std::rc::Rc;
/// use lockyard_explore::{guest, point};
///
/// let report = guest::explorer(Default::default()).search(&|program| {
///     let seen = Rc::new(Cell::new(0));
///     let main = async move {
///         point().await;
///         for number in [1, 2] {
///             let seen = seen.clone();
///             guest::spawn("writes", async move {
///                 seen.set(number);
///                 assert!(seen.get() == number, "nothing comes between within a step");
///             });
///         }
///     };
///     program.task("main").op("main", main).done();
/// });
/// assert!(report.failure.is_none());
/// assert_eq!(report.schedules(), 2, "one before the other");
/// ```
#[track_caller]
pub fn spawn(name: impl Into<Cow<'static, str>>, future: impl Future<Output = ()> + 'static) -> TaskId {
    spawn_with(SpawnOptions::default(), name, Location::caller(), future)
}

/// The same, with more to say of it.
///
/// ```
/// use std::panic::Location;
/// use lockyard_explore::guest::{self, SpawnOptions};
/// use lockyard_explore::point;
///
/// let report = guest::explorer(Default::default()).search(&|program| {
///     let main = async {
///         point().await;
///         let background = SpawnOptions { background: true, ..SpawnOptions::default() };
///         guest::spawn_with(background, "never ends", Location::caller(), std::future::pending());
///     };
///     program.task("main").op("main", main).done();
/// });
/// assert!(report.failure.is_none());
/// ```
pub fn spawn_with(
    options: SpawnOptions,
    name: impl Into<Cow<'static, str>>,
    place: &'static Location<'static>,
    future: impl Future<Output = ()> + 'static,
) -> TaskId {
    let kind = match options {
        SpawnOptions { background: false, steady: false } => TaskKind::Client,
        SpawnOptions { background: false, steady: true } => TaskKind::Steady,
        SpawnOptions { background: true, steady: false } => TaskKind::BackgroundClient,
        SpawnOptions { background: true, steady: true } => TaskKind::Background,
    };
    add(name.into(), kind, place, Box::pin(future))
}

fn add(name: Cow<'static, str>, kind: TaskKind, place: Place, job: crate::planned_task::Job) -> TaskId {
    let mut planned = Some(PlannedTask { name, job, kind, alike: false, origin: TaskOrigin::Guest(place) });
    // Outside an explored run it is dropped here, and not inside the state.
    with(|state| {
        let run = state.guest.run;
        let Some(planned) = planned.take_if(|_| state.stepping) else {
            return TaskId { number: usize::MAX, run };
        };
        let number = state.add_spawned(planned);
        let life = state.object();
        state.guest.lives.resize(number + 1, Life::default());
        state.guest.lives[number].object = Some(life);
        TaskId { number, run }
    })
}

/// Has a task be dropped where it stands. That is a step of its own, and it makes no other; what the task holds is let go of
/// in it. Of a task that is over, nothing. One may abort itself: then its step is the last but that.
///
/// ```
/// use std::future::poll_fn;
/// use std::panic::Location;
/// use std::task::Poll;
///
/// use lockyard_explore::guest::{self, TaskEnd, Turn};
/// use lockyard_explore::point;
///
/// let report = guest::explorer(Default::default()).search(&|program| {
///     let main = async {
///         point().await;
///         let task = guest::spawn("never ends", async { loop { point().await } });
///         guest::abort(task);
///         let mut over = Turn::enabled_when_over(task, Location::caller());
///         poll_fn(|context| over.poll(context, |_| Poll::Ready(()))).await;
///         assert_eq!(guest::end_of(task), Some(TaskEnd::Aborted));
///     };
///     program.task("main").op("main", main).done();
/// });
/// assert!(report.failure.is_none() && report.exhaustive());
/// assert_eq!(report.longest, 3, "main, the abort, and the join");
/// ```
pub fn abort(task: TaskId) {
    let strange = with(|state| {
        let is_of_this_run = task.run == state.guest.run;
        let Some(life) = state.guest.lives.get_mut(task.number).filter(|_| is_of_this_run) else {
            return state.stepping;
        };
        life.aborted |= life.end.is_none();
        let object = life.object.unwrap_or(Object::TASKS);
        state.touch(object, true);
        false
    });
    if strange {
        refuse(format!("a task is aborted that is none of this run: {task:?}"));
    }
}

/// Whether a task is over: it has ended, or was dropped.
///
/// ```
/// use lockyard_explore::{guest, point};
///
/// guest::explorer(Default::default()).search(&|program| {
///     let main = async {
///         point().await;
///         let task = guest::spawn("task", async {});
///         assert!(!guest::is_over(task));
///     };
///     program.task("main").op("main", main).done();
/// });
/// ```
pub fn is_over(task: TaskId) -> bool {
    end_of(task).is_some()
}

/// How a task has ended, if it is over. What it has returned, its future has left where others find it.
///
/// ```
/// use lockyard_explore::guest::{self, TaskEnd};
/// use lockyard_explore::{Setting, point};
///
/// let setting = Setting { cancels: 1, ..Setting::default() };
/// let report = guest::explorer(setting).search(&|program| {
///     let main = async {
///         point().await;
///         let task = guest::spawn("task", async {});
///         point().await;
///         assert_ne!(guest::end_of(task), Some(TaskEnd::Cancelled));
///     };
///     program.task("main").op("main", main).steady().done();
/// });
/// assert!(report.failure.is_some(), "it may be");
/// ```
pub fn end_of(task: TaskId) -> Option<TaskEnd> {
    with(|state| {
        let life = *state.guest.lives.get(task.number).filter(|_| task.run == state.guest.run)?;
        state.touch(life.object.unwrap_or(Object::TASKS), false);
        life.end
    })
}
