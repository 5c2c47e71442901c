//! What does a strategy give? The read endpoints under every preset, with one reader and with sixteen.
//!
//! One session of a hundred messages of a kilobyte, two worker threads, no writer: the best case for a read-write
//! lock. Times are for one answer, as the readers together get them. They are taken one strategy after the other, so a
//! machine that has a bad minute makes one strategy look slow; `lockyard compare` lets strategies take turns. Every answer is
//! checked, so a strategy that answers wrongly fails here rather than looking fast.

mod support;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use lockyard::backend::chat::{ContextId, StateKind};
use lockyard::backend::service::{Backend, ChatService, MessagePage, Simulator};
use lockyard::backend::session::Env;
use lockyard::backend::store::MemoryStore;
use lockyard::strategy::{Assembly, PRESETS, TokioClock};
use support::backend::{new_session, with_backend};
use support::tasks::{give_way, side_by_side};
use tokio::runtime::Handle;

const MESSAGES: usize = 100;
const PAGE: usize = 50;

#[derive(Clone, Copy)]
enum Endpoint {
    State,
    Context,
    Messages,
}

impl Endpoint {
    const ALL: [(&str, Self); 3] = [
        ("endpoints/get_context_state", Self::State),
        ("endpoints/get_context", Self::Context),
        ("endpoints/get_context_messages", Self::Messages),
    ];

    /// Asks once and checks the answer.
    async fn ask<S: ChatService>(self, service: &S, id: ContextId) {
        match self {
            Self::State => {
                let state = service.get_context_state(id).await.expect("the session is there");
                assert_eq!((state.state, state.version.0), (StateKind::Idle, 1 + MESSAGES as u64));
            }
            Self::Context => {
                let context = service.get_context(id).await.expect("the session is there");
                assert_eq!((context.id, context.branches[0].message_count), (id, MESSAGES));
                black_box(context);
            }
            Self::Messages => {
                let page = MessagePage { branch: None, limit: PAGE, offset: 0 };
                let messages = service.get_context_messages(id, page).await.expect("the session is there");
                assert_eq!((messages.messages.len(), messages.total), (PAGE, MESSAGES));
                black_box(messages);
            }
        }
    }
}

/// Benches one endpoint under one strategy, once its types are known.
struct Bench<'a, 'b> {
    group: &'a mut BenchmarkGroup<'b, WallTime>,
    strategy: &'a str,
    runtime: &'a Handle,
    endpoint: Endpoint,
}

impl Assembly for Bench<'_, '_> {
    type Output = ();

    fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) {
        let backend = Arc::new(backend);
        let id = self.runtime.block_on(new_session(&*backend, MESSAGES));
        for readers in [1, 16] {
            self.group.bench_function(format!("{}/readers={readers}", self.strategy), |bencher| {
                bencher.iter_custom(|answers| {
                    self.runtime.block_on(read(&backend, id, self.endpoint, readers, answers))
                });
            });
        }
    }
}

/// The time that `readers` tasks need for `answers` answers together.
async fn read<S: ChatService>(
    service: &Arc<S>,
    id: ContextId,
    endpoint: Endpoint,
    readers: u64,
    answers: u64,
) -> Duration {
    let work = |_, share| {
        let service = service.clone();
        async move {
            for nth in 0..share {
                endpoint.ask(&*service, id).await;
                give_way(nth).await;
            }
        }
    };
    side_by_side(readers, answers, work).await.0
}

fn endpoints(criterion: &mut Criterion) {
    let runtime = support::two_workers();
    let handle = runtime.handle();
    for (title, endpoint) in Endpoint::ALL {
        let mut group = criterion.benchmark_group(title);
        for preset in PRESETS {
            let bench = Bench { group: &mut group, strategy: preset.name, runtime: handle, endpoint };
            with_backend(preset.name, MemoryStore::default(), 1, handle, bench);
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = support::timing();
    targets = endpoints
}
criterion_main!(benches);
