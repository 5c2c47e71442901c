//! The three questions, each answered in a headline and a few lines: which one to use, whether it is right, what it costs.
//!
//! It comes to no verdict of its own: it words what stands in the record. A mean over scenarios is of estimates alone, and has
//! no interval.

use super::correct;
use super::excluded::ExcludedStrategy;
use super::failures::Failure;
use super::format;
use super::leaders::{self, Lead, Standing};
use super::markup::Tone;
use super::ranking::{self, Ranked, Ranking, WorstP99};
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
    pub tone: Tone,
}

/// As many names are given, and the others counted.
const NAMED: usize = 2;

/// A scenario under which strategies were compared with one another.
struct Contest<'a> {
    table: &'a Table<'a>,
    lead: Lead<'a>,
    ranking: Ranking<'a>,
}

impl<'a> Contest<'a> {
    fn of(table: &'a Table<'a>) -> Option<Self> {
        if table.baselines.is_empty() {
            return None;
        }
        let lead = Lead::of(leaders::throughputs(table), Direction::HigherIsBetter)?;
        (lead.of > 1).then(|| Self { table, lead, ranking: Ranking::of(table) })
    }

    fn scenario(&self) -> &'a str {
        self.table.scenario
    }

    fn is_won_by(&self, strategy: &str) -> bool {
        self.lead.winners.iter().any(|it| it.strategy() == strategy)
    }

    /// Those that win or lead imprecisely.
    fn leading(&self) -> Vec<&str> {
        self.lead.winners.iter().chain(&self.lead.imprecise).map(Standing::strategy).collect()
    }

    /// How a strategy comes out of it.
    fn outcome(&self, strategy: &str) -> Outcome<'_> {
        let mut leading = self.leading();
        if let Some(at) = leading.iter().position(|it| *it == strategy) {
            leading.remove(at);
            return Outcome::Leads { with: leading };
        }
        match (self.lead.winners.first(), self.ranking.standing(strategy)) {
            (Some(leader), Some(own)) => Outcome::Behind { leader, own },
            _ => Outcome::BehindImprecisely { leader: leading.first().copied() },
        }
    }
}

/// How a strategy comes out of a scenario.
enum Outcome<'a> {
    /// Nothing is faster; these are not slower either.
    Leads {
        with: Vec<&'a str>,
    },
    Behind {
        leader: &'a Standing<'a>,
        own: &'a Standing<'a>,
    },
    /// What leads is known too imprecisely for a winner.
    BehindImprecisely {
        leader: Option<&'a str>,
    },
}

impl Answer {
    /// What the record answers; `None` where no cells were compared with one another, or what was compared are builds.
    pub fn of(record: &Record) -> Option<Self> {
        if record.against.is_some() || record.locks.is_some() {
            return None;
        }
        let tables = Table::all(record);
        let contests: Vec<_> = tables.iter().filter_map(Contest::of).collect();
        let base = contests.first()?.table.base();
        let choices = choices(&contests);
        let first = choices.first().copied();
        let cards = [which(&contests, &choices), is_right(record, first), cost(&contests, first.or(base))];
        Some(Self { choices: choices.into_iter().map(str::to_owned).collect(), cards })
    }
}

/// The strategies that win or tie under most scenarios, and of these that with the highest mean first. As intervals part none of
/// them under more scenarios than another, none is more right than another.
fn choices<'a>(contests: &'a [Contest<'a>]) -> Vec<&'a str> {
    let mut names: Vec<(&str, usize, f64)> = Vec::new();
    for name in contests.iter().flat_map(|it| it.lead.winners.iter().map(Standing::strategy)) {
        if !names.iter().any(|(known, ..)| *known == name) {
            let won = contests.iter().filter(|it| it.is_won_by(name)).count();
            names.push((name, won, mean(contests, name).unwrap_or(0.0)));
        }
    }
    let most = names.iter().map(|(_, won, _)| *won).max().unwrap_or(0);
    names.retain(|(_, won, _)| *won == most);
    names.sort_by(|a, b| b.2.total_cmp(&a.2));
    names.into_iter().map(|(name, ..)| name).collect()
}

fn mean(contests: &[Contest<'_>], strategy: &str) -> Option<f64> {
    ranking::mean(contests.iter().map(|it| &it.ranking), strategy)
}

fn which(contests: &[Contest<'_>], choices: &[&str]) -> AnswerCard {
    let card = |headline: &str, lines| AnswerCard {
        question: "Use",
        headline: headline.to_owned(),
        lines,
        tone: Tone::Good,
    };
    let Some((first, others)) = choices.split_first() else {
        let undecided = |it: &Contest<'_>| {
            format!("{}: {}", it.scenario(), it.lead.undecided().trim_start_matches("none: "))
        };
        return AnswerCard {
            tone: Tone::Plain,
            ..card("no winner", contests.iter().map(undecided).collect())
        };
    };
    if !others.is_empty() && contests.iter().all(|it| it.leading().len() == it.lead.of) {
        let lines = vec![format!("no interval parts {} from the others", few(choices))];
        return AnswerCard { tone: Tone::Plain, ..card("no difference was seen", lines) };
    }
    let mut lines = vec![how_much(contests, choices)];
    lines.extend(contests.iter().filter_map(|it| behind(it, first)));
    if contests.len() > 1 {
        let wins = contests.iter().filter(|it| it.is_won_by(first)).count();
        let others = if others.is_empty() { String::new() } else { format!(", as {} are", few(others)) };
        lines.push(format!("fastest or tied under {wins} of {} scenarios{others}", contests.len()));
    }
    // Of one scenario with two choices the headline has it.
    if contests.len() > 1 || others.len() != 1 {
        lines.extend(leads(contests, first));
    }
    match others {
        [other] => card(&format!("{first} or {other}"), lines),
        _ => card(first, lines),
    }
}

/// What is faster than the choice under a scenario: "arc-swap is faster under hot-context (×3.1, best ×2.9)".
fn behind(contest: &Contest<'_>, choice: &str) -> Option<String> {
    let under = contest.scenario();
    match contest.outcome(choice) {
        Outcome::Leads { .. } => None,
        Outcome::Behind { leader, own } if leader.is_ratio => Some(format!(
            "{} is faster under {under} (×{:.2}, {choice} ×{:.2})",
            leader.strategy(),
            leader.value,
            own.value
        )),
        Outcome::Behind { leader, .. } => Some(format!("{} is faster under {under}", leader.strategy())),
        Outcome::BehindImprecisely { leader } => {
            Some(format!("{} leads under {under}, imprecisely", leader?))
        }
    }
}

/// Where the choice leads, and with which others: what is said of several scenarios alike is said once.
fn leads(contests: &[Contest<'_>], choice: &str) -> Vec<String> {
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for contest in contests {
        let Outcome::Leads { with } = contest.outcome(choice) else { continue };
        let words = match &with[..] {
            // Of one scenario alone the headline says that it is the fastest.
            [] if contests.len() == 1 => continue,
            [] => "fastest alone".to_owned(),
            with => format!("tied with {}", few(with)),
        };
        let under = contest.scenario().to_owned();
        match said.iter_mut().find(|(known, _)| *known == words) {
            Some((_, scenarios)) => scenarios.push(under),
            None => said.push((words, vec![under])),
        }
    }
    let under = |scenarios: &[String]| {
        if contests.len() == 1 { String::new() } else { format!(" under {}", format::list(scenarios)) }
    };
    said.into_iter().map(|(words, scenarios)| words + &under(&scenarios)).collect()
}

/// "×2.01 the throughput of naive, geometric mean of 4 scenarios (best: ×1.98)"; of one scenario the ratio with its interval.
fn how_much(contests: &[Contest<'_>], choices: &[&str]) -> String {
    let (contest, first) = (&contests[0], choices[0]);
    let base = contest.table.base();
    if base == Some(first) {
        return "nothing is faster than what all were compared with".to_owned();
    }
    if let (Some(mean_of_first), Some(base), true) = (mean(contests, first), base, contests.len() > 1) {
        let other = choices.get(1).filter(|_| choices.len() == 2);
        let other = other.and_then(|it| Some(format!(" ({it}: ×{:.2})", mean(contests, it)?)));
        return format!(
            "×{mean_of_first:.2} the throughput of {base}, geometric mean of {} scenarios{}",
            contests.len(),
            other.unwrap_or_default()
        );
    }
    let Some(it) = contest.ranking.standing(first) else { return String::new() };
    match base.filter(|_| it.is_ratio) {
        Some(base) => {
            let ratio = format::ratio(it.value, it.ci);
            format!("{ratio} the throughput of {base} under {}", contest.scenario())
        }
        None => format!("{} operations/s under {}", it.row.throughput(), contest.scenario()),
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
    let mut lines = Vec::new();
    let excluded = ExcludedStrategy::all(record);
    if !excluded.is_empty() {
        let names: Vec<_> = excluded.iter().map(|it| it.strategy.to_owned()).collect();
        lines.push(format!("left out of the ranking: {}", format::list(&names)));
    }
    let mut unchecked = Vec::new();
    if let Some(choice) = choice {
        let checks = correct::checks(record, choice);
        // Beside those that failed it is said once whose checks these are.
        let mut of = if excluded.is_empty() { String::new() } else { format!("of {choice}, ") };
        for (name, it) in correct::HEAD.iter().zip(checks) {
            if it.known {
                lines.push(format!("{}{name}: {}", std::mem::take(&mut of), it.words));
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
    let (headline, tone) = match Failure::headline(&Failure::all(record)) {
        Some(failed) => (failed, Tone::Bad),
        None if nothing => ("not checked".to_owned(), Tone::Plain),
        None => ("no violation found".to_owned(), Tone::Good),
    };
    AnswerCard { question: "Correct?", headline, lines, tone }
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
fn cost(contests: &[Contest<'_>], strategy: Option<&str>) -> AnswerCard {
    let mut lines = Vec::new();
    let mut worst: Option<(&str, WorstP99<'_>, Option<WorstP99<'_>>)> = None;
    let mut bytes = None;
    for contest in contests {
        let ranking = &contest.ranking;
        let of = |name: Option<&str>| ranking.rows.iter().find(|it| Some(it.strategy()) == name);
        let (Some(mine), base) = (of(strategy), of(ranking.base)) else { continue };
        if let Some(p99) = mine.worst_p99
            && worst.is_none_or(|(_, worst, _)| p99.nanos > worst.nanos)
        {
            let of_base = base.filter(|it| it.strategy() != mine.strategy()).and_then(|it| {
                let same = it.row.cell.latency_ns.get(p99.operation)?;
                Some(WorstP99 { operation: p99.operation, nanos: same.p99?, ci: same.p99_ci })
            });
            worst = Some((contest.scenario(), p99, of_base));
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
    let base = contests.first().and_then(|it| it.ranking.base).unwrap_or_default();
    let headline = match worst {
        None => "not measured".to_owned(),
        Some((scenario, p99, of_base)) => {
            let beside = |it: WorstP99<'_>| format!(" ({base}: {} for the same)", format::nanos(it.nanos));
            let beside = of_base.map_or(String::new(), beside);
            let of = if contests.len() > 1 { format!(" under {scenario}") } else { String::new() };
            lines.push(format!("of {}{of}{beside}", p99.operation));
            format!("worst p99 {}", format::nanos(p99.nanos))
        }
    };
    if let Some(Resources { bytes: (mine, of_base), item, allocations }) = bytes {
        let beside = of_base.map_or(String::new(), |it| format!(" ({base}: {it:.0})"));
        lines.push(format!("{mine:.0} B a {item} beyond a plain map{beside}"));
        if let (Some(mine), of_base) = allocations {
            let beside = of_base.map_or(String::new(), |it| format!(" ({base}: {it:.1})"));
            lines.push(format!("{mine:.1} allocations an operation{beside}"));
        }
    }
    AnswerCard { question: "Cost", headline, lines, tone: Tone::Good }
}
