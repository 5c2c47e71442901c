//! The durable store under many clients: acknowledged writes a second when writes share commits, against one commit a write.
//!
//! An iteration is a write of each client, acknowledged. The file lies where temporary files do: on a disk that says
//! "synced" without doing it, sharing gains less than it would.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use lockyard::backend::chat::{ChatContext, ContextConfig, NewMessage, Role, Timestamp};
use lockyard::backend::store::{RedbStore, Store};
use lockyard::strategy::IdSource;
use tokio::runtime::Runtime;

const CLIENTS: usize = 64;

/// What a client keeps of what is stored.
type Stored = <RedbStore as Store>::Stored;

/// A conversation of a few messages for each client.
fn contexts() -> Vec<(ChatContext, Stored)> {
    let ids = IdSource::seeded(1);
    let context = |_| {
        let config = ContextConfig::new("some-model", "chat");
        let mut context = ChatContext::new(ids.next(), config, Timestamp(0)).unwrap();
        for _ in 0..4 {
            context.append(NewMessage::text(Role::User, "x".repeat(256)), None).unwrap();
            context.touch(Timestamp(0));
        }
        (context, Stored::default())
    };
    (0..CLIENTS).map(context).collect()
}

/// All clients write so often, each as soon as it has its answer.
async fn write(store: &RedbStore, contexts: &mut [(ChatContext, Stored)], times: u64) -> Duration {
    let start = Instant::now();
    let client = async |(context, stored): &mut (ChatContext, Stored)| {
        for _ in 0..times {
            context.touch(Timestamp(1));
            store.put(black_box(context.clone()), stored).await.unwrap();
        }
    };
    join_all(contexts.iter_mut().map(client)).await;
    start.elapsed()
}

fn commits(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("commits");
    group.sample_size(10).throughput(Throughput::Elements(CLIENTS as u64));
    for (name, size) in [("one write each", NonZeroUsize::MIN), ("shared", RedbStore::GROUP)] {
        let place = tempfile::tempdir().unwrap();
        let store = RedbStore::open_with(place.path().join("store.redb"), size).unwrap();
        let mut contexts = contexts();
        group.bench_function(BenchmarkId::new("64 clients", name), |bencher| {
            bencher.iter_custom(|times| runtime.block_on(write(&store, &mut contexts, times)));
        });
        for (context, _) in &contexts {
            let stored = runtime.block_on(store.read(context.id())).unwrap();
            assert_eq!(stored.as_ref(), Some(context), "what was acknowledged is there");
        }
    }
    group.finish();
}

criterion_group!(benches, commits);
criterion_main!(benches);
