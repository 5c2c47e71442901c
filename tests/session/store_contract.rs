//! One contract for every store: what the session manager may rely on, wherever sessions are kept. And the store that
//! makes trouble makes exactly the trouble that was asked for.

use std::time::Duration;

use lockyard::backend::chat::{
    ChatContext, ContextId, ContextSummary, IdempotencyKey, StateKind, Timestamp, Version,
};
use lockyard::backend::store::{Faults, FaultyStore, MemoryStore, RedbStore, Store, StoreError};
use lockyard::strategy::{IdSource, TokioClock};
use tokio::time::Instant;

use crate::support::{config, expect_waiting, paused, poll, user};

/// New contexts by ascending id.
fn contexts<const N: usize>() -> [ChatContext; N] {
    let ids = IdSource::seeded(5);
    [(); N].map(|()| ChatContext::new(ids.next(), config(), Timestamp(7)).unwrap())
}

/// The same with one more message.
fn next(context: &ChatContext) -> ChatContext {
    let mut next = context.clone();
    next.append(user(&format!("message {}", context.version())), None).unwrap();
    next.touch(Timestamp(8));
    next
}

fn ids(summaries: &[ContextSummary]) -> Vec<ContextId> {
    summaries.iter().map(|summary| summary.id).collect()
}

async fn what_was_put_is_loaded(store: impl Store) {
    let [one, other, absent] = contexts();
    let mut whole = next(&next(&one));
    whole.set_system_prompt("Be polite.");
    whole.begin_turn(user("hello")).unwrap();
    store.write(whole.clone()).await.unwrap();
    store.write(other.clone()).await.unwrap();
    assert_eq!(store.read(whole.id()).await, Ok(Some(whole)), "in any state, with all it has");
    assert_eq!(store.read(other.id()).await, Ok(Some(other)));
    assert_eq!(store.read(absent.id()).await, Ok(None));
}

async fn a_put_replaces_what_was_there(store: impl Store) {
    let [first] = contexts();
    let second = next(&first);
    for context in [&first, &second, &first] {
        store.write(context.clone()).await.unwrap();
        assert_eq!(store.read(first.id()).await.as_ref(), Ok(&Some(context.clone())));
        let expected: Vec<ContextSummary> = vec![context.into()];
        assert_eq!(store.list(None, 10).await, Ok(expected), "the index goes with it");
    }
}

async fn what_was_deleted_is_gone(store: impl Store) {
    let [one, other] = contexts();
    store.write(one.clone()).await.unwrap();
    store.write(other.clone()).await.unwrap();
    store.delete(one.id()).await.unwrap();
    assert_eq!(store.read(one.id()).await, Ok(None));
    assert_eq!(ids(&store.list(None, 10).await.unwrap()), [other.id()]);
    assert_eq!(store.delete(one.id()).await, Ok(()), "nothing to forget is fine");
    store.write(next(&one)).await.unwrap();
    assert_eq!(store.read(one.id()).await, Ok(Some(next(&one))));
}

async fn a_list_goes_by_id_from_its_cursor_to_its_limit(store: impl Store) {
    let all = contexts::<5>();
    for at in [3, 0, 4, 1, 2] {
        store.write(all[at].clone()).await.unwrap();
    }
    let id = |at: usize| all[at].id();
    let every: Vec<ContextSummary> = all.iter().map(ContextSummary::from).collect();
    assert_eq!(store.list(None, 9).await.as_ref(), Ok(&every));
    assert_eq!(store.list(None, 2).await.as_deref(), Ok(&every[..2]));
    assert_eq!(store.list(Some(id(1)), 2).await.as_deref(), Ok(&every[2..4]));
    assert_eq!(store.list(Some(id(4)), 2).await, Ok(vec![]));
    assert_eq!(store.list(None, 0).await, Ok(vec![]));
    store.delete(id(2)).await.unwrap();
    assert_eq!(ids(&store.list(Some(id(2)), 9).await.unwrap()), [id(3), id(4)], "a cursor may be gone");
    assert_eq!(store.list(Some(ContextId(uuid::Uuid::max())), 9).await, Ok(vec![]));
}

async fn a_count_is_that_of_the_contexts_there_are(store: impl Store) {
    let all = contexts::<3>();
    assert_eq!(store.count().await, Ok(0));
    for context in &all {
        store.write(context.clone()).await.unwrap();
        store.write(next(context)).await.unwrap();
    }
    assert_eq!(store.count().await, Ok(3));
    store.delete(all[1].id()).await.unwrap();
    assert_eq!(store.count().await, Ok(2));
}

async fn a_context_is_found_by_the_key_of_its_creation_while_it_is_there(store: impl Store) {
    let [mut one, mut other, plain] = contexts();
    let key = IdempotencyKey { key: uuid::Uuid::from_u128(1), request: uuid::Uuid::from_u128(2) };
    one.remember_creation(Some(key), Timestamp(7));
    store.write(plain.clone()).await.unwrap();
    assert_eq!(store.created_by(key.key).await, Ok(None));
    for context in [&one, &next(&one)] {
        store.write(context.clone()).await.unwrap();
        assert_eq!(store.created_by(key.key).await, Ok(Some(one.id())));
    }
    assert_eq!(store.read(one.id()).await, Ok(Some(next(&one))), "with its receipt");
    store.delete(plain.id()).await.unwrap();
    assert_eq!(store.created_by(key.key).await, Ok(Some(one.id())));
    // After a day another context has the same key, and the first one's end does not concern it.
    other.remember_creation(Some(key), Timestamp(7));
    store.write(other.clone()).await.unwrap();
    store.delete(one.id()).await.unwrap();
    assert_eq!(store.created_by(key.key).await, Ok(Some(other.id())));
    store.delete(other.id()).await.unwrap();
    assert_eq!(store.created_by(key.key).await, Ok(None));
}

/// A put that was given up may still happen; a later call is not overtaken by it.
async fn a_dropped_put_keeps_its_place(store: impl Store) {
    let [first] = contexts();
    let (second, third) = (next(&first), next(&next(&first)));
    let id = first.id();
    let give_up = |context: &ChatContext| drop(poll(&mut Box::pin(store.write(context.clone()))));
    for _ in 0..20 {
        give_up(&first);
        let seen = store.read(id).await.unwrap();
        assert_eq!(store.read(id).await, Ok(seen), "it happens before the next call or never");
        give_up(&first);
        store.write(second.clone()).await.unwrap();
        assert_eq!(store.read(id).await, Ok(Some(second.clone())));
        give_up(&third);
        store.delete(id).await.unwrap();
        assert_eq!(store.read(id).await, Ok(None));
    }
}

/// A store, and what must live as long.
fn redb() -> (RedbStore, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    (RedbStore::open(place.path().join("store.redb")).unwrap(), place)
}

macro_rules! contract {
    ($($module:ident: $store:expr;)*) => { $(
        mod $module {
            use super::*;

            contract! { @tests $store;
                what_was_put_is_loaded
                a_put_replaces_what_was_there
                what_was_deleted_is_gone
                a_list_goes_by_id_from_its_cursor_to_its_limit
                a_count_is_that_of_the_contexts_there_are
                a_context_is_found_by_the_key_of_its_creation_while_it_is_there
                a_dropped_put_keeps_its_place
            }
        }
    )* };
    (@tests $store:expr; $($test:ident)*) => { $(
        #[tokio::test]
        async fn $test() {
            let (store, _place) = $store;
            super::$test(store).await;
        }
    )* };
}

contract! {
    memory: (MemoryStore::default(), ());
    redb: redb();
    faulty_without_faults: (FaultyStore::new(MemoryStore::default(), TokioClock, Faults::default()), ());
}

fn faulty(faults: Faults) -> FaultyStore<MemoryStore, TokioClock> {
    FaultyStore::new(MemoryStore::default(), TokioClock, faults)
}

#[tokio::test(start_paused = true)]
async fn delays_are_those_asked_for() {
    let [load_delay, save_delay] = [3, 10].map(Duration::from_millis);
    let store = faulty(Faults { load_delay, save_delay, ..Faults::default() });
    let [context] = contexts();
    let mut last = Instant::now();
    let mut lap = || std::mem::replace(&mut last, Instant::now()).elapsed();
    store.write(context.clone()).await.unwrap();
    assert_eq!(lap(), save_delay);
    store.read(context.id()).await.unwrap();
    assert_eq!(lap(), load_delay);
    store.list(None, 1).await.unwrap();
    assert_eq!(lap(), load_delay);
    store.delete(context.id()).await.unwrap();
    assert_eq!(lap(), save_delay);
}

#[test]
fn a_call_dropped_in_its_delay_never_happens() {
    let runtime = paused();
    let _on = runtime.enter();
    let store = faulty(Faults { save_delay: Duration::from_millis(10), ..Faults::default() });
    let [context] = contexts();
    let mut put = Box::pin(store.write(context.clone()));
    expect_waiting(&mut put);
    drop(put);
    runtime.block_on(async {
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(store.read(context.id()).await, Ok(None));
    });
}

/// Which of a hundred calls fail.
async fn failing(failing: f64, seed: u64) -> Vec<usize> {
    let store = faulty(Faults { failing, seed, ..Faults::default() });
    let mut failed = Vec::new();
    for nth in 0..100 {
        let [mut context] = contexts();
        (0..nth).for_each(|_| context.touch(Timestamp(0)));
        let id = context.id();
        let before = store.inner().read(id).await.unwrap();
        let outcome = match nth % 4 {
            0 => store.write(context.clone()).await,
            1 => store.read(id).await.map(drop),
            2 => store.list(None, 1).await.map(drop),
            _ => store.delete(id).await,
        };
        if let Err(error) = outcome {
            assert!(matches!(error, StoreError::Failed { .. }) && error.to_string().contains("injected"));
            assert_eq!(store.inner().read(id).await, Ok(before), "a call that fails does nothing");
            failed.push(nth);
        } else if nth % 4 == 0 {
            let stored = store.inner().read(id).await.unwrap().unwrap();
            assert_eq!((stored.version(), stored.state_kind()), (Version(nth as u64), StateKind::Idle));
        }
    }
    failed
}

#[tokio::test]
async fn the_same_seed_fails_the_same_calls() {
    let failed = failing(0.3, 42).await;
    assert_eq!(failing(0.3, 42).await, failed);
    assert!((10..60).contains(&failed.len()), "{failed:?}");
    assert_ne!(failing(0.3, 43).await, failed);
    assert_eq!(failing(0.0, 42).await.len(), 0);
    assert_eq!(failing(1.0, 42).await.len(), 100);
}
