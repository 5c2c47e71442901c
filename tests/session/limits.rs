//! What all sessions together may take: by their number, and in memory.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering::SeqCst;

use lockyard::backend::chat::{ChatContext, ContextId, Timestamp};
use lockyard::backend::session::{
    AfterUnlock, CapacityError, ChatSessionManager, Durability, Env as _, Locked, SessionError, SessionLimits,
};
use lockyard::backend::store::{MemoryStore, Store};
use lockyard::lock::{TokioMutex, TokioRwLock};
use lockyard::strategy::{Host, IdSource, family};
use tokio::runtime::Handle;

use crate::support::store::ScriptedStore;
use crate::support::{Manager, config, manager_within, say, texts};

const KIB: usize = 1 << 10;

fn within(store: &ScriptedStore, limits: SessionLimits) -> Manager<TokioRwLock, AfterUnlock> {
    manager_within(store, 1000, limits)
}

#[expect(clippy::needless_pass_by_value, reason = "outcomes are made where they are looked at")]
fn is_full<T>(outcome: Result<T, SessionError>) -> bool {
    matches!(outcome, Err(SessionError::Capacity(CapacityError::Memory { .. })))
}

#[tokio::test]
async fn there_may_be_so_many_sessions_and_one_more_when_one_is_deleted() {
    let store = ScriptedStore::default();
    let limits = SessionLimits { sessions: 3, ..SessionLimits::default() };
    let before = IdSource::seeded(9).next();
    store.plant(ChatContext::new(before, config(), Timestamp(0)).unwrap());
    let manager = within(&store, limits);
    for _ in 0..2 {
        manager.create_session(config(), |_| Ok(())).await.unwrap();
    }
    let refused = manager.create_session(config(), |_| Ok(())).await.map(drop);
    assert_eq!(refused, Err(CapacityError::Sessions { max: 3 }.into()));
    manager.delete(before).await.unwrap();
    manager.create_session(config(), |_| Ok(())).await.unwrap();
    assert!(manager.create_session(config(), |_| Ok(())).await.is_err());
}

#[tokio::test]
async fn a_creation_that_fails_takes_no_ones_place() {
    let store = ScriptedStore::default();
    let manager = within(&store, SessionLimits { sessions: 2, ..SessionLimits::default() });
    manager.create_session(config(), |_| Ok(())).await.unwrap();
    for _ in 0..5 {
        // The put, and the deletion that takes it back.
        store.failing_saves.store(2, SeqCst);
        assert!(manager.create_session(config(), |_| Ok(())).await.is_err());
    }
    manager.create_session(config(), |_| Ok(())).await.unwrap();
}

/// Sessions of some 100 KiB each.
async fn create_large(manager: &Manager<TokioRwLock, AfterUnlock>) -> ContextId {
    let id = manager.create_session(config(), |_| Ok(())).await.unwrap().id();
    manager.write(id, say(&"x".repeat(100 * KIB))).await.unwrap();
    id
}

#[tokio::test]
async fn what_is_not_in_use_leaves_memory_and_is_there_when_it_is_asked_for() {
    let store = ScriptedStore::default();
    let limits = SessionLimits { live_bytes: 1000 * KIB, ..SessionLimits::default() };
    let manager = within(&store, limits);
    let mut all = Vec::new();
    for _ in 0..50 {
        all.push(create_large(&manager).await);
        let bytes = manager.counts().bytes;
        assert!(bytes <= limits.live_bytes, "{bytes}");
    }
    assert!(manager.counts().live < 10, "the cache has room for a thousand");
    for id in all {
        assert_eq!(manager.read(id, |context| texts(context)[0].len()).await, Ok(100 * KIB));
        let bytes = manager.counts().bytes;
        assert!(bytes <= limits.live_bytes, "{bytes}");
    }
}

#[tokio::test]
async fn what_is_in_use_stays_and_no_more_is_taken_on() {
    let store = ScriptedStore::default();
    let manager = within(&store, SessionLimits { live_bytes: 1000 * KIB, ..SessionLimits::default() });
    let all = {
        let mut all = Vec::new();
        for _ in 0..12 {
            all.push(create_large(&manager).await);
        }
        all
    };
    let mut held = Vec::new();
    let refused = loop {
        match manager.load_context(all[held.len()]).await {
            Ok(session) => held.push(session),
            Err(error) => break error,
        }
    };
    assert!((8..=10).contains(&held.len()), "{}", held.len());
    assert!(is_full(Err::<(), _>(refused)));
    // Those that are held can be read, since they are there.
    assert_eq!(held[0].read(|context| texts(context)[0].len()).await, Ok(100 * KIB));
    assert!(is_full(manager.write(all[11], say("more")).await));
    held.truncate(4);
    manager.write(all[11], say("more")).await.unwrap();
}

#[tokio::test]
async fn many_that_are_loaded_at_once_do_not_all_find_room() {
    let store = ScriptedStore::default();
    let manager = within(&store, SessionLimits { live_bytes: 1000 * KIB, ..SessionLimits::default() });
    let mut all = Vec::new();
    for _ in 0..40 {
        all.push(create_large(&manager).await);
    }
    let fresh = within(&store, *manager.limits());
    store.loads.shut();
    let loads: Vec<_> = all
        .into_iter()
        .map(|id| {
            let manager = fresh.clone();
            tokio::spawn(async move { manager.load_context(id).await })
        })
        .collect();
    // All have looked for room, and found it, before the first is there.
    while store.loads.asked() < 40 {
        tokio::task::yield_now().await;
    }
    store.loads.open();
    let mut held = Vec::new();
    for load in loads {
        held.push(load.await.unwrap());
    }
    let found = held.iter().filter(|load| load.is_ok()).count();
    assert!((5..=10).contains(&found), "{found}");
    assert!(held.into_iter().filter(Result::is_err).all(is_full));
}

#[tokio::test]
async fn a_store_in_memory_is_full_until_something_is_deleted() {
    type Env = Host<TokioRwLock, family::MutexLru<TokioMutex>, AfterUnlock, Locked, MemoryStore>;
    let host: Env = Host::new(MemoryStore::default(), Handle::current(), IdSource::seeded(1));
    let limits = SessionLimits { live_bytes: 1000 * KIB, ..SessionLimits::default() };
    let manager =
        ChatSessionManager::new(host, NonZeroUsize::new(2).unwrap(), Durability::WriteThrough).within(limits);
    let mut all = Vec::new();
    let refused = loop {
        match manager.create_session(config(), |context| say(&"x".repeat(100 * KIB))(context)).await {
            Ok(session) => all.push(session.id()),
            Err(error) => break error,
        }
    };
    assert!(is_full(Err::<(), _>(refused)));
    assert_eq!(all.len(), 10);
    assert!(is_full(manager.write(all[0], say("more")).await));
    assert_eq!(manager.read(all[0], |context| context.pool().len()).await, Ok(1), "what is there is read");
    for id in all.drain(..2) {
        manager.delete(id).await.unwrap();
    }
    manager.write(all[0], say("more")).await.unwrap();
    for id in all {
        manager.delete(id).await.unwrap();
    }
    assert_eq!(manager.env().store().resident_bytes(), 0);
}
