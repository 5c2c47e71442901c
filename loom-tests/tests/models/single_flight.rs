//! Two requests for the same session that is not loaded: one load, and both get it.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lockyard::backend::chat::ChatContext;
use lockyard::backend::session::{ChatSessionManager, Durability, Env};
use lockyard::lock::AwaitFamily;
use loom::thread;
use loom_tests::{LoomEnv, LoomRwLock, ModelCheck, Mutant, Torn, block_on, id};

const PREEMPTIONS: Option<usize> = Some(5);

fn two_cold_readers<G: AwaitFamily>() {
    let env = LoomEnv::<LoomRwLock, G>::new(1);
    let manager = Arc::new(ChatSessionManager::new(env, NonZeroUsize::MIN, Durability::WriteThrough));
    let other = {
        let manager = manager.clone();
        thread::spawn(move || block_on(manager.read(id(0), ChatContext::id)))
    };
    assert_eq!(block_on(manager.read(id(0), ChatContext::id)), Ok(id(0)));
    assert_eq!(other.join().unwrap(), Ok(id(0)));
    assert_eq!(manager.env().store().loads(), 1, "one load for all callers");
}

#[test]
fn a_session_is_loaded_once_for_two_readers() {
    let model = ModelCheck {
        name: "single-flight",
        over: "loom-rwlock",
        preemptions: PREEMPTIONS,
        min_executions: 20_000,
    };
    model.check(two_cold_readers::<LoomRwLock>);
}

#[test]
fn without_a_gate_it_is_loaded_twice() {
    Mutant {
        name: "single-flight/no-gate",
        class: "unordered I/O",
        preemptions: PREEMPTIONS,
        complaint: "one load for all callers",
    }
    .must_fail(two_cold_readers::<Torn>);
}
