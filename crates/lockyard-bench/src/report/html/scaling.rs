//! The sweeps of a record on the page: a chart each, what follows from it, and the numbers behind it.

use maud::{Markup, html};

use super::super::format;
use super::super::rows::{self, Row};
use super::super::scaling::{Sweep, largest};
use super::curves::{Curve, curves};
use super::palette::Palette;
use super::parts;
use crate::record::{Percentile, Point, Record, Scaling, ScalingPoint};

/// More curves in one chart could not be distinguished.
const CURVES: usize = 7;

/// All sweeps.
pub(super) fn section(record: &Record, palette: &Palette<'_>) -> Markup {
    html! {
        section #scaling {
            h2 { "Scaling" }
            p.muted {
                "One setting varies along each sweep, and all else stays as the scenario has it. The curve is the \
                 Universal Scalability Law, throughput = λn ÷ (1 + σ(n − 1) + κn(n − 1)): λ is the throughput at n = 1, σ \
                 the contention (serial fraction), κ the coherency delay. Dashed is extrapolated: not measured, and valid \
                 only if the law continues to apply."
            }
            div.charts { @for sweep in Sweep::all(record) { (figure(&sweep, record, palette)) } }
        }
    }
}

fn figure(sweep: &Sweep<'_>, record: &Record, palette: &Palette<'_>) -> Markup {
    let drawn = drawn(sweep);
    let title = format!("Operations a second of each strategy under {}", sweep.title());
    let data: Vec<_> = drawn.iter().map(|it| curve(it, palette)).collect();
    let limit = limit(sweep, record);
    let drawing = html! {
        (curves(&data, limit.as_ref().map(|it| it.0), &title))
        p.axes { "operations/s against " (sweep.along) @if let Some((_, words)) = &limit { "; dashed across: " (words) } }
        (parts::legend(palette, drawn.iter().map(|it| it.strategy.as_str())))
        ul.notes { @for line in sweep.laws().iter().chain(&sweep.notes()) { li { (line) } } }
    };
    parts::figure(&sweep.title(), &caption(sweep, drawn.len()), &drawing, &numbers(sweep))
}

/// The strategies of the chart: all, or those that reach most.
fn drawn<'a>(sweep: &Sweep<'a>) -> Vec<&'a Scaling> {
    let most = |it: &Scaling| it.points.iter().map(|at| at.throughput.ops_per_s).fold(0.0, f64::max);
    let mut strategies = sweep.strategies.clone();
    if strategies.len() > CURVES {
        strategies.sort_by(|a, b| most(b).total_cmp(&most(a)));
        strategies.truncate(CURVES);
    }
    strategies
}

fn caption(sweep: &Sweep<'_>, drawn: usize) -> String {
    let all = sweep.strategies.len();
    let which = if drawn < all {
        format!("The {drawn} of {all} strategies with the highest throughput; the table has all. ")
    } else {
        String::new()
    };
    let points: Vec<_> =
        sweep.strategies.iter().flat_map(|it| it.points.iter().map(move |at| (it, at))).collect();
    let rate = |at: &ScalingPoint| at.throughput.ops_per_s;
    // Of points alike the first: a later one would have to be above it.
    let highest = points.iter().reduce(|best, it| if rate(it.1) > rate(best.1) { it } else { best });
    let Some((it, at)) = highest else { return which };
    let is_tied = |(_, it): &&(&&Scaling, &ScalingPoint)| {
        !std::ptr::eq(*it, *at) && it.throughput.ci[1] >= at.throughput.ci[0]
    };
    let tied = points.iter().filter(is_tied).count();
    let size = it.size(&at.point).unwrap_or_default();
    let rate = format::with_interval(at.throughput.ops_per_s, at.throughput.ci);
    let tied = match tied {
        0 => String::new(),
        tied => format!(" Statistically tied with it: {}.", format::counted(tied as u64, "other point")),
    };
    format!("{which}Highest: “{}”, {rate} operations a second, at {}={size}.{tied}", it.strategy, sweep.along)
}

/// What the machine allows under the sweep's scenario, from a cell that was measured beside it, and in words.
fn limit(sweep: &Sweep<'_>, record: &Record) -> Option<(f64, String)> {
    let cell = record.cells_of(sweep.scenario).find(|cell| cell.of_limit.is_some())?;
    let it = cell.of_limit.as_ref()?;
    let rate = cell.throughput.ops_per_s / it.fraction;
    let words =
        format!("the limit {}, {} operations/s at {}", it.limit, format::count(rate), settings(&cell.point));
    (rate.is_finite() && rate > 0.0).then_some((rate, words))
}

fn curve(scaling: &Scaling, palette: &Palette<'_>) -> Curve {
    let point = |at: &ScalingPoint| {
        Some((scaling.size(&at.point)? as f64, at.throughput.ops_per_s, at.throughput.ci))
    };
    // A law without points to stand on is not drawn.
    let fit = scaling.fit.filter(|_| largest(scaling).is_some());
    let (name, colour) = (scaling.strategy.clone(), palette.colour(&scaling.strategy));
    Curve { name, colour, points: scaling.points.iter().filter_map(point).collect(), fit }
}

fn numbers(sweep: &Sweep<'_>) -> Markup {
    let table = html! { table {
        (parts::head(["strategy", "settings", "operations/s", "reads/s", "writes/s", "p99 (samples)"]))
        tbody { @for it in &sweep.strategies { @for at in &it.points { tr {
            th scope="row" { (it.strategy) }
            td { (settings(&at.point)) }
            td { (format::with_interval(at.throughput.ops_per_s, at.throughput.ci)) }
            td { (Row::rate(at.reads_per_s)) }
            td { (Row::rate(at.writes_per_s)) }
            td {
                @if let Some((name, seen)) = at.latency_ns.iter().max_by_key(|(_, seen)| seen.count) {
                    (rows::percentile(seen, Percentile::P99)) " (" (name) ", " (format::grouped(seen.count)) ")"
                }
            }
        } } } }
    } };
    parts::scroll(&format!("Operations a second under {}", sweep.title()), &table)
}

fn settings(point: &Point) -> String {
    let mut settings = rows::settings(point);
    settings.extend(point.save_ms.map(|ms| format!("{ms} ms save")));
    settings.join(", ")
}
