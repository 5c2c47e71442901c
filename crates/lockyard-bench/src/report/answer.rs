//! The three questions, each answered in a headline and a few lines: which one to use, whether it is right, what it costs.
//!
//! It comes to no verdict of its own: it words what stands in the record. A mean over scenarios is of estimates alone, and has
//! no interval.

use super::correct;
use super::excluded::ExcludedStrategy;
use super::failures::failures;
use super::format;
use super::leaders::{self, Lead, Standing};
use super::ranking::{Ranked, Ranking, WorstP99};
use super::rows::Table;
use crate::record::{PitfallResult, Record};
use crate::stats::Direction;

/// The answers of a record.
pub(super) struct Answer {
    /// The strategies that win or tie under most scenarios, that with the highest mean first; none where there is no winner.
    pub choices: Vec<String>,
    /// Use, Correct?, Cost.
    pub cards: [AnswerCard; 3],
}

/// One question and its answer.
pub(super) struct AnswerCard {
    pub question: &'static str,
    pub headline: String,
    /// A line each; of most weight first.
    pub lines: Vec<String>,
    pub is_bad: bool,
}

/// As many names are given, and the others counted.
const NAMED: usize = 2;

impl Answer {
    /// What the record answers; `None` where no cells were compared with one another, or what was compared are builds.
    pub fn of(record: &Record) -> Option<Self> {
        if record.against.is_some() || record.locks.is_some() {
            return None;
        }
        let tables = Table::all(record);
        let leads: Vec<(&Table<'_>, Lead<'_>)> = tables
            .iter()
            .filter(|table| !table.baselines.is_empty())
            .filter_map(|table| {
                Some((table, Lead::of(leaders::throughputs(table), Direction::HigherIsBetter)?))
            })
            .filter(|(_, lead)| lead.of > 1)
            .collect();
        if leads.is_empty() {
            return None;
        }
        let choices = choices(&leads);
        let first = choices.first().copied();
        let cards = [
            which(&leads, &choices),
            is_right(record, first),
            cost(&leads, first.or_else(|| leads[0].0.base())),
        ];
        Some(Self { choices: choices.into_iter().map(str::to_owned).collect(), cards })
    }
}

/// The strategies that win or tie under most scenarios, and of these that with the highest mean first. As intervals part none of
/// them under more scenarios than another, none is more right than another.
fn choices<'a>(leads: &'a [(&Table<'_>, Lead<'_>)]) -> Vec<&'a str> {
    let wins = |name: &str| {
        let won = leads.iter().filter(|(_, lead)| lead.winners.iter().any(|it| it.strategy() == name));
        won.count()
    };
    let mut names: Vec<(&str, usize, f64)> = Vec::new();
    for name in leads.iter().flat_map(|(_, lead)| lead.winners.iter().map(Standing::strategy)) {
        if !names.iter().any(|(known, ..)| *known == name) {
            names.push((name, wins(name), mean(leads, name).unwrap_or(0.0)));
        }
    }
    let most = names.iter().map(|(_, won, _)| *won).max().unwrap_or(0);
    names.retain(|(_, won, _)| *won == most);
    names.sort_by(|a, b| b.2.total_cmp(&a.2));
    names.into_iter().map(|(name, ..)| name).collect()
}

fn standing<'a>(table: &'a Table<'a>, strategy: &str) -> Option<Standing<'a>> {
    leaders::throughputs(table).into_iter().find(|it| it.strategy() == strategy)
}

/// The geometric mean of its ratios to what all others are ratios to; `None` where there is none under each scenario.
fn mean(leads: &[(&Table<'_>, Lead<'_>)], strategy: &str) -> Option<f64> {
    let mut logarithms = 0.0;
    for (table, _) in leads {
        logarithms += standing(table, strategy).filter(|it| it.is_ratio)?.value.ln();
    }
    Some((logarithms / leads.len() as f64).exp())
}

fn which(leads: &[(&Table<'_>, Lead<'_>)], choices: &[&str]) -> AnswerCard {
    let question = "Use";
    let Some((first, others)) = choices.split_first() else {
        let undecided = leads.iter().map(|(table, lead)| {
            format!("{}: {}", table.scenario, lead.undecided().trim_start_matches("none: "))
        });
        let lines = undecided.collect();
        return AnswerCard { question, headline: "no winner".to_owned(), lines, is_bad: false };
    };
    let is_tied = |(_, lead): &(&Table<'_>, Lead<'_>)| lead.winners.len() + lead.imprecise.len() == lead.of;
    if !others.is_empty() && leads.iter().all(is_tied) {
        let lines = vec![format!("no interval parts {} from the others", few(choices))];
        return AnswerCard { question, headline: "no difference was seen".to_owned(), lines, is_bad: false };
    }
    let headline = match others {
        [other] => format!("{first} or {other}"),
        _ => (*first).to_owned(),
    };
    let mut lines = vec![how_much(leads, choices)];
    let mut ties: Vec<(String, Vec<String>)> = Vec::new();
    for (table, lead) in leads {
        let leading: Vec<_> = lead.winners.iter().chain(&lead.imprecise).map(Standing::strategy).collect();
        if leading.contains(first) {
            let others: Vec<_> = leading.iter().copied().filter(|it| it != first).collect();
            // What is said of several scenarios alike is said once.
            let words = if others.is_empty() {
                "fastest alone".to_owned()
            } else {
                format!("tied with {}", few(&others))
            };
            match ties.iter_mut().find(|(known, _)| *known == words) {
                Some((_, under)) => under.push(table.scenario.to_owned()),
                None => ties.push((words, vec![table.scenario.to_owned()])),
            }
        } else if let Some((best, mine)) = lead.winners.first().zip(standing(table, first)) {
            let than = if best.is_ratio {
                format!(" (×{:.2}, {first} ×{:.2})", best.value, mine.value)
            } else {
                String::new()
            };
            lines.push(format!("{} is faster under {}{than}", best.strategy(), table.scenario));
        } else if let Some(leader) = leading.first() {
            lines.push(format!("{leader} leads under {}, imprecisely", table.scenario));
        }
    }
    let wins = leads.iter().filter(|(_, lead)| lead.winners.iter().any(|it| it.strategy() == *first)).count();
    if leads.len() > 1 {
        let others = if others.is_empty() { String::new() } else { format!(", as {} are", few(others)) };
        lines.push(format!("fastest or tied under {wins} of {} scenarios{others}", leads.len()));
    }
    lines.extend(ties.into_iter().filter(|_| leads.len() > 1 || others.len() != 1).filter_map(
        |(words, under)| match (leads.len(), words.as_str()) {
            (1, "fastest alone") => None,
            (1, _) => Some(words),
            _ => Some(format!("{words} under {}", format::list(&under))),
        },
    ));
    AnswerCard { question, headline, lines, is_bad: false }
}

/// "×2.01 the throughput of naive, geometric mean of 4 scenarios (best: ×1.98)"; of one scenario the ratio with its interval.
fn how_much(leads: &[(&Table<'_>, Lead<'_>)], choices: &[&str]) -> String {
    let (table, first) = (leads[0].0, choices[0]);
    let base = table.base();
    if base == Some(first) {
        return "nothing is faster than what all were compared with".to_owned();
    }
    if let (Some(mean_of_first), Some(base), true) = (mean(leads, first), base, leads.len() > 1) {
        let other = choices.get(1).filter(|_| choices.len() == 2);
        let other = other.and_then(|it| Some(format!(" ({it}: ×{:.2})", mean(leads, it)?)));
        return format!(
            "×{mean_of_first:.2} the throughput of {base}, geometric mean of {} scenarios{}",
            leads.len(),
            other.unwrap_or_default()
        );
    }
    let Some(it) = standing(table, first) else { return String::new() };
    match base.filter(|_| it.is_ratio) {
        Some(base) => {
            format!("{} the throughput of {base} under {}", format::ratio(it.value, it.ci), table.scenario)
        }
        None => format!("{} operations/s under {}", it.row.throughput(), table.scenario),
    }
}

/// "a and b"; of more only how many they are.
fn few(names: &[&str]) -> String {
    if names.len() > NAMED {
        return names.len().to_string() + " others";
    }
    format::list(&names.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn is_right(record: &Record, choice: Option<&str>) -> AnswerCard {
    let failures = failures(record).len() as u64;
    let mut lines = Vec::new();
    for it in ExcludedStrategy::all(record) {
        lines.push(format!("{}: {}", it.strategy, it.reasons.join(", ")));
    }
    let mut unchecked = Vec::new();
    if let Some(choice) = choice {
        let checks = correct::checks(record, choice);
        for (name, it) in correct::HEAD.iter().zip(checks) {
            if it.known {
                lines.push(format!("{name}: {}", it.words));
            } else {
                unchecked.push((*name).to_owned());
            }
        }
    }
    lines.extend(record.pitfalls.as_ref().filter(|it| !it.is_empty()).map(|it| PitfallResult::summary(it)));
    let nothing = choice.is_some() && unchecked.len() == correct::HEAD.len();
    if !unchecked.is_empty() && !nothing {
        lines.push(format!("not checked: {}", format::list(&unchecked)));
    }
    let headline = match failures {
        0 if nothing => "not checked".to_owned(),
        0 => "no violation found".to_owned(),
        _ => format::counted(failures, "failure"),
    };
    AnswerCard { question: "Correct?", headline, lines, is_bad: failures > 0 }
}

/// What a strategy takes, and what the base does.
struct Resources {
    bytes: (f64, Option<f64>),
    item: String,
    allocations: (Option<f64>, Option<f64>),
}

fn allocations(it: &Ranked<'_>) -> Option<f64> {
    it.row.cell.memory.as_ref()?.allocations_per_operation
}

/// What the choice costs under the scenario where it is slowest to answer; beside the base.
fn cost(leads: &[(&Table<'_>, Lead<'_>)], strategy: Option<&str>) -> AnswerCard {
    let question = "Cost";
    let mut lines = Vec::new();
    let mut worst: Option<(&str, WorstP99<'_>, Option<WorstP99<'_>>)> = None;
    let mut bytes = None;
    let rankings: Vec<_> = leads.iter().map(|(table, _)| (table.scenario, Ranking::of(table))).collect();
    for (scenario, ranking) in &rankings {
        let of = |name: Option<&str>| ranking.rows.iter().find(|it| Some(it.strategy()) == name);
        let (Some(mine), base) = (of(strategy), of(ranking.base)) else { continue };
        if let Some(p99) = mine.worst_p99
            && worst.is_none_or(|(_, worst, _)| p99.nanos > worst.nanos)
        {
            let of_base = base.filter(|it| it.strategy() != mine.strategy()).and_then(|it| {
                let same = it.row.cell.latency_ns.get(p99.operation)?;
                Some(WorstP99 { operation: p99.operation, nanos: same.p99?, ci: same.p99_ci })
            });
            worst = Some((scenario, p99, of_base));
        }
        bytes = bytes.or_else(|| {
            let memory = mine.row.cell.memory.as_ref()?;
            let base = base.filter(|it| it.strategy() != mine.strategy());
            Some(Resources {
                bytes: (mine.bytes()?, base.and_then(Ranked::bytes)),
                item: memory.item.clone().unwrap_or_else(|| "item".to_owned()),
                allocations: (allocations(mine), base.and_then(allocations)),
            })
        });
    }
    let headline = match worst {
        None => "not measured".to_owned(),
        Some((scenario, p99, of_base)) => {
            let base = rankings[0].1.base.unwrap_or_default();
            let beside = of_base.map_or(String::new(), |it| format!("; {base}: {}", format::nanos(it.nanos)));
            let of = if leads.len() > 1 { format!(" under {scenario}") } else { String::new() };
            lines.push(format!("of {}{of}{beside}", p99.operation));
            format!("worst p99 {}", format::nanos(p99.nanos))
        }
    };
    if let Some(Resources { bytes: (mine, of_base), item, allocations }) = bytes {
        let base = rankings[0].1.base.unwrap_or_default();
        let beside = of_base.map_or(String::new(), |it| format!(" ({base}: {it:.0})"));
        lines.push(format!("{mine:.0} B a {item} beyond a plain map{beside}"));
        if let (Some(mine), of_base) = allocations {
            let beside = of_base.map_or(String::new(), |it| format!(" ({base}: {it:.1})"));
            lines.push(format!("{mine:.1} allocations an operation{beside}"));
        }
    }
    AnswerCard { question, headline, lines, is_bad: false }
}
