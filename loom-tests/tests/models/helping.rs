//! The state word over snapshots: a reader may see a change before its writer has published it, and then helps. Each step of
//! that is left out once, and is missed. What a panic cuts short needs no interleaving: `tests/session/state_word.rs`.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use lockyard::backend::chat::{
    ChatContext, ChatError, ContextStateDTO, NewMessage, Role, StateKind, Version,
};
use lockyard::backend::session::{
    ChatSessionManager, Durability, Published, Session, SessionError, SlotState, StateMode,
};
use lockyard::lock::{ArcSwap, LockFamily};
use loom::thread;
use loom_tests::{
    ClearedWord, FaultySnapshots, LoomEnv, LoomRwLock, ModelCheck, Mutant, ShownAfterTheRelease,
    ShownBeforeTheSwap, SilentAboutDeletion, StoredWord, Unhelpful, block_on, id,
};

const OVER: &str = "arc-swap, state=published";
const BACK: &str = "time went back";

type Env<F, P> = LoomEnv<F, LoomRwLock, P>;
type Manager<F, P> = ChatSessionManager<Env<F, P>>;

/// With a session that is loaded. Saves are left to others: the word is about memory alone.
fn loaded<F: LockFamily, P: StateMode>() -> (Arc<Manager<F, P>>, Session<Env<F, P>>) {
    let durability = Durability::WriteBehind { max_unsaved: usize::MAX, within: Duration::MAX };
    let manager = Arc::new(ChatSessionManager::new(LoomEnv::new(1), NonZeroUsize::MIN, durability));
    let session = block_on(manager.load_context(id(0))).expect("it is in the store");
    (manager, session)
}

fn hello(context: &mut ChatContext) -> Result<(), ChatError> {
    context.append(NewMessage::text(Role::User, "hello"), None).map(drop)
}

fn append<F: LockFamily, P: StateMode>(manager: &Manager<F, P>) {
    block_on(manager.write(id(0), hello)).expect("nothing refuses it");
}

/// What the word says, or that the session is deleted.
fn word<F: LockFamily, P: StateMode>(manager: &Manager<F, P>) -> Option<Version> {
    match block_on(manager.state(id(0))) {
        Ok(state) => Some(state.version),
        Err(SessionError::NotFound { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

/// What the lock says, or that the session is deleted.
fn lock<F: LockFamily, P: StateMode>(session: &Session<Env<F, P>>) -> Option<Version> {
    block_on(session.read(ChatContext::version)).ok()
}

/// Beside a writer of two changes a caller looks by the word, by the lock and by the word again.
fn word_lock_word<F: LockFamily, P: StateMode>() {
    let (manager, session) = loaded::<F, P>();
    let writer = {
        let manager = manager.clone();
        thread::spawn(move || (0..2).for_each(|_| append(&manager)))
    };
    let seen = [word(&manager), lock(&session), word(&manager)];
    assert!(seen.is_sorted(), "{BACK}: {seen:?}");
    writer.join().unwrap();
    assert_eq!(word(&manager), Some(Version(2)), "{BACK}, or the word is left behind");
}

#[test]
fn a_reader_that_sees_a_change_helps_to_publish_it() {
    ModelCheck { name: "helping", over: OVER, preemptions: None, min_executions: 39_000 }
        .check(word_lock_word::<ArcSwap, Published>);
}

fn fails(name: &'static str, complaint: &'static str, program: fn()) {
    Mutant { name, class: "publication", preemptions: Some(3), complaint }.must_fail(program);
}

#[test]
fn a_word_before_the_swap_is_ahead_of_the_lock() {
    fails("helping/word-before-swap", BACK, word_lock_word::<FaultySnapshots<ShownBeforeTheSwap>, Published>);
}

#[test]
fn without_help_the_word_is_behind_the_lock() {
    fails("helping/reader-does-not-raise", BACK, word_lock_word::<ArcSwap, Unhelpful>);
}

#[test]
fn a_word_that_is_stored_is_taken_back_by_one_that_is_late() {
    fails("helping/store-instead-of-max", BACK, word_lock_word::<ArcSwap, Published<StoredWord>>);
}

/// A writer inside finds the word where the writer before has left the lock.
fn writer_after_writer<F: LockFamily, P: StateMode>() {
    let (manager, _session) = loaded::<F, P>();
    let other = {
        let manager = manager.clone();
        thread::spawn(move || append(&manager))
    };
    let look = |context: &mut ChatContext| {
        let inside = context.version();
        assert_eq!(word(&manager), Some(inside), "a change was skipped");
        hello(context)
    };
    block_on(manager.write(id(0), look)).expect("nothing refuses it");
    other.join().unwrap();
}

#[test]
fn a_writer_finds_what_the_one_before_has_published() {
    ModelCheck { name: "helping-writers", over: OVER, preemptions: None, min_executions: 130 }
        .check(writer_after_writer::<ArcSwap, Published>);
}

#[test]
fn a_writer_that_is_let_in_early_finds_the_word_behind() {
    fails(
        "helping-writers/let-in-before-the-raise",
        "a change was skipped",
        writer_after_writer::<FaultySnapshots<ShownAfterTheRelease>, Published>,
    );
}

/// Beside a reader, a session is deleted; a caller that has found it so by the lock finds it so by the word.
fn deletion<F: LockFamily, P: StateMode>() {
    let (manager, session) = loaded::<F, P>();
    let deletes = {
        let manager = manager.clone();
        thread::spawn(move || block_on(manager.delete(id(0))).expect("nothing refuses it"))
    };
    let reads = {
        let session = session.clone();
        thread::spawn(move || {
            lock(&session);
        })
    };
    if lock(&session).is_none() {
        assert_eq!(word(&manager), None, "{BACK}: a deleted session has a state");
    }
    deletes.join().unwrap();
    reads.join().unwrap();
    assert_eq!(word(&manager), None);
}

#[test]
fn a_deletion_is_published_as_other_changes_are() {
    ModelCheck { name: "helping-deletion", over: OVER, preemptions: Some(4), min_executions: 3_000 }
        .check(deletion::<ArcSwap, Published>);
}

#[test]
fn a_404_that_does_not_help_is_contradicted() {
    fails("helping-deletion/404-does-not-raise", BACK, deletion::<ArcSwap, SilentAboutDeletion>);
}

/// A reader that has seen a session alive publishes that late, beside the deletion: by the word alone, without a manager that would
/// look at the lock again.
fn late_reader<P: StateMode>() {
    let alive = SlotState::Live(ContextStateDTO { state: StateKind::Idle, version: Version(1) });
    let published = Arc::new(P::default());
    published.changed(|| alive);
    let others = [alive, SlotState::Gone(Version(2))].map(|state| {
        let published = published.clone();
        thread::spawn(move || match state {
            SlotState::Gone(_) => published.changed(|| state),
            _ => published.seen(|| state),
        })
    });
    others.into_iter().for_each(|it| it.join().unwrap());
    assert_ne!(published.published(), alive, "{BACK}: a deleted session has a state");
}

#[test]
fn a_reader_that_is_late_brings_nothing_back() {
    ModelCheck { name: "late-reader", over: "state=published", preemptions: None, min_executions: 3 }
        .check(late_reader::<Published>);
}

#[test]
fn a_deletion_that_clears_the_word_lets_a_late_reader_bring_it_back() {
    fails("late-reader/delete-stores-0", BACK, late_reader::<Published<ClearedWord>>);
}
