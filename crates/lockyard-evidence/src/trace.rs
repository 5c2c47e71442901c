//! A run drawn: a column for each task, a row for each thing that happens.

use std::borrow::Cow;
use std::fmt;

use super::edge::Edge;
use super::lanes::Lanes;
use super::layout;
use super::step::{Numbering, Step};

/// A run, as it can be drawn: [`Display`](fmt::Display) is its text as wide as it is, and [`to_text`](Self::to_text) keeps
/// to a width. A block of steps that repeats is drawn once.
///
/// ```
/// use lockyard_evidence::{Action, Step, Trace};
///
/// let poll = |nth| Step {
///     nth,
///     task: 0,
///     action: Action::Call,
///     object: Some("store: get".to_owned()),
///     value: Some("fails".to_owned()),
///     place: None,
///     holds: vec!["gate".to_owned()],
///     waits_for: Vec::new(),
/// };
/// let (tasks, steps) = (["client".to_owned()], (1..=20).map(poll).collect::<Vec<_>>());
/// let trace = Trace { tasks: (&tasks[..]).into(), steps: (&steps[..]).into(), ..Trace::default() };
/// assert_eq!(trace.to_text(Some(80)), "\
/// step  client
///    1  ● call store: get: fails
///       ⋮ step 1, 19 times more (steps 2–20)
/// ");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace<'a> {
    /// What the tasks are called, by their places.
    pub tasks: Cow<'a, [String]>,
    /// What happened, in order.
    pub steps: Cow<'a, [Step]>,
    /// The step that cannot be right, by its place, and why; where one step can be named.
    pub wrong: Option<(usize, String)>,
    /// What the numbers of the steps count.
    pub numbering: Numbering,
}

impl Trace<'_> {
    /// The drawing in lines of at most `width` characters: places become `file:line`, columns are elided in the middle, and
    /// a last line says so. `None` keeps whole places, and cells up to the width that a reader can follow.
    pub fn to_text(&self, width: Option<usize>) -> String {
        layout::text(&self.lanes(&[]), width)
    }

    /// Its table, which ends with a wait cycle of these edges if there is one.
    pub(super) fn lanes<'b>(&'b self, edges: &'b [Edge]) -> Lanes<'b> {
        let wrong = self.wrong.as_ref().map(|(at, why)| (*at, why.as_str()));
        Lanes { numbering: self.numbering, ..Lanes::new(&self.tasks, &self.steps, wrong, edges) }
    }
}

impl fmt::Display for Trace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(None))
    }
}
