//! What does finding a session cost? The session manager under four strategies: a hit by one task, hits by eight on
//! sessions of their own choice, a miss into a cache with room, a miss that evicts, and sixteen tasks that ask for one
//! cold session at once.
//!
//! The store is memory and answers at once, so a miss shows what the manager adds to a load and not what a load costs.
//! A flight is timed from spawning the tasks to the last answer, most of which is tokio's share. After every timing the
//! loads, the misses and the evictions are compared with what they must be: a manager that loads too often or forgets to
//! evict fails.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use lockyard::backend::chat::{ChatContext, ContextId};
use lockyard::backend::service::{Backend, Simulator};
use lockyard::backend::session::{ChatSessionManager, Env};
use lockyard::strategy::{Assembly, TokioClock};
use support::backend::with_backend;
use support::store::CountingStore;
use support::tasks::{give_way, side_by_side};
use tokio::runtime::Runtime;

const STRATEGIES: [&str; 4] = ["before", "naive", "after", "best"];
/// Sessions in the store; a manager that only misses lasts for as many loads.
const SESSIONS: usize = 1_024;
const MESSAGES: usize = 10;
/// Room in the cache that has to evict.
const ROOM: usize = 64;
const TASKS: u64 = 8;
const CROWD: u64 = 16;

#[derive(Clone, Copy)]
enum Case {
    Hit,
    Hits,
    Miss,
    Evict,
    SingleFlight,
}

impl Case {
    const ALL: [(&str, Self); 5] = [
        ("manager/hit", Self::Hit),
        ("manager/hits-by-eight", Self::Hits),
        ("manager/miss", Self::Miss),
        ("manager/evict", Self::Evict),
        ("manager/single-flight", Self::SingleFlight),
    ];

    fn capacity(self) -> usize {
        match self {
            Self::Hit | Self::Hits | Self::Miss | Self::SingleFlight => SESSIONS,
            Self::Evict => ROOM,
        }
    }

    /// How often one manager can be asked: each session is cold but once, unless it is evicted.
    fn at_most(self) -> u64 {
        match self {
            Self::Hit | Self::Hits | Self::Evict => u64::MAX,
            Self::Miss | Self::SingleFlight => SESSIONS as u64,
        }
    }
}

/// Times one case on a new manager.
struct Round<'a> {
    runtime: &'a Runtime,
    store: &'a CountingStore,
    ids: &'a Arc<[ContextId]>,
    case: Case,
    count: u64,
}

impl Assembly for Round<'_> {
    type Output = Duration;

    fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) -> Duration {
        let (manager, ids, count) = (backend.manager(), self.ids, self.count);
        self.runtime.block_on(async {
            self.store.wait_for_crowd(0);
            self.store.take_loads();
            match self.case {
                Case::Hit => {
                    ask(manager, ids[0]).await;
                    let elapsed = one_by_one(manager, &ids[..1], count).await;
                    self.check(manager, 1, 0).await;
                    elapsed
                }
                Case::Hits => {
                    one_by_one(manager, &ids[..ROOM], ROOM as u64).await;
                    let elapsed = hits(manager, ids, count).await;
                    self.check(manager, ROOM as u64, 0).await;
                    elapsed
                }
                Case::Miss => {
                    let elapsed = one_by_one(manager, ids, count).await;
                    self.check(manager, count, 0).await;
                    elapsed
                }
                Case::Evict => {
                    // The session that is asked for next was evicted long ago: there are many more than there is room for.
                    let (first, others) = ids.split_at(ROOM);
                    one_by_one(manager, first, ROOM as u64).await;
                    let elapsed = one_by_one(manager, others, count).await;
                    self.check(manager, ROOM as u64 + count, count).await;
                    elapsed
                }
                Case::SingleFlight => {
                    // From a worker, as a server's tasks are spawned: from outside it is the waking of workers that
                    // would be timed.
                    let flights = flights(manager.clone(), self.store.clone(), ids.clone(), count);
                    let elapsed = tokio::spawn(flights).await.expect("every flight has landed");
                    assert_eq!(self.store.take_loads(), count, "one load a flight");
                    elapsed
                }
            }
        })
    }
}

impl Round<'_> {
    /// Every miss is a load, and there were so many; so many sessions were evicted.
    async fn check<E: Env>(&self, manager: &ChatSessionManager<E>, loads: u64, evictions: u64) {
        let stats = manager.stats().await;
        let found = (self.store.take_loads(), stats.misses, stats.cache.evictions);
        assert_eq!(found, (loads, loads, evictions), "loads, misses, evictions");
    }
}

/// Asks for one session and checks that it is that one.
async fn ask<E: Env>(manager: &ChatSessionManager<E>, id: ContextId) {
    assert_eq!(manager.read(id, ChatContext::id).await, Ok(id));
}

/// The time to ask `count` times, for each of `ids` in turn.
async fn one_by_one<E: Env>(manager: &ChatSessionManager<E>, ids: &[ContextId], count: u64) -> Duration {
    let start = Instant::now();
    for (id, _) in ids.iter().cycle().zip(0..count) {
        ask(manager, *id).await;
    }
    start.elapsed()
}

/// The time for `count` hits by several tasks, each of which goes round the warm sessions from a place of its own.
async fn hits<E: Env>(manager: &Arc<ChatSessionManager<E>>, ids: &Arc<[ContextId]>, count: u64) -> Duration {
    let work = |task: u64, share| {
        let (manager, ids) = (manager.clone(), ids.clone());
        async move {
            let from = (task as usize) * ROOM / TASKS as usize;
            let sessions = ids[..ROOM].iter().cycle().skip(from);
            for (id, nth) in sessions.zip(0..share) {
                ask(&manager, *id).await;
                give_way(nth).await;
            }
        }
    };
    side_by_side(TASKS, count, work).await.0
}

/// The time until every task of a crowd has seen each session, none of which was loaded before.
async fn flights<E: Env>(
    manager: Arc<ChatSessionManager<E>>,
    store: CountingStore,
    ids: Arc<[ContextId]>,
    count: u64,
) -> Duration {
    let mut elapsed = Duration::ZERO;
    for &id in &ids[..count as usize] {
        store.wait_for_crowd(CROWD);
        let work = |_, _| {
            let (manager, store) = (manager.clone(), store.clone());
            async move {
                store.arrive();
                ask(&manager, id).await;
            }
        };
        elapsed += side_by_side(CROWD, CROWD, work).await.0;
    }
    elapsed
}

fn manager(criterion: &mut Criterion) {
    let runtime = support::two_workers();
    let (store, ids) = runtime.block_on(CountingStore::filled(SESSIONS as u64, MESSAGES));
    let ids: Arc<[ContextId]> = ids.into();
    for (title, case) in Case::ALL {
        let mut group = criterion.benchmark_group(title);
        for strategy in STRATEGIES {
            group.bench_function(strategy, |bencher| {
                bencher.iter_custom(|mut left| {
                    let mut elapsed = Duration::ZERO;
                    while left > 0 {
                        let count = left.min(case.at_most());
                        let round = Round { runtime: &runtime, store: &store, ids: &ids, case, count };
                        let handle = runtime.handle();
                        elapsed += with_backend(strategy, store.clone(), case.capacity(), handle, round);
                        left -= count;
                    }
                    elapsed
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = support::timing();
    targets = manager
}
criterion_main!(benches);
