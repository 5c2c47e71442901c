//! An interleaving in which a property does not hold, as data.

use super::drawing::Drawing;
use super::edge::Edge;
use super::lanes::{CLOSED, closing_request};
use super::step::Step;
use super::trace::Trace;

/// Why a step that an engine names is fatal, where there is no wait cycle.
const FAILS: &str = "fails here";

/// An interleaving in which a property does not hold. [`drawing`](Self::drawing) draws it, [`trace`](Self::trace) its steps
/// alone.
///
/// It is read in every version of the record. Before its schema 2 the steps were the lines of a drawing: these are read as
/// further lines of the message, and there are no steps then.
///
/// ```
/// use lockyard_evidence::{Action, Counterexample, Step};
///
/// let step = |nth, task, action, value: &str| Step {
///     nth,
///     task,
///     action,
///     object: Some("balance".to_owned()),
///     value: Some(value.to_owned()),
///     place: None,
///     holds: Vec::new(),
///     waits_for: Vec::new(),
/// };
/// let lost = Counterexample {
///     message: "two deposits, and a balance of 1".to_owned(),
///     about: Some("A balance is read and written back in two steps.".to_owned()),
///     tasks: vec!["alice".to_owned(), "bob".to_owned()],
///     steps: vec![
///         step(1, 0, Action::Access, "read 0"),
///         step(2, 1, Action::Access, "0 → 1"),
///         step(3, 0, Action::Access, "1 → 1"),
///     ],
///     fatal: Some(2),
///     replay: "cargo test deposits".to_owned(),
///     ..Counterexample::default()
/// };
/// assert_eq!(lost.drawing().to_text(Some(80)), "\
/// A balance is read and written back in two steps.
/// two deposits, and a balance of 1
///
/// step  alice              bob
///    1  ● balance: read 0
///    2                     ● balance: 0 → 1
///    3  ✗ balance: 1 → 1                     ← fails here
///
/// Replay: cargo test deposits
/// ");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counterexample {
    /// What went wrong in this run.
    pub message: String,
    /// What is wrong with the program, in a sentence, where the model or the pitfall says so.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub about: Option<String>,
    /// What the tasks are called, by their places.
    pub tasks: Vec<String>,
    /// What happened, step by step; empty where the engine that found it keeps no steps.
    pub steps: Vec<Step>,
    /// The step with which it failed, by its place among the steps. In a wait cycle the last request of its tasks is taken
    /// if the engine names none.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub fatal: Option<usize>,
    /// The cycle at its end, if it is a deadlock: each task waits for the next, and the last one for the first. They are
    /// called what they are called in `tasks`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub edges: Vec<Edge>,
    /// The command that shows it again.
    pub replay: String,
}

impl Counterexample {
    /// Its steps, to draw, with the fatal one.
    pub fn trace(&self) -> Trace<'_> {
        let Self { tasks, steps, edges, .. } = self;
        let why = if edges.is_empty() { FAILS } else { CLOSED };
        let fatal = self.fatal.or_else(|| closing_request(tasks, steps, edges));
        let wrong = fatal.filter(|at| *at < steps.len()).map(|at| (at, why.to_owned()));
        Trace { tasks: tasks.into(), steps: steps.into(), wrong, ..Trace::default() }
    }

    /// All of it, to draw: what is wrong, the wait-for graph, the steps and the command.
    pub fn drawing(&self) -> Drawing<'_> {
        let about = self.about.as_deref().map(Into::into);
        Drawing {
            cause: about.into_iter().chain([self.message.as_str().into()]).collect(),
            edges: self.edges.as_slice().into(),
            trace: Some(self.trace()),
            replay: (!self.replay.is_empty()).then(|| self.replay.as_str().into()),
        }
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Counterexample {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// A row, or a line of the drawing that schema 1 had.
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum RowOrLine {
            Row(Step),
            Line(String),
        }

        #[derive(serde::Deserialize)]
        struct Written {
            message: String,
            #[serde(default)]
            about: Option<String>,
            #[serde(default)]
            tasks: Vec<String>,
            steps: Vec<RowOrLine>,
            #[serde(default)]
            fatal: Option<usize>,
            #[serde(default)]
            edges: Vec<Edge>,
            replay: String,
        }

        let Written { mut message, about, tasks, steps: written, fatal, edges, replay } =
            Written::deserialize(deserializer)?;
        let mut steps = Vec::new();
        for written in written {
            match written {
                RowOrLine::Row(step) => steps.push(step),
                RowOrLine::Line(line) => message.extend(["\n", &line]),
            }
        }
        Ok(Self { message, about, tasks, steps, fatal, edges, replay })
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use crate::Action;

    fn today() -> Counterexample {
        let step = Step {
            nth: 1,
            task: 0,
            action: Action::NoReturn,
            object: Some("get".to_owned()),
            value: None,
            place: None,
            holds: Vec::new(),
            waits_for: vec!["cache".to_owned()],
        };
        let (tasks, steps) = (vec!["task 0".to_owned()], vec![step]);
        let (message, replay) = ("stuck".to_owned(), "again".to_owned());
        Counterexample { message, tasks, steps, replay, ..Counterexample::default() }
    }

    #[test]
    fn what_is_written_is_read_and_the_lines_of_schema_1_are_not_lost() {
        let json = serde_json::to_string(&today()).unwrap();
        assert!(json.contains("\"action\":\"no return\""), "{json}");
        assert_eq!(serde_json::from_str::<Counterexample>(&json).unwrap(), today());

        let before = r#"{"message":"lost","steps":["step  task 0","   1  ● asks: get"],"replay":"again"}"#;
        let read: Counterexample = serde_json::from_str(before).unwrap();
        assert_eq!(read.message, "lost\nstep  task 0\n   1  ● asks: get");
        assert!(read.steps.is_empty() && read.edges.is_empty() && read.replay == "again");
    }

    #[test]
    fn what_later_versions_added_is_read_again_and_not_written_where_there_is_none() {
        let edge = Edge {
            task: "task 0".to_owned(),
            holds: None,
            locked_at: None,
            waits_for: "cache".to_owned(),
            place: None,
        };
        let full =
            Counterexample { about: Some("why".to_owned()), fatal: Some(0), edges: vec![edge], ..today() };
        let json = serde_json::to_string(&full).unwrap();
        assert_eq!(serde_json::from_str::<Counterexample>(&json).unwrap(), full);

        let json = serde_json::to_string(&today()).unwrap();
        for field in ["about", "fatal", "edges"] {
            assert!(!json.contains(field), "{json}");
        }
    }

    #[test]
    fn a_fatal_step_that_is_none_of_them_marks_none() {
        assert_eq!(Counterexample { fatal: Some(1), ..today() }.trace().wrong, None);
        assert_eq!(Counterexample { fatal: Some(0), ..today() }.trace().wrong, Some((0, FAILS.to_owned())));
    }
}
