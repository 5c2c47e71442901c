//! "Which lock should I use?", answered from what was measured, scenario by scenario, with the limits of the answer.
//!
//! It comes to no verdict of its own. "Statistically tied" means that the intervals of two ratios to the same baseline,
//! both of the record, overlap; that is careful, since subjects of the same rounds can be compared more precisely.

use std::collections::{BTreeMap, BTreeSet};

use super::format;
use super::rows::{self, Row, Table};
use crate::record::{Comparison, Record};

/// What is said of one scenario.
pub(super) struct Advice {
    /// The scenario, and what it is like: readers, contention, hold times.
    pub situation: String,
    pub scenario: String,
    /// The highest throughput, and of which strategy.
    pub most: String,
    /// Strategies that are statistically tied with it.
    pub tied: String,
    /// The lowest p99, and of which strategy.
    pub shortest: String,
    /// The fairest strategy, by Jain's index.
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
        tables.iter().filter_map(|table| Some((table, Choice::of(table)?))).collect();
    if chosen.is_empty() {
        return None;
    }
    let rows = chosen.iter().map(|(table, choice)| advice(table, choice)).collect();
    Some(Recommendation { answer: answer(&chosen), rows, limits: limits(&tables, &chosen) })
}

/// The fastest right strategy of a scenario, and those as good as it.
struct Choice<'a> {
    best: &'a Row<'a>,
    ratio: &'a Comparison,
    tied: Vec<&'a Row<'a>>,
}

impl<'a> Choice<'a> {
    fn of(table: &'a Table<'a>) -> Option<Self> {
        let compared = || {
            let right = table.rows.iter().filter(|row| row.wrong().next().is_none());
            right.filter_map(|row| Some((row, row.against_reference.or(row.against_baseline)?)))
        };
        // Ratios to one and the same baseline, or they could not be laid side by side.
        let against = |reference: &&str| compared().any(|(_, it)| it.baseline == *reference);
        let baseline = table.reference.filter(against).or(table.baselines.first().copied())?;
        let side_by_side = || compared().filter(|(_, it)| it.baseline == baseline);
        let (best, ratio) = side_by_side().max_by(|a, b| a.1.ratio.total_cmp(&b.1.ratio))?;
        let tied = side_by_side()
            .filter(|(row, it)| !std::ptr::eq(*row, best) && it.ci[1] >= ratio.ci[0])
            .map(|(row, _)| row)
            .collect();
        Some(Self { best, ratio, tied })
    }

    fn names(&self) -> BTreeSet<&str> {
        std::iter::once(self.best).chain(self.tied.iter().copied()).map(|row| &*row.cell.strategy).collect()
    }
}

/// The answer in a few sentences: one strategy that will do everywhere, or one for each scenario.
fn answer(chosen: &[(&Table<'_>, Choice<'_>)]) -> String {
    let everywhere = chosen
        .iter()
        .map(|(_, choice)| choice.names())
        .reduce(|all, names| all.intersection(&names).copied().collect())
        .unwrap_or_default();
    let sentence = |(table, choice): &(&Table<'_>, Choice<'_>)| {
        let ratio = format::ratio(choice.ratio.ratio, choice.ratio.ci);
        format!(
            "under {} use “{}”, at {ratio} of “{}”",
            table.scenario, choice.best.cell.strategy, choice.ratio.baseline
        )
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

fn advice(table: &Table<'_>, choice: &Choice<'_>) -> Advice {
    let right = || table.rows.iter().filter(|row| row.wrong().next().is_none());
    let tied: Vec<_> = choice.tied.iter().map(|row| row.cell.strategy.clone()).collect();
    let shortest = table.operations.first().and_then(|operation| {
        let p99 = right().filter_map(|row| Some((row, row.cell.latency_ns.get(*operation)?.p99)));
        let (row, nanos) = p99.min_by_key(|(_, nanos)| *nanos)?;
        Some(format!("{} ({}, {operation})", row.cell.strategy, format::nanos(nanos)))
    });
    let jain = right().filter_map(|row| Some((row, row.cell.fairness?.jain)));
    let fairest = jain.max_by(|a, b| a.1.total_cmp(&b.1));
    let unknown = || "not measured".to_owned();
    Advice {
        situation: situation(table),
        scenario: table.scenario.to_owned(),
        most: format!(
            "{}, {} of {}",
            choice.best.cell.strategy,
            format::ratio(choice.ratio.ratio, choice.ratio.ci),
            choice.ratio.baseline
        ),
        tied: if tied.is_empty() { "none".to_owned() } else { tied.join(", ") },
        shortest: shortest.unwrap_or_else(unknown),
        fairest: fairest.map_or_else(unknown, |(row, jain)| format!("{} ({jain:.3})", row.cell.strategy)),
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

fn limits(tables: &[Table<'_>], chosen: &[(&Table<'_>, Choice<'_>)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (table, choice) in chosen {
        let least = choice.best.cell.fairness.map(|it| it.jain);
        let fairest = table.rows.iter().filter_map(|row| Some((row, row.cell.fairness?.jain)));
        let fairest = fairest.max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((least, (row, jain))) = least.zip(fairest)
            && jain - least > 0.01
        {
            lines.push(format!(
                "If fairness matters under {}, “{}” (Jain's index {jain:.3}) is fairer than “{}” ({least:.3}).",
                table.scenario, row.cell.strategy, choice.best.cell.strategy
            ));
        }
    }
    let wrong: BTreeSet<_> = tables
        .iter()
        .flat_map(|table| &table.rows)
        .filter(|row| row.wrong().next().is_some())
        .map(|row| format!("“{}”", row.cell.strategy))
        .collect();
    if !wrong.is_empty() {
        let wrong: Vec<_> = wrong.into_iter().collect();
        lines.push(format!("Left out of the ranking where they failed: {}.", format::list(&wrong)));
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
