//! One run, step by step: what each task did, and which locks it held and waited for then.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lockyard_evidence::{Action, Counterexample, Edge, Step};

use super::explorer::Explorer;
use super::failure::Failure;
use super::history::{EventKind, OperationEvent};
use super::note::{LockName, Locks, Note, task};
use super::program::Program;
use super::run_state;
use super::schedule::Schedule;
use super::stuck;

/// A run under one schedule. Its text is the drawing, with what did not hold, if anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTrace {
    /// What the tasks are called, by their places.
    pub tasks: Vec<String>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// The step with which it failed, by its place among the steps, where one can be named.
    pub fatal: Option<usize>,
    /// How many operations were invoked.
    pub operations: usize,
    /// How it failed, if it did.
    pub failure: Option<Failure>,
}

impl RunTrace {
    /// The run as a counterexample that this command shows again.
    pub fn counterexample(self, replay: String) -> Counterexample {
        let Self { tasks, steps, fatal, failure, .. } = self;
        let (message, edges) = failure.map_or_else(
            || ("No violation.".to_owned(), Vec::new()),
            |failure| (failure.message, failure.edges),
        );
        let label = |edge: Edge| match (0..).zip(&tasks).find(|(number, _)| edge.task == task(*number)) {
            Some((_, label)) => Edge { task: label.clone(), ..edge },
            None => edge,
        };
        let edges = edges.into_iter().map(label).collect();
        Counterexample { message, tasks, steps, fatal, edges, replay, ..Counterexample::default() }
    }
}

impl fmt::Display for RunTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.clone().counterexample(String::new()).trace().fmt(f)?;
        match &self.failure {
            Some(failure) => writeln!(f, "\n{}", failure.message),
            None => Ok(()),
        }
    }
}

impl Explorer {
    /// Runs a schedule, and keeps each step of it.
    pub fn trace(&self, schedule: &Schedule, build: &dyn Fn(&mut Program)) -> RunTrace {
        run_state::with(|state| state.notes = Some(Vec::new()));
        let mut run =
            RunTrace { tasks: Vec::new(), steps: Vec::new(), fatal: None, operations: 0, failure: None };
        let (failure, _) = self.replay_observed(schedule, build, &mut |tasks, program| {
            let left_out = |operation: &usize| schedule.left_out.contains(operation);
            run.operations = (0..program.operations.len()).filter(|it| !left_out(it)).count();
            let (notes, fatal, marks) = run_state::with(|state| {
                let mut notes = state.notes.take().unwrap_or_default();
                notes.extend(stuck::requests(state));
                (notes, state.fatal.take(), std::mem::take(&mut state.marks))
            });
            (run.steps, run.fatal) = steps(notes, fatal, &marks, &program.operations, tasks.len());
            run.tasks =
                tasks.iter().enumerate().map(|(nth, name)| format!("{}: {name}", task(nth))).collect();
        });
        run.failure = failure;
        run_state::with(|state| state.notes = None);
        run
    }
}

/// The notes and the marks of a run as rows, merged by their steps; and the row of the note that is fatal.
fn steps(
    notes: Vec<Note>,
    fatal: Option<usize>,
    marks: &[OperationEvent],
    operations: &[String],
    tasks: usize,
) -> (Vec<Step>, Option<usize>) {
    let mut rows =
        Rows { steps: Vec::new(), locks: vec![Locks::default(); tasks], several: several_of_a_class(&notes) };
    let mut marks = marks.iter().peekable();
    let mut fatal_row = None;
    for (nth, note) in notes.into_iter().enumerate() {
        // An operation returns at the end of its step, after all that its task did in it; and is invoked before.
        while let Some(mark) = marks.next_if(|mark| mark.kind != EventKind::Invoked && mark.step < note.step)
        {
            rows.mark(mark, operations, None);
        }
        while let Some(mark) = marks.next_if(|mark| mark.step <= note.step && mark.kind == EventKind::Invoked)
        {
            rows.mark(mark, operations, Some(note.task));
        }
        if fatal == Some(nth) {
            fatal_row = Some(rows.steps.len());
        }
        let mut object = note.object.map(str::to_owned);
        if let (Some((lock, change)), Some(locks)) = (note.lock, rows.locks.get_mut(note.task)) {
            change.apply(locks, lock);
            object = Some(rows.name(lock));
        }
        let place = note.place.map(ToString::to_string);
        rows.push(note.step, note.task, note.action, object, note.value.map(Into::into), place);
    }
    for mark in marks {
        rows.mark(mark, operations, None);
    }
    (rows.steps, fatal_row)
}

/// Classes of which the run uses several locks: there a lock is called by its number, too.
fn several_of_a_class(notes: &[Note]) -> BTreeSet<&'static str> {
    let mut first = BTreeMap::new();
    let locks = notes.iter().filter_map(|note| Some(note.lock?.0));
    locks.filter(|it| *first.entry(it.class).or_insert(it.number) != it.number).map(|it| it.class).collect()
}

struct Rows {
    steps: Vec<Step>,
    /// By task, so far.
    locks: Vec<Locks>,
    several: BTreeSet<&'static str>,
}

impl Rows {
    fn name(&self, LockName { class, number }: LockName) -> String {
        if self.several.contains(class) { format!("{class} #{number}") } else { class.to_owned() }
    }

    fn push(
        &mut self,
        nth: u32,
        task: usize,
        action: Action,
        object: Option<String>,
        value: Option<String>,
        place: Option<String>,
    ) {
        let owned = |locks: &[LockName]| locks.iter().map(|lock| self.name(*lock)).collect();
        let (holds, waits_for) = match self.locks.get(task) {
            Some(locks) => (owned(&locks.holds), owned(&locks.waits_for)),
            None => (Vec::new(), Vec::new()),
        };
        self.steps.push(Step { nth, task, action, object, value, place, holds, waits_for });
    }

    /// A mark belongs to the task at work, which is that of the row before unless it is known.
    fn mark(&mut self, mark: &OperationEvent, operations: &[String], task: Option<usize>) {
        let action = match mark.kind {
            EventKind::Invoked => Action::Invoke,
            EventKind::Returned => Action::Return,
            EventKind::GivenUp => Action::NoReturn,
        };
        let task = task.or_else(|| Some(self.steps.last()?.task)).unwrap_or_default();
        let operation = operations.get(mark.operation).cloned();
        self.push(mark.step, task, action, operation, None, None);
    }
}
