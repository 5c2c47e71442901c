//! A load that fails: which callers share the failure, and which try again.

use std::sync::{Arc, Mutex};

use lockyard::backend::chat::ChatContext;
use lockyard::backend::session::{AfterUnlock, Durability, Env};

use super::{Manager, RUNS, manager};
use crate::hand_polled::env::{Visited, id};
use crate::hand_polled::executor::{Executor, first_failure, for_each_seed};
use crate::hand_polled::locks::{Toy, Unfair};

/// Three requests for one session while the first load fails; how many loads there were, and which got the session.
fn three_readers_of_a_failing_load(run: &mut Executor) -> (usize, Vec<bool>) {
    let manager: Manager<Toy<Unfair>, Toy<Unfair>, Visited, AfterUnlock> =
        manager(1, 0, Durability::WriteThrough);
    manager.env().store().fail_next();
    let outcomes = Arc::new(Mutex::new(Vec::new()));
    for reader in 0..3 {
        let (manager, outcomes) = (manager.clone(), outcomes.clone());
        run.task(format!("reader {reader}"), async move {
            let outcome = manager.read(id(0), ChatContext::version).await;
            outcomes.lock().unwrap().push(outcome.is_ok());
        });
    }
    run.run().unwrap_or_else(|deadlock| panic!("{deadlock}"));
    let outcomes = outcomes.lock().unwrap().clone();
    (manager.env().store().loads(), outcomes)
}

#[test]
fn a_caller_after_a_failed_load_tries_again_and_the_others_do_not() {
    for_each_seed(RUNS, |run| {
        let (loads, outcomes) = three_readers_of_a_failing_load(run);
        assert!(outcomes.contains(&false), "whose load has failed?");
        assert_eq!(loads, 1 + usize::from(outcomes.contains(&true)), "outcomes {outcomes:?}");
    });
}

#[test]
fn all_three_may_share_one_failure() {
    let never = |run: &mut Executor| assert!(three_readers_of_a_failing_load(run).0 > 1, "seen");
    assert_eq!(first_failure(RUNS, never).as_deref(), Some("seen"), "each reader tried to load");
}
