//! Who leads, by intervals and never by point estimates: what the intervals do not part is tied, and told as tied.
//!
//! Throughput and p99 are ranked by their ratios to one strategy, which were measured in the same rounds; where nothing was
//! compared, by the intervals of the cells themselves. That intervals overlap is a careful test: two subjects of the same
//! rounds can be told apart more precisely than that.

use super::format;
use super::rows::{Row, Table};
use crate::record::{Metric, Throughput};
use crate::stats::Direction;

/// Jain's indices that differ by less are the same: the index of evenly served tasks varies as much from run to run.
pub(super) const SAME_FAIRNESS: f64 = 0.01;

/// One strategy by one metric.
#[derive(Clone, Copy)]
pub(super) struct Standing<'a> {
    pub row: &'a Row<'a>,
    /// The ratio to what the table's ratios are to, or the measurement where nothing was compared.
    pub value: f64,
    pub ci: [f64; 2],
    /// Whether the value is a ratio.
    pub is_ratio: bool,
}

impl Standing<'_> {
    /// Whether this is better than the other, by intervals that part.
    pub fn beats(&self, other: &Self, direction: Direction) -> bool {
        match direction {
            Direction::HigherIsBetter => self.ci[0] > other.ci[1],
            Direction::LowerIsBetter => self.ci[1] < other.ci[0],
        }
    }

    pub fn strategy(&self) -> &str {
        &self.row.cell.strategy
    }

    /// Whether it is known too imprecisely for a winner. Ratios are of the same rounds: where processes differ as a whole, they can be
    /// known well though the throughput is not.
    fn is_imprecise(&self) -> bool {
        let ratio = Throughput { ops_per_s: self.value, ci: self.ci };
        self.row.cell.throughput.is_imprecise() && (!self.is_ratio || ratio.is_imprecise())
    }
}

/// The throughput of all that did not fail.
pub(super) fn throughputs<'a>(table: &'a Table<'a>) -> Vec<Standing<'a>> {
    let it = |row: &'a Row<'a>| {
        let throughput = row.cell.throughput;
        Some((throughput.ops_per_s, throughput.ci))
    };
    standings(table, &Metric::Throughput, &it)
}

/// The p99 of an operation, of all that did not fail and have one.
pub(super) fn p99s<'a>(table: &'a Table<'a>, operation: &str) -> Vec<Standing<'a>> {
    let it = |row: &'a Row<'a>| {
        let latency = row.cell.latency_ns.get(operation)?;
        Some((latency.p99? as f64, latency.p99_ci?.map(|end| end as f64)))
    };
    let with_p99 = |row: &&Row<'_>| row.cell.latency_ns.get(operation).is_some_and(|it| it.p99.is_some());
    let mut found = standings(table, &Metric::P99(operation.to_owned()), &it);
    found.retain(|it| with_p99(&it.row));
    found
}

/// By ratios to one strategy where all that are compared have one, else by what each has measured.
fn standings<'a>(
    table: &'a Table<'a>,
    metric: &Metric,
    measured: &dyn Fn(&'a Row<'a>) -> Option<(f64, [f64; 2])>,
) -> Vec<Standing<'a>> {
    let rows = || table.rows.iter().filter(|row| !row.excluded);
    if let Some(base) = table.base() {
        let of_row = |row: &'a Row<'a>| {
            let (value, ci) = ratio_to(table, base, &row.cell.strategy, metric)?;
            Some(Standing { row, value, ci, is_ratio: true })
        };
        let found: Vec<_> = rows().filter_map(of_row).collect();
        // The base alone is no comparison.
        if found.iter().any(|it| it.strategy() != base) {
            return found;
        }
    }
    let of_row = |row: &'a Row<'a>| {
        let (value, ci) = measured(row)?;
        Some(Standing { row, value, ci, is_ratio: false })
    };
    rows().filter_map(of_row).collect()
}

/// ", of those that did not fail", where others of the table did.
pub(super) fn among(table: &Table<'_>) -> &'static str {
    if table.rows.iter().any(|row| row.excluded) { ", of those that did not fail," } else { "" }
}

/// A strategy's ratio to the base, whichever of the two is the baseline of their comparison. That of the base is 1.
fn ratio_to(table: &Table<'_>, base: &str, strategy: &str, metric: &Metric) -> Option<(f64, [f64; 2])> {
    if strategy == base {
        return Some((1.0, [1.0, 1.0]));
    }
    let found = |baseline, candidate| table.record.comparison(table.scenario, baseline, candidate, metric);
    if let Some(it) = found(base, strategy) {
        return Some((it.ratio, it.ci));
    }
    let it = found(strategy, base)?;
    Some((1.0 / it.ratio, [1.0 / it.ci[1], 1.0 / it.ci[0]]))
}

/// The best of some, and all that its interval does not part from it.
pub(super) struct Lead<'a> {
    /// Those that may be called winners, the best estimate first. Empty where all that lead are imprecise.
    pub winners: Vec<Standing<'a>>,
    /// Those that lead as far as is known, whose own interval is too wide for a winner.
    pub imprecise: Vec<Standing<'a>>,
    /// How many of these have a better estimate than the first winner.
    pub ahead: usize,
    /// How many were ranked.
    pub of: usize,
}

impl<'a> Lead<'a> {
    /// Who leads among these; `None` of none.
    pub fn of(standings: Vec<Standing<'a>>, direction: Direction) -> Option<Self> {
        let of = standings.len();
        let better = |a: &Standing<'_>, b: &Standing<'_>| match direction {
            Direction::HigherIsBetter => b.value.total_cmp(&a.value),
            Direction::LowerIsBetter => a.value.total_cmp(&b.value),
        };
        let best = *standings.iter().min_by(|a, b| better(a, b))?;
        let mut leading: Vec<_> = standings.into_iter().filter(|it| !best.beats(it, direction)).collect();
        leading.sort_by(|a, b| better(a, b));
        let ahead = leading.iter().take_while(|it| it.is_imprecise()).count();
        let (imprecise, winners) = leading.into_iter().partition(Standing::is_imprecise);
        Some(Self { winners, imprecise, ahead, of })
    }

    /// All that are tied, where one that is imprecise is ahead of the first winner by its estimate: then that winner is the
    /// best of those known well enough, and not of all.
    pub fn tied_behind_imprecise(&self) -> Option<Vec<&str>> {
        let (ahead, behind) = self.imprecise.split_at(self.ahead);
        let all = ahead.iter().chain(&self.winners).chain(behind);
        (self.ahead > 0 && !self.winners.is_empty()).then(|| all.map(Standing::strategy).collect())
    }

    /// The winner with the best estimate, and those that are tied with it, imprecise ones included.
    pub fn first(&self) -> Option<(&Standing<'a>, Vec<&str>)> {
        let (first, tied) = self.winners.split_first()?;
        Some((first, tied.iter().chain(&self.imprecise).map(Standing::strategy).collect()))
    }

    /// Why there is no winner: "none: “best” leads, and its interval is ± 47 %".
    pub fn undecided(&self) -> String {
        let Some(it) = self.imprecise.first() else { return "none".to_owned() };
        let spread = it.row.cell.throughput.spread() * 100.0;
        format!("none: “{}” leads, and its throughput is known to ± {spread:.0} % only", it.strategy())
    }
}

/// "“a”, “b” and 3 more".
pub(super) fn names(strategies: &[&str]) -> String {
    const NAMED: usize = 4;
    let mut names: Vec<_> = strategies.iter().take(NAMED).map(|name| format!("“{name}”")).collect();
    if strategies.len() > NAMED {
        names.push(format!("{} more", strategies.len() - NAMED));
    }
    format::list(&names)
}

/// Who is fairest, by Jain's index: "all within .01", or those that are.
pub(super) fn fairest(table: &Table<'_>) -> Option<String> {
    let jain: Vec<_> = table
        .rows
        .iter()
        .filter(|row| !row.excluded)
        .filter_map(|row| Some((row, row.cell.fairness?.jain)))
        .collect();
    let most = jain.iter().map(|(_, jain)| *jain).reduce(f64::max)?;
    let least = jain.iter().map(|(_, jain)| *jain).reduce(f64::min)?;
    if jain.len() > 1 && most - least < SAME_FAIRNESS {
        return Some(format!("all within .01 (from {least:.3})"));
    }
    let same: Vec<_> = jain.iter().filter(|(_, it)| most - it < SAME_FAIRNESS).collect();
    let lowest = same.iter().map(|(_, jain)| *jain).fold(most, f64::min);
    let strategies: Vec<_> = same.iter().map(|(row, _)| row.cell.strategy.as_str()).collect();
    let from = if same.len() > 1 { format!("from {lowest:.3}") } else { format!("{most:.3}") };
    Some(format!("{} ({from})", names(&strategies)))
}

/// Who has the lowest p99: in which operations it leads, and where it is worst. An operation counts only where p99s have
/// intervals.
pub(super) fn lowest_p99(table: &Table<'_>) -> Option<String> {
    let operations = table.all_operations();
    let leads: Vec<(&str, Lead<'_>)> = operations
        .iter()
        .filter_map(|operation| {
            Some((*operation, Lead::of(p99s(table, operation), Direction::LowerIsBetter)?))
        })
        .filter(|(_, lead)| lead.of > 1)
        .collect();
    let leads_in = |strategy: &str| {
        let in_it = leads.iter().filter(|(_, lead)| {
            lead.winners.iter().chain(&lead.imprecise).any(|it| it.strategy() == strategy)
        });
        in_it.map(|(operation, _)| *operation).collect::<Vec<_>>()
    };
    let ranked = table.rows.iter().filter(|row| !row.excluded);
    let counts: Vec<_> = ranked.map(|row| (row, leads_in(&row.cell.strategy))).collect();
    let most = counts.iter().map(|(_, leads)| leads.len()).max().filter(|most| *most > 0)?;
    let first: Vec<_> = counts.iter().filter(|(_, leads)| leads.len() == most).collect();
    let strategies: Vec<_> = first.iter().map(|(row, _)| row.cell.strategy.as_str()).collect();
    let of = leads.len();
    let tied = if first.len() > 1 { " tied" } else { "" };
    if let [(only, _)] = &leads[..] {
        return Some(format!("{}{tied} in {only}", names(&strategies)));
    }
    if most == of {
        return Some(format!("{}{tied} in all {of} operations", names(&strategies)));
    }
    let [(row, won)] = first[..] else {
        return Some(format!("{}{tied}, each in {most} of {of} operations", names(&strategies)));
    };
    let worst = worst(table, row, &operations);
    Some(format!("{} in {most} of {of} operations ({}){worst}", names(&strategies), won.join(", ")))
}

/// "; worst in `put`, 27.1 times that of “arc-swap”".
fn worst(table: &Table<'_>, row: &Row<'_>, operations: &[&str]) -> String {
    let times = operations.iter().filter_map(|operation| {
        let p99 = |row: &Row<'_>| row.cell.latency_ns.get(*operation)?.p99;
        let others = table.rows.iter().filter(|row| !row.excluded).filter_map(|row| Some((row, p99(row)?)));
        let (lowest, nanos) = others.min_by_key(|(_, nanos)| *nanos)?;
        Some((*operation, lowest, p99(row)? as f64 / nanos.max(1) as f64))
    });
    match times.max_by(|a, b| a.2.total_cmp(&b.2)) {
        Some((operation, lowest, times)) if times > 1.0 => {
            format!("; worst in {operation}, {times:.1} times that of “{}”", lowest.cell.strategy)
        }
        _ => String::new(),
    }
}
