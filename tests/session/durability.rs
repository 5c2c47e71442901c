//! What "acknowledged" promises in either durability mode, and what waits for a save under the lock or after it.
//! Auto-save runs on a clock that stands still until the test moves it.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use futures_util::future::join_all;
use lockyard::backend::chat::{ContextId, Version};
use lockyard::backend::session::{AfterUnlock, Durability, SaveMode, SessionError, Settle, UnderLock};
use lockyard::lock::{LockFamily, TokioMutex, TokioRwLock};
use tokio::time::sleep;

use crate::support::store::ScriptedStore;
use crate::support::{Manager, config, expect_waiting, manager, manager_in, say, soon, step_aside, texts};

const INTERVAL: Duration = Duration::from_secs(1);
/// What a crash may lose: auto-save runs twice in that time.
const WITHIN: Duration = Duration::from_secs(2);
const INSTANT: Duration = Duration::from_millis(1);
const WRITE_BEHIND: Durability = Durability::WriteBehind { max_unsaved: 2, within: WITHIN };

async fn create<F: LockFamily, S: SaveMode<F>>(manager: &Manager<F, S>) -> ContextId {
    manager.create_session(config(), |_| Ok(())).await.unwrap().id()
}

async fn in_write_through_acknowledged_is_stored<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let id = create(&manager).await;
    store.saves.shut();
    let mut write = Box::pin(manager.write(id, say("hello")));
    expect_waiting(&mut write);
    assert_eq!(store.stored_version(id), Version(1));
    assert_eq!(manager.stats().await.unsaved, 1, "marked from the moment memory is newer");
    store.saves.open();
    write.await.unwrap();
    assert_eq!((store.stored_version(id), manager.stats().await.unsaved), (Version(2), 0));
}

async fn a_step_of_a_turn_is_saved_with_its_end<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager::<F, S>(&store, 4);
    let session = manager.create_session(config(), |_| Ok(())).await.unwrap();
    for _ in 0..3 {
        manager.change(&session, Settle::Later, say("step")).await.unwrap();
    }
    assert_eq!((store.puts(session.id()), manager.stats().await.unsaved), (vec![Version(1)], 1));
    manager.change(&session, Settle::Acknowledged, say("end")).await.unwrap();
    assert_eq!(store.puts(session.id()), [Version(1), Version(5)]);
    assert_eq!(manager.stats().await.unsaved, 0);
}

async fn in_write_behind_auto_save_stores_after_its_interval<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager_in::<F, S>(&store, 4, WRITE_BEHIND);
    let id = create(&manager).await;
    assert_eq!(store.stored_version(id), Version(1), "creation is stored in every mode");
    tokio::spawn({
        let manager = manager.clone();
        async move { manager.auto_save(INTERVAL).await }
    });
    manager.write(id, say("one")).await.unwrap();
    manager.write(id, say("two")).await.unwrap();
    sleep(INTERVAL.checked_sub(INSTANT).unwrap()).await;
    assert_eq!(store.puts(id), [Version(1)], "acknowledged, and not stored yet");
    sleep(2 * INSTANT).await;
    assert_eq!(store.puts(id), [Version(1), Version(3)], "stored once for both");

    manager.write(id, say("three")).await.unwrap();
    store.failing_saves.store(1, SeqCst);
    sleep(INTERVAL).await;
    assert_eq!((store.stored_version(id), manager.stats().await.unsaved), (Version(3), 1));
    sleep(INTERVAL).await;
    assert_eq!(store.stored_version(id), Version(4), "what could not be saved is tried again");
    manager.delete(id).await.unwrap();
    assert_eq!(store.stored(id), None, "deletion is stored in every mode");
}

async fn too_much_unsaved_makes_writers_wait_for_the_store<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager_in::<F, S>(&store, 8, WRITE_BEHIND);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(create(&manager).await);
    }
    for id in &ids[..2] {
        manager.write(*id, say("unsaved")).await.unwrap();
    }
    for settle in [Settle::Acknowledged, Settle::Later] {
        store.saves.shut();
        let session = manager.load_context(ids[2]).await.unwrap();
        let mut third = Box::pin(manager.change(&session, settle, say("too much")));
        expect_waiting(&mut third);
        store.saves.open();
        third.await.unwrap();
        assert_eq!(manager.stats().await.unsaved, 2, "{settle:?}");
    }
    assert_eq!([0, 1, 2].map(|nth| store.stored_version(ids[nth])), [1, 1, 3].map(Version));

    // A session that is unsaved already adds nothing to what a crash may lose.
    manager.write(ids[0], say("again")).await.unwrap();
    assert_eq!(store.stored_version(ids[0]), Version(1));
}

async fn what_is_unsaved_for_too_long_makes_writers_wait_for_the_store<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager_in::<F, S>(&store, 4, WRITE_BEHIND);
    let (old, other) = (create(&manager).await, create(&manager).await);
    store.saves.shut();
    tokio::spawn({
        let manager = manager.clone();
        async move { manager.auto_save(INTERVAL).await }
    });
    manager.write(old, say("acknowledged, and the store hangs")).await.unwrap();
    sleep(WITHIN).await;
    soon(manager.write(other, say("just in time"))).await.unwrap();
    sleep(INSTANT).await;
    let mut late = Box::pin(manager.write(other, say("too late")));
    expect_waiting(&mut late);
    store.saves.open();
    late.await.unwrap();
    assert_eq!(store.stored_version(other), Version(3), "acknowledged once it is stored");

    sleep(INSTANT).await;
    assert_eq!((store.stored_version(old), manager.stats().await.unsaved), (Version(2), 0));
    store.saves.shut();
    soon(manager.write(other, say("caught up"))).await.unwrap();
}

async fn after_a_save_that_failed_what_is_acknowledged_is_stored<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager_in::<F, S>(&store, 4, WRITE_BEHIND);
    let (one, other) = (create(&manager).await, create(&manager).await);
    manager.write(one, say("unsaved")).await.unwrap();
    store.failing_saves.store(2, SeqCst);
    assert_eq!(manager.flush().await.len(), 1);
    let refused = manager.write(other, say("the disk is full")).await;
    assert!(matches!(refused, Err(SessionError::Store { .. })), "{refused:?}");
    manager.write(other, say("the disk has room")).await.unwrap();
    assert_eq!((store.stored_version(one), store.stored_version(other)), (Version(1), Version(3)));

    assert_eq!(manager.flush().await, []);
    manager.write(other, say("all is saved")).await.unwrap();
    assert_eq!((store.stored_version(one), store.stored_version(other)), (Version(2), Version(3)));
}

async fn a_flush_saves_many_sessions_at_once<F: LockFamily, S: SaveMode<F>>() {
    let store = ScriptedStore::default();
    let manager = manager_in::<F, S>(&store, 8, Durability::WriteBehind { max_unsaved: 100, within: WITHIN });
    for _ in 0..20 {
        let id = create(&manager).await;
        manager.write(id, say("unsaved")).await.unwrap();
    }
    let before = store.saves.asked();
    store.saves.shut();
    let mut flush = Box::pin(manager.flush());
    // tokio's locks let other tasks run when a task has gone on for long, as this one has.
    step_aside().await;
    expect_waiting(&mut flush);
    assert_eq!(store.saves.asked() - before, 20, "a store that commits in groups gets a group");
    store.saves.open();
    assert_eq!(flush.await, []);
    assert_eq!(manager.stats().await.unsaved, 0);
}

macro_rules! durability {
    ($($module:ident: $lock:ident, $save:ident;)*) => { $(
        mod $module {
            use lockyard::lock::$lock;
            use lockyard::backend::session::$save;

            durability! { @tests $lock, $save:
                in_write_through_acknowledged_is_stored
                a_step_of_a_turn_is_saved_with_its_end
                in_write_behind_auto_save_stores_after_its_interval
                too_much_unsaved_makes_writers_wait_for_the_store
                what_is_unsaved_for_too_long_makes_writers_wait_for_the_store
                after_a_save_that_failed_what_is_acknowledged_is_stored
                a_flush_saves_many_sessions_at_once
            }
        }
    )* };
    (@tests $lock:ident, $save:ident: $($test:ident)*) => { $(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            super::$test::<$lock, $save>().await;
        }
    )* };
}

durability! {
    tokio_mutex_under_lock: TokioMutex, UnderLock;
    tokio_rwlock_after_unlock: TokioRwLock, AfterUnlock;
    std_mutex_after_unlock: StdMutex, AfterUnlock;
    parking_lot_rwlock_after_unlock: ParkingLotRwLock, AfterUnlock;
}

#[tokio::test]
async fn after_unlock_writers_share_the_save_that_covers_them() {
    let store = ScriptedStore::default();
    let manager = manager::<TokioRwLock, AfterUnlock>(&store, 4);
    let id = create(&manager).await;
    store.saves.shut();
    let mut writers = Box::pin(join_all((0..8).map(|_| manager.write(id, say("more")))));
    expect_waiting(&mut writers);
    store.saves.open();
    assert!(writers.await.into_iter().all(|saved| saved.is_ok()));
    assert_eq!(
        store.puts(id),
        [1, 2, 9].map(Version),
        "the first one's, and one for all who waited behind it"
    );
}

#[tokio::test]
async fn after_unlock_readers_and_writers_pass_while_a_save_is_under_way() {
    let store = ScriptedStore::default();
    let manager = manager::<TokioMutex, AfterUnlock>(&store, 4);
    let session = manager.create_session(config(), |_| Ok(())).await.unwrap();
    store.saves.shut();
    let mut write = Box::pin(manager.write(session.id(), say("one")));
    expect_waiting(&mut write);
    assert_eq!(soon(session.read(texts)).await.unwrap(), ["one"]);
    soon(manager.change(&session, Settle::Later, say("two"))).await.unwrap();
    assert_eq!(session.read(texts).await.unwrap(), ["one", "two"]);
    store.saves.open();
    write.await.unwrap();
    assert_eq!(manager.stats().await.unsaved, 1, "the second change came after what was saved");
}

async fn under_lock_no_caller_sees_what_is_not_stored<F: LockFamily>()
where
    UnderLock: SaveMode<F>,
{
    let store = ScriptedStore::default();
    let manager = manager::<F, UnderLock>(&store, 4);
    let id = create(&manager).await;
    store.saves.shut();
    let mut write = Box::pin(manager.write(id, say("hello")));
    let mut read = Box::pin(manager.read(id, texts));
    expect_waiting(&mut write);
    expect_waiting(&mut read);
    store.saves.open();
    write.await.unwrap();
    assert_eq!(read.await.unwrap(), ["hello"]);
    assert_eq!(store.stored_version(id), Version(2));
}

#[tokio::test]
async fn under_a_tokio_mutex_no_caller_sees_what_is_not_stored() {
    under_lock_no_caller_sees_what_is_not_stored::<TokioMutex>().await;
}

#[tokio::test]
async fn under_a_tokio_rwlock_no_caller_sees_what_is_not_stored() {
    under_lock_no_caller_sees_what_is_not_stored::<TokioRwLock>().await;
}

#[tokio::test]
async fn a_failed_save_leaves_the_others_of_a_flush_alone() {
    let store = ScriptedStore::default();
    let manager = manager_in::<TokioRwLock, AfterUnlock>(
        &store,
        4,
        Durability::WriteBehind { max_unsaved: 9, within: WITHIN },
    );
    let ids = [create(&manager).await, create(&manager).await, create(&manager).await];
    for id in ids {
        manager.write(id, say("unsaved")).await.unwrap();
    }
    store.failing_saves.store(1, SeqCst);
    let failures = manager.flush().await;
    assert!(matches!(failures[..], [SessionError::Store { .. }]), "{failures:?}");
    assert_eq!(ids.map(|id| store.stored_version(id)).iter().filter(|version| version.0 == 2).count(), 2);
    assert_eq!(manager.stats().await.unsaved, 1);
}
