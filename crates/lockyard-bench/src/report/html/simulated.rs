//! Locks simulated on more cores than there are, on the page: dashed, and under its own headline. What was measured of the same
//! lock is a solid line of the same colour, which ends where the cores do.

use maud::{Markup, html};

use super::super::axis::Axis;
use super::super::markup;
use super::super::plane::{Name, Plane, Shape, Stroke};
use super::super::simulated::{HELD_OUT_HEAD, POINT_HEAD, TITLE, held_out, points, sentences};
use super::super::{format, simulated};
use super::palette::Palette;
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
    let mut shapes = Vec::new();
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
        let simulated: Vec<_> = simulated.collect();
        names.extend(simulated.iter().max_by_key(|(workers, _)| *workers).map(|(_, rate)| Name {
            of: palette.number(name),
            text: name,
            at: rate.ops_per_s,
            loud: palette.is_coloured(name),
        }));
        shapes.extend(line(palette, name, "measured", measured.collect()));
        shapes.extend(line(palette, name, "simulated", simulated));
    }
    let points = || shapes.iter().flat_map(|it| &it.points);
    let mut cores: Vec<_> = points().map(|(cores, _)| *cores).collect();
    cores.sort_by(f64::total_cmp);
    cores.dedup();
    let x = Axis::at(&cores, true, |x| format!("{x:.0}"), "cores");
    let y = Axis::from_zero(points().map(|(_, rate)| *rate), format::tick_count, "accesses/s");
    let title = title(shape);
    let what = format!("Accesses a second of each lock, {title}: measured and simulated");
    let (beside, breaks) = (Vec::new(), Vec::new());
    let plane = Plane { title: &what, x: &x, y: &y, shapes, names, beside, across: None, breaks };
    html! { article {
        h3 { (simulated::TITLE) ": " (title) }
        (plane.drawn())
        p.axes { "solid: measured; dashed: " strong { "simulated" } }
    } }
}

/// What a chart's points have in common.
fn title(LockPoint { hold_ns, think_ns, tasks, reads_percent, workers }: LockPoint) -> String {
    let each = f64::from(tasks) / f64::from(workers.max(1));
    let think = if think_ns > 0 { format!(", {} between", format::nanos(think_ns)) } else { String::new() };
    format!("held for {}{think}, {reads_percent} % reads, {each} tasks for each core", format::nanos(hold_ns))
}

/// A line, and a mark for each point that says what it is.
fn line(palette: &Palette<'_>, lock: &str, how: &str, mut rates: Vec<(u32, Throughput)>) -> Vec<Shape> {
    rates.sort_unstable_by_key(|(workers, _)| *workers);
    let shape = |stroke, points, tip| Shape { of: palette.number(lock), stroke, points, tip };
    let at = |(workers, rate): &(u32, Throughput)| (f64::from(*workers), rate.ops_per_s);
    let (stroke, mark) =
        if how == "simulated" { (Stroke::Dashed, Stroke::Rings) } else { (Stroke::Line, Stroke::Dots) };
    let mut shapes = Vec::new();
    if rates.len() > 1 {
        shapes.push(shape(stroke, rates.iter().map(at).collect(), format!("{lock}, {how}")));
    }
    shapes.extend(rates.iter().map(|it| {
        let (workers, rate) = it;
        let tip =
            format!("{lock}, {how}, {workers} cores: {}", format::with_interval(rate.ops_per_s, rate.ci));
        shape(mark, vec![at(it)], tip)
    }));
    shapes
}

fn rows<const N: usize>(title: &str, head: &[&str; N], rows: Vec<[String; N]>) -> Markup {
    html! { details { summary { (title) } (markup::table(title, head.iter().copied(), &markup::rows(rows))) } }
}

#[cfg(test)]
mod tests {
    use super::super::super::simulated::tests::planted;
    use super::*;

    #[test]
    fn what_is_simulated_is_drawn_apart_and_called_so() {
        let (record, simulation) = planted();
        let page = section(&record, &simulation, &Palette::of(&record, &[])).into_string();
        assert_eq!(page.matches("id=\"simulated\"").count(), 1);
        assert!(page.contains("dashed: <strong>simulated</strong>"), "{page}");
        assert!(
            page.contains("tokio-mutex, simulated, 16 cores")
                && page.contains("tokio-mutex, measured, 2 cores")
        );
        assert!(!page.contains("tokio-mutex, measured, 16 cores"));
        // The line of what was measured has one point and none; that of what was simulated is dashed.
        assert!(page.contains("class=\"dashed\""), "{page}");
    }

    #[test]
    fn one_chart_has_all_cores_of_a_shape() {
        let (_, simulation) = planted();
        assert_eq!(shapes(&simulation).len(), 1);
    }
}
