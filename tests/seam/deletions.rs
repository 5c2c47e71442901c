//! Writers and a deletion, dropped at random, over a store that fails.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lockyard::backend::session::{AfterUnlock, Clock, Durability, SaveMode, SessionError, UnderLock};
use lockyard::backend::store::StoreError;
use lockyard::lock::AwaitFamily;

use super::{Manager, RUNS, WRITE_BEHIND, append, manager, memory_agrees_with_the_store, texts};
use crate::hand_polled::env::{Caches, Lru, ToyClock, Visited, id};
use crate::hand_polled::executor::{Executor, for_each_seed};
use crate::hand_polled::locks::{Fifo, Toy, Unfair};
use crate::hand_polled::stage;

/// Deleted, in memory at least: a store that fails to delete is asked again by auto-save.
fn is_final(deletion: &Result<(), SessionError>) -> bool {
    let undecided = |source: &StoreError| matches!(source, StoreError::Failed { operation: "delete", .. });
    match deletion {
        Ok(()) => true,
        Err(SessionError::Store { source, .. }) => undecided(source),
        Err(_) => false,
    }
}

/// Writers and a deletion, some of them dropped, over a store that fails: what was acknowledged is there unless the
/// session is gone, nothing is there twice, and what is gone stays gone.
fn changes_and_a_deletion<F: AwaitFamily, C: Caches, S: SaveMode<F>>(
    run: &mut Executor,
    durability: Durability,
) {
    let manager: Manager<F, Toy<Unfair>, C, S> = manager(2, 6, durability);
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let deleted = Arc::new(Mutex::new(false));
    for writer in 0..3 {
        let (manager, acknowledged) = (manager.clone(), acknowledged.clone());
        run.droppable(format!("writer {writer}"), async move {
            for nth in 0..2 {
                let text = format!("{writer}.{nth}");
                if append(&manager, id(0), &text).await.is_ok() {
                    acknowledged.lock().unwrap().insert(text);
                }
                let _other = append(&manager, id(1), "elsewhere").await;
            }
        });
    }
    if stage::once_in(2) {
        let (manager, deleted) = (manager.clone(), deleted.clone());
        run.droppable("deletion", async move {
            let outcome = manager.delete(id(0)).await;
            *deleted.lock().unwrap() = is_final(&outcome);
        });
    }
    let flusher = manager.clone();
    run.droppable("flush", async move {
        ToyClock.sleep(Duration::ZERO).await;
        flusher.flush().await;
    });
    run.run().unwrap_or_else(|deadlock| panic!("{deadlock}"));

    let memory = memory_agrees_with_the_store(run, &manager, 2);
    if *deleted.lock().unwrap() {
        assert_eq!(memory[0], None, "it was deleted");
    }
    if let Some(context) = &memory[0] {
        let present = texts(context);
        let unique: BTreeSet<_> = present.iter().cloned().collect();
        assert_eq!(unique.len(), present.len(), "something was appended twice: {present:?}");
        assert!(unique.is_superset(&acknowledged.lock().unwrap()), "acknowledged and lost: {present:?}");
        assert_eq!(context.version().0, present.len() as u64, "every change raises the version by one");
    }
}

#[test]
fn a_deletion_is_final_and_nothing_acknowledged_is_lost() {
    for_each_seed(RUNS, |run| {
        changes_and_a_deletion::<Toy<Unfair>, Lru<Toy<Unfair>>, AfterUnlock>(run, Durability::WriteThrough);
    });
}

#[test]
fn a_deletion_is_final_and_nothing_acknowledged_is_lost_in_write_behind() {
    for_each_seed(RUNS, |run| {
        changes_and_a_deletion::<Toy<Fifo>, Visited, AfterUnlock>(run, WRITE_BEHIND);
    });
}

#[test]
fn a_deletion_is_final_and_nothing_acknowledged_is_lost_under_lock() {
    for_each_seed(RUNS, |run| {
        changes_and_a_deletion::<Toy<Unfair>, Visited, UnderLock>(run, Durability::WriteThrough);
    });
}
