//! A small concurrent program: tasks made of operations, and what must hold while and after they run.

use std::cell::Cell;
use std::fmt::Display;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::operations::Operations;
use super::planned_task::{PlannedTask, TaskKind, TaskOrigin};
use super::run_state;

/// What is wrong, in words.
pub type Violated = String;

pub(super) type RestCheck = Box<dyn FnMut() -> Result<(), Violated>>;
pub(super) type OutcomeFn = Box<dyn FnOnce() -> String>;
pub(super) type FinalCheck = Box<dyn FnOnce(&RunEnd) -> Result<(), Violated>>;

/// How a run has ended, as far as its tasks go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunEnd {
    /// Tasks that were dropped on the way.
    pub cancelled: u32,
    /// Tasks that are never polled again.
    pub stalled: u32,
    /// [Calls](super::Shared::call) that failed or were slow.
    pub faults: u32,
    /// Tasks that wait for something that a task which was left has.
    pub held_up: u32,
    /// The most by which one in a queue was overtaken.
    pub overtaken: u32,
}

/// One run of a program, while it is being put together. It is put together anew for every schedule.
#[derive(Default)]
pub struct Program {
    pub(super) tasks: Vec<PlannedTask>,
    pub(super) at_rest: Vec<RestCheck>,
    pub(super) at_end: Vec<FinalCheck>,
    pub(super) outcome: Option<OutcomeFn>,
    /// What the operations are called, by their numbers.
    pub(super) operations: Vec<String>,
    /// Which operations are left out.
    pub(super) left_out: Vec<usize>,
    /// Whether the run is shown: who is not shown needs no name.
    pub(super) shown: bool,
    /// Why it cannot be run.
    pub(super) problem: Option<String>,
}

impl Program {
    /// Forgets everything but its memory.
    pub(super) fn clear(&mut self) {
        self.tasks.clear();
        self.at_rest.clear();
        self.at_end.clear();
        self.outcome = None;
        self.operations.clear();
        self.left_out.clear();
        self.problem = None;
    }

    /// Whether it has forgotten everything: what panics as it is dropped cuts [`clear`](Self::clear) short.
    pub(super) fn is_clear(&self) -> bool {
        let Self { tasks, at_rest, at_end, outcome, operations, left_out, problem, shown: _ } = self;
        let checks = at_rest.is_empty() && at_end.is_empty() && outcome.is_none();
        tasks.is_empty() && checks && operations.is_empty() && left_out.is_empty() && problem.is_none()
    }

    /// Runs a future to its end while the program is put together: nothing it does is a step.
    ///
    /// # Panics
    /// When it has to wait.
    pub fn now<R>(&mut self, future: impl Future<Output = R>) -> R {
        aside(future).expect("no lock is held while a program is built")
    }

    /// The numbers of the operations that are left out of this run: what they would have done will be missing.
    pub fn left_out(&self) -> &[usize] {
        &self.left_out
    }

    fn name(&self, name: impl Display) -> String {
        if self.shown { name.to_string() } else { String::new() }
    }

    /// Adds a task; its operations are added to it.
    pub fn task(&mut self, name: impl Display) -> TaskPlan<'_> {
        let name = self.name(name);
        TaskPlan {
            program: self,
            name,
            operations: Operations::default(),
            kind: TaskKind::Client,
            alike: false,
            empty: true,
            done: false,
        }
    }

    /// Adds a task that never ends, such as auto-save. When all others have ended, it is dropped.
    pub fn background(&mut self, name: impl Display, future: impl Future<Output = ()> + 'static) {
        let (name, job, kind) = (self.name(name).into(), Box::pin(future), TaskKind::Background);
        self.tasks.push(PlannedTask { name, job, kind, alike: false, origin: TaskOrigin::Program });
    }

    /// What must hold whenever no operation is under way. It may look, but not change anything.
    pub fn at_rest(&mut self, check: impl FnMut() -> Result<(), Violated> + 'static) {
        self.at_rest.push(Box::new(check));
    }

    /// What must hold when all tasks have ended. It may do what it likes.
    pub fn at_end(&mut self, check: impl FnOnce(&RunEnd) -> Result<(), Violated> + 'static) {
        self.at_end.push(Box::new(check));
    }

    /// What the run has come to, in words: the explorer can be asked to collect them.
    pub fn outcome(&mut self, outcome: impl FnOnce() -> String + 'static) {
        self.outcome = Some(Box::new(outcome));
    }
}

/// A task while its operations are added.
#[must_use = "a task is added with `done`"]
pub struct TaskPlan<'a> {
    program: &'a mut Program,
    name: String,
    operations: Operations,
    kind: TaskKind,
    alike: bool,
    /// No operation was added, not even one that is left out.
    empty: bool,
    done: bool,
}

impl TaskPlan<'_> {
    /// The next operation of the task. Operations are numbered through the program, in the order in which they are
    /// added; a counterexample leaves out those that it does not need.
    ///
    /// Nothing shared may be touched before the first await.
    pub fn op(mut self, name: impl Display, future: impl Future<Output = ()> + 'static) -> Self {
        let number = self.program.operations.len();
        self.program.operations.push(self.program.name(name));
        self.empty = false;
        if !self.program.left_out.contains(&number) {
            self.operations.add(number, Box::pin(future));
        }
        self
    }

    /// It runs to its end, whatever may be cancelled.
    pub fn steady(mut self) -> Self {
        self.kind = TaskKind::Steady;
        self
    }

    /// It does the same as the task added before it, but for names, numbers and texts that no property distinguishes: what
    /// may happen while this one has begun first may happen, with the names changed, while that one has. So it begins after
    /// it, where schedules are reduced. Where operations are left out, tasks are no longer alike, and this says nothing.
    pub fn alike(mut self) -> Self {
        self.alike = true;
        self
    }

    /// Adds the task, unless all its operations are left out. A plan that is dropped without this, or that has no
    /// operation at all, makes every run of the program fail as a [bad program](super::FailureKind::BadProgram).
    pub fn done(mut self) {
        self.done = true;
        if self.empty {
            return self.is_bad("has no operations: add some with `.op(name, future)`");
        }
        let operations = std::mem::take(&mut self.operations);
        if operations.is_empty() {
            return;
        }
        let job = Box::pin(operations.in_order());
        let (name, kind) = (std::mem::take(&mut self.name).into(), self.kind);
        let alike = self.alike && self.program.left_out.is_empty() && !self.program.tasks.is_empty();
        self.program.tasks.push(PlannedTask { name, job, kind, alike, origin: TaskOrigin::Program });
    }

    fn is_bad(&mut self, why: &str) {
        let nth = self.program.tasks.len();
        self.program.problem.get_or_insert_with(|| format!("task {nth} of the program {why}"));
    }
}

impl Drop for TaskPlan<'_> {
    fn drop(&mut self) {
        // Without it the program would be explored as if the task were not there, and hold.
        if !self.done && !std::thread::panicking() {
            self.is_bad("was never added: end its plan with `.done()`");
        }
    }
}

/// Runs a future to its end outside the schedule. `None` when it has to wait.
pub(super) fn aside<R>(future: impl Future<Output = R>) -> Option<R> {
    let stepping = run_state::with(|state| std::mem::replace(&mut state.stepping, false));
    let poll = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    run_state::with(|state| state.stepping = stepping);
    match poll {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

/// Runs a future to its end while a property is checked: nothing it does is a step.
///
/// # Errors
/// When it has to wait: whatever it waits for was never let go of.
pub fn look<R>(future: impl Future<Output = R>) -> Result<R, Violated> {
    aside(future).ok_or_else(|| "all tasks have ended, and a lock is still held".to_owned())
}

/// A value that operations leave for a property to look at.
pub struct ResultCell<T>(Rc<Cell<Option<T>>>);

impl<T> Clone for ResultCell<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> ResultCell<T> {
    /// Nothing so far.
    pub fn nothing() -> Self {
        Self(Rc::new(Cell::new(None)))
    }

    /// Leaves a value.
    pub fn set(&self, value: T) {
        self.0.set(Some(value));
    }

    /// Takes it.
    pub fn take(&self) -> Option<T> {
        self.0.take()
    }
}
