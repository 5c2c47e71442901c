//! Operations that no order explains, as data.

use super::drawing::Drawing;
use super::step::{Action, Step};
use super::trace::Trace;

/// The few operations that show why a history is not linearizable. [`drawing`](Self::drawing) draws them with the reason,
/// [`trace`](Self::trace) them alone.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// One operation, from its invocation to its return.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OperationSpan {
    /// The process that invoked it.
    pub process: u64,
    /// The function.
    pub f: String,
    /// The call and its answer.
    pub what: String,
    /// The moment of the invocation. Moments order the events of the history, and measure nothing.
    pub call: usize,
    /// The moment of the return; null if the outcome is unknown.
    pub ret: Option<usize>,
}

impl Violation {
    /// The operations as a run: a task for each process, a row for each invocation and each return, in their order.
    pub fn trace(&self) -> Trace<'static> {
        let mut processes: Vec<u64> = self.operations.iter().map(|it| it.process).collect();
        processes.sort_unstable();
        processes.dedup();
        let mut events: Vec<_> = self
            .operations
            .iter()
            .enumerate()
            .flat_map(|(at, it)| {
                let invoked = (it.call, at, Action::Invoke);
                [Some(invoked), it.ret.map(|ret| (ret, at, Action::Return))]
            })
            .flatten()
            .collect();
        events.sort_unstable_by_key(|&(moment, at, _)| (moment, at));
        let step = |(nth, &(_, at, action)): (u32, &(usize, usize, Action))| {
            let it = &self.operations[at];
            // What an invocation asks is said once more, with the answer, where it returns.
            let object = if action == Action::Invoke && it.ret.is_some() { &it.f } else { &it.what };
            Step {
                nth,
                task: processes.binary_search(&it.process).unwrap_or_default(),
                action,
                object: Some(object.clone()),
                value: None,
                place: None,
                holds: Vec::new(),
                waits_for: Vec::new(),
            }
        };
        let last = events.iter().rposition(|(_, at, _)| *at == self.impossible);
        Trace {
            steps: (1..).zip(&events).map(step).collect(),
            tasks: processes.iter().map(|process| format!("process {process}")).collect(),
            wrong: last.map(|at| (at, format!("impossible{}", self.should_have_been()))),
        }
    }

    /// All of it, to draw: why no order explains the answers, and the operations.
    pub fn drawing(&self) -> Drawing<'static> {
        let count = self.operations.len();
        let of = if self.key.is_empty() { String::new() } else { format!(" of {}", self.key) };
        let impossible = self
            .operations
            .get(self.impossible)
            .map(|it| format!(": the answer of “{}” is impossible{}", it.what, self.should_have_been()));
        let impossible = impossible.unwrap_or_default();
        let cause = format!("No linearization of these {count} operations{of} exists{impossible}.");
        Drawing { cause: vec![cause.into()], trace: Some(self.trace()), ..Drawing::default() }
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
        let span = |process, f: &str, what: &str, call, ret| OperationSpan {
            process,
            f: f.to_owned(),
            what: what.to_owned(),
            call,
            ret,
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
