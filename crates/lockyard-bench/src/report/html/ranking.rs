//! The ranking: one row a strategy, the best first, with what decides between them as bars in the cells.

use maud::{Markup, html};

use super::super::format;
use super::super::leaders;
use super::super::markup;
use super::super::ranking::{self, Ranked, Ranking};
use super::super::rows::{NONE, NOT_MEASURED, Table};
use super::super::strategies;
use super::palette::Palette;
use super::parts;

pub(super) const ID: &str = "ranking";
pub(super) const TITLE: &str = "Ranking";

pub(super) fn section(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    let panels = parts::panels(tables, |table| ranked(table, palette));
    let content = html! {
        @if tables.len() > 1 { (overview(tables, palette)) }
        (panels)
        // Once for all tables: the script shows them where a pointer or the focus is, and they describe the names without it.
        @for (number, strategy) in palette.strategies() {
            @if let Some(about) = about(tables, strategy) {
                span.hint role="tooltip" id=(hint_id(number)) { (about) }
            }
        }
    };
    parts::section(ID, TITLE, &content)
}

/// All scenarios side by side, by the mean over them: what leads under each, and what that says of the others.
fn overview(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    let rankings: Vec<_> = tables.iter().map(Ranking::of).collect();
    let Some(base) = rankings[0].base.filter(|base| rankings.iter().all(|it| it.base == Some(base))) else {
        return html! {};
    };
    let row = |(number, strategy)| {
        let cells: Vec<_> = rankings.iter().map(|it| it.row(strategy)).collect();
        (number, strategy, ranking::mean(&rankings, strategy), cells)
    };
    let mut rows: Vec<_> = palette.strategies().map(row).collect();
    // What failed anywhere has no mean, and stands last.
    rows.sort_by(|a, b| b.2.unwrap_or(0.0).total_cmp(&a.2.unwrap_or(0.0)));
    let caption = format!(
        "All scenarios: throughput ÷ {base}, with the place under each; bold where nothing is faster by intervals that do not overlap. \
         The mean is the geometric mean of the estimates, and has no interval."
    );
    let table = html! { table.numbers.overview {
        caption { (caption) }
        thead { tr {
            th scope="col" { "strategy" }
            th scope="col" { "mean" }
            @for table in tables { th scope="col" { (table.scenario) } }
        } }
        tbody { @for (number, strategy, mean, cells) in &rows { tr data-s=(number) {
            th scope="row" { (strategy) }
            td { (mean.map_or_else(|| NONE.to_owned(), |it| format!("×{it:.2}"))) }
            @for cell in cells { (under(*cell)) }
        } } }
    } };
    markup::scroll("Ranking over all scenarios", &table)
}

fn under(cell: Option<&Ranked<'_>>) -> Markup {
    match cell {
        None => html! { td.muted { (NOT_MEASURED) } },
        Some(it) => match it.throughput {
            None => html! { td.wrong { "failed" } },
            Some(standing) => {
                let words = html! { (format!("×{:.2}", standing.value)) " " span.muted { (it.place()) } };
                html! { td { @if it.place == Some(1) { strong { (words) } } @else { (words) } } }
            }
        },
    }
}

/// What a strategy is.
fn about(tables: &[Table<'_>], strategy: &str) -> Option<String> {
    let mut cells = tables.iter().flat_map(|table| &table.rows).map(|row| row.cell);
    let cell = cells.find(|cell| cell.strategy == strategy)?;
    strategies::hint(tables.first()?.record, strategy, cell.factors.as_ref())
}

fn hint_id(number: usize) -> String {
    format!("about-{number}")
}

fn ranked(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let ranking = Ranking::of(table);
    let caption = caption(table, &ranking);
    let item = table.rows.iter().find_map(|row| row.cell.memory.as_ref()?.item.as_deref());
    let has_memory = ranking.rows.iter().any(|it| it.bytes().is_some());
    let has_p99 = ranking.rows.iter().any(|it| it.worst_p99.is_some());
    let memory = format!("B per {}", item.unwrap_or("item"));
    let scale = Scale::of(&ranking);
    let head = table_head(&ranking, has_p99.then_some("worst p99"), has_memory.then_some(memory.as_str()));
    let markup = html! { table.rank {
        caption { (caption) }
        (head)
        tbody { @for (nth, it) in ranking.rows.iter().enumerate() {
            tr data-s=(palette.number(it.strategy())) {
                td class=(format!("place {}", bracket(&ranking.rows, nth))) data-v=(nth) { (it.place()) }
                (name(table, it, palette))
                (throughput(it, &ranking, &scale))
                td.o data-v=(it.row.cell.throughput.ops_per_s.round()) {
                    (format::count(it.row.cell.throughput.ops_per_s))
                }
                @if has_p99 { (tail(it, &scale)) }
                @if has_memory { (bytes(it, &scale)) }
                td class=(if it.correct.wrong { "c wrong" } else if it.correct.known { "c good" } else { "c muted" })
                    data-v=(it.correct.rank()) {
                    @if it.correct.known && !it.correct.wrong { "✓ " }
                    (it.correct.words)
                }
            }
        } }
    } };
    markup::scroll(&format!("{TITLE} under {}", table.scenario), &markup)
}

fn table_head(ranking: &Ranking<'_>, p99: Option<&str>, memory: Option<&str>) -> Markup {
    let ratio = ranking.base.map_or_else(|| "throughput".to_owned(), |base| format!("throughput ÷ {base}"));
    let better = |which: &str| html! { br; span.muted { (which) " is better" } };
    html! { thead { tr {
        th scope="col" data-sort="up" { "place" }
        th scope="col" data-sort="text" { "strategy" }
        th scope="col" data-sort="down" { (ratio) (better("higher")) }
        th.number scope="col" data-sort="down" { "operations/s" }
        @if let Some(p99) = p99 { th scope="col" data-sort="up" { (p99) " of any operation" (better("lower")) } }
        @if let Some(memory) = memory { th scope="col" data-sort="up" { (memory) (better("lower")) } }
        th scope="col" data-sort="up" { "correct?" br; span.muted { "what was checked" } }
    } } }
}

/// What the scenario is, how intervals, places and ties are told, and what is left out.
fn caption(table: &Table<'_>, ranking: &Ranking<'_>) -> String {
    let scenario = table.record.scenarios.iter().find(|it| it.name == table.scenario);
    let about = scenario.map(|it| it.about.as_str()).filter(|it| !it.is_empty());
    let about = about.map_or_else(String::new, |it| format!("{it}: "));
    let ties = if ranking.rows.iter().any(|it| it.place.is_some() && it.sharing > 1) {
        " Place: 1 + the number of strategies that are better by intervals that do not overlap; “=” where it is shared."
    } else {
        ""
    };
    let confidence = table.record.comparisons.first().map_or(String::new(), |it| {
        format!(
            " [low, high] and the dark line on a bar: the {} confidence interval.",
            format::percent(it.confidence)
        )
    });
    let failed = if leaders::among(table).is_empty() { "" } else { " What failed anywhere has no place." };
    format!("{about}{}.{confidence}{ties}{failed}", table.settings())
}

/// How long the longest bars are.
struct Scale {
    ratio: f64,
    /// The least and the most: times differ by powers of ten.
    nanos: [f64; 2],
    bytes: f64,
}

impl Scale {
    fn of(ranking: &Ranking<'_>) -> Self {
        let most = |of: &dyn Fn(&Ranked<'_>) -> Option<f64>| {
            ranking.rows.iter().filter_map(of).filter(|it| it.is_finite()).fold(f64::MIN_POSITIVE, f64::max)
        };
        Self {
            ratio: most(&|it| it.throughput.map(|it| it.ci[1].max(it.value))),
            nanos: [
                1.0 / most(&|it| it.worst_p99.map(|it| 1.0 / it.nanos.max(1) as f64)),
                most(&|it| it.worst_p99.map(|it| it.nanos as f64)),
            ],
            bytes: most(&|it| it.bytes()),
        }
    }
}

/// Where a bracket of those that share a place begins, goes on and ends.
fn bracket(rows: &[Ranked<'_>], nth: usize) -> &'static str {
    let place = rows[nth].place;
    if place.is_none() || rows[nth].sharing < 2 {
        return "";
    }
    let same = |other: Option<&Ranked<'_>>| other.is_some_and(|it| it.place == place);
    match (same(nth.checked_sub(1).and_then(|it| rows.get(it))), same(rows.get(nth + 1))) {
        (false, _) => "tied first",
        (true, true) => "tied",
        (true, false) => "tied last",
    }
}

/// The name, which picks the strategy, and is described by what the strategy is.
fn name(table: &Table<'_>, it: &Ranked<'_>, palette: &Palette<'_>) -> Markup {
    let has_hint = strategies::hint(table.record, it.strategy(), it.row.cell.factors.as_ref()).is_some();
    let id = hint_id(palette.number(it.strategy()));
    html! {
        th scope="row" {
            span.name data-name=(it.strategy()) aria-describedby=[has_hint.then_some(id)] { (it.strategy()) }
        }
    }
}

/// A value to sort by, as precise as need be.
fn key(value: f64) -> String {
    format!("{value:.4}")
}

fn throughput(it: &Ranked<'_>, ranking: &Ranking<'_>, scale: &Scale) -> Markup {
    let Some(standing) = it.throughput else {
        return html! { td.t.muted data-v="0" { (if it.row.excluded { "failed" } else { "not compared" }) } };
    };
    let is_base = ranking.base == Some(it.strategy());
    let words = if is_base {
        "×1".to_owned()
    } else if standing.is_ratio {
        format::ratio(standing.value, standing.ci)
    } else {
        it.row.throughput()
    };
    let (value, interval) = words.split_at(words.find(" [").unwrap_or(words.len()));
    html! {
        td.t data-v=(key(standing.value)) {
            (parts::bar(standing.value, (!is_base).then_some(standing.ci), scale.ratio))
            (value) " " span.muted { (interval.trim_start()) }
        }
    }
}

fn tail(it: &Ranked<'_>, scale: &Scale) -> Markup {
    let Some(p99) = it.worst_p99 else {
        return html! { td.p.muted data-v="1e18" { (NONE) } };
    };
    html! {
        td.p data-v=(p99.nanos) {
            (parts::dot(p99.nanos as f64, scale.nanos))
            (format::nanos(p99.nanos)) " " span.muted { (p99.operation) }
        }
    }
}

fn bytes(it: &Ranked<'_>, scale: &Scale) -> Markup {
    let Some(bytes) = it.bytes() else {
        return html! { td.m.muted data-v="1e18" { (NOT_MEASURED) } };
    };
    html! {
        td.m data-v=(key(bytes)) { (parts::bar(bytes.max(0.0), None, scale.bytes)) (format!("{bytes:.0}")) }
    }
}
