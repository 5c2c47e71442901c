//! What all sections of the page are put together from: figures with their sentence and their numbers, and tables.

use maud::{Markup, html};

use super::super::format;
use super::palette::Palette;

/// A chart with the sentence that says what to see in it, and the numbers behind it.
pub(super) fn figure(title: &str, sentence: &str, drawing: &Markup, numbers: &Markup) -> Markup {
    html! {
        figure {
            h3 { (title) }
            figcaption { (sentence) }
            (drawing)
            details {
                summary { "The numbers behind this chart" }
                (numbers)
            }
        }
    }
}

/// A table that scrolls by itself where it is too wide, with a name for screen readers.
pub(super) fn scroll(name: &str, table: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(name) { (table) } }
}

/// The head of a table of words.
pub(super) fn head<'a>(names: impl IntoIterator<Item = &'a str>) -> Markup {
    html! { thead { tr { @for name in names { th scope="col" { (name) } } } } }
}

/// A time of a strategy, with its interval where it has one.
pub(super) type TimeOf<'a> = (&'a str, u64, Option<[u64; 2]>);

/// "from 1.20 µs (“quick”) to 3.40 µs (“slow”)"; of one alone its value, and of none nothing. An end has a name only where its
/// interval parts it from all others.
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
    Some(if times.len() == 1 {
        format::nanos(low.1)
    } else {
        format!("from {} to {}", shown(low), shown(high))
    })
}

/// A row of a table: the strategy it is about, and what is said of it.
pub(super) type TableRow<'a> = (&'a str, Vec<String>);

/// A table with a row for each strategy, the numbers flush right.
pub(super) fn numbers<'a>(
    palette: &Palette<'_>,
    name: &str,
    head: &[&str],
    rows: impl IntoIterator<Item = TableRow<'a>>,
) -> Markup {
    let table = html! {
        table {
            thead { tr {
                th scope="col" { "strategy" }
                @for column in head { th.number scope="col" { (column) } }
            } }
            tbody { @for (strategy, cells) in rows { tr data-s=(palette.number(strategy)) {
                th scope="row" { (strategy) }
                @for cell in &cells { td.number { (cell) } }
            } } }
        }
    };
    scroll(name, &table)
}

/// The key to the colours, for charts of lines.
pub(super) fn legend<'a>(palette: &Palette<'_>, strategies: impl IntoIterator<Item = &'a str>) -> Markup {
    html! {
        ul.key {
            @for strategy in strategies {
                li data-s=(palette.number(strategy)) {
                    @let dashed = if palette.is_dashed(strategy) { "swatch dashed" } else { "swatch" };
                    span class=(dashed) style=(format!("color: {}", palette.colour(strategy))) {}
                    (strategy)
                }
            }
        }
    }
}
