//! What failed, drawn: the wait-for edges, and the steps that led there.

use maud::{Markup, PreEscaped, html};

use super::parts;
use crate::record::{Finding, Record};
use crate::report::rows::counterexamples;

/// Whether there is anything to draw.
pub(super) fn any(record: &Record) -> bool {
    errors(record).next().is_some() || counterexamples(record).next().is_some()
}

fn errors(record: &Record) -> impl Iterator<Item = (&str, &str, &Finding)> {
    record.cells.iter().flat_map(|cell| {
        let wrong = cell.findings.iter().filter(|it| it.is_error());
        wrong.map(|it| (cell.strategy.as_str(), cell.scenario.as_str(), it))
    })
}

pub(super) fn section(record: &Record) -> Markup {
    html! {
        section #violations {
            h2 { "Failures in detail" }
            @for (strategy, scenario, it) in errors(record) {
                article {
                    h3 { (it.name()) " in “" (strategy) "” under " (scenario) }
                    (message(&it.message))
                    (graph(it))
                    (places(it))
                }
            }
            @for (model, it) in counterexamples(record) {
                article {
                    h3 { "Model " (model.model) " over “" (model.strategy) "”" }
                    (message(&it.message))
                    @if !it.steps.is_empty() { (parts::scroll("Steps", &PreEscaped(it.trace().to_html()))) }
                    p { "Replay:" }
                    pre tabindex="0" { code { (it.replay) } }
                }
            }
        }
    }
}

/// A drawing keeps its lines; a sentence is set as one.
fn message(text: &str) -> Markup {
    html! { @if text.contains('\n') { pre tabindex="0" { (text) } } @else { p { (text) } } }
}

fn places(it: &Finding) -> Markup {
    html! {
        @if !it.places.is_empty() {
            ul.notes { @for place in &it.places { li { code { (place) } } } }
        }
    }
}

/// Which task waits for which: the tasks of the edges round a cycle, each with an arrow to the next, and the edges as a table. Of what
/// has no edges only the tasks are named, but where they are known to be a cycle, as in records of schema 1.
fn graph(it: &Finding) -> Markup {
    let tasks: Vec<&str> = match &*it.edges {
        [] if it.kind.is_cycle() => it.tasks.iter().map(String::as_str).collect(),
        edges => edges.iter().map(|edge| edge.task.as_str()).collect(),
    };
    html! {
        @if (2..=8).contains(&tasks.len()) { (cycle(&tasks)) }
        @else if it.edges.is_empty() && it.tasks.len() > 1 { p.muted { "Tasks: " (it.tasks.join(", ")) "." } }
        @if !it.edges.is_empty() { (parts::scroll("Wait-for edges", &edges(it))) }
    }
}

fn edges(it: &Finding) -> Markup {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    html! { table {
        (parts::head(["task", "holds", "locked at", "waits for", "at"].into_iter()))
        tbody { @for edge in &it.edges { tr {
            th scope="row" { (edge.task) }
            td { (or_none(&edge.holds)) }
            td { code { (or_none(&edge.locked_at)) } }
            td { (edge.waits_for) }
            td { code { (or_none(&edge.place)) } }
        } } }
    } }
}

fn cycle(tasks: &[&str]) -> Markup {
    let count = tasks.len();
    let (width, height) = (340.0, 200.0);
    let at = |nth: usize| {
        let angle = std::f64::consts::TAU * nth as f64 / count as f64 - std::f64::consts::FRAC_PI_2
            + if count == 2 { std::f64::consts::FRAC_PI_2 } else { 0.0 };
        (width / 2.0 + 105.0 * angle.cos(), height / 2.0 + 66.0 * angle.sin())
    };
    // Arrows bend outwards, so that two tasks that wait for each other have two.
    let arrow = |nth: usize| {
        let ((x1, y1), (x2, y2)) = (at(nth), at((nth + 1) % count));
        let (dx, dy) = (x2 - x1, y2 - y1);
        let length = dx.hypot(dy).max(1.0);
        let (from, to) = (34.0 / length, 1.0 - 38.0 / length);
        let bend =
            |share: f64, off: f64| (x1 + dx * share + dy / length * off, y1 + dy * share - dx / length * off);
        let ((ax, ay), (bx, by), (cx, cy)) = (bend(from, 8.0), bend(0.5, 26.0), bend(to, 8.0));
        format!("M{ax:.1} {ay:.1} Q{bx:.1} {by:.1} {cx:.1} {cy:.1}")
    };
    let title = format!("Wait cycle: each task waits for the next: {}", tasks.join(", "));
    html! {
        svg.graph viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
            (PreEscaped("<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"var(--bad)\"/></marker></defs>"))
            @for nth in 0..count { path d=(arrow(nth)) fill="none" stroke="var(--bad)" stroke-width="1.6" marker-end="url(#tip)" {} }
            @for (nth, task) in tasks.iter().enumerate() {
                @let (x, y) = at(nth);
                circle cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="30" fill="var(--panel)" stroke="var(--rule)" {}
                text x=(format!("{x:.1}")) y=(format!("{:.1}", y + 4.0)) text-anchor="middle" font-size="12" fill="var(--ink)" {
                    (shortened(task))
                }
            }
        }
        p.axes { "each task waits for the next" }
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= 9 { name.to_owned() } else { name.chars().take(8).chain(['…']).collect() }
}
