//! What the harness itself costs: the time between one answer and the next question.
//!
//! The cheapest work there is, reading a number that is never written, is done twice on the same worker threads: by tasks as
//! in any slice, and in a plain loop over the same steps. What the first takes longer is the harness: the step, the board, the
//! counters, the change from one task to the next, and, where latencies are kept, the clock. Threads of its own would be a
//! plain loop's undoing: they begin cold, on whichever core is free.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand::seq::SliceRandom;

use crate::environment::cores;
use crate::error::RunError;
use crate::random::Random;
use crate::record::{HarnessCost, Overhead};
use crate::slices::{GiveBack, LatencyMode, Meter, Outcome, Slice, SliceRunner, TURN};
use crate::stats::{Confidence, Difference};
use crate::subject::{RunContext, Running, Setup, Steps, Subject};
use crate::system::{Fault, System};
use crate::workload::{Operation, Workload, WorkloadShape};

/// One stretch of each kind, in turns.
const STRETCH: Duration = Duration::from_millis(4);

/// After so many rounds numbers and tasks lie elsewhere.
const LAYOUT: u32 = 8;

/// As many as polling clients.
const TASKS: u32 = 64;

/// Steps of a task before they begin again, and numbers that they read: about what fits into a processor's cache.
const STEPS: usize = 4_096;
const NUMBERS: usize = 1_024;

/// The stream of the seed that orders the stretches of a round.
const ORDER_STREAM: u64 = u64::MAX;

/// Tasks that read numbers.
#[derive(PartialEq)]
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

/// Measures it over so many rounds of 16 ms, at least 16 of them, with 64 tasks on a worker for each core.
///
/// # Errors
/// When no threads can be had.
///
/// # Panics
/// When a subject that does nothing gets stuck.
pub fn harness_cost(rounds: u32) -> Result<HarnessCost, RunError> {
    let reading = Reading { workers: cores() as u32 };
    let shape = reading.shape();
    let steps: Vec<Arc<[u32]>> = (0..TASKS as usize)
        .map(|task| reading.steps(task, &mut Random::stream(0, task as u64)).into())
        .collect();
    let runner = SliceRunner::new(&shape, Duration::from_secs(10))?;
    let subject: Subject<Reading> =
        Subject::new("numbers", |_: &Setup<'_, Reading>| Ok(Numbers::new())).into();
    let clients: Vec<usize> = (0..steps.len()).collect();
    let context = RunContext {
        runner: &runner,
        shape: &shape,
        clients: &clients,
        steps: &steps,
        planned: None,
        filling: &|_, _| (),
    };
    let mut order = Random::stream(0, ORDER_STREAM);

    // With the plain loop last, which has no mode.
    let modes = [Some(LatencyMode::Bare), Some(LatencyMode::Sampled), Some(LatencyMode::Full), None];
    let mut pairs: [Vec<Vec<(f64, f64)>>; 3] = Default::default();
    for layout in 0..(rounds / LAYOUT).max(2) {
        let running = subject.set_up(&reading, 0, false, &context);
        let mut running =
            running.map_err(|fault| RunError::Subject { name: subject.name().to_owned(), fault })?;
        let plain = PlainLoop::new(&steps, shape.workers as usize);
        pairs.iter_mut().for_each(|layouts| layouts.push(Vec::new()));
        // The first round warms what is new, and does not count.
        for round in 0..=LAYOUT {
            let mut ns = [0.0; 4];
            let mut kinds = [0, 1, 2, 3];
            kinds.shuffle(&mut *order);
            for kind in kinds {
                ns[kind] = match modes[kind] {
                    Some(mode) => slice_ns(&mut *running, &runner, mode, u64::from(round), shape.workers),
                    None => plain.ns(&runner),
                };
            }
            if round > 0 {
                let [measured @ .., plain] = ns;
                pairs.iter_mut().zip(measured).for_each(|(all, ns)| all[layout as usize].push((ns, plain)));
            }
        }
    }
    let confidence = Confidence::default();
    let overhead = |layouts: &Vec<Vec<_>>| {
        let Difference { difference, ci, .. } =
            Difference::of_layouts(layouts, confidence).expect("sixteen rounds at least");
        Overhead { ns: difference, ci }
    };
    let [bare, sampled, full] = pairs.each_ref().map(overhead);
    Ok(HarnessCost { bare, sampled, full, confidence: confidence.level() })
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

/// The same reads without a harness: each worker goes through its part of the steps as it goes through its tasks, so that
/// what lies in which cache is the same.
struct PlainLoop {
    numbers: Arc<Numbers>,
    /// The steps of the tasks that each worker has.
    parts: Vec<Arc<[Arc<[u32]>]>>,
}

impl PlainLoop {
    fn new(steps: &Steps<Reading>, workers: usize) -> Self {
        let part = |worker| steps.iter().skip(worker).step_by(workers).cloned().collect();
        Self { numbers: Arc::new(Numbers::new()), parts: (0..workers).map(part).collect() }
    }

    /// Nanoseconds for one read, on each worker.
    fn ns(&self, runner: &SliceRunner) -> f64 {
        let runtime = runner.runtime(false);
        let workers: Vec<(usize, u64)> = (0..self.parts.len()).map(|worker| (worker, 0)).collect();
        let start = |(worker, _): (usize, u64), slice: Arc<Slice>, give_back: GiveBack<_>| {
            let (numbers, part) = (self.numbers.clone(), self.parts[worker].clone());
            let run = async move { (worker, read_all(&numbers, &part, &slice).await) };
            runtime.spawn(|| format!("worker {worker}"), give_back.after(worker, run));
        };
        let ran = runner.run(&runtime, workers, 0, STRETCH, &start);
        let (slice, done) = ran.unwrap_or_else(|_| unreachable!("nothing here can wait"));
        let done: u64 = done.iter().map(|(_, done)| done).sum();
        slice.elapsed.as_nanos() as f64 * self.parts.len() as f64 / done as f64
    }
}

/// Reads until the slice is over, and says how often.
async fn read_all(numbers: &Numbers, part: &[Arc<[u32]>], slice: &Slice) -> u64 {
    slice.begin().await;
    let (mut turn, mut done) = (0_usize, 0);
    while !slice.is_over() {
        for steps in part {
            let from = turn * TURN as usize % STEPS;
            for step in &steps[from..from + TURN as usize] {
                black_box(numbers.read(*step));
            }
            done += TURN;
        }
        turn += 1;
        // Once in thousands of reads: two of these may have begun on one worker.
        tokio::task::yield_now().await;
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both loops are measured by the same clock on the same threads, and read as much as they say.
    #[test]
    fn what_it_costs_has_an_interval_around_it() {
        let HarnessCost { bare, sampled, full, confidence } = harness_cost(16).expect("two threads");
        for Overhead { ns, ci: [low, high] } in [bare, sampled, full] {
            assert!(low.is_finite() && low <= ns && ns <= high && high.is_finite());
        }
        assert!((confidence - 0.99).abs() < 1e-12);
    }

    #[test]
    fn less_than_nothing_is_impossible() {
        let overhead = |low, high| Overhead { ns: f64::midpoint(low, high), ci: [low, high] };
        let cost = |full| HarnessCost {
            bare: overhead(1.0, 3.0),
            sampled: overhead(-0.5, 3.0),
            full,
            confidence: 0.99,
        };
        assert!(!cost(overhead(10.0, 20.0)).is_impossible());
        assert!(!cost(overhead(-10.0, 0.1)).is_impossible(), "it may be noise");
        assert!(cost(overhead(-10.0, -0.1)).is_impossible());
    }
}
