//! What a live session takes besides itself: locks, entries, tables, by count of every byte.
//!
//! The yardstick is a plain map of shared handles to the same sessions, each with one message of 16 bytes: whatever a
//! strategy holds beyond that is overhead. Sessions are loaded from a store that was filled before, and share their
//! messages with it in both cases, so messages do not blur the difference.
//!
//! It sees what is allocated and not yet freed, in the sizes asked for. What the allocator itself adds, and what the
//! system gives in pages, it does not see.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle};

use crate::backend::store::{MemoryStore, Store};
use crate::strategy::Strategy;
use crate::workload::Scenario;
use lockyard_bench::alloc::{self, AllocationCount};
use lockyard_bench::record::Memory;

use super::error::RunError;
use super::plan::Plan;
use super::population::Population;
use super::rival::{set_up, stock};
use super::stage::Stage;

/// The sizes at which it is counted: how the record's `bytes_per_session` is defined, and where tables have grown.
const SESSIONS: u32 = 1_000;
const MANY_SESSIONS: u32 = 100_000;

/// What the record says of each strategy's sessions, in the order of the plan; nothing where nobody counts
/// allocations, and nothing of servers.
pub(super) fn of_strategies(plan: &Plan) -> Result<Option<Vec<Memory>>, RunError> {
    if !plan.servers.is_empty() {
        return Ok(None);
    }
    let Some(few) = Yard::new(SESSIONS, plan.seed)? else { return Ok(None) };
    let many = if plan.many_sessions { Yard::new(MANY_SESSIONS, plan.seed)? } else { None };
    let memory = |strategy| {
        let Overhead { kept, peak } = few.overhead(strategy)?;
        let at_100k = many.as_ref().map(|many| many.overhead(strategy)).transpose()?;
        Ok(Memory {
            bytes_per_session: Some(kept),
            bytes_per_session_at_100k: at_100k.map(|overhead| overhead.kept),
            peak_bytes_per_session: Some(peak),
            allocations_per_operation: None,
        })
    };
    plan.strategies.iter().map(memory).collect::<Result<_, _>>().map(Some)
}

/// A number of sessions, all to be alive at once.
struct Yard {
    scenario: Scenario,
    population: Population,
    plain: AllocationCount,
    seed: u64,
}

/// What one strategy adds to a session, in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Overhead {
    /// Kept for as long as the session lives.
    kept: f64,
    /// At the worst moment while the sessions were loaded.
    peak: f64,
}

impl Yard {
    /// A yard of `sessions` sessions; `None` where nobody counts allocations.
    fn new(sessions: u32, seed: u64) -> Result<Option<Self>, RunError> {
        if alloc::process_count().is_none() {
            return Ok(None);
        }
        let sizes = ["sessions", "capacity"].map(|field| format!("{field}={sessions}"));
        let small = ["messages=1", "message_bytes=16"].map(str::to_owned);
        let scenario = Scenario::load("polling", &[sizes, small].concat()).expect("a built-in scenario");
        let population = Population::of(&scenario, seed);
        let runtime = Builder::new_current_thread().build()?;
        let store = stock(&population, runtime.handle());
        let plain = alloc::measure(|| plain_map(&population, &store, runtime.handle()));
        Ok(Some(Self { scenario, population, plain, seed }))
    }

    /// What this strategy adds.
    fn overhead(&self, strategy: &Strategy) -> Result<Overhead, RunError> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let mut outcome = Ok(());
        let store = stock(&self.population, runtime.handle());
        let taken = alloc::measure(|| {
            let rival = set_up(
                strategy,
                &self.scenario,
                &self.population,
                store,
                self.seed,
                &Stage::plain(runtime.handle()),
                None,
            );
            rival.inspect(|rival| rival.warm()).map_err(|error| outcome = Err(error))
        });
        outcome?;
        let a_session = |bytes: i64| bytes as f64 / f64::from(self.scenario.sessions.get());
        Ok(Overhead {
            kept: a_session(taken.bytes_kept - self.plain.bytes_kept),
            peak: a_session(taken.bytes_peak - self.plain.bytes_kept),
        })
    }
}

/// The sessions in the plainest form that can be shared.
fn plain_map(population: &Population, store: &MemoryStore, runtime: &Handle) -> impl Sized + use<> {
    let load = |id| {
        let loaded = runtime.block_on(store.load(id)).expect("a memory store gives everything");
        (id, Arc::new(loaded.expect("it was put there")))
    };
    population.ids.iter().copied().map(load).collect::<HashMap<_, _>>()
}
