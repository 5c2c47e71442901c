//! A run drawn: a column for each task, a row for each thing that happens, and a bar wherever a lock is held.

use std::fmt::{self, Write};

use super::explorer::Explorer;
use super::failure::Failure;
use super::held::Held;
use super::history::{Mark, MarkKind};
use super::note::Note;
use super::program::Program;
use super::schedule::Schedule;
use super::world;

/// A run, as it can be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// What the tasks are called.
    pub tasks: Vec<String>,
    /// How many operations were asked for.
    pub operations: usize,
    /// What happened, in order.
    pub rows: Vec<Row>,
    /// What did not hold, if anything.
    pub failure: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// In which step, counted from one.
    pub step: u32,
    /// Whose.
    pub task: usize,
    /// What, in words.
    pub what: String,
    /// Where in the source, if that says something.
    pub place: Option<String>,
    /// By task, after this: the locks that it has and the locks that it waits for.
    pub locks: Vec<Held>,
}

impl Explorer {
    /// Runs a schedule, and draws it; with how it fails, if it does.
    pub fn draw(&self, schedule: &Schedule, build: &dyn Fn(&mut Program)) -> (Lanes, Option<Failure>) {
        world::with(|world| world.notes = Some(Vec::new()));
        let mut lanes = Lanes { tasks: Vec::new(), operations: 0, rows: Vec::new(), failure: None };
        let failure = self.replay_told(schedule, build, &mut |tasks, program| {
            lanes.operations = program.operations.len() - schedule.left_out.len();
            let (notes, marks) = world::with(|world| {
                (world.notes.take().unwrap_or_default(), std::mem::take(&mut world.marks))
            });
            lanes.rows = rows(notes, &marks, &program.operations, tasks.len());
            lanes.tasks = tasks;
        });
        world::with(|world| world.notes = None);
        lanes.failure = failure.as_ref().map(|failure| failure.message.clone());
        (lanes, failure)
    }
}

fn rows(notes: Vec<Note>, marks: &[Mark], operations: &[String], tasks: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut held = vec![Held::default(); tasks];
    let mut marks = marks.iter().peekable();
    for Note { step, task, what, place, lock } in notes {
        while let Some(mark) = marks.next_if(|mark| mark.kind != MarkKind::Invoked && mark.step < step) {
            rows.push(marked(mark, operations, rows.last(), &held));
        }
        while let Some(mark) = marks.next_if(|mark| mark.step <= step && mark.kind == MarkKind::Invoked) {
            let mut row = marked(mark, operations, rows.last(), &held);
            row.task = task;
            rows.push(row);
        }
        if let (Some((class, change)), Some(held)) = (lock, held.get_mut(task)) {
            change.apply(held, class);
        }
        let place = place.map(ToString::to_string);
        rows.push(Row { step, task, what, place, locks: held.clone() });
    }
    for mark in marks {
        rows.push(marked(mark, operations, rows.last(), &held));
    }
    rows
}

fn marked(mark: &Mark, operations: &[String], last: Option<&Row>, held: &[Held]) -> Row {
    let operation = operations.get(mark.operation).map_or("?", String::as_str);
    let what = match mark.kind {
        MarkKind::Invoked => format!("asks: {operation}"),
        MarkKind::Returned => format!("is answered: {operation}"),
        MarkKind::GivenUp => format!("is never answered: {operation}"),
    };
    Row { step: mark.step, task: last.map_or(0, |row| row.task), what, place: None, locks: held.to_vec() }
}

/// The width of a column.
const WIDTH: usize = 46;

impl fmt::Display for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step ")?;
        for (number, task) in self.tasks.iter().enumerate() {
            write!(f, " {:WIDTH$}", fit(&format!("task {number}: {task}")))?;
        }
        writeln!(f)?;
        let mut last = 0;
        for row in &self.rows {
            if row.step == last {
                write!(f, "     ")?;
            } else {
                write!(f, "{:>4} ", row.step)?;
            }
            last = row.step;
            let mut line = String::new();
            for task in 0..self.tasks.len() {
                let cell =
                    if task == row.task { format!("● {}", row.what) } else { bar(row.locks.get(task)) };
                // Writing to a string cannot fail.
                let _ = write!(line, " {:WIDTH$}", fit(&cell));
            }
            match &row.place {
                Some(place) => writeln!(f, "{line} {place}")?,
                None => writeln!(f, "{}", line.trim_end())?,
            }
        }
        if let Some(failure) = &self.failure {
            writeln!(f, "\n{failure}")?;
        }
        Ok(())
    }
}

/// What a task has while another one acts.
fn bar(held: Option<&Held>) -> String {
    let Some(Held { has, waits }) = held else { return String::new() };
    let mut text = if has.is_empty() { "│".to_owned() } else { format!("┃ has {}", has.join(", ")) };
    if !waits.is_empty() {
        let _ = write!(text, ", waits for {}", waits.join(", "));
    }
    text
}

fn fit(text: &str) -> String {
    if text.chars().count() <= WIDTH {
        return text.to_owned();
    }
    text.chars().take(WIDTH - 1).chain(['…']).collect()
}
