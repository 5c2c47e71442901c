//! Locks alone on the page: a heat map of who is fastest for hold time × share of reads, what each lock costs besides, and
//! published results.
//!
//! Whose a square is stands in it in words; the colour only makes a region visible at a glance, and a tie has none.

use maud::{Markup, html};

use super::super::format;
use super::super::locks::{
    CURVE_HEAD, CURVE_TITLE, LOCK_HEAD, LOCK_NOTE, LOCK_TITLE, LockMap, Standings, curve_rows, hold,
    lock_rows, sentences,
};
use super::super::markup;
use super::super::rows::{NOT_MEASURED, Table};
use super::figures;
use super::palette::Palette;
use crate::record::Record;

/// So many names stand in one square.
const NAMED: usize = 3;

pub(super) fn sections(record: &Record, tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    let maps = LockMap::all(record);
    let (all, yielding): (Vec<_>, Vec<_>) = maps.iter().partition(|map| map.has_all_locks());
    html! {
        section #lock-maps aria-labelledby="lock-maps-title" {
            h2 #lock-maps-title { "Which lock is fastest where" }
            p.muted {
                "Hold time by share of reads. A name by itself is the fastest: its interval is above that of every other lock at the \
                 point. Several names are tied: no difference between them was seen."
                @if let Some(baseline) = record.baseline() { " Ratios are of the throughput of “" (baseline) "”." }
            }
            @for map in all { (map_of(record, map, palette)) }
        }
        @if !yielding.is_empty() {
            section #yielding-maps aria-labelledby="yielding-maps-title" {
                h2 #yielding-maps-title { "Which lock that yields is fastest where" }
                p.muted { "The same among locks whose waiters yield the task: what blocks a thread is no choice where a guard is held across an await, or a wait is long." }
                @for map in yielding { (map_of(record, map, palette)) }
            }
        }
        (locks(record, palette))
        (curves(record))
        @if !tables.is_empty() {
            section #points {
                h2 { "Every point" }
                details {
                    summary { (format::counted(tables.len() as u64, "point")) ", all locks at each" }
                    @for table in tables { h3 { (table.scenario) } (figures::every_figure(table, palette)) }
                }
            }
        }
    }
}

fn map_of(record: &Record, map: &LockMap, palette: &Palette<'_>) -> Markup {
    let title = format!("Fastest lock: {}", map.title());
    let table = html! { table.lock-map {
        caption { (title) }
        thead { tr {
            th scope="col" { "held for" }
            @for reads in &map.reads { th scope="col" { (reads) " % reads" } }
        } }
        tbody { @for (row, ns) in map.holds.iter().enumerate() { tr {
            th scope="row" { (hold(*ns)) }
            @for column in 0..map.reads.len() { (square(map, (row, column), palette)) }
        } } }
    } };
    html! {
        article {
            h3 { (map.title()) }
            (markup::scroll(&title, &table))
            ul { @for sentence in sentences(map, record.baseline()) { li { (sentence) } } }
        }
    }
}

fn square(map: &LockMap, (row, column): (usize, usize), palette: &Palette<'_>) -> Markup {
    let Some(point) = map.at(row, column) else { return html! { td.muted { (NOT_MEASURED) } } };
    match (&point.leaders[..], point.standing) {
        (_, Standings::Undecided) => html! { td.muted { "no winner: too imprecise" } },
        (_, Standings::Alike) => html! { td.muted { "no difference was seen" } },
        ([only], Standings::Led) => html! {
            td.led data-s=(palette.number(&only.name)) {
                strong { (only.name) }
                @if let Some((ratio, ci)) = only.ratio { br; span.interval { (format::ratio(ratio, ci)) } }
            }
        },
        (tied, Standings::Led) => html! {
            td {
                span.muted { "tied: " }
                @for (nth, it) in tied.iter().take(NAMED).enumerate() { @if nth > 0 { ", " } (it.name) }
                @if tied.len() > NAMED { " and " (tied.len() - NAMED) " more" }
            }
        },
    }
}

/// What each lock costs besides.
fn locks(record: &Record, palette: &Palette<'_>) -> Markup {
    let body = html! { @for row in lock_rows(record) {
        @let [name, rest @ ..] = &row;
        tr data-s=(palette.number(name)) {
            th scope="row" { (name) }
            @for cell in rest { td { (cell) } }
        }
    } };
    html! {
        section #lock-costs {
            h2 { (LOCK_TITLE) }
            p.muted { (LOCK_NOTE) }
            (markup::table(LOCK_TITLE, LOCK_HEAD, &body))
        }
    }
}

/// Published results. A source is text: nothing in a record becomes a link.
fn curves(record: &Record) -> Markup {
    let rows = curve_rows(record);
    let body = markup::rows(&rows);
    html! {
        @if !rows.is_empty() {
            section #known-curves {
                h2 { (CURVE_TITLE) }
                (markup::table(CURVE_TITLE, CURVE_HEAD, &body))
            }
        }
    }
}
