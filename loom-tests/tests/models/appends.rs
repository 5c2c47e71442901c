//! Two appends to the same session: both messages are there, in memory and in the store.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use lockyard::backend::chat::{ChatContext, NewMessage, Role, Version};
use lockyard::backend::session::{ChatSessionManager, Durability, Env};
use lockyard::lock::AwaitFamily;
use loom::thread;
use loom_tests::{LoomEnv, LoomRwLock, ModelCheck, Mutant, Torn, block_on, id};

/// Every lock is this one, the cache's too.
const OVER: &str = "loom-rwlock";

type Manager<F, G> = ChatSessionManager<LoomEnv<F, G>>;

/// Appends one message; the version that this made.
fn append<F: AwaitFamily, G: AwaitFamily>(manager: &Manager<F, G>, session: u64) -> Version {
    let append = |context: &mut ChatContext| {
        context.append(NewMessage::text(Role::User, "hello"), None)?;
        Ok(context.version().next())
    };
    block_on(manager.write(id(session), append)).expect("the store never fails here")
}

fn two_appends<F: AwaitFamily, G: AwaitFamily>(loaded: bool) {
    let env = LoomEnv::<F, G>::new(1);
    let manager = Arc::new(ChatSessionManager::new(env, NonZeroUsize::MIN, Durability::WriteThrough));
    if loaded {
        block_on(manager.load_context(id(0))).expect("it is in the store");
    }
    let other = {
        let manager = manager.clone();
        thread::spawn(move || append(&manager, 0))
    };
    let mut versions = [append(&manager, 0), other.join().unwrap()];
    versions.sort();
    assert_eq!(versions, [Version(1), Version(2)], "each change sees the one before");
    both_are_there(&manager, 0, 2);
}

fn both_are_there<F: AwaitFamily, G: AwaitFamily>(manager: &Manager<F, G>, session: u64, messages: usize) {
    let count = |context: &ChatContext| context.message_count(None).unwrap();
    assert_eq!(block_on(manager.read(id(session), count)), Ok(messages), "in memory");
    let stored = manager.env().store().stored(id(session)).expect("it is never deleted");
    assert_eq!(count(&stored), messages, "acknowledged, so stored");
}

#[test]
fn two_appends_to_a_loaded_session_are_both_kept() {
    let model =
        ModelCheck { name: "appends-loaded-2x1", over: OVER, preemptions: None, min_executions: 5_000 };
    model.check(|| two_appends::<LoomRwLock, LoomRwLock>(true));
}

#[test]
fn two_appends_to_a_session_that_is_not_loaded_are_both_kept() {
    let model =
        ModelCheck { name: "appends-cold-2x1", over: OVER, preemptions: Some(4), min_executions: 15_000 };
    model.check(|| two_appends::<LoomRwLock, LoomRwLock>(false));
}

#[test]
fn without_exclusion_between_writers_one_is_lost() {
    Mutant {
        name: "appends-loaded-2x1/no-exclusion",
        class: "lost update",
        preemptions: None,
        complaint: "each change sees the one before",
    }
    .must_fail(|| two_appends::<Torn, LoomRwLock>(true));
}

#[test]
fn without_a_gate_a_save_goes_back() {
    Mutant {
        name: "appends-loaded-2x1/no-gate",
        class: "unordered I/O",
        preemptions: None,
        complaint: "a save went back",
    }
    .must_fail(|| two_appends::<LoomRwLock, Torn>(true));
}

/// Two appends, while another caller's read takes the session's place in the cache: it may die and be loaded again,
/// and is never alive twice.
fn two_appends_against_eviction(loads_seen: &Mutex<BTreeSet<usize>>) {
    let env = LoomEnv::<LoomRwLock, LoomRwLock>::new(2);
    let manager = Arc::new(ChatSessionManager::new(env, NonZeroUsize::MIN, Durability::WriteThrough));
    block_on(manager.load_context(id(0))).expect("it is in the store");
    let other = {
        let manager = manager.clone();
        thread::spawn(move || append(&manager, 0))
    };
    let foreign = {
        let manager = manager.clone();
        thread::spawn(move || block_on(manager.read(id(1), ChatContext::id)))
    };
    let mut versions = [append(&manager, 0), other.join().unwrap()];
    assert_eq!(foreign.join().unwrap(), Ok(id(1)));
    versions.sort();
    assert_eq!(versions, [Version(1), Version(2)], "each change sees the one before");
    loads_seen.lock().unwrap().insert(manager.env().store().loads());
    both_are_there(&manager, 0, 2);
}

#[test]
fn appends_survive_eviction_by_a_foreign_reader() {
    let loads = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = loads.clone();
    let model =
        ModelCheck { name: "appends-evicted-2x1", over: OVER, preemptions: Some(3), min_executions: 7_000 };
    model.check(move || two_appends_against_eviction(&seen));
    // Each of the two sessions once, and the first one again where it had died meanwhile.
    assert_eq!(*loads.lock().unwrap(), BTreeSet::from([2, 3]));
}
