//! Operations that no order explains, as data.

use super::drawing::Drawing;
use super::step::{Action, Numbering, Step};
use super::trace::Trace;

/// The few operations that show why a history is not linearizable. [`drawing`](Self::drawing) draws them with the reason,
/// [`trace`](Self::trace) them alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Violation {
    /// The object that was called, as the system names it; empty where there is only one.
    pub key: String,
    /// In the order of their invocations.
    pub operations: Vec<OperationSpan>,
    /// The place among them of the one whose answer is impossible.
    pub impossible: usize,
    /// What it could have answered instead; more answers may be possible where there are many.
    pub expected: Vec<String>,
    /// Operations that returned before the first of the others was invoked, and are no more than counted: in whatever
    /// order they took effect, no order explains the others.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub before: Vec<OperationGroup>,
    /// What the operations begin with, where that is not the initial state; and what may have been before them stands for
    /// nothing else.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub start: Option<WindowStart>,
    /// What is not shown; null where that is not known.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub not_shown: Option<HiddenOperations>,
    /// Whether any order that keeps each process's own would do, as sequential consistency asks, and not only one that keeps
    /// to real time.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    pub sequential: bool,
    /// What the [lines](OperationSpan::line) of the operations count.
    #[cfg_attr(feature = "serde", serde(default))]
    pub numbering: Numbering,
}

/// One operation, from its invocation to its return.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OperationSpan {
    /// The process that invoked it.
    pub process: Process,
    /// The function.
    pub f: String,
    /// The call and its answer.
    pub what: String,
    /// The moment of the invocation. Moments order the events of the history, and measure nothing.
    pub call: usize,
    /// The moment of the return; null if the outcome is unknown.
    pub ret: Option<usize>,
    /// The line of the invocation in the file, counted from one; null if it was not read from lines.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub line: Option<usize>,
    /// The line of the return.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub return_line: Option<usize>,
}

/// A client with one operation at a time: a number, or a name where the history names it so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(untagged))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Process {
    /// As most histories have it.
    Number(u64),
    /// Any other.
    Name(String),
}

impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl From<u64> for Process {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// Operations that are alike, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OperationGroup {
    /// The call and its answer, of each.
    pub what: String,
    /// The moments of their invocations.
    pub calls: Vec<usize>,
    /// The line where the first of them was invoked, if they were read from lines.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub first_line: Option<usize>,
    /// The line where the last of them returned.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub last_line: Option<usize>,
}

/// All that was possible at a moment of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WindowStart {
    /// The moment.
    pub moment: usize,
    /// Its line, if the history was read from lines.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub line: Option<usize>,
    /// Every state that some order of the operations before it leads to.
    pub states: Vec<String>,
}

/// How the operations that are not shown count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HiddenOperations {
    /// How many there are that could matter: those on the same key, and of a set those on the same element, that were
    /// invoked before the impossible answer.
    pub operations: usize,
    /// What is known of them.
    pub outcomes: HiddenOutcome,
    /// What none of them does, which would make the answer possible: as "writes 5".
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub none: Option<String>,
    /// What else is to be said, as that an operation which failed does so.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub remark: Option<String>,
}

/// What stands for an operation that is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum HiddenOutcome {
    /// Nothing but that it was asked: it took effect once at any moment after its call, or never, and any answer of it is
    /// right. The operations that are shown are wrong by themselves.
    Unknown,
    /// Its answer as well: the operations that are shown contradict each other by what others answered.
    AsAnswered,
    /// All of it: the operations could not be made fewer in the time that was given.
    NotReduced,
}

impl Violation {
    /// The operations as a run: a task for each process, a row for each invocation and each return, in their order.
    pub fn trace(&self) -> Trace<'static> {
        let mut processes: Vec<_> = self.operations.iter().map(|it| &it.process).collect();
        processes.sort_unstable();
        processes.dedup();
        let mut events: Vec<_> = self
            .operations
            .iter()
            .enumerate()
            .flat_map(|(at, it)| {
                let invoked = (it.call, at, Action::Invoke, it.line);
                [Some(invoked), it.ret.map(|ret| (ret, at, Action::Return, it.return_line))]
            })
            .flatten()
            .collect();
        events.sort_unstable_by_key(|&(moment, at, ..)| (moment, at));
        let step = |(nth, &(_, at, action, line)): (u32, &(usize, usize, Action, Option<usize>))| {
            let it = &self.operations[at];
            // What an invocation asks is said once more, with the answer, where it returns.
            let object = if action == Action::Invoke && it.ret.is_some() { &it.f } else { &it.what };
            Step {
                nth: line.map_or(nth, |line| line as u32),
                task: processes.binary_search(&&it.process).unwrap_or_default(),
                action,
                object: Some(object.clone()),
                value: None,
                place: None,
                holds: Vec::new(),
                waits_for: Vec::new(),
            }
        };
        let last = events.iter().rposition(|(_, at, ..)| *at == self.impossible);
        Trace {
            steps: (1..).zip(&events).map(step).collect(),
            tasks: processes.iter().map(|process| format!("process {process}")).collect(),
            wrong: last.map(|at| (at, self.reason())),
            numbering: self.numbering,
        }
    }

    /// All of it, to draw: why no order explains the answers, what stands behind that, and the operations.
    pub fn drawing(&self) -> Drawing<'static> {
        let cause = [Some(self.cause()), self.counted_before(), self.begin_with(), self.stands_behind()];
        let cause = cause.into_iter().flatten().map(Into::into).collect();
        Drawing { cause, trace: Some(self.trace()), ..Drawing::default() }
    }

    /// Why the return that is marked cannot be right.
    fn reason(&self) -> String {
        match &self.not_shown {
            // Another operation may be to blame.
            Some(HiddenOperations { outcomes: HiddenOutcome::NotReduced, .. }) => {
                "no order gets past this".to_owned()
            }
            _ => format!("impossible{}", self.should_have_been()),
        }
    }

    fn cause(&self) -> String {
        let of = if self.key.is_empty() { String::new() } else { format!(" of {}", self.key) };
        let hidden = self.not_shown.as_ref().filter(|it| it.outcomes == HiddenOutcome::NotReduced);
        let these = match self.operations.len() + hidden.map_or(0, |it| it.operations) {
            1 => format!("this operation{of}"),
            count => format!("these {count} operations{of}"),
        };
        let impossible = self
            .operations
            .get(self.impossible)
            .map(|it| format!(": the answer of “{}” is impossible{}", it.what, self.should_have_been()));
        let impossible = if hidden.is_some() { String::new() } else { impossible.unwrap_or_default() };
        if self.sequential {
            return format!("No order that keeps each process's own explains {these}{impossible}.");
        }
        format!("No linearization of {these} exists{impossible}.")
    }

    /// What is counted and not drawn.
    fn counted_before(&self) -> Option<String> {
        let group = |group: &OperationGroup| {
            let lines = match (group.first_line, group.last_line) {
                (Some(first), Some(last)) if first != last => {
                    format!(" ({}s {first}–{last})", self.numbering.as_str())
                }
                _ => String::new(),
            };
            format!("{} × {}{lines}", group.calls.len(), group.what)
        };
        let groups: Vec<_> = self.before.iter().map(group).collect();
        (!groups.is_empty()).then(|| format!("Before them, in any order: {}.", groups.join(", ")))
    }

    fn begin_with(&self) -> Option<String> {
        let start = self.start.as_ref()?;
        let at = start.line.map_or(String::new(), |line| format!(" at {} {line}", self.numbering.as_str()));
        let states = start.states.join(" or ");
        Some(format!("They begin{at} with {states}: nothing else is possible there."))
    }

    /// What stands behind it, and what of it is not shown.
    fn stands_behind(&self) -> Option<String> {
        let HiddenOperations { operations, outcomes, none, remark } = self.not_shown.as_ref()?;
        let none = none.as_ref().map_or(String::new(), |none| format!("; none {none}"));
        let remark = remark.as_ref().map_or(String::new(), |remark| format!(" {remark}"));
        if *operations == 0 {
            return (!remark.is_empty()).then(|| remark.trim_start().to_owned());
        }
        let count = match outcomes {
            HiddenOutcome::Unknown => "whatever their outcomes were",
            HiddenOutcome::AsAnswered => "by what they answered",
            HiddenOutcome::NotReduced => "as they are: not reduced in the time given",
        };
        Some(format!("Not shown: {operations}, {count}{none}.{remark}"))
    }

    /// Shows one operation more, unless it is there.
    pub fn insert(&mut self, operation: OperationSpan) {
        let at = self.operations.partition_point(|other| other.call < operation.call);
        if self.operations.get(at).is_some_and(|other| other.call == operation.call) {
            return;
        }
        self.impossible += usize::from(at <= self.impossible);
        self.operations.insert(at, operation);
    }

    /// The end of a sentence: what it should have answered, if that is known.
    pub fn should_have_been(&self) -> String {
        if self.expected.is_empty() {
            String::new()
        } else {
            format!(": should have been {}", self.expected.join(" or "))
        }
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.trace().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_that_overlap_are_open_beside_each_other() {
        let span = |process: u64, f: &str, what: &str, call, ret| OperationSpan {
            process: process.into(),
            f: f.to_owned(),
            what: what.to_owned(),
            call,
            ret,
            line: None,
            return_line: None,
        };
        let violation = Violation {
            key: "x".to_owned(),
            operations: vec![
                span(7, "write", "write 1", 0, Some(3)),
                span(2, "read", "read -> 1", 1, Some(2)),
                span(7, "write", "write 5", 4, None),
                span(2, "read", "read -> 0", 5, Some(6)),
            ],
            impossible: 3,
            expected: vec!["1".to_owned(), "5".to_owned()],
            ..Violation::default()
        };
        let expected = "\
step  process 2           process 7
   1                      ● invoke write
   2  ● invoke read       │
   3  ● return read -> 1  │
   4                      ● return write 1
   5                      ● invoke write 5
   6  ● invoke read       │
   7  ✗ return read -> 0  │                 ← impossible: should have been 1 or 5
";
        assert_eq!(violation.to_string(), expected);
        let cause = "No linearization of these 4 operations of x exists: the answer of “read -> 0” is impossible: should have \
                     been 1 or 5.";
        assert_eq!(violation.drawing().to_text(None), format!("{cause}\n\n{expected}"));
    }
}
