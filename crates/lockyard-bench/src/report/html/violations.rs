//! What was found wrong, drawn: who waits for whom, and which steps led there.

use maud::{Markup, PreEscaped, html};

use super::parts;
use crate::record::{Counterexample, Finding, Record};

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

fn counterexamples(record: &Record) -> impl Iterator<Item = (&str, &str, &Counterexample)> {
    let models = record.models.iter().flatten().filter(|it| !it.holds);
    models.filter_map(|it| Some((it.model.as_str(), it.strategy.as_str(), it.counterexample.as_ref()?)))
}

pub(super) fn section(record: &Record) -> Markup {
    html! {
        section #violations {
            h2 { "What went wrong, step by step" }
            @for (strategy, scenario, it) in errors(record) {
                article {
                    h3 { (it.name()) " in “" (strategy) "” under " (scenario) }
                    (message(&it.message))
                    @if it.tasks.len() > 1 { (graph(it)) }
                    (places(it))
                }
            }
            @for (model, strategy, it) in counterexamples(record) {
                article {
                    h3 { "Model " (model) " over “" (strategy) "”" }
                    (message(&it.message))
                    (lanes(it))
                    p { "To see it again:" }
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

/// The tasks in a ring, in the order of the record, each with an arrow to the next, and the place that belongs to it. Of
/// other things than cycles only the tasks are told.
fn graph(it: &Finding) -> Markup {
    let count = it.tasks.len();
    if !it.kind.is_cycle() || count > 8 {
        return html! { p.muted { "Tasks: " (it.tasks.join(", ")) "." } };
    }
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
    let title = format!("A ring of tasks in which each waits for the next: {}", it.tasks.join(", "));
    html! {
        svg.graph viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
            (PreEscaped("<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"var(--bad)\"/></marker></defs>"))
            @for nth in 0..count { path d=(arrow(nth)) fill="none" stroke="var(--bad)" stroke-width="1.6" marker-end="url(#tip)" {} }
            @for (nth, task) in it.tasks.iter().enumerate() {
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

/// A column for each process, a row for each step. A step that names nobody stands in the first.
fn lanes(it: &Counterexample) -> Markup {
    let steps: Vec<_> = it.steps.iter().map(|step| who(step)).collect();
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in &steps {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let table = html! { table.lanes {
        thead { tr {
            th scope="col" { "step" }
            @for name in &names { th scope="col" { @if name.is_empty() { "–" } @else { (name) } } }
        } }
        tbody { @for (nth, (name, what)) in steps.iter().enumerate() { tr {
            th scope="row" { (nth + 1) }
            @for lane in &names { td { @if lane == name { span.step { (what) } } } }
        } } }
    } };
    html! { @if !steps.is_empty() { (parts::scroll("Steps", &table)) } }
}

/// `reader: load` is a step of `reader`.
fn who(step: &str) -> (&str, &str) {
    match step.split_once(": ") {
        Some((name, what)) if !name.is_empty() && name.len() <= 24 => (name, what),
        _ => ("", step),
    }
}
