//! A session of which the store has something that cannot be read: it is refused, and it can be deleted for good.

use std::sync::atomic::Ordering::SeqCst;

use futures_util::future::join3;
use lockyard::backend::chat::{ChatContext, ContextId, Timestamp};
use lockyard::backend::session::{AfterUnlock, SaveMode, SessionError, UnderLock};
use lockyard::backend::store::StoreError;
use lockyard::lock::{LockFamily, ParkingLotRwLock, TokioRwLock};
use lockyard::strategy::IdSource;

use crate::support::store::ScriptedStore;
use crate::support::{config, expect_waiting, manager, texts};

/// A store with one session that cannot be read.
fn unreadable() -> (ScriptedStore, ContextId) {
    let store = ScriptedStore::default();
    let context = ChatContext::new(IdSource::seeded(9).next(), config(), Timestamp(0)).unwrap();
    let id = context.id();
    store.plant(context);
    store.unreadable.lock().insert(id);
    (store, id)
}

fn not_found<T>(id: ContextId) -> Result<T, SessionError> {
    Err(SessionError::NotFound { id })
}

fn assert_corrupt(outcome: Result<(), SessionError>) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, SessionError::Store { source: StoreError::Corrupt { .. }, .. }), "{error}");
}

/// What is stored of it cannot be read, and it is deleted for good all the same: also while others are loading it.
async fn can_be_deleted<F: LockFamily, S: SaveMode<F>>() {
    let (store, id) = unreadable();
    let manager = manager::<F, S>(&store, 4);
    assert_corrupt(manager.load_context(id).await.map(drop));
    store.loads.shut();
    let mut all = Box::pin(join3(manager.load_context(id), manager.delete(id), manager.load_context(id)));
    expect_waiting(&mut all);
    store.loads.open();
    let (first, deleted, _) = all.await;
    assert_corrupt(first.map(drop));
    assert_eq!(deleted, Ok(()));
    assert_eq!(manager.read(id, texts).await, not_found(id));
    assert_eq!(manager.delete(id).await, not_found(id));
    assert!(store.stored(id).is_none());
    assert_eq!((manager.stats().await.live, manager.stats().await.unsaved), (0, 0));
}

/// As any deletion: if the store refuses, it stays deleted, and the next flush sees to it.
async fn a_failed_deletion_is_tried_again<F: LockFamily, S: SaveMode<F>>() {
    let (store, id) = unreadable();
    let manager = manager::<F, S>(&store, 4);
    store.failing_saves.store(1, SeqCst);
    assert!(manager.delete(id).await.is_err());
    assert_eq!(manager.read(id, texts).await, not_found(id));
    assert_eq!(manager.flush().await, []);
    assert!(store.stored(id).is_none());
}

#[tokio::test]
async fn it_can_be_deleted() {
    can_be_deleted::<ParkingLotRwLock, AfterUnlock>().await;
    can_be_deleted::<TokioRwLock, UnderLock>().await;
}

#[tokio::test]
async fn its_deletion_is_tried_again_until_it_is_stored() {
    a_failed_deletion_is_tried_again::<ParkingLotRwLock, AfterUnlock>().await;
    a_failed_deletion_is_tried_again::<TokioRwLock, UnderLock>().await;
}
