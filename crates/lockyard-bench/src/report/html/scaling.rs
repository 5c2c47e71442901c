//! The sweeps of a record on the page: a chart each, what follows from it, and the numbers behind it.

use maud::{Markup, html};

use super::super::axis::Axis;
use super::super::format;
use super::super::markup;
use super::super::plane::{Name, Plane, Shape, Stroke};
use super::super::rows::{self, Row};
use super::super::scaling::{Sweep, largest};
use super::palette::Palette;
use super::parts;
use crate::record::{Percentile, Point, Record, Scaling, ScalingPoint, Throughput};

pub(super) const ID: &str = "scaling";
pub(super) const TITLE: &str = "Scaling";

/// Steps in which a law is drawn.
const STEPS: u32 = 24;

/// All sweeps.
pub(super) fn section(record: &Record, palette: &Palette<'_>) -> Markup {
    let content = html! {
        p.muted {
            "One setting varies along each sweep, and all else stays as the scenario has it. Dots with their intervals were measured; a \
             line is the Universal Scalability Law, throughput = λn ÷ (1 + σ(n − 1) + κn(n − 1)): λ is the throughput at n = 1, σ the \
             contention (serial fraction), κ the coherency delay. Dashed is extrapolated: not measured, and valid only if the law \
             continues to apply. A ring is the cell of the ranking."
        }
        div.charts { @for sweep in Sweep::all(record) { (figure(&sweep, record, palette)) } }
    };
    parts::section(ID, TITLE, &content)
}

fn figure(sweep: &Sweep<'_>, record: &Record, palette: &Palette<'_>) -> Markup {
    let mut strategies = sweep.strategies.clone();
    strategies.sort_by_key(|it| palette.depth(&it.strategy));
    let limit = limit(sweep, record);
    let beyond = |it: &&Scaling| law(it)?.extrapolated.map(|it| f64::from(it.size));
    let mut sizes: Vec<f64> = sweep.sizes().into_iter().map(|size| size as f64).collect();
    sizes.extend(strategies.iter().filter_map(beyond));
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    // Sizes double from point to point as a rule. A setting that can be none has no logarithm.
    let x = Axis::at(&sizes, true, |x| format!("{x}"), sweep.along);
    let rates = strategies.iter().flat_map(|it| {
        let measured = it.points.iter().map(|at| at.throughput.ci[1].max(at.throughput.ops_per_s));
        measured.chain(law(it).and_then(|fit| fit.extrapolated).map(|it| it.ops_per_s))
    });
    let cells = strategies.iter().filter_map(|it| cell(it, record));
    let rates = rates.chain(cells.map(|(_, it)| it.ops_per_s)).chain(limit.as_ref().map(|it| it.0));
    let y = Axis::from_zero(rates, format::tick_count, "operations/s");
    let title = format!("Operations a second of each strategy under {}", sweep.title());
    let shapes = strategies.iter().flat_map(|it| shapes(it, record, palette)).collect();
    let names = strategies.iter().filter_map(|it| {
        let end = law(it).and_then(|fit| fit.extrapolated).map(|it| it.ops_per_s);
        Some(Name {
            of: palette.number(&it.strategy),
            text: &it.strategy,
            at: end.or_else(|| it.points.last().map(|at| at.throughput.ops_per_s))?,
            loud: palette.is_coloured(&it.strategy),
        })
    });
    let plane = Plane {
        title: &title,
        x: &x,
        y: &y,
        shapes,
        names: names.collect(),
        beside: Vec::new(),
        across: limit.as_ref().map(|it| it.0),
        breaks: Vec::new(),
    };
    let drawing = html! {
        (plane.drawn())
        @if let Some((_, words)) = &limit { p.axes { "dashed across: " (words) } }
        ul.notes { @for line in sweep.laws().iter().chain(&sweep.notes()) { li { (line) } } }
    };
    parts::figure(Some(&sweep.title()), &caption(sweep), &drawing, &numbers(sweep))
}

/// The law, where it has points to stand on.
fn law(scaling: &Scaling) -> Option<crate::record::Fit> {
    scaling.fit.filter(|_| largest(scaling).is_some())
}

/// The cell of the ranking, where it stands on the axis too.
fn cell(scaling: &Scaling, record: &Record) -> Option<(f64, Throughput)> {
    let mut cells = record.cells_of(&scaling.scenario).filter(|cell| cell.strategy == scaling.strategy);
    let it = cells.next()?;
    let size = scaling.size(&it.point)?;
    Some((size as f64, it.throughput))
}

fn shapes(scaling: &Scaling, record: &Record, palette: &Palette<'_>) -> Vec<Shape> {
    let name = &scaling.strategy;
    let shape = |stroke, points, tip| Shape { of: palette.number(name), stroke, points, tip };
    let points: Vec<(f64, f64, [f64; 2])> = scaling
        .points
        .iter()
        .filter_map(|at| Some((scaling.size(&at.point)? as f64, at.throughput.ops_per_s, at.throughput.ci)))
        .collect();
    let (Some((first, ..)), Some((last, ..))) = (points.first(), points.last()) else { return Vec::new() };
    let measured: Vec<_> = points.iter().map(|(x, rate, _)| (*x, *rate)).collect();
    let mut shapes = Vec::new();
    match law(scaling) {
        None => shapes.push(shape(Stroke::Thin, measured.clone(), name.clone())),
        Some(fit) => {
            let along = |from: f64, to: f64| -> Vec<(f64, f64)> {
                let step = |nth: u32| {
                    let x = from * (to / from).powf(f64::from(nth) / f64::from(STEPS));
                    (x, fit.at(x))
                };
                (0..=STEPS).map(step).collect()
            };
            shapes.push(shape(Stroke::Line, along(*first, *last), name.clone()));
            if let Some(it) = fit.extrapolated {
                shapes.push(shape(
                    Stroke::Dashed,
                    along(*last, it.size.into()),
                    format!("{name}, extrapolated"),
                ));
            }
        }
    }
    if palette.is_coloured(name) {
        let whiskers = points.iter().flat_map(|(x, _, [low, high])| [(*x, *low), (*x, *high)]).collect();
        shapes.push(shape(Stroke::Whiskers, whiskers, String::new()));
        shapes.extend(cell(scaling, record).map(|(x, it)| {
            shape(Stroke::Rings, vec![(x, it.ops_per_s)], format!("{name}, the cell of the ranking"))
        }));
    }
    shapes.push(shape(Stroke::Dots, measured, name.clone()));
    shapes
}

fn caption(sweep: &Sweep<'_>) -> String {
    let points: Vec<_> =
        sweep.strategies.iter().flat_map(|it| it.points.iter().map(move |at| (it, at))).collect();
    let rate = |at: &ScalingPoint| at.throughput.ops_per_s;
    // Of points alike the first: a later one would have to be above it.
    let highest = points.iter().reduce(|best, it| if rate(it.1) > rate(best.1) { it } else { best });
    let Some((it, at)) = highest else { return String::new() };
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
    format!("Highest: “{}”, {rate} operations a second, at {}={size}.{tied}", it.strategy, sweep.along)
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

fn numbers(sweep: &Sweep<'_>) -> Markup {
    let caption = format!("Operations a second under {}", sweep.title());
    let head = ["strategy", "settings", "operations/s", "reads/s", "writes/s", "p99 (samples)"];
    let body = html! { @for it in &sweep.strategies { @for at in &it.points { tr {
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
    } } } };
    markup::table(&caption, head, &body)
}

fn settings(point: &Point) -> String {
    let mut settings = rows::settings(point);
    settings.extend(point.save_ms.map(|ms| format!("{ms} ms save")));
    settings.join(", ")
}
