//! A run as a table: a column for each task, a row for each step. Text and HTML are made of this.

use super::edge::Edge;
use super::fold::{Item, fold};
use super::step::{Action, Numbering, Step};

/// The table, with what repeats folded.
pub(super) struct Lanes<'a> {
    pub(super) tasks: &'a [String],
    /// A row for each step, and one more where the end of a cycle is no step.
    pub(super) rows: Vec<Row<'a>>,
    /// What is drawn of the rows, in order.
    pub(super) items: Vec<Item>,
    /// What the numbers of the rows count.
    pub(super) numbering: Numbering,
}

/// A row: what every task does, or is seen to do, while one acts.
pub(super) struct Row<'a> {
    /// The number of the step, where this is its first row.
    pub(super) nth: Option<u32>,
    pub(super) cells: Vec<Cell<'a>>,
    pub(super) place: Option<&'a str>,
    /// Why it cannot be right, if it is the fatal one.
    pub(super) wrong: Option<&'a str>,
}

/// What one task does in a row.
#[derive(Clone, Copy, Default)]
pub(super) struct Cell<'a> {
    /// Its own step, where the row is of that step.
    pub(super) acts: Option<&'a Step>,
    /// What it waits for in a cycle that no step has closed.
    pub(super) is_stuck_at: Option<&'a Edge>,
    pub(super) holds: &'a [String],
    pub(super) waits_for: &'a [String],
    /// Whether an operation of it was invoked and has not returned.
    pub(super) is_open: bool,
}

impl<'a> Lanes<'a> {
    /// The table of these steps, with the fatal one and why it is. With the edges of a wait cycle there is one more row if
    /// the steps do not show that its tasks wait: an engine may stop before their requests are steps.
    pub(super) fn new(
        tasks: &'a [String],
        steps: &'a [Step],
        wrong: Option<(usize, &'a str)>,
        edges: &'a [Edge],
    ) -> Self {
        let mut rows = Vec::with_capacity(steps.len() + 1);
        let mut lanes = vec![Cell::default(); tasks.len()];
        let mut last = None;
        for (at, step) in steps.iter().enumerate() {
            if let Some(lane) = lanes.get_mut(step.task) {
                *lane = lane.after(step);
            }
            let acts = |(task, lane): (usize, &Cell<'a>)| Cell {
                acts: (task == step.task).then_some(step),
                ..*lane
            };
            rows.push(Row {
                nth: (last.replace(step.nth) != Some(step.nth)).then_some(step.nth),
                cells: lanes.iter().enumerate().map(acts).collect(),
                place: step.place.as_deref(),
                wrong: wrong.filter(|(wrong, _)| *wrong == at).map(|(_, why)| why),
            });
        }
        let mut items = fold(steps, wrong.map(|(at, _)| at));
        if !steps.is_empty() && !are_seen_to_wait(tasks, steps, edges) {
            let stuck = |(task, lane): (&String, &Cell<'a>)| Cell {
                is_stuck_at: edges.iter().find(|edge| edge.task == *task),
                ..*lane
            };
            let cells: Vec<_> = tasks.iter().zip(&lanes).map(stuck).collect();
            if cells.iter().any(|cell| cell.is_stuck_at.is_some()) {
                let wrong = if wrong.is_none() { Some(CLOSED) } else { None };
                items.push(Item::Step(rows.len()));
                rows.push(Row { nth: None, cells, place: None, wrong });
            }
        }
        Self { tasks, rows, items, numbering: Numbering::Step }
    }

    #[cfg(feature = "page")]
    pub(super) fn has_places(&self) -> bool {
        self.rows.iter().any(|row| row.place.is_some())
    }

    /// The number of the step that a row belongs to.
    pub(super) fn nth(&self, row: usize) -> u32 {
        self.rows[..=row].iter().rev().find_map(|row| row.nth).unwrap_or_default()
    }

    /// What a fold says: `steps 9–11, 74 times more (steps 12–232)`.
    pub(super) fn repeated(&self, block: &std::ops::Range<usize>, times: usize) -> String {
        let numbers = |first: usize, last: usize| match (self.nth(first), self.nth(last)) {
            (from, to) if from == to => format!("{} {from}", self.numbering.as_str()),
            (from, to) => format!("{}s {from}–{to}", self.numbering.as_str()),
        };
        let hidden = Item::hidden(block, times);
        let shown = numbers(block.start, block.end - 1);
        let times = if times == 2 { "once".to_owned() } else { format!("{} times", times - 1) };
        format!("{shown}, {times} more ({})", numbers(hidden.start, hidden.end - 1))
    }

    /// What marks and bars stand for, as far as they occur: the mark in text, the class of a cell, and the words.
    pub(super) fn legend(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        let any = |is: fn(&Cell<'a>) -> bool| self.rows.iter().flat_map(|row| &row.cells).any(is);
        let all = [
            (any(|cell| cell.acts.is_some()), ("●", "acts", "a step")),
            (any(|cell| !cell.holds.is_empty()), ("┃", "holds", "holds")),
            (any(Cell::is_waiting), ("○", "waits", "waits")),
            (any(|cell| cell.is_open), ("│", "open", "in an operation")),
        ];
        all.into_iter().filter(|(occurs, _)| *occurs).map(|(_, it)| it)
    }
}

/// Why the fatal step of a wait cycle is fatal.
pub(super) const CLOSED: &str = "closes the cycle";

/// The step with which the cycle of these edges is closed, by its place: the last request of a task in it. None where the
/// steps do not show that all of its tasks wait.
pub(super) fn closing_request(tasks: &[String], steps: &[Step], edges: &[Edge]) -> Option<usize> {
    if edges.is_empty() || !are_seen_to_wait(tasks, steps, edges) {
        return None;
    }
    let is_in_it = |step: &Step| edges.iter().any(|edge| tasks.get(step.task) == Some(&edge.task));
    steps.iter().rposition(|step| step.action == Action::Queue && is_in_it(step))
}

/// Whether the last step of every task in a cycle leaves it waiting.
fn are_seen_to_wait(tasks: &[String], steps: &[Step], edges: &[Edge]) -> bool {
    edges.iter().all(|edge| {
        let last = steps.iter().rfind(|step| tasks.get(step.task) == Some(&edge.task));
        last.is_some_and(|step| !step.waits_for.is_empty())
    })
}

impl Row<'_> {
    /// The task that acts, or those that the end of a cycle is about.
    pub(super) fn acting(&self) -> impl Iterator<Item = usize> {
        let acts = |(_, cell): &(usize, &Cell<'_>)| cell.acts.is_some() || cell.is_stuck_at.is_some();
        self.cells.iter().enumerate().filter(acts).map(|(task, _)| task)
    }
}

impl<'a> Cell<'a> {
    fn after(self, step: &'a Step) -> Self {
        let is_open = match step.action {
            Action::Invoke => true,
            Action::Return | Action::NoReturn => false,
            _ => self.is_open,
        };
        Self { holds: &step.holds, waits_for: &step.waits_for, is_open, ..self }
    }

    /// What the task does in this row; else what it holds and waits for meanwhile.
    pub(super) fn words(&self) -> String {
        match (self.acts, self.is_stuck_at) {
            (Some(step), _) => step.to_string(),
            (None, Some(edge)) => format!("waits for {}", edge.waits_for),
            (None, None) => self.locks(),
        }
    }

    /// What the task holds and waits for after this row.
    pub(super) fn locks(&self) -> String {
        let holds = (!self.holds.is_empty()).then(|| format!("holds {}", self.holds.join(", ")));
        let waits = match self.is_stuck_at {
            Some(edge) => Some(format!("waits for {}", edge.waits_for)),
            None => (!self.waits_for.is_empty()).then(|| format!("waits for {}", self.waits_for.join(", "))),
        };
        holds.into_iter().chain(waits).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.waits_for.is_empty() || self.is_stuck_at.is_some()
    }

    /// In text: a step, the fatal one, a bar while it holds, a ring while it only waits, a line while an operation is open.
    pub(super) fn mark(&self, is_wrong: bool) -> &'static str {
        let acts = self.acts.is_some() || self.is_stuck_at.is_some();
        match self {
            _ if acts && is_wrong => "✗",
            _ if self.acts.is_some() => "●",
            _ if !self.holds.is_empty() => "┃",
            _ if self.is_waiting() => "○",
            _ if self.is_open => "│",
            _ => "",
        }
    }
}
