//! Chat turns whose clients go away.

use std::sync::Arc;
use std::time::Duration;

use lockyard::backend::chat::{ChatContext, ChatError, NewMessage, Role, StateKind, ToolCall, ToolDecision};
use lockyard::backend::service::{Backend, ChatService, DtoPolicy, Prompts, Simulator, SimulatorConfig};
use lockyard::backend::session::{AfterUnlock, Durability, SaveMode, Settle, UnderLock};
use lockyard::lock::AwaitFamily;

use super::{Manager, RUNS, WRITE_BEHIND, manager, memory_agrees_with_the_store};
use crate::hand_polled::env::{ToyClock, Visited, id};
use crate::hand_polled::executor::{Executor, first_failure, for_each_seed};
use crate::hand_polled::locks::{Fifo, Toy, Unfair};
use crate::hand_polled::stage;

/// A model that streams, calls tools and fails.
fn moody_model() -> Simulator<ToyClock> {
    let some_time = Duration::from_millis(1)..=Duration::from_millis(2);
    let config = SimulatorConfig {
        latency: some_time.clone(),
        chunk_interval: some_time,
        chunks: 1..=3,
        tool_calls: 0.4,
        transient_failures: 0.2,
        fatal_failures: 0.1,
        seed: stage::below(1_000) as u64,
    };
    Simulator::new(ToyClock, config)
}

/// Whole turns on two sessions, dropped wherever they stand, over a store that fails. When all is quiet, no
/// session is in a working state, in memory or in the store.
fn abandoned_turns<F: AwaitFamily, S: SaveMode<F>>(run: &mut Executor, durability: Durability) {
    let manager: Manager<F, Toy<Unfair>, Visited, S> = manager(2, 10, durability);
    let backend =
        Arc::new(Backend::new(manager.clone(), moody_model(), Prompts::default(), DtoPolicy::Borrowed));
    for session in 0..2 {
        for client in 0..2 {
            let backend = backend.clone();
            run.droppable(format!("client {client} of session {session}"), async move {
                let hello = NewMessage::text(Role::User, format!("hello from {client}"));
                let _refused = backend.send_message_action(id(session), hello).await;
                let Ok(pending) = backend
                    .manager()
                    .read(id(session), |context| context.pending_calls().cloned().collect::<Vec<_>>())
                    .await
                else {
                    return;
                };
                let decide = |(nth, call): (usize, &ToolCall)| ToolDecision {
                    call_id: call.id.clone(),
                    approve: nth == 0,
                };
                let decisions = pending.iter().enumerate().map(decide).collect();
                let _refused = backend.approve_tools_action(id(session), decisions).await;
            });
        }
    }
    run.run().unwrap_or_else(|deadlock| panic!("{deadlock}"));

    for context in memory_agrees_with_the_store(run, &manager, 2).iter().flatten() {
        let state = context.state_kind();
        assert!(!state.is_working(), "no task is at work, and the session is {state}");
    }
}

#[test]
fn an_abandoned_turn_leaves_no_session_at_work() {
    for_each_seed(RUNS, |run| {
        abandoned_turns::<Toy<Unfair>, AfterUnlock>(run, Durability::WriteThrough);
    });
}

#[test]
fn an_abandoned_turn_leaves_no_session_at_work_in_write_behind() {
    for_each_seed(RUNS, |run| abandoned_turns::<Toy<Fifo>, AfterUnlock>(run, WRITE_BEHIND));
}

#[test]
fn an_abandoned_turn_leaves_no_session_at_work_under_lock() {
    for_each_seed(RUNS, |run| {
        abandoned_turns::<Toy<Unfair>, UnderLock>(run, Durability::WriteThrough);
    });
}

/// What makes the tests above worth something: a turn without its roll-back *is* found at work.
#[test]
fn a_turn_that_is_not_rolled_back_is_found() {
    let broken = |run: &mut Executor| {
        let manager: Manager<Toy<Unfair>, Toy<Unfair>, Visited, AfterUnlock> =
            manager(1, 0, Durability::WriteThrough);
        let turn = manager.clone();
        run.droppable("turn", async move {
            let session = turn.load_context(id(0)).await.unwrap();
            let hello = NewMessage::text(Role::User, "hello");
            turn.change(&session, Settle::Later, |context| context.begin_turn(hello)).await.unwrap();
            let end = |context: &mut ChatContext| -> Result<(), ChatError> { context.cancel() };
            turn.change(&session, Settle::Later, end).await.unwrap();
        });
        run.run().unwrap();
        let states = memory_agrees_with_the_store(run, &manager, 1);
        let state = states[0].as_ref().map_or(StateKind::Idle, ChatContext::state_kind);
        assert!(!state.is_working(), "no task is at work, and the session is {state}");
    };
    let failure = first_failure(RUNS, broken).expect("no run failed");
    assert!(failure.contains("no task is at work"), "{failure}");
}
