//! The wait-for graph as SVG: tasks below each other, what each waits for beside its arrow, and the last arrow back to the
//! first. Unlike in a round layout there is room for both places of every edge, however many there are.

use std::fmt::Write as _;

use super::super::edge::Edge;
use super::super::elide::{elide, short_place};
use super::super::graph::WaitForGraph;
use super::escape::escaped;

/// In pixels of the drawing. A node is a task, a gap has an arrow and the four lines beside it.
const NODE: usize = 30;
const GAP: usize = 83;
/// Between the lines beside an arrow.
const LINE: usize = 17;
/// Left of the nodes there is the arrow back to the first one.
const LEFT: usize = 34;
/// The arrows leave the nodes here, and the words beside them begin there.
const ARROW: usize = LEFT + 24;
const WORDS: usize = ARROW + 14;
/// About how wide a character is, of the font that is given below.
const CHARACTER: usize = 8;
/// No line is longer, in characters.
const LONGEST: usize = 52;

/// The graph, and its edges in words, with whole places.
pub(super) fn figure(edges: &[Edge]) -> String {
    if edges.is_empty() {
        return String::new();
    }
    let graph = WaitForGraph { edges };
    let sentences: Vec<_> = graph.arrows().map(|(edge, next)| sentence(edge, next)).collect();
    let items = sentences.iter().map(|it| ["<li>", &escaped(it), "</li>"].concat()).collect::<String>();
    format!(
        "<figure class=\"graph\">{}<figcaption><details><summary>The wait cycle in words</summary>\
         <ol>{items}</ol></details></figcaption></figure>",
        svg(graph, &sentences)
    )
}

/// `reader waits for account (write) at src/a.rs:48:27, held by writer as account (read), locked at src/a.rs:53:28`.
fn sentence(edge: &Edge, next: &Edge) -> String {
    let at = |of: &Option<String>| of.as_ref().map(|of| format!(" at {of}")).unwrap_or_default();
    let has = next.holds.as_ref().map(|holds| {
        let locked = if next.locked_at.is_some() { ", locked" } else { "" };
        format!(" as {holds}{locked}{}", at(&next.locked_at))
    });
    format!(
        "{} waits for {}{}, {} {}{}",
        edge.task,
        edge.waits_for,
        at(&edge.place),
        WaitForGraph::relation(next),
        next.task,
        has.unwrap_or_default()
    )
}

fn svg(graph: WaitForGraph<'_>, sentences: &[String]) -> String {
    let count = graph.edges.len();
    let top = |nth: usize| 2 + nth * (NODE + GAP);
    let lines: Vec<_> = graph.arrows().map(|(edge, next)| lines(edge, next)).collect();
    let widest = lines.iter().flatten().map(|line| line.chars().count()).max().unwrap_or(0);
    let nodes: Vec<_> = graph.edges.iter().map(|edge| elide(&edge.task, LONGEST)).collect();
    let node = nodes.iter().map(|name| name.chars().count()).max().unwrap_or(0) * CHARACTER + 24;
    let width = (WORDS + widest * CHARACTER).max(LEFT + node) + 4;
    let height = top(count) + 2;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"Wait cycle: {}\">",
        escaped(&sentences.join("; "))
    );
    for (nth, (name, lines)) in nodes.iter().zip(&lines).enumerate() {
        let (y, is_last) = (top(nth), nth + 1 == count);
        // Writing to a string cannot fail.
        let _ = write!(
            svg,
            "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{node}\" height=\"{NODE}\" rx=\"6\"/>\
             <text class=\"task\" x=\"{}\" y=\"{}\">{}</text>",
            LEFT + 12,
            y + 20,
            escaped(name)
        );
        let (from, to) = (y + NODE, top(nth + 1));
        svg += &if is_last { back(from, to - 6, top(0) + NODE / 2) } else { down(from, to) };
        for (line, words) in lines.iter().enumerate() {
            let class = if line == 0 { "lock" } else { "at" };
            let y = from + 18 + line * LINE;
            let _ = write!(svg, "<text class=\"{class}\" x=\"{WORDS}\" y=\"{y}\">{}</text>", escaped(words));
        }
    }
    svg + "</svg>"
}

/// What stands beside an arrow: the lock, where it is waited for, and what the task that it leads to has of it.
fn lines(edge: &Edge, next: &Edge) -> [String; 4] {
    let at = |word: &str, of: &Option<String>| {
        of.as_deref().map(|of| format!("{word}at {}", short_place(of))).unwrap_or_default()
    };
    let (has, since) = match &next.holds {
        Some(holds) => (format!("held as {holds}"), at("locked ", &next.locked_at)),
        None => ("queued ahead of it".to_owned(), String::new()),
    };
    let fit = |line: String| elide(&line, LONGEST).into_owned();
    [format!("waits for {}", edge.waits_for), at("", &edge.place), has, since].map(fit)
}

/// An arrow to the next node. Its tip is drawn, not referred to: names of parts would be the same in every drawing of a page.
fn down(from: usize, to: usize) -> String {
    format!(
        "<path class=\"edge\" d=\"M{ARROW} {from}V{}\"/><path class=\"tip\" d=\"M{} {}h10l-5 8z\"/>",
        to - 7,
        ARROW - 5,
        to - 8
    )
}

/// An arrow from the last node, round below, up to the first.
fn back(from: usize, below: usize, first: usize) -> String {
    format!(
        "<path class=\"edge\" d=\"M{ARROW} {from}V{}q0 8 -8 8H20q-8 0 -8 -8V{}q0 -8 8 -8H{}\"/>\
         <path class=\"tip\" d=\"M{} {}v10l8 -5z\"/>",
        below - 8,
        first + 8,
        LEFT - 7,
        LEFT - 8,
        first - 5
    )
}
