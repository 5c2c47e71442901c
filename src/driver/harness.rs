//! What the harness itself costs: the time between one answer and the next question.
//!
//! The cheapest work there is, reading a state from sessions that nobody writes, is done twice: by clients as in any
//! slice, and in a plain loop over the same steps. What the first takes longer is the harness: the step, the board, the
//! counters, the change from one task to the next, and, where latencies are kept, the clock.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use quanta::Instant;

use crate::backend::service::ChatService;
use crate::workload::{Scenario, Trace};
use lockyard_bench::stats::{Confidence, Mean};

use super::arena::Arena;
use super::client::{Client, Questions, TURN};
use super::environment;
use super::error::RunError;
use super::limit::{Limit, Unshared};
use super::population::Population;
use super::rival::Kind;

/// One stretch of each kind, in turns.
const STRETCH: Duration = Duration::from_millis(4);

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

/// Measures it over so many rounds of 16 ms.
///
/// # Errors
/// When no threads can be had.
///
/// # Panics
/// With fewer than three rounds, which have no mean.
pub fn harness_cost(rounds: u32) -> Result<HarnessCost, RunError> {
    let workers = environment::cores();
    let only_states = ["read_percent=100", "reads.get_context_state=100", "reads.get_context=0"];
    let nothing_else = ["reads.get_context_messages=0", "reads.list_contexts=0"];
    let mut overrides =
        [only_states.as_slice(), &nothing_else].concat().into_iter().map(str::to_owned).collect::<Vec<_>>();
    overrides.push(format!("workers={workers}"));
    let scenario = Scenario::load("polling", &overrides).expect("a built-in scenario");
    let population = Population::of(&scenario, 0);
    let traces: Vec<_> = (0..scenario.tasks()).map(|task| Trace::generate(&scenario, 0, task)).collect();
    let questions = Arc::new(Questions::new(&scenario, &population, traces.clone(), 0));
    let arena = Arena::new(&scenario, Duration::from_secs(10))?;
    let limit = Limit::new(&scenario, &population, arena.handle());
    let mut clients: Vec<_> =
        (0..traces.len()).map(|task| Client::new(task, &questions, arena.board())).collect();

    let kinds = [Kind::Bare, Kind::Sampled, Kind::Full];
    let mut by_kind = [const { Vec::new() }; 3];
    let mut plain = Vec::new();
    for round in 0..rounds {
        plain.push(plain_ns(limit.services(), &population, &traces, workers));
        for (kind, found) in kinds.into_iter().zip(&mut by_kind) {
            let slice = arena
                .run(&limit, clients, kind, u64::from(round), STRETCH)
                .unwrap_or_else(|_| unreachable!("nothing here can wait"));
            clients = slice.clients;
            let done: u64 =
                clients.iter().flat_map(|client| &client.log.counts).map(|counts| counts.done).sum();
            found.push(slice.elapsed.as_nanos() as f64 * workers as f64 / done as f64);
            for client in &mut clients {
                client.log.clear();
            }
        }
    }
    let mean = |ns: &[f64]| Mean::of_rounds(ns, Confidence::default()).expect("three rounds at least").mean;
    let [bare_ns, sampled_ns, full_ns] = by_kind.map(|ns| mean(&ns) - mean(&plain));
    Ok(HarnessCost { bare_ns, sampled_ns, full_ns })
}

/// Nanoseconds for one state read in a plain loop, on each of `workers` threads at once. Each goes through its part of
/// the traces as a worker goes through its tasks, so that what lies in which cache is the same.
fn plain_ns(services: &[Arc<Unshared>], population: &Population, traces: &[Trace], workers: usize) -> f64 {
    let one = |worker: usize| {
        let (start, mut turn) = (Instant::now(), 0_u64);
        let mut done = 0_u64;
        while start.elapsed() < STRETCH {
            for (trace, service) in traces.iter().zip(services).skip(worker).step_by(workers) {
                for nth in turn * TURN..(turn + 1) * TURN {
                    let read = service.get_context_state(population.ids[trace.step(nth).session as usize]);
                    black_box(
                        read.now_or_never().expect("it waits for nothing").expect("the session is there"),
                    );
                }
                done += TURN;
            }
            turn += 1;
        }
        start.elapsed().as_nanos() as f64 / done as f64
    };
    let total: f64 = std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(move || one(worker))).collect();
        running.into_iter().map(|thread| thread.join().expect("nothing here panics")).sum()
    });
    total / workers as f64
}
