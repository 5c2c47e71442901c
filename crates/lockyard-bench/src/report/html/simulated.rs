//! Locks simulated on more cores than there are, on the page: dotted, and under its own headline. What was measured of the same
//! lock is a solid line of the same colour, which ends where the cores do.

use maud::{Markup, html};

use super::super::simulated::{HELD_OUT_HEAD, POINT_HEAD, TITLE, held_out, points, sentences};
use super::super::{format, simulated};
use super::palette::Palette;
use super::parts;
use super::xy::{Axis, PlotPoint, Series, xy};
use crate::locks::simulate::scaled;
use crate::record::{LockPoint, Record, SimulationRecord, Throughput};

pub(super) fn section(record: &Record, simulation: &SimulationRecord, palette: &Palette<'_>) -> Markup {
    html! {
        section #simulated aria-labelledby="simulated-title" {
            h2 #simulated-title { (TITLE) }
            ul { @for sentence in sentences(simulation) { li { (sentence) } } }
            div.charts { @for point in shapes(simulation) { (chart(record, simulation, point, palette)) } }
            (rows("Held out: measured, and not used for calibration", &HELD_OUT_HEAD, held_out(simulation)))
            (rows("Simulated points", &POINT_HEAD, points(simulation)))
        }
    }
}

/// What was simulated on several numbers of cores, each once, with the fewest.
fn shapes(simulation: &SimulationRecord) -> Vec<LockPoint> {
    let mut shapes: Vec<LockPoint> = Vec::new();
    for point in simulation.points.iter().filter_map(|it| LockPoint::of(&it.point)) {
        if !shapes.iter().any(|shape| is_of(*shape, point) || is_of(point, *shape)) {
            shapes.push(point);
        }
    }
    shapes
}

/// Whether a point is the other one on more or fewer cores.
fn is_of(shape: LockPoint, point: LockPoint) -> bool {
    scaled(shape, point.workers) == point
}

fn chart(record: &Record, simulation: &SimulationRecord, shape: LockPoint, palette: &Palette<'_>) -> Markup {
    let mut series = Vec::new();
    let mut names = Vec::new();
    for lock in &simulation.locks {
        let name = &lock.name;
        let measured = record.cells.iter().filter(|cell| cell.strategy == *name).filter_map(|cell| {
            let point = LockPoint::of(&cell.point)?;
            (is_of(shape, point) && point.workers <= record.environment.cores)
                .then_some((point.workers, cell.throughput))
        });
        let simulated = simulation.points.iter().filter(|it| it.lock == *name).filter_map(|it| {
            let point = LockPoint::of(&it.point)?;
            is_of(shape, point).then_some((point.workers, it.throughput))
        });
        names.push(name.as_str());
        series.push(line(palette, name, "measured", measured.collect()));
        series.push(line(palette, name, "simulated", simulated.collect()));
    }
    let marks = || series.iter().flat_map(|it| &it.marks);
    let cores = Axis::logarithmic(marks().map(|mark| mark.x), |x| format!("{x:.0}"), "cores");
    let rates = Axis::from_zero(marks().map(|mark| mark.y), format::tick_count, "accesses/s");
    let title = title(shape);
    let drawing = html! {
        (xy(&series, &cores, &rates, &format!("Accesses a second of each lock, {title}: measured and simulated")))
        p.axes { "solid: measured; dotted: " strong { "simulated" } }
        (parts::legend(palette, names))
    };
    html! { article { h3 { (simulated::TITLE) ": " (title) } (drawing) } }
}

/// What a chart's points have in common.
fn title(LockPoint { hold_ns, think_ns, tasks, reads_percent, workers }: LockPoint) -> String {
    let each = f64::from(tasks) / f64::from(workers.max(1));
    let think = if think_ns > 0 { format!(", {} between", format::nanos(think_ns)) } else { String::new() };
    format!("held for {}{think}, {reads_percent} % reads, {each} tasks for each core", format::nanos(hold_ns))
}

fn line(palette: &Palette<'_>, lock: &str, how: &str, mut rates: Vec<(u32, Throughput)>) -> Series {
    rates.sort_unstable_by_key(|(workers, _)| *workers);
    let mark = |(workers, rate): &(u32, Throughput)| PlotPoint {
        x: f64::from(*workers),
        y: rate.ops_per_s,
        tip: format!("{lock}, {how}, {workers} cores: {}", format::with_interval(rate.ops_per_s, rate.ci)),
    };
    let simulated = how == "simulated";
    Series {
        colour: palette.colour(lock),
        dashed: simulated,
        joined: true,
        size: if simulated { 2.0 } else { 4.0 },
        marks: rates.iter().map(mark).collect(),
    }
}

fn rows<const N: usize>(title: &str, head: &[&str; N], rows: Vec<[String; N]>) -> Markup {
    let table = html! { table {
        (parts::head(head.iter().copied()))
        tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
    } };
    html! { details { summary { (title) } (parts::scroll(title, &table)) } }
}

#[cfg(test)]
mod tests {
    use super::super::super::simulated::tests::planted;
    use super::*;

    #[test]
    fn what_is_simulated_is_drawn_apart_and_called_so() {
        let (record, simulation) = planted();
        let page = section(&record, &simulation, &Palette::of(&record)).into_string();
        assert_eq!(page.matches("id=\"simulated\"").count(), 1);
        assert!(page.contains("dotted: <strong>simulated</strong>"), "{page}");
        assert!(
            page.contains("tokio-mutex, simulated, 16 cores")
                && page.contains("tokio-mutex, measured, 2 cores")
        );
        assert!(!page.contains("tokio-mutex, measured, 16 cores"));
        // The line of what was measured has one point and none; that of what was simulated is dotted.
        assert!(page.contains("stroke-dasharray"), "{page}");
    }

    #[test]
    fn one_chart_has_all_cores_of_a_shape() {
        let (_, simulation) = planted();
        assert_eq!(shapes(&simulation).len(), 1);
    }
}
