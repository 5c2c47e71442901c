//! The simulation against published curves: costs of a lock come from its own one- and two-thread points, all else is predicted.
//!
//! A point that is off by more than [`MISSED`] is missed, and so are two locks in the wrong order. For what was missed the
//! simulation is not to be used.

use std::fmt::Write as _;

use super::curve::{PublishedCurve, PublishedLock};
use super::model::{LockModel, SimulatedLoad};
use super::replicate::simulate;
use crate::record::{CurveValidation, LockCosts, MissedOrder, MissedPoint};

/// By more than this a prediction is missed.
pub const MISSED: f64 = 0.25;

/// The point that a cost was fitted to is reproduced within this.
const REPRODUCED: f64 = 0.05;

const SEED: u64 = 42;

/// So often the interval in which a cost must lie is halved: to a few thousandths of a per cent.
const HALVINGS: u32 = 16;

/// What was found of this program's model on the published curves of its repository. A test holds this against them.
///
/// # Panics
/// Never: a test reads the same text.
#[must_use]
pub fn validation() -> Vec<CurveValidation> {
    serde_json::from_str(include_str!("validation.json")).expect("the text is part of this program")
}

/// Holds the simulation against one published curve.
#[must_use]
pub fn validate(curve: &PublishedCurve) -> CurveValidation {
    let mut validation = CurveValidation {
        curve: curve.name.clone(),
        source: curve.source(),
        workload: curve.workload(),
        uncalibrated: Vec::new(),
        points: 0,
        missed: Vec::new(),
        orders: 0,
        missed_orders: Vec::new(),
        not_to_be_used_for: None,
    };
    let predicted: Vec<_> = curve.locks.iter().map(|lock| predict(curve, lock)).collect();
    for (lock, Prediction { points, reproduced }) in curve.locks.iter().zip(&predicted) {
        if !reproduced {
            validation.uncalibrated.push(lock.name.clone());
        }
        for (threads, ns) in points {
            let (Some(one), Some(published)) = (lock.ns_at(1), lock.ns_at(*threads)) else { continue };
            validation.points += 1;
            let error = published / ns - 1.0;
            if error.abs() > MISSED {
                validation.missed.push(MissedPoint {
                    lock: lock.name.clone(),
                    threads: *threads,
                    published: rounded(one / published),
                    simulated: rounded(one / ns),
                    error: rounded(error),
                });
            }
        }
    }
    let ns =
        |nth: usize, threads: u32| predicted[nth].points.iter().find(|it| it.0 == threads).map(|it| it.1);
    for (nth, lock) in curve.locks.iter().enumerate() {
        for (other, against) in curve.locks.iter().enumerate().skip(nth + 1) {
            for &(threads, ..) in &predicted[nth].points {
                let published = lock.ns_at(threads).zip(against.ns_at(threads));
                let (Some(published), Some(simulated)) =
                    (published, ns(nth, threads).zip(ns(other, threads)))
                else {
                    continue;
                };
                validation.orders += 1;
                if (published.0 < published.1) != (simulated.0 < simulated.1) {
                    let (faster, slower) =
                        if published.0 < published.1 { (lock, against) } else { (against, lock) };
                    let [faster, slower] = [faster, slower].map(|it| it.name.clone());
                    validation.missed_orders.push(MissedOrder { faster, slower, threads });
                }
            }
        }
    }
    validation.not_to_be_used_for = not_to_be_used_for(curve, &validation);
    validation
}

/// What is said of one lock.
struct Prediction {
    /// Threads, and nanoseconds between two accesses.
    points: Vec<(u32, f64)>,
    /// Whether the costs reproduce the two-thread point.
    reproduced: bool,
}

/// All threads beyond two for which the machine has hardware threads. Nothing for a lock without a two-thread point: its hand-over
/// is unknown.
fn predict(curve: &PublishedCurve, lock: &PublishedLock) -> Prediction {
    let Some((calibrated, two)) = Calibrated::of(curve, lock).zip(lock.ns_at(2)) else {
        return Prediction { points: Vec::new(), reproduced: false };
    };
    let threads = lock.points.iter().map(|it| it.0);
    let threads = threads.filter(|it| (3..=curve.machine.hardware_threads).contains(it));
    Prediction {
        points: threads.map(|threads| (threads, calibrated.ns_at(threads))).collect(),
        reproduced: (calibrated.ns_at(2) / two - 1.0).abs() <= REPRODUCED,
    }
}

/// A lock of a curve with the costs that its own points say.
struct Calibrated {
    model: LockModel,
    hold_ns: f64,
    think_ns: f64,
    reads: f64,
}

impl Calibrated {
    fn of(curve: &PublishedCurve, lock: &PublishedLock) -> Option<Self> {
        let (one, two) = lock.ns_at(1).zip(lock.ns_at(2))?;
        let (inside, outside) = (f64::from(curve.workload.inside), f64::from(curve.workload.outside));
        let unit = if inside + outside > 0.0 { one / (inside + outside) } else { 0.0 };
        // Where there is work, the one-thread point does not say what of it is the lock's cost.
        let cost = if unit > 0.0 { 0.0 } else { one };
        let costs = LockCosts { read_ns: cost, write_ns: cost, handover_ns: 0.0, transfer_ns: 0.0 };
        let model =
            LockModel { order: lock.order, waiting: lock.waiting, shared_reads: lock.shared_reads, costs };
        let reads = f64::from(curve.workload.reads_percent) / 100.0;
        let mut it = Self { model, hold_ns: unit * inside, think_ns: unit * outside, reads };
        let (mut low, mut high) = (0.0, 8.0 * two);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            // One point gives one cost: a hand-over is a line that moves.
            it.model.costs.handover_ns = middle;
            it.model.costs.transfer_ns = middle;
            if it.ns_at(2) < two {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(it)
    }

    fn ns_at(&self, threads: u32) -> f64 {
        let load = SimulatedLoad::threads(threads, self.hold_ns, self.think_ns, self.reads);
        1e9 / simulate(&self.model, &load, SEED).throughput.ops_per_s
    }
}

fn not_to_be_used_for(curve: &PublishedCurve, found: &CurveValidation) -> Option<String> {
    if found.holds() {
        return None;
    }
    let missed: Vec<_> = curve
        .locks
        .iter()
        .filter_map(|lock| {
            let missed = found.missed.iter().filter(|it| it.lock == lock.name).count();
            let of = format!("{} ({}, {})", lock.name, lock.order.as_str(), lock.waiting.as_str());
            (missed > 0).then_some(of)
        })
        .collect();
    let mut words = String::new();
    if !missed.is_empty() {
        let _ = write!(
            words,
            "the throughput of {} ({} of {} points of this curve are off by more than {} %)",
            missed.join(", "),
            found.missed.len(),
            found.points,
            MISSED * 100.0
        );
    }
    if !found.uncalibrated.is_empty() {
        let and = if words.is_empty() { "" } else { ", nor for " };
        let _ = write!(words, "{and}locks that no cost calibrates ({})", found.uncalibrated.join(", "));
    }
    if !found.missed_orders.is_empty() {
        let and = if words.is_empty() { "" } else { ", nor for " };
        let (wrong, all) = (found.missed_orders.len(), found.orders);
        let _ = write!(words, "{and}saying which of two locks is faster ({wrong} of {all} orders are wrong)");
    }
    Some(words)
}

/// Four digits behind the point: more is not in the sources.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// The table of a document: a row for each curve and lock.
#[must_use]
pub fn table(curves: &[(PublishedCurve, CurveValidation)]) -> String {
    let mut text = String::from(
        "| curve | points missed | orders missed | not to be used for |\n| --- | --- | --- | --- |\n",
    );
    for (curve, found) in curves {
        let not = found.not_to_be_used_for.as_deref().unwrap_or("—");
        let name = &curve.name;
        let link = format!("[{name}](curves/{name}.json)");
        let (missed, wrong) = (found.missed.len(), found.missed_orders.len());
        let _ = writeln!(
            text,
            "| {link}: {} | {missed} of {} | {wrong} of {} | {not} |",
            found.workload, found.points, found.orders
        );
    }
    text.push_str("\n| curve | lock | threads | published | simulated | error |\n| --- | --- | --- | --- | --- | --- |\n");
    for (curve, found) in curves {
        for MissedPoint { lock, threads, published, simulated, error } in &found.missed {
            let (name, error) = (&curve.name, error * 100.0);
            let _ = writeln!(
                text,
                "| {name} | {lock} | {threads} | {published:.3} | {simulated:.3} | {error:+.0} % |"
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::curve::{CurveMachine, CurveSource, CurveWorkload};
    use super::*;
    use crate::record::{GrantOrder, Waiting};

    fn lock(name: &str, points: &[(u32, f64)]) -> PublishedLock {
        let points = points.iter().map(|(threads, ns)| (*threads, *ns, points[0].1 / ns)).collect();
        let (order, waiting) = (GrantOrder::FirstCome, Waiting::Parks);
        PublishedLock { name: name.to_owned(), order, waiting, shared_reads: false, points }
    }

    fn curve(locks: Vec<PublishedLock>) -> PublishedCurve {
        let empty = String::new;
        PublishedCurve {
            name: "planted".to_owned(),
            source: CurveSource { repository: empty(), file: empty(), commit: empty() },
            machine: CurveMachine { cpu: empty(), cores: 8, hardware_threads: 8 },
            workload: CurveWorkload { reads_percent: 0, inside: 0, outside: 0 },
            note: empty(),
            locks,
        }
    }

    #[test]
    fn a_curve_that_is_as_the_model_has_it_is_not_missed() {
        let found = validate(&curve(vec![
            lock("a", &[(1, 20.0), (2, 100.0), (4, 100.0), (8, 100.0), (64, 9_000.0)]),
            lock("b", &[(1, 20.0), (2, 150.0), (4, 150.0), (8, 150.0)]),
        ]));
        assert_eq!((found.points, found.orders), (4, 2), "more threads than the machine has were predicted");
        assert!(found.holds() && found.not_to_be_used_for.is_none(), "{found:?}");
    }

    #[test]
    fn a_point_that_is_off_and_two_locks_in_the_wrong_order_are_missed() {
        let found = validate(&curve(vec![
            lock("a", &[(1, 20.0), (2, 100.0), (4, 100.0), (8, 200.0)]),
            lock("b", &[(1, 20.0), (2, 150.0), (4, 150.0), (8, 150.0)]),
        ]));
        let missed: Vec<_> = found.missed.iter().map(|it| (it.lock.as_str(), it.threads)).collect();
        assert_eq!(missed, [("a", 8)]);
        assert!((found.missed[0].error - 1.0).abs() < 0.01 && (found.missed[0].published - 0.1).abs() < 1e-9);
        let [MissedOrder { faster, slower, threads }] = &found.missed_orders[..] else { panic!("{found:?}") };
        assert_eq!((faster.as_str(), slower.as_str(), *threads), ("b", "a", 8));
        let words = found.not_to_be_used_for.unwrap();
        assert!(words.contains("throughput of a (first come, parks) (1 of 4 points"), "{words}");
        assert!(words.contains("1 of 2 orders"), "{words}");
    }

    #[test]
    fn a_lock_without_a_two_thread_point_is_not_predicted() {
        assert_eq!(validate(&curve(vec![lock("a", &[(1, 20.0), (4, 100.0)])])).points, 0);
    }
}
