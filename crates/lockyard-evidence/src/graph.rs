//! The wait-for graph in text.

use std::fmt;

use super::edge::Edge;
use super::elide::{elide, plain, short_place};

/// The wait-for graph of a cycle: nodes are tasks, and each edge leads to the task that holds what is waited for.
/// [`Display`](fmt::Display) draws it as text with whole places, [`to_text`](Self::to_text) within a width.
///
/// ```
/// use lockyard_evidence::{Edge, WaitForGraph};
///
/// let edge = |task: &str, holds: &str, locked_at: &str, waits_for: &str, place: &str| Edge {
///     task: task.to_owned(),
///     holds: Some(holds.to_owned()),
///     locked_at: Some(locked_at.to_owned()),
///     waits_for: waits_for.to_owned(),
///     place: Some(place.to_owned()),
/// };
/// let edges = [
///     edge("reader", "cache #1 (write)", "src/a.rs:38:26", "account #7 (write)", "src/a.rs:48:27"),
///     edge("writer", "account #7 (write)", "src/a.rs:53:28", "cache #1 (write)", "src/a.rs:56:11"),
/// ];
/// let text = WaitForGraph { edges: &edges }.to_text(Some(80));
/// assert_eq!(text, "\
/// ┌─▶ reader
/// │     holds      cache #1 (write), locked at a.rs:38
/// │     waits for  account #7 (write) at a.rs:48, held by
/// ├─▶ writer
/// │     holds      account #7 (write), locked at a.rs:53
/// │     waits for  cache #1 (write) at a.rs:56, held by
/// └─▶ reader
/// ");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitForGraph<'a> {
    /// The edges of the cycle, each to the task of the next, and the last one to that of the first.
    pub edges: &'a [Edge],
}

impl<'a> WaitForGraph<'a> {
    /// The drawing, in lines of at most `width` characters with places as `file:line`, or as wide as it is with whole
    /// places. Empty without edges.
    pub fn to_text(&self, width: Option<usize>) -> String {
        let Some(first) = self.edges.first() else { return String::new() };
        let place = |place: &'a str| if width.is_some() { short_place(place) } else { place };
        let at = |word: &str, of: &'a Option<String>| {
            of.as_deref().map(|of| format!("{word} at {}", place(of))).unwrap_or_default()
        };
        let mut lines = Vec::new();
        for (nth, (edge, next)) in self.arrows().enumerate() {
            lines.push(format!("{}─▶ {}", if nth == 0 { '┌' } else { '├' }, edge.task));
            // The one before says that it is queued ahead.
            if let Some(holds) = &edge.holds {
                lines.push(format!("│     holds      {holds}{}", at(", locked", &edge.locked_at)));
            }
            let how = Self::relation(next);
            lines.push(format!("│     waits for  {}{}, {how}", edge.waits_for, at("", &edge.place)));
        }
        lines.push(format!("└─▶ {}", first.task));
        let fit = |line: String| match width {
            Some(width) => elide(&plain(&line), width).into_owned() + "\n",
            None => plain(&line).into_owned() + "\n",
        };
        lines.into_iter().map(fit).collect()
    }

    /// Each edge, with that of the task which it leads to.
    pub(super) fn arrows(&self) -> impl Iterator<Item = (&'a Edge, &'a Edge)> {
        self.edges.iter().zip(self.edges.iter().cycle().skip(1))
    }

    /// What the task of `next` has of that which the one before waits for.
    pub(super) fn relation(next: &Edge) -> &'static str {
        if next.holds.is_some() { "held by" } else { "queued behind" }
    }
}

impl fmt::Display for WaitForGraph<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(task: &str, holds: Option<&str>, waits_for: &str) -> Edge {
        Edge {
            task: task.to_owned(),
            holds: holds.map(str::to_owned),
            locked_at: holds.map(|_| format!("src/{task}/mod.rs:3:9")),
            waits_for: waits_for.to_owned(),
            place: Some(format!("src/{task}.rs:8:1")),
        }
    }

    #[test]
    fn three_tasks_form_a_cycle_that_ends_where_it_began() {
        let edges = [
            edge("t1", Some("a #1 (write)"), "b #2 (write)"),
            edge("t2", Some("b #2 (read)"), "c #3 (write)"),
            edge("t3", Some("c #3 (write)"), "a #1 (read)"),
        ];
        let expected = "\
┌─▶ t1
│     holds      a #1 (write), locked at t1/mod.rs:3
│     waits for  b #2 (write) at t1.rs:8, held by
├─▶ t2
│     holds      b #2 (read), locked at t2/mod.rs:3
│     waits for  c #3 (write) at t2.rs:8, held by
├─▶ t3
│     holds      c #3 (write), locked at t3/mod.rs:3
│     waits for  a #1 (read) at t3.rs:8, held by
└─▶ t1
";
        assert_eq!(WaitForGraph { edges: &edges }.to_text(Some(80)), expected);
        assert!(
            WaitForGraph { edges: &edges }
                .to_string()
                .contains("a #1 (write), locked at src/t1/mod.rs:3:9\n")
        );
    }

    #[test]
    fn a_task_that_is_only_queued_ahead_holds_nothing() {
        let edges = [edge("reader", Some("s (read)"), "s (read)"), edge("writer", None, "s (write)")];
        let expected = "\
┌─▶ reader
│     holds      s (read), locked at reader/mod.rs:3
│     waits for  s (read) at reader.rs:8, queued behind
├─▶ writer
│     waits for  s (write) at writer.rs:8, held by
└─▶ reader
";
        assert_eq!(WaitForGraph { edges: &edges }.to_text(Some(80)), expected);
    }

    #[test]
    fn no_line_is_wider_than_asked_and_none_is_broken_by_a_name() {
        let edges = [edge(&"long\nname ".repeat(20), Some("s"), &"lock ".repeat(30))];
        let text = WaitForGraph { edges: &edges }.to_text(Some(80));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.lines().count(), 4, "{text}");
        assert_eq!(WaitForGraph { edges: &[] }.to_string(), "");
    }
}
