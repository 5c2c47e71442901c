//! What went wrong, drawn whole: cause, wait-for graph, steps, replay.

use std::borrow::Cow;
use std::fmt;

use super::edge::Edge;
use super::elide::{elide, plain, wrapped};
use super::finding::Finding;
use super::graph::WaitForGraph;
use super::layout;
use super::trace::Trace;

/// What went wrong, ready to be drawn: the cause in sentences, the wait-for graph, the steps of the tasks beside each other,
/// and the command that shows it again. What there is none of is not drawn.
///
/// [`Counterexample::drawing`](super::Counterexample::drawing), [`Violation::drawing`](super::Violation::drawing) and
/// [`Finding::drawing`] make one; another tool fills in what it has.
///
/// ```
/// use lockyard_evidence::{Drawing, Edge};
///
/// let edges = [Edge {
///     task: "client".to_owned(),
///     holds: Some("account #1 (write)".to_owned()),
///     locked_at: Some("src/a.rs:3:9".to_owned()),
///     waits_for: "account #1 (write)".to_owned(),
///     place: Some("src/a.rs:4:9".to_owned()),
/// }];
/// let drawing = Drawing {
///     cause: vec!["A request locks its account twice.".into()],
///     edges: (&edges[..]).into(),
///     replay: Some("cargo test twice".into()),
///     ..Drawing::default()
/// };
/// assert_eq!(drawing.to_text(Some(80)), "\
/// A request locks its account twice.
///
/// ┌─▶ client
/// │     holds      account #1 (write), locked at a.rs:3
/// │     waits for  account #1 (write) at a.rs:4, held by
/// └─▶ client
///
/// Replay: cargo test twice
/// ");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawing<'a> {
    /// What went wrong and why, a sentence each, the general one first.
    pub cause: Vec<Cow<'a, str>>,
    /// The wait-for graph: each edge leads to the task of the next, and the last one to that of the first.
    pub edges: Cow<'a, [Edge]>,
    /// The run.
    pub trace: Option<Trace<'a>>,
    /// The command that shows it again.
    pub replay: Option<Cow<'a, str>>,
}

impl Drawing<'_> {
    /// The drawing as text, in lines of at most `width` characters; `None` for lines as long as they are. Only the command
    /// to replay it is never broken, so that it can be copied.
    pub fn to_text(&self, width: Option<usize>) -> String {
        let mut parts = Vec::new();
        if !self.cause.is_empty() {
            parts.push(self.cause.iter().map(|sentence| paragraph(sentence, width)).collect());
        }
        if !self.edges.is_empty() {
            parts.push(WaitForGraph { edges: &self.edges }.to_text(width));
        }
        if let Some(trace) = self.steps() {
            parts.push(layout::text(&trace.lanes(&self.edges), width));
        }
        if let Some(replay) = &self.replay {
            parts.push(format!("Replay: {}\n", plain(replay)));
        }
        parts.join("\n")
    }

    /// Whether there is nothing to draw: neither a wait-for graph nor a step.
    pub fn is_words_alone(&self) -> bool {
        self.edges.is_empty() && self.steps().is_none()
    }

    /// The run, if it has steps.
    pub(super) fn steps(&self) -> Option<&Trace<'_>> {
        self.trace.as_ref().filter(|trace| !trace.steps.is_empty())
    }
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(None))
    }
}

/// A sentence is wrapped; the lines of a text that has several are kept, since they may be columns.
fn paragraph(text: &str, width: Option<usize>) -> String {
    let room = width.unwrap_or(usize::MAX);
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut out: String = wrapped(&plain(first), room).into_iter().map(|line| line + "\n").collect();
    out.extend(rest.lines().map(|line| elide(&plain(line), room).into_owned() + "\n"));
    out
}

impl Finding {
    /// What was found and what it means, and its wait cycle.
    ///
    /// ```
    /// use lockyard_evidence::{Finding, FindingKind, Severity};
    ///
    /// let finding = Finding {
    ///     kind: FindingKind::LostWakeUp,
    ///     rule: None,
    ///     severity: Severity::Error,
    ///     message: "task 3 waits for cache, which is free".to_owned(),
    ///     places: vec!["src/cache.rs:118:29".to_owned()],
    ///     tasks: vec!["task 3".to_owned()],
    ///     edges: Vec::new(),
    /// };
    /// assert_eq!(finding.drawing().to_text(Some(80)), "\
    /// task 3 waits for cache, which is free
    /// A task waits for a lock that no task holds: its wake-up was lost.
    /// ");
    /// ```
    pub fn drawing(&self) -> Drawing<'_> {
        Drawing {
            cause: vec![self.message.as_str().into(), self.kind.meaning().into()],
            edges: self.edges.as_slice().into(),
            ..Drawing::default()
        }
    }
}
