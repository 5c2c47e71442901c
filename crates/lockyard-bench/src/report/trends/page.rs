//! Trends as a page: the verdict, step changes with their commits, a chart for each scenario, and the numbers behind it.

use maud::{Markup, html};

use super::super::columns::ColumnWidth;
use super::super::leaders::{self, Lead};
use super::super::markup::{self, RatioScale, Tone};
use super::super::plane;
use super::super::rows::Table;
use super::super::{format, side};
use super::lines::Lines;
use super::words::{
    Measure, RUN_HEAD, STEP_HEAD, between, head, headline, rows, run_row, span, step, step_row,
    trends_verdict,
};
use crate::record::{Record, TrendScenario, Trends};
use crate::stats::Direction;

const STYLE: &str = include_str!("style.css");

/// So many runs are listed without being asked for.
const LISTED: usize = 12;

/// Trends as a page for a browser: one file that loads nothing and runs nothing. `latest` is the record of the last run; who leads in
/// it is drawn in colour.
///
/// ```
/// # use lockyard_bench::gate::trends;
/// # use lockyard_bench::record::Record;
/// # use lockyard_bench::report::trends_page;
/// # use lockyard_bench::stats::Confidence;
/// # fn of(records: &mut [Record]) {
/// records.sort_by_key(|record| record.started_at);
/// let page = trends_page(&trends(records, Confidence::default()), &records[records.len() - 1]);
/// # }
/// ```
pub fn trends_page(trends: &Trends, latest: &Record) -> String {
    let words = headline(trends);
    let title = format!("{}: {}{}", span(trends), words[..1].to_lowercase(), &words[1..]);
    let body = html! {
        header {
            h1 { (title) }
            (markup::meta(&facts(trends)))
        }
        main {
            (markup::verdict(tone(trends), &words, &trends_verdict(trends)))
            (markup::notes(&between(trends)))
            (steps(trends))
            @for scenario in &trends.scenarios { (section(trends, scenario, latest)) }
            (runs(trends))
            (method())
        }
    };
    markup::document(&title, &[plane::STYLE, STYLE], &body)
}

fn tone(trends: &Trends) -> Tone {
    let comparable = trends.diffs.iter().any(|diff| diff.refusals.is_empty());
    match comparable {
        _ if trends.steps().any(|it| it.is_loss()) => Tone::Bad,
        true => Tone::Good,
        false => Tone::Plain,
    }
}

/// The machines, each once, and the builds from first to last.
fn facts(trends: &Trends) -> Vec<String> {
    let mut facts: Vec<String> = Vec::new();
    for machine in trends.runs.iter().filter_map(|run| side::machine(&run.side)) {
        if !facts.contains(&machine) {
            facts.push(machine);
        }
    }
    if let [first, .., last] = &trends.runs[..] {
        facts.push(format!("Lockyard {} to {}", side::build(&first.side), side::build(&last.side)));
    }
    facts
}

fn steps(trends: &Trends) -> Markup {
    let scale = RatioScale::of(trends.steps().map(|it| &it.change.change));
    let rows: Vec<_> = trends
        .steps()
        .map(|it| {
            let tone = if it.is_loss() { Tone::Bad } else { Tone::Good };
            let mut cells: Vec<_> = step_row(trends, &it).iter().map(|cell| html! { (cell) }).collect();
            cells.pop();
            cells.push(scale.cell(&it.change.change, tone));
            cells
        })
        .collect();
    let caption = "Changes from one run to the next whose whole interval lies to one side of ×1: ratios to the reference of their \
                   run, before and after, and after ÷ before";
    html! {
        @if !rows.is_empty() {
            section #steps {
                h2 { "Step changes" }
                (markup::table(caption, STEP_HEAD, &markup::rows(rows)))
            }
        }
    }
}

/// One scenario: its charts beside each other, and the numbers behind them.
fn section(trends: &Trends, scenario: &TrendScenario, latest: &Record) -> Markup {
    let table = Table::of(latest, &scenario.name);
    let lead = Lead::of(leaders::throughputs(&table), Direction::HigherIsBetter);
    let (winner, tied) = match lead.as_ref().and_then(Lead::first) {
        Some((first, tied)) => {
            (Some(first.strategy().to_owned()), tied.into_iter().map(str::to_owned).collect())
        }
        None => (None, Vec::new()),
    };
    let lines = Lines::of(trends, scenario, winner.as_deref());
    html! {
        section.scenario {
            h2 { (scenario.name) }
            p { (seen(trends, scenario, winner.as_deref(), &tied)) }
            div.charts {
                @for measure in Measure::of(scenario) {
                    figure {
                        h3 { (measure.title(trends, scenario)) }
                        (lines.drawn(measure))
                        figcaption {
                            @match measure {
                                Measure::Throughput => "Higher is faster.",
                                Measure::P99 => "Lower is faster.",
                            }
                            " Runs 1 to " (trends.runs.len()) " from left to right."
                        }
                    }
                }
            }
            details {
                summary { "The numbers behind these charts" }
                @for measure in Measure::of(scenario) { (numbers(trends, scenario, measure)) }
                (absolute(trends, scenario))
            }
        }
    }
}

/// What is to be seen in its charts.
fn seen(trends: &Trends, scenario: &TrendScenario, winner: Option<&str>, tied: &[String]) -> String {
    let mut sentences: Vec<_> = trends
        .steps()
        .filter(|it| it.change.scenario == scenario.name)
        .map(|it| step(trends, &it) + ".")
        .collect();
    if sentences.is_empty() {
        sentences.push("No step change.".to_owned());
    }
    if let Some(winner) = winner {
        let tied: Vec<_> = tied.iter().map(String::as_str).collect();
        let tied =
            if tied.is_empty() { String::new() } else { format!(", tied with {}", leaders::names(&tied)) };
        sentences.push(format!("In the last run “{winner}” has the highest throughput{tied}."));
    }
    sentences.join(" ")
}

fn numbers(trends: &Trends, scenario: &TrendScenario, measure: Measure) -> Markup {
    let rows = rows(trends, scenario, measure, 0, ColumnWidth::Wide);
    let caption = format!("{} under {}, with its interval", measure.title(trends, scenario), scenario.name);
    markup::table(&caption, head(trends, 0).iter().map(String::as_str), &markup::rows(rows))
}

/// Operations a second and p99 as they were measured.
fn absolute(trends: &Trends, scenario: &TrendScenario) -> Markup {
    let rows: Vec<Vec<_>> = scenario
        .strategies
        .iter()
        .map(|strategy| {
            let cells = (0..trends.runs.len()).map(|at| {
                let Some(point) = strategy.points.iter().find(|it| it.run == at) else {
                    return "–".to_owned();
                };
                let it = point.throughput;
                let p99 =
                    point.p99_ns.map(|nanos| format!("; p99 {}", format::nanos(nanos))).unwrap_or_default();
                format::with_interval(it.ops_per_s, it.ci) + &p99
            });
            std::iter::once(strategy.strategy.clone()).chain(cells).collect()
        })
        .collect();
    let p99 = scenario.operation.as_ref().map(|it| format!(", and the p99 of {it}")).unwrap_or_default();
    let caption = format!("Operations a second under {}{p99}: with the drift of the machine", scenario.name);
    markup::table(&caption, head(trends, 0).iter().map(String::as_str), &markup::rows(rows))
}

fn runs(trends: &Trends) -> Markup {
    let rows = (0..trends.runs.len()).map(|at| run_row(trends, at));
    html! {
        section #runs {
            h2 { "The runs" }
            details open[trends.runs.len() <= LISTED] {
                summary { (format::counted(trends.runs.len() as u64, "run")) }
                (markup::table("The runs in the order of their start", RUN_HEAD, &markup::rows(rows)))
            }
        }
    }
}

fn method() -> Markup {
    html! {
        section #method {
            h2 { "How to read this" }
            ul {
                li { "A ratio is to the throughput, or the p99, of the reference within the same run. So what slows all strategies alike is not in it." }
                li { "A step change is a change of the ratio from one run to the next whose whole interval lies to one side of ×1. The intervals are widened for how many changes are judged." }
                li { "In colour are the reference, the strategy that leads in the last run, and those with step changes; a large point is where one came about. Their vertical lines are intervals." }
                li { "A dashed vertical line stands between runs that cannot be compared, where no line goes on." }
                li { "“–” means that a run did not measure it; it is never a zero." }
            }
        }
    }
}
