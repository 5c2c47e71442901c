//! "Which one should I use?", answered from what was measured, scenario by scenario, with the limits of the answer.
//!
//! It comes to no verdict of its own. "Statistically tied" means that the intervals of two ratios to the same baseline,
//! both of the record, overlap; that is careful, since subjects of the same rounds can be compared more precisely.

use std::collections::{BTreeMap, BTreeSet};

use super::excluded::{self, ExcludedStrategy};
use super::format;
use super::leaders::{self, Lead, SAME_FAIRNESS, Standing};
use super::rows::{self, Table};
use crate::record::Record;
use crate::stats::Direction;

/// What is said of one scenario.
pub(super) struct Advice {
    /// The scenario, and what it is like: readers, contention, hold times.
    pub situation: String,
    pub scenario: String,
    /// The highest throughput, and of which strategy.
    pub most: String,
    /// Strategies that are statistically tied with it.
    pub tied: String,
    /// Which strategy has the lowest p99, in which operations, and where it is worst.
    pub shortest: String,
    /// The fairest strategies, by Jain's index.
    pub fairest: String,
}

/// The head of the table.
pub(super) const HEAD: [&str; 5] =
    ["scenario", "highest throughput", "statistically tied", "lowest p99", "fairest (Jain's index)"];

/// All of it.
pub(super) struct Recommendation {
    /// In a few sentences.
    pub answer: String,
    pub rows: Vec<Advice>,
    /// The limits of this recommendation, a line each.
    pub limits: Vec<String>,
}

/// What the record recommends; `None` if nothing in it was compared, or if what was compared are builds.
pub(super) fn recommendation(record: &Record) -> Option<Recommendation> {
    if record.against.is_some() {
        return None;
    }
    let tables = Table::all(record);
    let chosen: Vec<(&Table<'_>, Choice<'_>)> =
        tables.iter().filter_map(|table| Some((table, choice(table)?))).collect();
    if chosen.is_empty() {
        return None;
    }
    let rows = chosen.iter().map(|(table, choice)| advice(table, choice)).collect();
    Some(Recommendation { answer: answer(&chosen), rows, limits: limits(record, &tables, &chosen) })
}

/// Who leads in a scenario, by throughput.
type Choice<'a> = Lead<'a>;

/// Who leads, where anything was compared.
fn choice<'a>(table: &'a Table<'a>) -> Option<Choice<'a>> {
    let standings = leaders::throughputs(table);
    let lead = Lead::of(standings, Direction::HigherIsBetter)?;
    (!table.baselines.is_empty() && lead.of > 1).then_some(lead)
}

fn winners<'a>(choice: &'a Choice<'_>) -> BTreeSet<&'a str> {
    choice.winners.iter().map(Standing::strategy).collect()
}

/// The answer in a few sentences: one strategy that will do everywhere, or one for each scenario.
fn answer(chosen: &[(&Table<'_>, Choice<'_>)]) -> String {
    let everywhere = chosen
        .iter()
        .map(|(_, choice)| winners(choice))
        .reduce(|all, names| all.intersection(&names).copied().collect())
        .unwrap_or_default();
    let sentence = |(table, choice): &(&Table<'_>, Choice<'_>)| match choice.first() {
        None => format!("under {} {}", table.scenario, choice.undecided()),
        Some((first, tied)) => {
            let also = if tied.is_empty() {
                String::new()
            } else {
                format!(" (statistically tied with {})", leaders::names(&tied))
            };
            format!(
                "under {} use “{}”, {}{also}",
                table.scenario,
                first.strategy(),
                measured_at(table, first)
            )
        }
    };
    if chosen.len() > 1 && !everywhere.is_empty() {
        let names: Vec<_> = everywhere.iter().map(|name| format!("“{name}”")).collect();
        return format!(
            "For throughput use {} under all {} scenarios: no measured strategy is significantly faster in any.",
            format::list(&names),
            chosen.len()
        );
    }
    let all: Vec<_> = chosen.iter().map(sentence).collect();
    let lead = if chosen.len() > 1 { "No single strategy is best everywhere: " } else { "For throughput, " };
    format!("{lead}{}.", all.join("; "))
}

/// "at ×1.43 [1.41, 1.45] of “naive”"; of what ratios are to, that it is that.
fn measured_at(table: &Table<'_>, it: &Standing<'_>) -> String {
    match table.base().filter(|_| it.is_ratio) {
        Some(base) if base == it.strategy() => "to which ratios are".to_owned(),
        Some(base) => format!("at {} of “{base}”", format::ratio(it.value, it.ci)),
        None => format!("at {} operations/s", it.row.throughput()),
    }
}

fn advice(table: &Table<'_>, choice: &Choice<'_>) -> Advice {
    let unknown = || "not measured".to_owned();
    let (most, tied) = match choice.first() {
        None => (choice.undecided(), "none".to_owned()),
        Some((first, tied)) => {
            let of = if choice.ahead > 0 { ", of those known to ± 25 %" } else { "" };
            let most = format!("{}, {}{of}", first.strategy(), measured_at(table, first));
            (most, if tied.is_empty() { "none".to_owned() } else { tied.join(", ") })
        }
    };
    Advice {
        situation: situation(table),
        scenario: table.scenario.to_owned(),
        most,
        tied,
        shortest: leaders::lowest_p99(table).unwrap_or_else(unknown),
        fairest: leaders::fairest(table).unwrap_or_else(unknown),
    }
}

/// "95 % reads, 64 tasks on 2 workers, “accounts” hold 310 ns (p50), wait 900 ns".
fn situation(table: &Table<'_>) -> String {
    let mut parts = Vec::new();
    parts.extend(
        reads(table).map(|share| format!("{} reads", format::percent((share * 100.0).round() / 100.0))),
    );
    if let Some(row) = table.rows.first() {
        let point = &row.cell.point;
        parts.push(format!(
            "{} on {}",
            format::counted(point.tasks.into(), "task"),
            format::counted(point.workers.into(), "worker")
        ));
        parts.extend(point.save_ms.filter(|ms| *ms > 0).map(|ms| format!("saves of {ms} ms")));
    }
    let Some(class) = busiest_class(table) else { return parts.join(", ") };
    let of = |held: bool| {
        let cells = table.rows.iter().map(|row| row.cell);
        let maps = cells.filter_map(|cell| if held { cell.hold_ns.as_ref() } else { cell.wait_ns.as_ref() });
        rows::middle(maps.filter_map(|times| Some(times.get(class)?.p50)).collect())
    };
    parts.extend(of(true).map(|nanos| format!("“{class}” hold {} (p50)", format::nanos(nanos))));
    parts.extend(of(false).map(|nanos| format!("wait {}", format::nanos(nanos))));
    parts.join(", ")
}

/// The class of locks that were taken most often under a scenario.
fn busiest_class<'a>(table: &Table<'a>) -> Option<&'a str> {
    let mut taken = BTreeMap::<&str, u64>::new();
    for (class, times) in table.rows.iter().flat_map(|row| row.cell.hold_ns.iter().flatten()) {
        *taken.entry(class).or_default() += times.count;
    }
    taken.into_iter().max_by_key(|(_, count)| *count).map(|(class, _)| class)
}

/// The share of operations that only read: as it was recorded, or by their names in records that do not say.
fn reads(table: &Table<'_>) -> Option<f64> {
    let cell = table.rows.first()?.cell;
    if cell.read_share.is_some() {
        return cell.read_share;
    }
    let is_read = |name: &str| name.starts_with("get_") || name.starts_with("list_");
    let of = |only_reads: bool| {
        let counted = cell.latency_ns.iter().filter(|(name, _)| !only_reads || is_read(name));
        counted.map(|(_, it)| it.count).sum::<u64>()
    };
    let all = of(false);
    (all > 0).then(|| of(true) as f64 / all as f64)
}

fn limits(record: &Record, tables: &[Table<'_>], chosen: &[(&Table<'_>, Choice<'_>)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (table, choice) in chosen {
        let Some((first, _)) = choice.first() else { continue };
        let least = first.row.cell.fairness.map(|it| it.jain);
        let of_all =
            table.rows.iter().filter(|row| !row.excluded).filter_map(|row| Some(row.cell.fairness?.jain));
        let most = of_all.reduce(f64::max);
        if let Some((least, most)) = least.zip(most)
            && most - least > SAME_FAIRNESS
            && let Some(fairest) = leaders::fairest(table)
        {
            lines.push(format!(
                "If fairness matters under {}: fairer than “{}” (Jain's index {least:.3}) is {fairest}.",
                table.scenario,
                first.strategy()
            ));
        }
    }
    let excluded = ExcludedStrategy::all(record);
    if !excluded.is_empty() {
        let excluded: Vec<_> = excluded.iter().map(ExcludedStrategy::sentence).collect();
        lines.push(format!("Never recommended, for they failed: {}.", format::list(&excluded)));
    }
    let of_none: Vec<_> =
        excluded::of_no_strategy(record).map(|it| format!("{} over {}", it.model, it.strategy)).collect();
    if !of_none.is_empty() {
        lines.push(format!(
            "Of no strategy measured here, so that it may concern any: the failure of model {}.",
            format::list(&of_none)
        ));
    }
    let cells = || tables.iter().flat_map(|table| &table.rows).map(|row| row.cell);
    let unchecked = cells().filter(|cell| cell.verification.is_none()).count();
    if unchecked > 0 {
        lines.push(format!(
            "{unchecked} of {} cells were not checked for correctness; the ranking there is by speed alone.",
            cells().count()
        ));
    }
    lines.push(reach(tables));
    lines
}

/// What was varied, and what therefore nothing is known of.
fn reach(tables: &[Table<'_>]) -> String {
    let span = |values: Vec<f64>, shown: &dyn Fn(f64) -> String| {
        let low = values.iter().copied().reduce(f64::min)?;
        let high = values.iter().copied().reduce(f64::max)?;
        Some(if low < high { format!("{} to {}", shown(low), shown(high)) } else { shown(low) })
    };
    let points = || tables.iter().flat_map(|table| &table.rows).map(|row| &row.cell.point);
    let whole = |value: f64| format!("{value:.0}");
    let parts = [
        ("workers", span(points().map(|it| it.workers.into()).collect(), &whole)),
        ("tasks", span(points().map(|it| it.tasks.into()).collect(), &whole)),
        (
            "reads",
            span(tables.iter().filter_map(reads).collect(), &|share| {
                format::percent((share * 100.0).round() / 100.0)
            }),
        ),
        ("ms of a save", span(points().filter_map(|it| it.save_ms).map(|ms| ms as f64).collect(), &whole)),
    ];
    let parts: Vec<_> =
        parts.into_iter().filter_map(|(name, span)| Some(format!("{} {name}", span?))).collect();
    format!(
        "Measured range: {}, on this machine. Results may not extrapolate to more workers, another read share, longer \
         hold times or slower stores: run a sweep, or measure your own workload.",
        format::list(&parts)
    )
}
