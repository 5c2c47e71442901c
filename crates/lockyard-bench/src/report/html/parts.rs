//! What all sections of the page are put together from: headings, panels, figures with their sentence and their numbers, tables.

use maud::{Markup, html};

use super::super::format;
use super::super::markup::scroll;
use super::super::rows::Table;
use super::palette::Palette;

/// The heading of a section, with a link to it.
pub(super) fn heading(id: &str, title: &str) -> Markup {
    html! {
        h2 id=(format!("{id}-title")) {
            (title)
            a.here href=(format!("#{id}")) aria-label=(format!("Link to “{title}”")) { "#" }
        }
    }
}

/// A section of the page.
pub(super) fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! { section id=(id) aria-labelledby=(format!("{id}-title")) { (heading(id, title)) (content) } }
}

/// A section that is folded until it is asked for.
pub(super) fn folded(id: &str, title: &str, content: &Markup) -> Markup {
    html! { details.section id=(id) { summary { h2 { (title) } } (content) } }
}

/// One panel a scenario: the script shows one at a time, and without it they follow each other.
pub(super) fn panels(tables: &[Table<'_>], panel: impl Fn(&Table<'_>) -> Markup) -> Markup {
    html! { @for table in tables {
        div.panel data-scenario=(table.scenario) {
            @if tables.len() > 1 { h3 { (table.scenario) } }
            (panel(table))
        }
    } }
}

/// A chart with the sentence that says what to see in it, and the numbers behind it.
pub(super) fn figure(title: Option<&str>, sentence: &str, drawing: &Markup, numbers: &Markup) -> Markup {
    html! {
        figure {
            @if let Some(title) = title { h3 { (title) } }
            figcaption { (sentence) }
            (drawing)
            details {
                summary { "The numbers behind this chart" }
                (numbers)
            }
        }
    }
}

/// A time of a strategy, with its interval where it has one.
pub(super) type TimeOf<'a> = (&'a str, u64, Option<[u64; 2]>);

/// "from 1.20 µs (“quick”) to 3.40 µs (“slow”)"; of one alone, or of several that are the same, that value, and of none nothing.
/// An end has a name only where its interval parts it from all others.
pub(super) fn span(times: &[TimeOf<'_>]) -> Option<String> {
    let low = times.iter().min_by_key(|(_, nanos, _)| *nanos)?;
    let high = times.iter().max_by_key(|(_, nanos, _)| *nanos)?;
    let parts_from = |end: &TimeOf<'_>, other: &TimeOf<'_>| match (end.2, other.2) {
        (Some(end), Some(other)) => end[1] < other[0] || other[1] < end[0],
        _ => false,
    };
    let shown = |end: &TimeOf<'_>| {
        let is_parted = times.iter().filter(|it| it.0 != end.0).all(|it| parts_from(end, it));
        let name = if is_parted { format!(" (“{}”)", end.0) } else { String::new() };
        format::nanos(end.1) + &name
    };
    let (lowest, highest) = (format::nanos(low.1), format::nanos(high.1));
    Some(if lowest == highest { lowest } else { format!("from {} to {}", shown(low), shown(high)) })
}

/// A row of a table: the strategy it is about, and what is said of it.
pub(super) type TableRow<'a> = (&'a str, Vec<String>);

/// A table with a row for each strategy, the numbers flush right.
pub(super) fn numbers<'a>(
    palette: &Palette<'_>,
    caption: &str,
    head: &[&str],
    rows: impl IntoIterator<Item = TableRow<'a>>,
) -> Markup {
    let table = html! {
        table.numbers {
            caption { (caption) }
            thead { tr {
                th scope="col" { "strategy" }
                @for column in head { th scope="col" { (column) } }
            } }
            tbody { @for (strategy, cells) in rows { tr data-s=(palette.number(strategy)) {
                th scope="row" { (strategy) }
                @for cell in &cells { td { (cell) } }
            } } }
        }
    };
    scroll(caption, &table)
}

/// A bar in a cell, from nothing to a value, and the interval around its end; all as shares of the longest.
pub(super) fn bar(value: f64, ci: Option<[f64; 2]>, most: f64) -> Markup {
    let share = |it: f64| (it / most).clamp(0.0, 1.0) * 100.0;
    match ci {
        None => html! { i.bar style=(format!("--v:{:.0}%", share(value))) {} },
        Some([low, high]) => {
            let (low, wide) = (share(low), share(high) - share(low));
            html! { i.bar.ci style=(format!("--v:{:.1}%;--l:{low:.1}%;--w:{wide:.1}%", share(value))) {} }
        }
    }
}

/// A mark in a cell, at a value between the least and the most on a logarithmic scale.
pub(super) fn dot(value: f64, [least, most]: [f64; 2]) -> Markup {
    let span = (most / least).ln();
    let share = if span > 0.0 { (value.max(least) / least).ln() / span } else { 0.0 };
    html! { i.bar.dot style=(format!("--v:{:.1}%", share.clamp(0.0, 1.0) * 97.0)) {} }
}
