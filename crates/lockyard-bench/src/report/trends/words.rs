//! Trends in words that every format takes: the verdict, step changes, what differs between runs, and the tables' rows.

use super::super::columns::ColumnWidth;
use super::super::{format, side};
use crate::record::{StepChange, TrendPoint, TrendScenario, TrendStrategy, Trends};

/// The head of the table of step changes.
pub(super) const STEP_HEAD: [&str; 7] = ["strategy", "scenario", "from", "to", "before", "after", "change"];

/// The head of the table of runs.
pub(super) const RUN_HEAD: [&str; 6] = ["run", "began", "built", "machine", "ratios are to", "remarks"];

/// What is in a cell of a run that did not measure it.
pub(super) const NONE: &str = "–";

/// The verdict on trends, as plain text. Names in it are as the records have them: escape them for your format.
pub fn trends_verdict(trends: &Trends) -> String {
    let mut sentences = vec![span(trends) + "."];
    for (nth, run) in (1..).zip(&trends.runs) {
        sentences
            .extend(run.side.partial.as_ref().map(|why| format!("Partial results: run {nth} was {why}.")));
    }
    sentences.push(format!("{}.", headline(trends)));
    let losses = || trends.steps().filter(StepChange::is_loss);
    if let Some(worst) = losses().min_by(|a, b| a.change.change.ratio.total_cmp(&b.change.change.ratio)) {
        let which = if losses().nth(1).is_some() { "The largest loss: " } else { "" };
        sentences.push(format!("{which}{}.", step(trends, &worst)));
    }
    let breaks: Vec<_> = trends.breaks().map(|(run, _)| format!("run {} with run {run}", run + 1)).collect();
    if !breaks.is_empty() {
        sentences.push(format!("Not comparable: {}.", format::list(&breaks)));
    }
    let judged: usize = trends.diffs.iter().map(|diff| diff.changes.len()).sum();
    if judged > 0 {
        sentences.push(format!(
            "{} from one run to the next were judged; confidence that no loss among them is a false positive: {}, and likewise \
             of gains.",
            if judged == 1 { "1 ratio".to_owned() } else { format!("{judged} changes of ratios") },
            format::percent(trends.confidence)
        ));
    }
    sentences.join(" ")
}

/// How many runs there are, and from when to when.
pub(super) fn span(trends: &Trends) -> String {
    match &trends.runs[..] {
        [] => "No runs".to_owned(),
        [one] => format!("1 run, of {}", side::started(&one.side)),
        [first, .., last] => {
            let [from, to] = [first, last].map(|run| run.side.started_at.strftime("%Y-%m-%d").to_string());
            let [from, to] =
                if from == to { [first, last].map(|run| side::started(&run.side)) } else { [from, to] };
            format!("{} runs from {from} to {to}", trends.runs.len())
        }
    }
}

/// What came of it, in a few words.
pub(super) fn headline(trends: &Trends) -> String {
    let of = |losses| trends.steps().filter(|it| it.is_loss() == losses).count() as u64;
    let counted = |count: u64, one: &str, several: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {several}")),
    };
    let changes: Vec<_> = [counted(of(true), "loss", "losses"), counted(of(false), "gain", "gains")]
        .into_iter()
        .flatten()
        .collect();
    if changes.is_empty() {
        let comparable = trends.diffs.iter().any(|diff| diff.refusals.is_empty());
        return if comparable { "No step change" } else { "No runs that can be compared" }.to_owned();
    }
    let of = if of(true) + of(false) == 1 { "Step change" } else { "Step changes" };
    format!("{of}: {}", format::list(&changes))
}

/// A step change in a sentence, without its end.
pub(super) fn step(trends: &Trends, step: &StepChange<'_>) -> String {
    let it = step.change;
    let change = format::ratio(it.change.ratio, it.change.ci);
    let reference = trends.diffs.get(step.before).map_or("", |diff| &diff.reference);
    format!(
        "“{}” under {} is at {change} of its former ratio to “{reference}” from {} to {}",
        it.strategy,
        it.scenario,
        run(trends, step.before),
        run(trends, step.after()),
    )
}

/// A run by its number and its commit: `run 3 (9128e0136a0f)`.
pub(super) fn run(trends: &Trends, at: usize) -> String {
    let commit = trends.runs.get(at).and_then(|run| run.side.commit.as_deref());
    let commit = commit.map_or(String::new(), |commit| format!(" ({commit})"));
    format!("run {}{commit}", at + 1)
}

/// A row of the table of step changes.
pub(super) fn step_row(trends: &Trends, step: &StepChange<'_>) -> [String; 7] {
    let it = step.change;
    let [before, after, change] =
        [&it.before, &it.after, &it.change].map(|ratio| format::ratio(ratio.ratio, ratio.ci));
    let (from, to) = (run(trends, step.before), run(trends, step.after()));
    [it.strategy.clone(), it.scenario.clone(), from, to, before, after, change]
}

/// A row of the table of runs.
pub(super) fn run_row(trends: &Trends, at: usize) -> [String; 6] {
    let run = &trends.runs[at];
    let partial = run.side.partial.as_ref().map(|why| format!("partial: {why}"));
    let broken = trends.breaks().find(|(run, _)| *run == at);
    let broken = broken.map(|(run, _)| format!("not comparable with run {run}"));
    let remarks: Vec<_> = partial.into_iter().chain(broken).collect();
    [
        (at + 1).to_string(),
        side::started(&run.side),
        side::build(&run.side),
        side::machine(&run.side).unwrap_or_else(|| "unknown".to_owned()),
        run.reference.clone().unwrap_or_else(|| NONE.to_owned()),
        remarks.join("; "),
    ]
}

/// The table of runs without what is the same in all of them, which is in the sentence.
pub(super) fn runs(trends: &Trends) -> (Vec<String>, Vec<Vec<String>>, Option<String>) {
    let rows: Vec<_> = (0..trends.runs.len()).map(|at| run_row(trends, at)).collect();
    let is_common = |column: usize| match &rows[..] {
        [first, rest @ ..] => (2..5).contains(&column) && rest.iter().all(|row| row[column] == first[column]),
        [] => false,
    };
    let said = rows
        .first()
        .map(|row| (2..5).filter(|it| is_common(*it)).map(|it| format!("{}: {}", RUN_HEAD[it], row[it])));
    let said: Vec<_> = said.into_iter().flatten().collect();
    let shown: Vec<usize> = (0..RUN_HEAD.len()).filter(|it| !is_common(*it)).collect();
    let head = shown.iter().map(|it| RUN_HEAD[*it].to_owned()).collect();
    let rows = rows.iter().map(|row| shown.iter().map(|it| row[*it].clone()).collect()).collect();
    (head, rows, (!said.is_empty()).then(|| format!("All runs have {}.", said.join("; "))))
}

/// What differs from one run to the next, a line each: why two cannot be compared, and what is to be known where they can.
pub(super) fn between(trends: &Trends) -> Vec<String> {
    let mut lines = Vec::new();
    for (before, diff) in (1..).zip(&trends.diffs) {
        let pair = format!("run {before} → run {}", before + 1);
        let the_earlier = "; “the baseline” is the earlier one, “this run” the later one";
        if !diff.refusals.is_empty() {
            lines.push(format!("{pair}: not comparable: {}{the_earlier}", diff.refusals.join("; ")));
        }
        lines.extend(diff.notes.iter().map(|note| format!("{pair}: {note}")));
        if diff.refusals.is_empty() && !diff.missing.is_empty() {
            lines.push(format!("{pair}: no longer measured: {}", diff.missing.join(", ")));
        }
    }
    lines
}

/// What one point says, by what the table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Throughput ÷ that of the reference.
    Throughput,
    /// The p99 of the scenario's operation ÷ that of the reference.
    P99,
}

impl Measure {
    /// The two, those that a scenario has.
    pub fn of(scenario: &TrendScenario) -> Vec<Self> {
        let points = scenario.strategies.iter().flat_map(|it| &it.points);
        let has_p99 = points.clone().any(|it| it.p99_ratio.is_some_and(|ratio| ratio.ci[0] < ratio.ci[1]));
        [Self::Throughput].into_iter().chain(has_p99.then_some(Self::P99)).collect()
    }

    /// What it is, in a heading.
    pub fn title(self, trends: &Trends, scenario: &TrendScenario) -> String {
        let mut references: Vec<_> = trends.runs.iter().filter_map(|it| it.reference.as_deref()).collect();
        references.dedup();
        let reference = match references[..] {
            [one] => format!("“{one}”"),
            _ => "the reference".to_owned(),
        };
        match self {
            Self::Throughput => format!("Throughput ÷ that of {reference}"),
            Self::P99 => {
                let operation = scenario.operation.as_deref().unwrap_or("operations");
                format!("p99 of {operation} ÷ that of {reference}")
            }
        }
    }

    /// The ratio of a point, if it has one.
    pub fn ratio(self, point: &TrendPoint) -> Option<(f64, [f64; 2])> {
        match self {
            Self::Throughput => Some((point.ratio.ratio, point.ratio.ci)),
            Self::P99 => point.p99_ratio.map(|it| (it.ratio, it.ci)),
        }
    }
}

/// What stands in the table of a scenario: a row for each strategy, with a cell for each run from `first` on. A step change of
/// throughput has an arrow. In a narrow column an interval is a spread.
pub(super) fn rows(
    trends: &Trends,
    scenario: &TrendScenario,
    measure: Measure,
    first: usize,
    width: ColumnWidth,
) -> Vec<Vec<String>> {
    let row = |strategy: &TrendStrategy| {
        let cells = (first..trends.runs.len()).map(|at| {
            let point = strategy.points.iter().find(|it| it.run == at);
            let Some((ratio, ci)) = point.and_then(|it| measure.ratio(it)) else { return NONE.to_owned() };
            let is_reference = trends.runs[at].reference.as_deref() == Some(&*strategy.strategy);
            if is_reference {
                return "reference".to_owned();
            }
            let is_step = |it: &StepChange<'_>| {
                it.after() == at
                    && it.change.strategy == strategy.strategy
                    && it.change.scenario == scenario.name
            };
            let step = trends.steps().filter(|_| measure == Measure::Throughput).find(is_step);
            let arrow = match step.map(|it| it.is_loss()) {
                Some(true) => "▼ ",
                Some(false) => "▲ ",
                None => "",
            };
            let ratio = match width {
                // Of a small ratio the spread leaves too few digits.
                ColumnWidth::Narrow if ratio > 0.1 => format::ratio_with_spread(ratio, ci),
                ColumnWidth::Narrow | ColumnWidth::Wide => format::ratio(ratio, ci),
            };
            arrow.to_owned() + &ratio
        });
        std::iter::once(strategy.strategy.clone()).chain(cells).collect()
    };
    scenario.strategies.iter().map(row).collect()
}

/// The head of that table.
pub(super) fn head(trends: &Trends, first: usize) -> Vec<String> {
    let runs = (first..trends.runs.len()).map(|at| run(trends, at));
    std::iter::once("strategy".to_owned()).chain(runs).collect()
}

/// What is left out of a table that begins with a later run than the first.
pub(super) fn left_out(first: usize) -> Option<String> {
    match first {
        0 => None,
        1 => Some("Run 1 is left out here; the page and JSON have all.".to_owned()),
        _ => Some(format!("Runs 1 to {first} are left out here; the page and JSON have all.")),
    }
}
