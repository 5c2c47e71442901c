//! A run drawn: a column for each task, a row for each thing that happens. The one drawing of all tools, as text and as
//! a table of HTML.

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::step::{Action, Step};

/// A run, as it can be drawn: [`Display`](fmt::Display) is its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace<'a> {
    /// What the tasks are called, by their places.
    pub tasks: Cow<'a, [String]>,
    /// What happened, in order.
    pub steps: Cow<'a, [Step]>,
    /// The step that cannot be right, by its place, and why; where one step can be named.
    pub wrong: Option<(usize, String)>,
}

/// No column is wider than this, in characters: what does not fit ends in `…`.
const WIDEST: usize = 46;

/// What a task is seen to do while another one acts.
#[derive(Clone, Copy, Default)]
struct Lane<'a> {
    /// Its last step.
    last: Option<&'a Step>,
    /// Whether an operation of it was invoked and has not returned.
    is_open: bool,
}

impl<'a> Lane<'a> {
    fn after(self, step: &'a Step) -> Self {
        let is_open = match step.action {
            Action::Invoke => true,
            Action::Return | Action::NoReturn => false,
            _ => self.is_open,
        };
        Self { last: Some(step), is_open }
    }

    fn cell(self) -> Cell<'a> {
        let Some(Step { holds, waits_for, .. }) = self.last else { return Cell::default() };
        Cell { acts: None, holds, waits_for, is_open: self.is_open }
    }
}

/// What a task does, or is seen to do, in a row: text and HTML are made of this.
#[derive(Default)]
struct Cell<'a> {
    /// The step, where it is its own.
    acts: Option<&'a Step>,
    holds: &'a [String],
    waits_for: &'a [String],
    is_open: bool,
}

impl Cell<'_> {
    /// The step, or what the task holds and waits for meanwhile.
    fn words(&self) -> String {
        if let Some(step) = self.acts {
            return step.to_string();
        }
        let holds = (!self.holds.is_empty()).then(|| format!("holds {}", self.holds.join(", ")));
        let waits = (!self.waits_for.is_empty()).then(|| format!("waits for {}", self.waits_for.join(", ")));
        holds.into_iter().chain(waits).collect::<Vec<_>>().join(", ")
    }

    /// The words behind a mark: of a step, of a holder, or of an operation that is open.
    fn text(&self, is_wrong: bool) -> String {
        let mark = match self.acts {
            Some(_) if is_wrong => "✗",
            Some(_) => "●",
            None if !self.holds.is_empty() => "┃",
            None if !self.waits_for.is_empty() || self.is_open => "│",
            None => "",
        };
        format!("{mark} {}", self.words()).trim().to_owned()
    }

    fn class(&self) -> &'static str {
        match (self.acts.is_some(), self.holds.is_empty()) {
            (true, true) => "acts",
            (true, false) => "acts holds",
            (false, false) => "holds",
            (false, true) if !self.waits_for.is_empty() || self.is_open => "waits",
            (false, true) => "",
        }
    }
}

/// A row of the drawing.
struct Row<'a> {
    step: &'a Step,
    /// Whether it is the first of its step.
    is_first: bool,
    cells: Vec<Cell<'a>>,
    wrong: Option<&'a str>,
}

impl Trace<'_> {
    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let (mut lanes, mut last) = (vec![Lane::default(); self.tasks.len()], 0);
        self.steps.iter().enumerate().map(move |(at, step)| {
            if let Some(lane) = lanes.get_mut(step.task) {
                *lane = lane.after(step);
            }
            let wrong = self.wrong.as_ref().filter(|(wrong, _)| *wrong == at).map(|(_, why)| why.as_str());
            let cells = lanes
                .iter()
                .enumerate()
                .map(|(task, lane)| Cell { acts: (task == step.task).then_some(step), ..lane.cell() });
            let cells = cells.collect();
            let is_first = std::mem::replace(&mut last, step.nth) != step.nth;
            Row { step, is_first, cells, wrong }
        })
    }

    /// The run as a `<table class="trace">`, escaped: for pages, which bring the style.
    ///
    /// Its cells have the classes `acts` (the task acts), `holds` and `waits`, and a row that cannot be right `wrong`.
    pub fn to_html(&self) -> String {
        let has_places = self.steps.iter().any(|step| step.place.is_some());
        let tasks = self.tasks.iter().map(|task| format!("<th scope=\"col\">{}</th>", escaped(task)));
        let mut html = "<table class=\"trace\"><thead><tr><th scope=\"col\">step</th>".to_owned();
        html.extend(tasks);
        html += if has_places { "<th scope=\"col\">source</th></tr></thead>" } else { "</tr></thead>" };
        html += "<tbody>";
        html.extend(self.rows().map(|row| row.to_html(has_places)));
        html + "</tbody></table>"
    }
}

impl Row<'_> {
    fn to_html(&self, has_places: bool) -> String {
        let Self { step, is_first, cells, wrong } = self;
        let nth = if *is_first { step.nth.to_string() } else { String::new() };
        let class = if wrong.is_some() { " class=\"wrong\"" } else { "" };
        let cells: String = cells.iter().map(|cell| self.cell_html(cell)).collect();
        let place = escaped(step.place.as_deref().unwrap_or_default());
        let place = if has_places { format!("<td class=\"place\">{place}</td>") } else { String::new() };
        format!("<tr{class}><th scope=\"row\">{nth}</th>{cells}{place}</tr>")
    }

    fn cell_html(&self, cell: &Cell<'_>) -> String {
        let why = self.wrong.filter(|_| cell.acts.is_some());
        let why = why.map(|why| format!(" <strong>{}</strong>", escaped(why))).unwrap_or_default();
        format!("<td class=\"{}\">{}{why}</td>", cell.class(), escaped(&cell.words()))
    }

    /// The cells as text, each as long as it is.
    fn texts(&self) -> Vec<String> {
        self.cells.iter().map(|cell| cell.text(self.wrong.is_some())).collect()
    }
}

impl fmt::Display for Trace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self.rows().map(|row| (row.texts(), row)).collect();
        let width = |task: usize| {
            let cells = rows.iter().filter_map(|(texts, _)| texts.get(task)).map(|text| text.chars().count());
            cells.chain([self.tasks[task].chars().count()]).max().unwrap_or(0).min(WIDEST)
        };
        let widths: Vec<_> = (0..self.tasks.len()).map(width).collect();
        let mut line = "step".to_owned();
        for (task, width) in self.tasks.iter().zip(&widths) {
            // Writing to a string cannot fail.
            let _ = write!(line, "  {:width$}", fit(task));
        }
        writeln!(f, "{}", line.trim_end())?;
        for (texts, Row { step, is_first, wrong, .. }) in rows {
            let mut line = if is_first { format!("{:>4}", step.nth) } else { "    ".to_owned() };
            for (text, width) in texts.iter().zip(&widths) {
                let _ = write!(line, "  {:width$}", fit(text));
            }
            line.extend(step.place.iter().flat_map(|place| ["  ", place]));
            line.extend(wrong.into_iter().flat_map(|why| ["  ← ", why]));
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn fit(text: &str) -> Cow<'_, str> {
    if text.chars().count() <= WIDEST {
        return text.into();
    }
    text.chars().take(WIDEST - 1).chain(['…']).collect::<String>().into()
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(nth: u32, task: usize, action: Action, object: &str, holds: &[&str], waits: &[&str]) -> Step {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let value = matches!(action, Action::Lock | Action::Queue).then(|| "write".to_owned());
        let place = (action == Action::Lock).then(|| "src/a.rs:3:9".to_owned());
        let object = Some(object.to_owned());
        Step { nth, task, action, object, value, place, holds: words(holds), waits_for: words(waits) }
    }

    fn deadlock() -> (Vec<String>, Vec<Step>) {
        let steps = vec![
            step(1, 0, Action::Invoke, "move(a, b)", &[], &[]),
            step(1, 0, Action::Lock, "a", &["a"], &[]),
            step(2, 1, Action::Lock, "b", &["b"], &[]),
            step(3, 0, Action::Queue, "b", &["a"], &["b"]),
            step(4, 1, Action::Queue, "a", &["b"], &["a"]),
        ];
        (vec!["task 0: <mover>".to_owned(), "task 1: other".to_owned()], steps)
    }

    #[test]
    fn each_task_has_a_column_that_says_what_it_holds_and_waits_for() {
        let (tasks, steps) = deadlock();
        let trace =
            Trace { tasks: (&tasks).into(), steps: (&steps).into(), wrong: Some((4, "a cycle".to_owned())) };
        let expected = "\
step  task 0: <mover>         task 1: other
   1  ● invoke move(a, b)
      ● lock a (write)                               src/a.rs:3:9
   2  ┃ holds a               ● lock b (write)       src/a.rs:3:9
   3  ● queue for b (write)   ┃ holds b
   4  ┃ holds a, waits for b  ✗ queue for a (write)  ← a cycle
";
        assert_eq!(trace.to_string(), expected);
    }

    #[test]
    fn the_table_has_the_same_cells_and_nothing_of_it_is_markup() {
        let (tasks, steps) = deadlock();
        let html =
            Trace { tasks: (&tasks).into(), steps: (&steps).into(), wrong: Some((4, "a cycle".to_owned())) }
                .to_html();
        for part in [
            "<th scope=\"col\">task 0: &lt;mover&gt;</th><th scope=\"col\">task 1: other</th><th scope=\"col\">source</th>",
            "<tr><th scope=\"row\">2</th><td class=\"holds\">holds a</td><td class=\"acts holds\">lock b (write)</td>",
            "<tr class=\"wrong\"><th scope=\"row\">4</th>",
            "queue for a (write) <strong>a cycle</strong></td>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<mover>"));
    }

    /// The marks of the text are no part of what a step says.
    #[test]
    fn an_object_that_looks_like_a_mark_is_kept() {
        let steps = [step(1, 0, Action::Access, "│ ● pipe", &[], &[])];
        let tasks = ["one".to_owned(), "other".to_owned()];
        let html = Trace { tasks: (&tasks[..]).into(), steps: (&steps[..]).into(), wrong: None }.to_html();
        assert!(html.contains("<td class=\"acts\">│ ● pipe</td><td class=\"\"></td>"), "{html}");
    }

    #[test]
    fn what_is_too_long_for_a_column_is_cut_and_says_so() {
        let long = "x".repeat(2 * WIDEST);
        let steps = [step(1, 0, Action::Invoke, &long, &[], &[])];
        let text = Trace { tasks: (&["one".to_owned()][..]).into(), steps: (&steps[..]).into(), wrong: None }
            .to_string();
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert_eq!(widest, Some(WIDEST + 6), "{text}");
        assert!(text.ends_with("…\n"));
    }
}
