//! What did the change give? The read endpoints under `before`, `naive` and `after`, with one reader and with sixteen.
//!
//! One session of a hundred messages of a kilobyte, two worker threads, nobody writes: the best case for a read-write
//! lock. Times are for one answer, as the readers together get them. Every answer is checked, so a strategy that
//! answers wrongly fails here rather than looking fast.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use lockyard::chat::{ContextId, NewMessage, Role, StateKind};
use lockyard::service::{
    Backend, ChatService, CreateContext, MessagePage, Prompts, Simulator, SimulatorConfig,
};
use lockyard::session::store::MemoryStore;
use lockyard::session::{Durability, Env};
use lockyard::strategy::{Assembly, IdSource, Setup, Strategy, TokioClock, assemble};
use tokio::runtime::Handle;

const MESSAGES: usize = 100;
const PAGE: usize = 50;

/// Asks one endpoint once and checks the answer.
async fn ask<S: ChatService>(service: &S, id: ContextId, endpoint: Endpoint) {
    match endpoint {
        Endpoint::State => {
            let state = service.get_context_state(id).await.expect("the session is there");
            assert_eq!(state.state, StateKind::Idle);
        }
        Endpoint::Context => {
            let context = service.get_context(id).await.expect("the session is there");
            assert_eq!(context.branches[0].message_count, MESSAGES);
            black_box(context);
        }
        Endpoint::Messages => {
            let page = MessagePage { branch: None, limit: PAGE, offset: 0 };
            let messages = service.get_context_messages(id, page).await.expect("the session is there");
            assert_eq!((messages.messages.len(), messages.total), (PAGE, MESSAGES));
            black_box(messages);
        }
    }
}

#[derive(Clone, Copy)]
enum Endpoint {
    State,
    Context,
    Messages,
}

/// Benches one endpoint under one strategy, once its types are known.
struct Bench<'a, 'b> {
    group: &'a mut BenchmarkGroup<'b, WallTime>,
    name: &'a str,
    runtime: &'a Handle,
    endpoint: Endpoint,
}

impl Assembly for Bench<'_, '_> {
    type Output = ();

    fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) {
        let backend = Arc::new(backend);
        let id = self.runtime.block_on(session(&*backend));
        for readers in [1, 16] {
            self.group.bench_function(format!("{}/readers={readers}", self.name), |bencher| {
                bencher.iter_custom(|answers| {
                    self.runtime.block_on(read(&backend, id, self.endpoint, readers, answers))
                });
            });
        }
    }
}

/// A session with its messages.
async fn session<S: ChatService>(service: &S) -> ContextId {
    let request = CreateContext { model_id: "none".into(), mode: "chat".into(), system_prompt_id: None };
    let id = service.create_context(request).await.expect("a memory store takes everything");
    for _ in 0..MESSAGES {
        let message = NewMessage::text(Role::User, "x".repeat(1024));
        service.add_context_message(id, message, None).await.expect("the session is there");
    }
    id
}

/// The time that `readers` tasks need for at least `answers` answers together, scaled to that many.
async fn read<S: ChatService>(
    service: &Arc<S>,
    id: ContextId,
    endpoint: Endpoint,
    readers: u64,
    answers: u64,
) -> Duration {
    let each = answers.div_ceil(readers);
    let start = Instant::now();
    let tasks: Vec<_> = (0..readers)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move {
                for nth in 0..each {
                    ask(&*service, id, endpoint).await;
                    // Readers that never wait for anything would keep their worker to themselves.
                    if nth % 32 == 31 {
                        tokio::task::yield_now().await;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("every answer is right");
    }
    start.elapsed().mul_f64(answers as f64 / (each * readers) as f64)
}

fn endpoints(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("two threads can be had");
    let endpoints = [
        ("get_context_state", Endpoint::State),
        ("get_context", Endpoint::Context),
        ("get_context_messages", Endpoint::Messages),
    ];
    for (title, endpoint) in endpoints {
        let mut group = criterion.benchmark_group(title);
        for name in ["before", "naive", "after"] {
            let strategy = Strategy::parse(name).expect("a preset");
            let setup = Setup {
                store: MemoryStore::default(),
                capacity: NonZeroUsize::MIN,
                durability: Durability::WriteThrough,
                model: SimulatorConfig::default(),
                prompts: Prompts::default(),
                ids: IdSource::seeded(1),
                runtime: runtime.handle().clone(),
            };
            let bench = Bench { group: &mut group, name, runtime: runtime.handle(), endpoint };
            assemble(strategy.factors(), setup, bench).expect("presets are built");
        }
        group.finish();
    }
}

criterion_group!(benches, endpoints);
criterion_main!(benches);
