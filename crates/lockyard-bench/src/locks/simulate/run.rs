//! A measured record on more cores than it was measured on.

use super::calibrate::Calibration;
use super::model::{LockModel, SimulatedLoad};
use super::replicate::{REPLICATIONS, simulate};
use super::validate::validation;
use crate::record::{
    HeldOutPoint, LockPoint, LockSummary, Record, SimulatedLock, SimulatedPoint, SimulationRecord,
};

/// [Simulates](run) the contended points of a record on 1, 2, 4 and so on up to so many cores. If nothing can be simulated, that is
/// what it says: what was measured is worth as much as before.
#[must_use]
pub fn up_to(record: &Record, cores: u32) -> SimulationRecord {
    let doubled = std::iter::successors(Some(1), |cores: &u32| cores.checked_mul(2));
    let counts: Vec<u32> = doubled.take_while(|it| *it < cores).chain([cores]).collect();
    run(record, &contended_points(record), &counts)
        .unwrap_or_else(|why| SimulationRecord { left_out: vec![why], ..nothing(record) })
}

fn nothing(record: &Record) -> SimulationRecord {
    SimulationRecord {
        seed: record.seed,
        replications: REPLICATIONS,
        calibrated_on_cores: record.environment.cores,
        locks: Vec::new(),
        points: Vec::new(),
        held_out: Vec::new(),
        left_out: Vec::new(),
        validation: Vec::new(),
    }
}

/// Simulates every lock of a record of locks alone at `points`, on so many `cores` in turn. A point keeps its hold and think times
/// and its share of reads, and has as many tasks for each worker as before.
///
/// Costs come of the one-thread points and the hand-over between two workers; the contended points on one and two workers are
/// held out, and the record says how far the simulation is off there.
///
/// # Errors
/// If the record is not one of locks alone, or of none of its locks the costs are known.
pub fn run(record: &Record, points: &[LockPoint], cores: &[u32]) -> Result<SimulationRecord, String> {
    let calibration = Calibration::of(record)?;
    let mut simulated = SimulationRecord { validation: validation(), ..nothing(record) };
    for lock in calibration.locks() {
        match calibration.model(lock) {
            Ok(model) => {
                simulated.locks.push(SimulatedLock {
                    name: lock.name.clone(),
                    order: model.order,
                    waiting: model.waiting,
                    costs: model.costs,
                });
                simulated.points.extend(on_cores(lock, &model, points, cores, record.seed));
                simulated.held_out.extend(held_out(&calibration, lock, &model, record));
            }
            Err(why) => simulated.left_out.push(why),
        }
    }
    if simulated.locks.is_empty() {
        return Err(format!("no lock can be simulated: {}", simulated.left_out.join("; ")));
    }
    Ok(simulated)
}

/// The points of a record that are worth simulating: where tasks contend on the most workers that had a core each.
#[must_use]
pub fn contended_points(record: &Record) -> Vec<LockPoint> {
    let all: Vec<_> = record.cells.iter().filter_map(|cell| LockPoint::of(&cell.point)).collect();
    let with_cores = |it: &&LockPoint| it.tasks > 1 && it.workers <= record.environment.cores;
    let workers = all.iter().filter(with_cores).map(|it| it.workers).max();
    let mut points = Vec::new();
    for point in all.iter().filter(with_cores).filter(|it| Some(it.workers) == workers) {
        if !points.contains(point) {
            points.push(*point);
        }
    }
    points
}

fn on_cores(
    lock: &LockSummary,
    model: &LockModel,
    points: &[LockPoint],
    cores: &[u32],
    seed: u64,
) -> Vec<SimulatedPoint> {
    let mut simulated = Vec::new();
    for &point in points {
        for &cores in cores {
            let scaled = scaled(point, cores);
            let seen = simulate(model, &SimulatedLoad::of(scaled), seed);
            simulated.push(SimulatedPoint {
                lock: lock.name.clone(),
                point: scaled.to_point(),
                throughput: seen.throughput,
                wait_ns: seen.wait_ns,
            });
        }
    }
    simulated
}

/// The point on so many cores: as many workers, and as many tasks for each of them as it had.
#[must_use]
pub fn scaled(point: LockPoint, cores: u32) -> LockPoint {
    let tasks = u64::from(point.tasks) * u64::from(cores) / u64::from(point.workers.max(1));
    LockPoint { tasks: u32::try_from(tasks).unwrap_or(u32::MAX).max(1), workers: cores, ..point }
}

fn held_out(
    calibration: &Calibration<'_>,
    lock: &LockSummary,
    model: &LockModel,
    record: &Record,
) -> Vec<HeldOutPoint> {
    // A worker without a core of its own is preempted, which the model does not know.
    let most = record.environment.cores.min(2);
    let contended = calibration.cells(&lock.name).filter(|(it, _)| it.tasks > 1 && it.workers <= most);
    let compared = contended.map(|(point, cell)| {
        let simulated = simulate(model, &SimulatedLoad::of(point), record.seed).throughput;
        HeldOutPoint {
            lock: lock.name.clone(),
            point: point.to_point(),
            measured: cell.throughput,
            simulated,
            error: simulated.ops_per_s / cell.throughput.ops_per_s - 1.0,
        }
    });
    compared.collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::planted::{measure, record};
    use super::*;
    use crate::record::{GrantOrder, LockCosts, LockTime, Waiting};

    const ALONE: LockPoint = LockPoint { hold_ns: 0, think_ns: 0, tasks: 1, reads_percent: 0, workers: 2 };
    const BUSY: LockPoint = LockPoint { hold_ns: 1_000, tasks: 8, ..ALONE };

    fn time(p50: u64) -> LockTime {
        LockTime { count: 1, p50, p99: None, max: p50 }
    }

    /// Two mutexes: writing takes 20 and 50 ns, reading 10 and 40, a hand-over 900 and 120.
    fn planted() -> Record {
        let mut planted = record(2, &["tokio-mutex", "std-mutex", "yours"]);
        let locks = &mut planted.locks.as_mut().unwrap().locks;
        locks[0].handover_of_two_ns = Some(time(900));
        locks[1].handover_of_two_ns = Some(time(120));
        let rate = |ns: f64| 1e9 / ns;
        measure(&mut planted, ALONE, &[("tokio-mutex", rate(20.0)), ("std-mutex", rate(50.0))]);
        let reading = LockPoint { reads_percent: 90, ..ALONE };
        measure(&mut planted, reading, &[("tokio-mutex", rate(11.0)), ("std-mutex", rate(41.0))]);
        // As a queue with that hand-over does it, and twice as fast as anything that is held for 1 µs can be.
        measure(&mut planted, BUSY, &[("tokio-mutex", rate(1_900.0)), ("std-mutex", rate(500.0))]);
        planted
    }

    #[test]
    fn planted_costs_are_found_and_contended_points_are_not_looked_at() {
        let found = run(&planted(), &[], &[]).unwrap();
        let seen: Vec<_> =
            found.locks.iter().map(|lock| (lock.name.as_str(), lock.order, lock.waiting)).collect();
        assert_eq!(
            seen,
            [
                ("tokio-mutex", GrantOrder::FirstCome, Waiting::Yields),
                ("std-mutex", GrantOrder::Barging, Waiting::Parks),
            ]
        );
        let close = |found: LockCosts, planted: [f64; 4]| {
            let found = [found.read_ns, found.write_ns, found.handover_ns, found.transfer_ns];
            let is_close = found.iter().zip(planted).all(|(found, planted)| (found - planted).abs() < 1e-6);
            assert!(is_close, "{found:?}, not {planted:?}");
        };
        close(found.locks[0].costs, [10.0, 20.0, 900.0, 120.0]);
        close(found.locks[1].costs, [40.0, 50.0, 120.0, 120.0]);
        assert_eq!(found.left_out.len(), 1);
        assert!(found.left_out[0].starts_with("yours: "), "{:?}", found.left_out);
        let mut other = planted();
        other.cells.retain(|cell| cell.point.tasks == 1);
        assert_eq!(run(&other, &[], &[]).unwrap().locks, found.locks);
    }

    #[test]
    fn what_was_held_out_is_compared_with_its_sign() {
        let found = run(&planted(), &[], &[]).unwrap();
        let [queue, barging] = &found.held_out[..] else { panic!("{:?}", found.held_out) };
        assert!(queue.error.abs() < 0.02, "{queue:?}");
        assert!(barging.error < -0.4, "{barging:?}");
    }

    #[test]
    fn a_point_keeps_its_tasks_for_each_worker() {
        let found = run(&planted(), &contended_points(&planted()), &[1, 2, 16]).unwrap();
        let of_first = found.points.iter().filter(|it| it.lock == "tokio-mutex");
        let seen: Vec<_> = of_first.map(|it| (it.point.workers, it.point.tasks)).collect();
        assert_eq!(seen, [(1, 4), (2, 8), (16, 64)]);
        assert_eq!(found, run(&planted(), &contended_points(&planted()), &[1, 2, 16]).unwrap());
    }

    #[test]
    fn without_a_hand_over_nothing_is_simulated() {
        assert!(run(&record(1, &["std-mutex"]), &[], &[]).unwrap_err().contains("two cores"));
        let other = Record { locks: None, ..planted() };
        assert!(run(&other, &[], &[]).unwrap_err().contains("locks alone"));
    }
}
