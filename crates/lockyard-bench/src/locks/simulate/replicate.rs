//! Several replications of one simulation, each with random numbers of its own, and the interval over them (Law, chapter 9.4).

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::engine::{Replicate, Simulation};
use super::model::{LockModel, SimulatedLoad};
use crate::random::Random;
use crate::record::{LockTime, Throughput};

/// So many replications are made.
pub(super) const REPLICATIONS: u32 = 5;

/// How sure an interval over them is: as those of what is measured.
const CONFIDENCE: f64 = 0.99;

/// Streams of a seed from here on are those of replications.
const STREAM: u64 = 1 << 33;

/// So many accesses each replication has at least, and for each task.
const ACCESSES: u64 = 2_000;
const ACCESSES_OF_TASK: u64 = 60;

/// What a simulation says of one lock under one load.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    /// Accesses a second. The interval holds what differs between replications.
    pub throughput: Throughput,
    /// From asking for the lock to having it, in nanoseconds.
    pub wait_ns: LockTime,
    /// The mean of the same.
    pub mean_wait_ns: f64,
}

/// Simulates a lock under a load. The same seed says the same.
#[must_use]
pub fn simulate(model: &LockModel, load: &SimulatedLoad, seed: u64) -> Simulated {
    let accesses = ACCESSES.max(ACCESSES_OF_TASK * u64::from(load.tasks));
    let replicates: Vec<_> = (0..REPLICATIONS)
        .map(|nth| replicate(model, load, &mut Random::stream(seed, STREAM + u64::from(nth)), accesses))
        .collect();
    summary(&replicates)
}

/// One replication; a quarter of it before anything counts.
pub(super) fn replicate(
    model: &LockModel,
    load: &SimulatedLoad,
    random: &mut Random,
    accesses: u64,
) -> Replicate {
    Simulation::new(model, load, random).run((accesses / 4).max(1), accesses)
}

fn summary(replicates: &[Replicate]) -> Simulated {
    let rates: Vec<f64> = replicates.iter().map(|it| it.accesses as f64 * 1e9 / it.ns.max(1e-3)).collect();
    let mut waits: Vec<f64> = replicates.iter().flat_map(|it| it.waits_ns.iter().copied()).collect();
    waits.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (waits.len() as f64 * share).ceil() as usize;
        waits.get(place.saturating_sub(1)).map_or(0, |ns| ns.round() as u64)
    };
    let wait_ns = LockTime {
        count: waits.len() as u64,
        p50: at(0.5),
        p99: (waits.len() >= 100).then(|| at(0.99)),
        max: at(1.0),
    };
    let mean_wait_ns = waits.iter().sum::<f64>() / waits.len().max(1) as f64;
    Simulated { throughput: interval(&rates), wait_ns, mean_wait_ns }
}

/// The mean and Student's interval around it.
fn interval(rates: &[f64]) -> Throughput {
    let count = rates.len() as f64;
    let mean = rates.iter().sum::<f64>() / count;
    let variance = rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    let student = StudentsT::new(0.0, 1.0, (count - 1.0).max(1.0)).expect("there is a degree of freedom");
    let reach = student.inverse_cdf(f64::midpoint(1.0, CONFIDENCE)) * (variance / count).sqrt();
    Throughput { ops_per_s: mean, ci: [(mean - reach).max(0.0), mean + reach] }
}
