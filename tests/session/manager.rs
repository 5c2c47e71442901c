//! The session protocol, whichever lock guards a session and whenever it is saved: loads are shared, there is one
//! live copy, deletion is final, saves go forward, nothing unsaved is forgotten, and everything stays within bounds.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use futures_util::future::{join, join_all, join3};
use lockyard::backend::chat::{ChatContext, ContextId, StateKind, Timestamp, Version};
use lockyard::backend::session::{Durability, SaveMode, SessionError, Settle};
use lockyard::lock::LockFamily;
use lockyard::strategy::IdSource;

use crate::support::store::{Call, ScriptedStore};
use crate::support::{config, expect_waiting, manager, manager_in, say, texts, user};

const WRITE_BEHIND: Durability = Durability::WriteBehind { max_unsaved: 100, within: Duration::MAX };

/// A context that an earlier process has left in the store.
fn planted(store: &ScriptedStore) -> ContextId {
    let mut context = ChatContext::new(IdSource::seeded(9).next(), config(), Timestamp(0)).unwrap();
    context.append(user("from before"), None).unwrap();
    context.touch(Timestamp(1));
    let id = context.id();
    store.plant(context);
    id
}

fn not_found<T>(id: ContextId) -> Result<T, SessionError> {
    Err(SessionError::NotFound { id })
}

async fn concurrent_misses_load_once_and_get_the_same_session<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let id = planted(&store);
    store.loads.shut();
    let mut all = Box::pin(join_all((0..8).map(|_| manager.load_context(id))));
    expect_waiting(&mut all);
    assert_eq!(store.loads.asked(), 1, "all have asked, and one of them has gone to the store");

    store.loads.open();
    let sessions: Vec<_> = all.await.into_iter().map(Result::unwrap).collect();
    manager.change(&sessions[0], Settle::Stored, say("hello")).await.unwrap();
    for session in &sessions {
        assert_eq!(session.read(texts).await.unwrap(), ["from before", "hello"]);
    }
    assert_eq!((store.load_count(), manager.stats().await.live), (1, 1));
}

async fn a_failed_load_is_shared_and_the_next_one_tries_again<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let id = planted(&store);
    store.failing_loads.store(1, SeqCst);
    store.loads.shut();
    let mut all = Box::pin(join_all((0..4).map(|_| manager.load_context(id))));
    expect_waiting(&mut all);
    store.loads.open();
    for outcome in all.await {
        assert!(matches!(outcome.map(drop), Err(SessionError::Store { .. })));
    }
    assert_eq!(store.loads.asked(), 1, "those who queued behind the failure did not try for themselves");

    assert_eq!(manager.read(id, texts).await.unwrap(), ["from before"]);
    assert_eq!(store.loads.asked(), 2);
}

async fn a_caller_after_a_failed_load_does_not_share_it<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let id = planted(&store);
    store.failing_loads.store(1, SeqCst);
    store.loads.shut();
    let mut leader = Box::pin(manager.load_context(id));
    let mut queued = Box::pin(manager.load_context(id));
    expect_waiting(&mut leader);
    expect_waiting(&mut queued);
    store.loads.open();
    assert!(leader.await.is_err());
    // This one comes when the failure is a thing of the past. The caller that queued shares it, unless the gate lets this one
    // come before it: then it finds what this one has loaded.
    let (latecomer, _) = join(manager.read(id, texts), queued).await;
    assert_eq!(latecomer.unwrap(), ["from before"]);
    assert_eq!(store.loads.asked(), 2, "the caller that queued has loaded, too");
}

async fn a_loader_that_is_dropped_passes_the_load_on<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let id = planted(&store);
    store.loads.shut();
    let mut leader = Box::pin(manager.load_context(id));
    let mut heir = Box::pin(manager.read(id, texts));
    expect_waiting(&mut leader);
    expect_waiting(&mut heir);
    drop(leader);
    store.loads.open();
    assert_eq!(heir.await.unwrap(), ["from before"]);
    assert_eq!((store.loads.asked(), store.load_count()), (2, 1));
}

async fn eviction_under_a_live_handle_makes_no_second_copy<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 1);
    let held = manager.create_session(config(), |_| Ok(())).await.unwrap();
    manager.create_session(config(), |_| Ok(())).await.unwrap();
    assert_eq!(manager.stats().await.cache.evictions, 1, "the held session is out of the cache");

    // Nothing but the live copy has this change: a second copy would come from the store without it.
    manager.change(&held, Settle::Later, say("one")).await.unwrap();
    assert_eq!(manager.read(held.id(), texts).await.unwrap(), ["one"]);
    manager.write(held.id(), say("two")).await.unwrap();
    assert_eq!(held.read(texts).await.unwrap(), ["one", "two"]);
    assert_eq!(store.load_count(), 0);
}

async fn no_caller_brings_a_deleted_session_back<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let held = manager.create_session(config(), |_| Ok(())).await.unwrap();
    let id = held.id();
    manager.delete(id).await.unwrap();

    assert_eq!(manager.change(&held, Settle::Stored, say("late")).await, not_found(id));
    assert_eq!(held.read(texts).await, not_found(id));
    assert_eq!(manager.read(id, texts).await, not_found(id));
    assert_eq!(manager.delete(id).await, not_found(id));
    drop(held);
    assert_eq!(
        manager.read(id, texts).await,
        not_found(id),
        "nor does a load, when there is no handle any more"
    );
    assert_eq!(manager.flush().await, []);
    assert_eq!(store.stored(id), None);
    let stats = manager.stats().await;
    assert_eq!((stats.cache.len, stats.live), (0, 0), "nor does it take up room");
}

async fn a_deletion_outlives_the_writes_around_it<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let id = manager.create_session(config(), |_| Ok(())).await.unwrap().id();
    store.saves.shut();
    let mut before = Box::pin(manager.write(id, say("before")));
    let mut deletion = Box::pin(manager.delete(id));
    let mut after = Box::pin(manager.write(id, say("after")));
    expect_waiting(&mut before);
    expect_waiting(&mut deletion);
    expect_waiting(&mut after);
    store.saves.open();
    let (before, deletion, after) = join3(before, deletion, after).await;
    assert_eq!((before, deletion), (Ok(()), Ok(())));
    // Made in time and overtaken by the deletion, or too late: that depends on when the session is locked.
    assert!(after == Ok(()) || after == not_found(id), "{after:?}");

    assert_eq!(manager.flush().await, []);
    assert_eq!(store.calls().last(), Some(&Call::Delete(id)), "{:?}", store.calls());
    assert_eq!((store.stored(id), manager.stats().await.unsaved), (None, 0));
}

async fn a_failed_deletion_stays_a_deletion_and_is_tried_again<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 1);
    let id = manager.create_session(config(), |_| Ok(())).await.unwrap().id();
    store.failing_saves.store(1, SeqCst);
    assert!(matches!(manager.delete(id).await, Err(SessionError::Store { .. })));
    manager.create_session(config(), |_| Ok(())).await.unwrap();

    assert_eq!(manager.read(id, texts).await, not_found(id), "evicted, still stored, and yet not there");
    assert_eq!(manager.flush().await, []);
    assert_eq!((store.stored(id), manager.stats().await.unsaved), (None, 0));
}

async fn saves_never_go_backwards<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let id = manager.create_session(config(), |_| Ok(())).await.unwrap().id();
    store.saves.shut();
    let mut writers = Box::pin(join_all((0..6).map(|_| manager.write(id, say("more")))));
    expect_waiting(&mut writers);
    // One save at a time, and more writers in between.
    store.saves.let_through(1);
    expect_waiting(&mut writers);
    let mut latecomers = Box::pin(join_all((0..6).map(|_| manager.write(id, say("late")))));
    expect_waiting(&mut latecomers);
    store.saves.open();
    let (writers, latecomers) = join(writers, latecomers).await;
    assert!(writers.into_iter().chain(latecomers).all(|saved| saved.is_ok()));

    let puts = store.puts(id);
    assert!(puts.is_sorted_by(|a, b| a < b), "{puts:?}");
    assert_eq!(store.stored_version(id), Version(13));
    assert_eq!(manager.stats().await.unsaved, 0);
}

async fn a_failed_save_is_reported_and_made_up_for_by_the_next_flush<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let id = manager.create_session(config(), |_| Ok(())).await.unwrap().id();
    store.failing_saves.store(2, SeqCst);
    assert!(matches!(manager.write(id, say("hello")).await, Err(SessionError::Store { .. })));
    assert_eq!(manager.read(id, texts).await.unwrap(), ["hello"], "memory has changed");
    assert_eq!((store.stored_version(id), manager.stats().await.unsaved), (Version(1), 1));

    assert_eq!(manager.flush().await.len(), 1);
    assert_eq!(manager.stats().await.unsaved, 1, "a flush that fails forgets nothing either");
    assert_eq!(manager.flush().await, []);
    assert_eq!((store.stored_version(id), manager.stats().await.unsaved), (Version(2), 0));
}

async fn a_refused_change_changes_nothing<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let id = manager.create_session(config(), |_| Ok(())).await.unwrap().id();
    let calls = store.calls();
    let refused = manager.write(id, |context| context.expect_version(Version(7))).await;
    assert!(matches!(refused, Err(SessionError::Refused { .. })));
    assert_eq!(manager.read(id, ChatContext::version).await, Ok(Version(1)));
    assert_eq!((store.calls(), manager.stats().await.unsaved), (calls, 0));
}

async fn a_hit_renews_recency<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 2);
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(manager.create_session(config(), |_| Ok(())).await.unwrap().id());
    }
    // The older one is used each time, so it is always the other that has to go.
    for hit in ["read", "write", "load"] {
        match hit {
            "read" => drop(manager.read(ids[0], texts).await.unwrap()),
            "write" => manager.write(ids[0], say("hit")).await.unwrap(),
            _ => drop(manager.load_context(ids[0]).await.unwrap()),
        }
        let next = manager.create_session(config(), |_| Ok(())).await.unwrap().id();
        let displaced = std::mem::replace(&mut ids[1], next);
        manager.read(ids[0], texts).await.unwrap();
        assert_eq!(store.load_count(), 0, "a {hit} does not count as use");
        assert_eq!(manager.stats().await.live, 2, "{displaced} is alive without a reason");
    }
    assert_eq!(manager.stats().await.misses, 0);
}

async fn the_cache_keeps_to_its_capacity_and_counts_evictions<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 3);
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(manager.create_session(config(), |_| Ok(())).await.unwrap().id());
    }
    let stats = manager.stats().await;
    assert_eq!((stats.cache.len, stats.cache.evictions, stats.live, stats.misses), (3, 7, 3, 0));

    for id in &ids[..5] {
        manager.read(*id, texts).await.unwrap();
    }
    let stats = manager.stats().await;
    assert_eq!((stats.cache.len, stats.cache.evictions, stats.live, stats.misses), (3, 12, 3, 5));
}

async fn an_unsaved_session_survives_eviction<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager_in::<F, S>(&store, 1, WRITE_BEHIND);
    let id = manager.create_session(config(), |_| Ok(())).await.unwrap().id();
    manager.write(id, say("unsaved")).await.unwrap();
    manager.create_session(config(), |_| Ok(())).await.unwrap();
    assert_eq!(store.stored_version(id), Version(1));
    assert_eq!(manager.read(id, texts).await.unwrap(), ["unsaved"]);
    assert_eq!(store.load_count(), 0);

    manager.create_session(config(), |_| Ok(())).await.unwrap();
    assert_eq!(manager.flush().await, []);
    assert_eq!(manager.stats().await.live, 1, "once it is saved, nothing keeps it");
    assert_eq!(manager.read(id, texts).await.unwrap(), ["unsaved"]);
    assert_eq!(store.load_count(), 1);
}

async fn alive_is_what_is_cached_or_in_use_or_unsaved<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager_in::<F, S>(&store, 2, WRITE_BEHIND);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(manager.create_session(config(), |_| Ok(())).await.unwrap());
    }
    for _ in 0..4 {
        let id = manager.create_session(config(), |_| Ok(())).await.unwrap().id();
        manager.write(id, say("unsaved")).await.unwrap();
    }
    for _ in 0..200 {
        manager.create_session(config(), |_| Ok(())).await.unwrap();
    }
    assert_eq!(manager.stats().await.live, 2 + 3 + 4);
    drop(held);
    assert_eq!(manager.stats().await.live, 2 + 4);
    assert_eq!(manager.flush().await, []);
    assert_eq!(manager.stats().await.live, 2);
}

async fn a_turn_cut_off_by_a_crash_is_rolled_back_at_load<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let id = planted(&store);
    let mut context = store.stored(id).unwrap();
    context.begin_turn(user("and?")).unwrap();
    context.request_model().unwrap();
    context.touch(Timestamp(2));
    let crashed_at = context.version();
    store.plant(context);

    let found = manager.read(id, |context| (context.state_kind(), context.version())).await.unwrap();
    assert_eq!(found, (StateKind::Idle, crashed_at.next()));
    let stored = store.stored(id).unwrap();
    assert_eq!((stored.state_kind(), stored.version()), found, "stored so before any caller sees it");
    assert_eq!(texts(&stored), ["from before", "and?"]);
    assert_eq!(manager.stats().await.unsaved, 0);
    manager.write(id, say("on we go")).await.unwrap();
    assert_eq!(store.puts(id), [crashed_at.next(), crashed_at.next().next()]);
}

async fn a_session_that_cannot_be_stored_is_withdrawn<F: LockFamily, S: SaveMode<F>>() {
    for failures in [1, 2] {
        let store = ScriptedStore::default();
        let manager = manager::<F, S>(&store, 4);
        store.failing_saves.store(failures, SeqCst);
        let failed = manager.create_session(config(), |_| Ok(())).await.map(drop);
        let Err(SessionError::Store { id, .. }) = failed else { panic!("{failed:?}") };
        let unsaved = manager.stats().await.unsaved;
        assert_eq!(unsaved, failures - 1, "a withdrawal that fails too is left to auto-save");
        assert_eq!(manager.flush().await, []);
        // The store said that it failed; it may have kept the session all the same, so it is asked to forget it.
        assert_eq!(store.calls(), [Call::Delete(id)]);
        assert_eq!(manager.read(id, texts).await, not_found(id));
        let stats = manager.stats().await;
        assert_eq!((stats.live, stats.cache.len, stats.unsaved), (0, 0, 0));
    }
}

async fn a_session_whose_beginning_is_refused_does_not_exist<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let refused = manager.create_session(config(), |context| context.expect_version(Version(7))).await;
    let Err(SessionError::Refused { id, .. }) = refused.map(drop) else { panic!("it was accepted") };
    assert_eq!(store.puts(id), []);
    assert_eq!(manager.read(id, texts).await, not_found(id));
    assert_eq!(manager.stats().await.live, 0);
}

macro_rules! protocol {
    ($($module:ident: $lock:ident, $save:ident;)*) => { $(
        mod $module {
            use lockyard::lock::$lock;
            use lockyard::backend::session::$save;

            protocol! { @tests $lock, $save:
                concurrent_misses_load_once_and_get_the_same_session
                a_failed_load_is_shared_and_the_next_one_tries_again
                a_caller_after_a_failed_load_does_not_share_it
                a_loader_that_is_dropped_passes_the_load_on
                eviction_under_a_live_handle_makes_no_second_copy
                no_caller_brings_a_deleted_session_back
                a_deletion_outlives_the_writes_around_it
                a_failed_deletion_stays_a_deletion_and_is_tried_again
                saves_never_go_backwards
                a_failed_save_is_reported_and_made_up_for_by_the_next_flush
                a_refused_change_changes_nothing
                a_hit_renews_recency
                the_cache_keeps_to_its_capacity_and_counts_evictions
                an_unsaved_session_survives_eviction
                alive_is_what_is_cached_or_in_use_or_unsaved
                a_turn_cut_off_by_a_crash_is_rolled_back_at_load
                a_session_that_cannot_be_stored_is_withdrawn
                a_session_whose_beginning_is_refused_does_not_exist
            }
        }
    )* };
    (@tests $lock:ident, $save:ident: $($test:ident)*) => { $(
        #[tokio::test]
        async fn $test() {
            super::$test::<$lock, $save>().await;
        }
    )* };
}

protocol! {
    tokio_mutex_under_lock: TokioMutex, UnderLock;
    tokio_rwlock_under_lock: TokioRwLock, UnderLock;
    tokio_rwlock_after_unlock: TokioRwLock, AfterUnlock;
    std_mutex_after_unlock: StdMutex, AfterUnlock;
    parking_lot_rwlock_after_unlock: ParkingLotRwLock, AfterUnlock;
}
