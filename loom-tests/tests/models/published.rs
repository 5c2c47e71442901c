//! The state word: its reader is synchronized with its writer, and it never contradicts the lock.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use lockyard::backend::chat::{ChatContext, NewMessage, Role, Version};
use lockyard::backend::session::{ChatSessionManager, Durability, Published};
use lockyard::lock::LockFamily;
use lockyard::lock::sync::{Fault, planted};
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;
use loom_tests::{LoomEnv, LoomRwLock, ModelCheck, Mutant, Torn, block_on, id};

const OVER: &str = "loom-rwlock, state=published";

type Manager<F> = ChatSessionManager<LoomEnv<F, LoomRwLock, Published>>;

/// Saves are left to others: the word is about memory alone.
fn loaded<F: LockFamily>() -> Arc<Manager<F>> {
    let durability = Durability::WriteBehind { max_unsaved: usize::MAX, within: Duration::MAX };
    let manager = Arc::new(ChatSessionManager::new(LoomEnv::new(1), NonZeroUsize::MIN, durability));
    block_on(manager.load_context(id(0))).expect("it is in the store");
    manager
}

/// Appends a message, and does something beside it while it has the lock.
fn append<F: LockFamily>(manager: &Manager<F>, beside: impl FnOnce() + Send) {
    let append = |context: &mut ChatContext| {
        beside();
        context.append(NewMessage::text(Role::User, "hello"), None)
    };
    block_on(manager.write(id(0), append)).expect("nothing refuses it");
}

fn announced_version<F: LockFamily>(manager: &Manager<F>) -> Version {
    block_on(manager.state(id(0))).expect("it is loaded").version
}

/// A writer leaves something for the readers of its change.
fn what_comes_with_the_word() {
    let manager = loaded::<LoomRwLock>();
    let left = Arc::new(AtomicUsize::new(0));
    let writer = {
        let (manager, left) = (manager.clone(), left.clone());
        thread::spawn(move || append(&manager, || left.store(1, Relaxed)))
    };
    if announced_version(&manager) == Version(1) {
        assert_eq!(left.load(Relaxed), 1, "the word was seen before what it announces");
    }
    writer.join().unwrap();
}

#[test]
fn a_reader_of_the_word_is_synchronized_with_its_writer() {
    ModelCheck { name: "state-word", over: OVER, preemptions: None, min_executions: 20 }
        .check(what_comes_with_the_word);
}

#[test]
fn without_an_order_of_memory_the_word_comes_first() {
    let mutant = Mutant {
        name: "relaxed-publication",
        class: "visibility",
        preemptions: None,
        complaint: "the word was seen before what it announces",
    };
    planted(Fault::Relaxed, || mutant.must_fail(what_comes_with_the_word));
}

/// A caller reads the word, the lock and the word again, while another changes the session.
fn word_lock_word<F: LockFamily>() {
    let manager = loaded::<F>();
    let writer = {
        let manager = manager.clone();
        thread::spawn(move || append(&manager, || {}))
    };
    let first = announced_version(&manager);
    let second = block_on(manager.read(id(0), ChatContext::version)).expect("it is loaded");
    let third = announced_version(&manager);
    assert!(first <= second && second <= third, "time went back: {first:?}, {second:?}, {third:?}");
    writer.join().unwrap();
    assert_eq!(announced_version(&manager), Version(1), "the word is left behind");
}

#[test]
fn word_and_lock_never_contradict_each_other() {
    ModelCheck { name: "word-lock-word", over: OVER, preemptions: None, min_executions: 2_000 }
        .check(word_lock_word::<LoomRwLock>);
}

#[test]
fn over_a_lock_whose_readers_see_a_copy_they_do() {
    Mutant {
        name: "word-lock-word/copies",
        class: "publication",
        preemptions: None,
        complaint: "time went back",
    }
    .must_fail(word_lock_word::<Torn>);
}
