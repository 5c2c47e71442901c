//! The durable store on a disk that fails: power that goes, a disk that is full or read-only.
//!
//! A killed process leaves what it wrote in the system's cache, so that killing says nothing about syncing. Here the
//! disk itself forgets what was not synced. `LOCKYARD_POWER_LOSSES` says how many times (20 by default).

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;

use futures_util::future::join_all;
use lockyard::backend::chat::{ChatContext, ContextId, ContextSummary, Timestamp, Version};
use lockyard::backend::store::{RedbStore, Store, StoreError};
use lockyard::strategy::IdSource;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::support::disk::Disk;
use crate::support::{config, user};

const CONTEXTS: usize = 12;

fn store(disk: &Disk) -> RedbStore {
    let disk = disk.clone();
    RedbStore::over(move || disk.clone()).unwrap()
}

fn contexts(seed: u64) -> Vec<ChatContext> {
    let ids = IdSource::seeded(seed);
    (0..CONTEXTS).map(|_| ChatContext::new(ids.next(), config(), Timestamp(0)).unwrap()).collect()
}

/// Puts what has changed of ever newer contexts until the power is gone. The newest version of each that was acknowledged, and the newest
/// that was tried.
async fn write_until_dark(
    store: &RedbStore,
    contexts: &mut [ChatContext],
) -> BTreeMap<ContextId, (Option<Version>, Version)> {
    let mut known: BTreeMap<_, _> =
        contexts.iter().map(|context| (context.id(), (None, context.version()))).collect();
    let mut stored = vec![None; contexts.len()];
    loop {
        for context in contexts.iter_mut() {
            context.append(user(&format!("message {}", context.version())), None).unwrap();
            context.touch(Timestamp(context.version().0));
        }
        let each = contexts.iter().zip(&mut stored);
        let puts = join_all(each.map(|(context, stored)| store.put(context.clone(), stored))).await;
        for (context, put) in contexts.iter().zip(&puts) {
            let (acknowledged, tried) = known.get_mut(&context.id()).unwrap();
            *tried = context.version();
            if put.is_ok() {
                *acknowledged = Some(context.version());
            }
        }
        if puts.iter().any(Result::is_err) {
            return known;
        }
    }
}

#[tokio::test]
async fn no_acknowledged_write_is_lost_with_the_power() {
    let losses = std::env::var("LOCKYARD_POWER_LOSSES").map_or(20, |given| given.parse().unwrap());
    let (mut acknowledged_at_all, mut newer) = (0, 0);
    for seed in 0..losses {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let disk = Disk::default();
        let mut contexts = contexts(seed);
        let known = {
            let store = store(&disk);
            disk.cut_after(random.random_range(0..150));
            write_until_dark(&store, &mut contexts).await
        };
        let store = store(&disk.after_power_loss(&mut random));
        let listed = store.list(None, 100).await.unwrap();
        for (id, (acknowledged, tried)) in known {
            let found = store.read(id).await.unwrap();
            let summary = listed.iter().find(|summary| summary.id == id);
            assert_eq!(
                found.as_ref().map(ContextSummary::from).as_ref(),
                summary,
                "seed {seed}: half a record"
            );
            let version = found.as_ref().map(ChatContext::version);
            assert!(
                version >= acknowledged,
                "seed {seed}: {acknowledged:?} was acknowledged, {version:?} is there"
            );
            assert!(version.is_none_or(|version| version <= tried), "seed {seed}");
            if let Some(found) = found {
                assert_eq!(found.message_count(None).unwrap() as u64, found.version().0, "seed {seed}");
            }
            acknowledged_at_all += usize::from(acknowledged.is_some());
            newer += usize::from(version > acknowledged);
        }
        // And it can be used again.
        let again = ChatContext::new(IdSource::Unique.next(), config(), Timestamp(0)).unwrap();
        store.write(again).await.unwrap();
    }
    assert!(acknowledged_at_all > 0, "the power went before anything was acknowledged");
    println!(
        "{losses} losses, {acknowledged_at_all} acknowledged contexts there, {newer} newer than acknowledged"
    );
}

#[tokio::test]
async fn a_disk_that_is_full_or_read_only_is_refused_and_worked_with_again() {
    let faults = [ErrorKind::StorageFull, ErrorKind::ReadOnlyFilesystem, ErrorKind::PermissionDenied];
    for fault in faults {
        let disk = Disk::default();
        let store = store(&disk);
        let contexts = contexts(7);
        store.write(contexts[0].clone()).await.unwrap();

        disk.fault(Some(fault));
        for context in &contexts[1..4] {
            let refused = store.write(context.clone()).await.unwrap_err();
            assert!(matches!(refused, StoreError::Failed { .. }), "{refused}");
        }

        disk.fault(None);
        assert_eq!(store.read(contexts[0].id()).await.unwrap().as_ref(), Some(&contexts[0]), "{fault}");
        store.write(contexts[4].clone()).await.unwrap();
        assert_eq!(store.read(contexts[4].id()).await.unwrap().as_ref(), Some(&contexts[4]), "{fault}");
        drop(store);
        let again = self::store(&disk.after_power_loss(&mut ChaCha8Rng::seed_from_u64(3)));
        for context in [&contexts[0], &contexts[4]] {
            assert_eq!(again.read(context.id()).await.unwrap().as_ref(), Some(context), "{fault}");
        }
    }
}

#[cfg(feature = "http")]
#[tokio::test]
async fn the_service_answers_503_while_the_disk_cannot_and_recovers() {
    use crate::support::http::{json as request, router_over, send};
    use lockyard::backend::service::{Backend, DtoPolicy, Prompts};
    use lockyard::backend::session::{AfterUnlock, ChatSessionManager, Durability, Locked};
    use lockyard::lock::{TokioMutex, TokioRwLock};
    use lockyard::strategy::{Host, family};
    use serde_json::json;

    type Env = Host<TokioRwLock, family::MutexLru<TokioMutex>, AfterUnlock, Locked, RedbStore>;

    let disk = Disk::default();
    let host: Env = Host::new(store(&disk), tokio::runtime::Handle::current(), IdSource::Unique);
    let manager = Arc::new(ChatSessionManager::new(host, 10.try_into().unwrap(), Durability::WriteThrough));
    let model = crate::support::model::ScriptedModel::default();
    let backend = Backend::new(manager.clone(), model, Prompts::default(), DtoPolicy::Borrowed);
    let router = router_over(Arc::new(backend));
    let post =
        async |path: &str, body| send(&router, request("POST".parse().unwrap(), path, &[], &body)).await;

    let id = post("/v1/contexts", json!({ "model_id": "gpt", "mode": "chat" })).await.ok(201)["id"].clone();
    let messages = format!("/v1/contexts/{}/messages", id.as_str().unwrap());
    let hello = json!({ "role": "user", "content": "hello" });
    post(&messages, hello.clone()).await.ok(201);
    disk.fault(Some(ErrorKind::StorageFull));
    for _ in 0..3 {
        post(&messages, hello.clone()).await.problem(503, "store_unavailable");
    }
    post("/v1/contexts", json!({ "model_id": "gpt", "mode": "chat" }))
        .await
        .problem(503, "store_unavailable");
    disk.fault(None);
    post(&messages, hello).await.ok(201);
    assert!(manager.flush().await.is_empty());
    let listed = manager.list(None, 9).await.unwrap();
    assert_eq!(listed.len(), 1, "what could not be created was withdrawn");
    assert_eq!(
        listed[0].message_count, 5,
        "what was refused with 503 is of unknown outcome, and was saved later"
    );
}
