//! What was simulated of locks, in words and rows for every format: always called so, and never beside what was measured without
//! saying which is which.

use super::format;
use crate::locks::simulate::MISSED;
use crate::record::{LockPoint, SimulationRecord};

/// What stands above all of it.
pub(super) const TITLE: &str = "Simulated, not measured";

/// The columns of what was held out.
pub(super) const HELD_OUT_HEAD: [&str; 5] = ["lock", "point", "measured/s", "simulated/s", "error"];

/// The columns of what was simulated.
pub(super) const POINT_HEAD: [&str; 4] = ["lock", "point", "simulated/s", "wait p50 / p99"];

/// What it is, how far it was off, and what it is not to be used for.
pub(super) fn sentences(simulation: &SimulationRecord) -> Vec<String> {
    let mut sentences = vec![format!(
        "Nothing of this was measured: it is a discrete-event model, whose costs come of one-thread measurements and a hand-over \
         between two threads on {} cores. Intervals hold what differs between {} replications, and nothing of what the model lacks.",
        simulation.calibrated_on_cores, simulation.replications
    )];
    let off = simulation.held_out.iter().filter(|it| it.error.abs() > MISSED).count();
    let mut errors: Vec<f64> = simulation.held_out.iter().map(|it| it.error.abs()).collect();
    errors.sort_unstable_by(f64::total_cmp);
    if let (Some(middle), Some(worst)) = (errors.get(errors.len() / 2), errors.last()) {
        sentences.push(format!(
            "Contended points on one and two cores were held out: {off} of {} are off by more than {}, half by at most {}, the worst \
             by {}.",
            errors.len(),
            format::percent(MISSED),
            format::percent(*middle),
            format::percent(*worst)
        ));
    }
    let (missed, points): (usize, u32) =
        simulation.validation.iter().fold((0, 0), |all, it| (all.0 + it.missed.len(), all.1 + it.points));
    let (wrong, orders): (usize, u32) = simulation
        .validation
        .iter()
        .fold((0, 0), |all, it| (all.0 + it.missed_orders.len(), all.1 + it.orders));
    if points > 0 {
        sentences.push(format!(
            "On published curves {missed} of {points} points were missed, which is off by more than {}, and {wrong} of {orders} pairs \
             of locks were in the wrong order.",
            format::percent(MISSED)
        ));
    }
    for it in &simulation.validation {
        if let Some(not) = &it.not_to_be_used_for {
            sentences.push(format!("By {} ({}) it is not to be used for {not}.", it.curve, it.workload));
        }
    }
    sentences.extend(simulation.left_out.iter().map(|why| format!("Not simulated: {why}.")));
    sentences
}

/// A row for each point that was held out.
pub(super) fn held_out(simulation: &SimulationRecord) -> Vec<[String; 5]> {
    let row = |it: &crate::record::HeldOutPoint| {
        [
            it.lock.clone(),
            name(LockPoint::of(&it.point)),
            format::with_interval(it.measured.ops_per_s, it.measured.ci),
            format::with_interval(it.simulated.ops_per_s, it.simulated.ci),
            format!("{:+.0} %", it.error * 100.0),
        ]
    };
    simulation.held_out.iter().map(row).collect()
}

/// A row for each simulated point.
pub(super) fn points(simulation: &SimulationRecord) -> Vec<[String; 4]> {
    let row = |it: &crate::record::SimulatedPoint| {
        let p99 = it.wait_ns.p99.map_or_else(|| "—".to_owned(), format::nanos);
        [
            it.lock.clone(),
            name(LockPoint::of(&it.point)),
            format::with_interval(it.throughput.ops_per_s, it.throughput.ci),
            format!("{} / {p99}", format::nanos(it.wait_ns.p50)),
        ]
    };
    simulation.points.iter().map(row).collect()
}

fn name(point: Option<LockPoint>) -> String {
    point.map_or_else(String::new, LockPoint::name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::locks::planted::{measure, record};
    use crate::locks::simulate::{contended_points, run};
    use crate::record::{LockTime, Record};

    /// A record of one lock on two cores, and it simulated on up to 16.
    pub(in crate::report) fn planted() -> (Record, SimulationRecord) {
        let mut planted = record(2, &["tokio-mutex"]);
        let time = LockTime { count: 1, p50: 900, p99: None, max: 900 };
        planted.locks.as_mut().unwrap().locks[0].handover_of_two_ns = Some(time);
        let alone = LockPoint { hold_ns: 0, think_ns: 0, tasks: 1, reads_percent: 0, workers: 2 };
        measure(&mut planted, alone, &[("tokio-mutex", 5e7)]);
        measure(&mut planted, LockPoint { reads_percent: 100, ..alone }, &[("tokio-mutex", 5e7)]);
        let busy = LockPoint { hold_ns: 1_000, tasks: 8, ..alone };
        measure(&mut planted, busy, &[("tokio-mutex", 1e6)]);
        let simulation = run(&planted, &contended_points(&planted), &[2, 4, 16]).unwrap();
        planted.locks.as_mut().unwrap().simulation = Some(simulation.clone());
        (planted, simulation)
    }

    #[test]
    fn it_says_that_it_was_simulated_how_far_it_was_off_and_what_it_is_not_to_be_used_for() {
        let (record, _) = planted();
        let text = crate::report::summary(&record).replace('\n', " ");
        for words in [
            "Simulated, not measured",
            "Nothing of this was measured",
            "1 of 1 are off by more than 25",
            "-47 %",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(text.contains("it is not to be used for"), "{text}");
        assert!(text.contains("tasks=64 workers=16"), "{text}");
    }
}
