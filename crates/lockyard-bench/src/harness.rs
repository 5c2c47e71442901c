//! What the harness itself costs: the time between one answer and the next question.
//!
//! The cheapest work there is, reading a number that is never written, is done twice: by tasks as in any slice, and in a
//! plain loop over the same steps. What the first takes longer is the harness: the step, the board, the counters, the
//! change from one task to the next, and, where latencies are kept, the clock.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use quanta::Instant;
use rand::RngExt;

use crate::environment::cores;
use crate::error::RunError;
use crate::random::Random;
use crate::slices::{LatencyMode, Meter, Outcome, SliceRunner, TURN};
use crate::stats::{Confidence, Mean};
use crate::subject::{RunContext, Running, Setup, Steps, Subject};
use crate::system::{Fault, System};
use crate::workload::{Operation, Workload, WorkloadShape};

/// One stretch of each kind, in turns.
const STRETCH: Duration = Duration::from_millis(4);

/// As many as polling clients.
const TASKS: u32 = 64;

/// Steps of a task before they begin again, and numbers that they read: about what fits into a processor's cache.
const STEPS: usize = 4_096;
const NUMBERS: usize = 1_024;

/// Nanoseconds that the harness adds to an operation, on the worker that does it, with 64 tasks.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct HarnessCost {
    /// In slices without a clock.
    pub bare_ns: f64,
    /// In slices that keep one latency in seventeen.
    pub sampled_ns: f64,
    /// In slices that keep every latency.
    pub full_ns: f64,
}

/// Tasks that read numbers.
struct Reading {
    workers: u32,
}

impl Workload for Reading {
    type Step = u32;

    const OPERATIONS: &'static [Operation] = &[Operation::read("read")];

    fn name(&self) -> &'static str {
        "reading"
    }

    fn shape(&self) -> WorkloadShape {
        WorkloadShape::closed(self.workers, TASKS)
    }

    fn set(&mut self, setting: &str, _: &str) -> Result<(), String> {
        Err(format!("there is no setting {setting}"))
    }

    fn steps(&self, _: usize, random: &mut Random) -> Vec<u32> {
        (0..STEPS).map(|_| random.random_range(0..NUMBERS as u32)).collect()
    }

    fn operation(_: &u32) -> usize {
        0
    }
}

/// Numbers that are never written.
struct Numbers(Vec<u64>);

impl Numbers {
    fn new() -> Self {
        Self((0..NUMBERS as u64).collect())
    }

    #[inline]
    fn read(&self, step: u32) -> u64 {
        self.0[step as usize]
    }
}

impl System<Reading> for Numbers {
    type Client = ();

    async fn client(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    async fn call(&self, (): &mut (), step: &u32, meter: &mut Meter) {
        let start = meter.begin(0);
        black_box(self.read(*step));
        meter.end(start, Outcome::Done);
    }
}

/// Measures it over so many rounds of 16 ms.
///
/// # Errors
/// When no threads can be had.
///
/// # Panics
/// With fewer than three rounds, which have no mean.
pub fn harness_cost(rounds: u32) -> Result<HarnessCost, RunError> {
    let reading = Reading { workers: cores() as u32 };
    let shape = reading.shape();
    let steps: Vec<Arc<[u32]>> = (0..TASKS as usize)
        .map(|task| reading.steps(task, &mut Random::stream(0, task as u64)).into())
        .collect();
    let runner = SliceRunner::new(&shape, Duration::from_secs(10))?;
    let subject: Subject<Reading> =
        Subject::new("numbers", |_: &Setup<'_, Reading>| Ok(Numbers::new())).into();
    let context = RunContext { runner: &runner, shape: &shape, steps: &steps, filling: &|_, _| () };
    let running = subject.set_up(&reading, 0, false, &context);
    let mut running =
        running.map_err(|fault| RunError::Subject { name: subject.name().to_owned(), fault })?;

    let modes = [LatencyMode::Bare, LatencyMode::Sampled, LatencyMode::Full];
    let mut by_mode = [const { Vec::new() }; 3];
    let mut plain = Vec::new();
    for round in 0..rounds {
        plain.push(plain_ns(&steps, shape.workers as usize));
        for (mode, found) in modes.into_iter().zip(&mut by_mode) {
            found.push(slice_ns(&mut *running, &runner, mode, u64::from(round), shape.workers));
        }
    }
    let mean = |ns: &[f64]| Mean::of_rounds(ns, Confidence::default()).expect("three rounds at least").mean;
    let [bare_ns, sampled_ns, full_ns] = by_mode.map(|ns| mean(&ns) - mean(&plain));
    Ok(HarnessCost { bare_ns, sampled_ns, full_ns })
}

/// Nanoseconds for one read in a slice, on each worker.
fn slice_ns(
    running: &mut dyn Running,
    runner: &SliceRunner,
    mode: LatencyMode,
    position: u64,
    workers: u32,
) -> f64 {
    let slice = running
        .run(runner, mode, position, STRETCH)
        .unwrap_or_else(|_| unreachable!("nothing here can wait"));
    let done: u64 = running.logs().map(|(_, log)| log.done()).sum();
    slice.elapsed.as_nanos() as f64 * f64::from(workers) / done as f64
}

/// Nanoseconds for one read in a plain loop, on each of `workers` threads at once. Each goes through its part of the steps
/// as a worker goes through its tasks, so that what lies in which cache is the same.
fn plain_ns(steps: &Steps<Reading>, workers: usize) -> f64 {
    let numbers = Numbers::new();
    let one = |worker: usize| {
        let (start, mut turn) = (Instant::now(), 0_usize);
        let mut done = 0_u64;
        while start.elapsed() < STRETCH {
            for steps in steps.iter().skip(worker).step_by(workers) {
                let from = turn * TURN as usize % STEPS;
                for step in &steps[from..from + TURN as usize] {
                    black_box(numbers.read(*step));
                }
                done += TURN;
            }
            turn += 1;
        }
        start.elapsed().as_nanos() as f64 / done as f64
    };
    let total: f64 = std::thread::scope(|scope| {
        let one = &one;
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(move || one(worker))).collect();
        running.into_iter().map(|thread| thread.join().expect("nothing here panics")).sum()
    });
    total / workers as f64
}
