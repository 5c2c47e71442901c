//! One run, step by step: what each task did, and which locks it held and waited for then.

use std::fmt;

use lockyard_evidence::{Action, Counterexample, Step, Trace};

use super::explorer::Explorer;
use super::failure::Failure;
use super::history::{EventKind, OperationEvent};
use super::note::{Locks, Note};
use super::program::Program;
use super::run_state;
use super::schedule::Schedule;

/// A run under one schedule. Its text is the drawing, with what did not hold, if anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTrace {
    /// What the tasks are called, by their places.
    pub tasks: Vec<String>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// How many operations were invoked.
    pub operations: usize,
    /// How it failed, if it did.
    pub failure: Option<Failure>,
}

impl RunTrace {
    /// The run, to draw.
    pub fn trace(&self) -> Trace<'_> {
        Trace { tasks: (&self.tasks).into(), steps: (&self.steps).into(), wrong: None }
    }

    /// The run as a counterexample that this command shows again.
    pub fn counterexample(self, replay: String) -> Counterexample {
        let Self { tasks, steps, failure, .. } = self;
        let (message, edges) = failure.map_or_else(
            || ("nothing failed".to_owned(), Vec::new()),
            |failure| (failure.message, failure.edges),
        );
        Counterexample { message, tasks, steps, edges, replay }
    }
}

impl fmt::Display for RunTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.trace().fmt(f)?;
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
        let mut run = RunTrace { tasks: Vec::new(), steps: Vec::new(), operations: 0, failure: None };
        let (failure, _) = self.replay_told(schedule, build, &mut |tasks, program| {
            let left_out = |operation: &usize| schedule.left_out.contains(operation);
            run.operations = (0..program.operations.len()).filter(|it| !left_out(it)).count();
            let (notes, marks) = run_state::with(|state| {
                (state.notes.take().unwrap_or_default(), std::mem::take(&mut state.marks))
            });
            run.steps = steps(notes, &marks, &program.operations, tasks.len());
            run.tasks =
                (0..).zip(tasks).map(|(number, name): (u32, _)| format!("task {number}: {name}")).collect();
        });
        run.failure = failure;
        run_state::with(|state| state.notes = None);
        run
    }
}

/// The notes and the marks of a run as rows, merged by their steps.
fn steps(notes: Vec<Note>, marks: &[OperationEvent], operations: &[String], tasks: usize) -> Vec<Step> {
    let mut rows = Rows { steps: Vec::new(), locks: vec![Locks::default(); tasks] };
    let mut marks = marks.iter().peekable();
    for note in notes {
        // An operation returns at the end of its step, after all that its task did in it; and is invoked before.
        while let Some(mark) = marks.next_if(|mark| mark.kind != EventKind::Invoked && mark.step < note.step)
        {
            rows.mark(mark, operations, None);
        }
        while let Some(mark) = marks.next_if(|mark| mark.step <= note.step && mark.kind == EventKind::Invoked)
        {
            rows.mark(mark, operations, Some(note.task));
        }
        if let (Some((class, change)), Some(locks)) = (note.lock, rows.locks.get_mut(note.task)) {
            change.apply(locks, class);
        }
        let place = note.place.map(ToString::to_string);
        rows.push(note.step, note.task, note.action, note.object, note.value, place);
    }
    for mark in marks {
        rows.mark(mark, operations, None);
    }
    rows.steps
}

struct Rows {
    steps: Vec<Step>,
    /// By task, so far.
    locks: Vec<Locks>,
}

impl Rows {
    fn push(
        &mut self,
        nth: u32,
        task: usize,
        action: Action,
        object: Option<&str>,
        value: Option<&str>,
        place: Option<String>,
    ) {
        let owned = |classes: &[&'static str]| classes.iter().map(|&class| class.to_owned()).collect();
        let (holds, waits_for) = match self.locks.get(task) {
            Some(locks) => (owned(&locks.holds), owned(&locks.waits_for)),
            None => (Vec::new(), Vec::new()),
        };
        let (object, value) = (object.map(str::to_owned), value.map(str::to_owned));
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
        let operation = operations.get(mark.operation).map(String::as_str);
        self.push(mark.step, task, action, operation, None, None);
    }
}
