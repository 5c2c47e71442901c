//! The chat turn: what it makes of answers, tools and failures, that it locks the session only for moments, and that
//! what others do meanwhile is kept.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use lockyard::backend::chat::{
    ChatError, MAX_RETRIES, MAX_TOOL_ROUNDS, MessageDTO, MessageId, StateKind, Version,
};
use lockyard::backend::service::{ActionDTO, Backend, ChatService, Chunk, DtoPolicy, Prompts, ServiceError};
use lockyard::backend::service::{Simulator, SimulatorConfig, UpdateContext};
use lockyard::backend::session::{AfterUnlock, SaveMode, SessionError};
use lockyard::lock::{LockFamily, ParkingLotRwLock};
use lockyard::strategy::TokioClock;

use crate::support::model::{Answer, call, fatal, transient, words};
use crate::support::service::{World, allow, page, request};
use crate::support::store::ScriptedStore;
use crate::support::{assert_well_formed, drained, expect_waiting, manager, soon, texts, user};

fn world<F: LockFamily, S: SaveMode<F>>() -> World<F, S> {
    World::new(2, DtoPolicy::Borrowed)
}

fn kind(action: &ActionDTO) -> StateKind {
    action.context.state.kind
}

fn pending(action: &ActionDTO) -> Vec<&str> {
    action.pending_calls.iter().map(|call| call.id.0.as_str()).collect()
}

fn assert_busy<T>(outcome: Result<T, ServiceError>) {
    let Err(error) = outcome else { panic!("a second turn was let in") };
    assert!(error.is_refusal(), "{error}");
    let refused = matches!(
        &error,
        ServiceError::Session(SessionError::Refused {
            source: ChatError::Busy { .. } | ChatError::NoApprovalAwaited { .. },
            ..
        })
    );
    assert!(refused, "{error}");
}

async fn a_full_reply_ends_the_turn_stored<F: LockFamily, S: SaveMode<F>>() {
    let world = world::<F, S>();
    let id = world.create().await;
    world.model.then(Answer::Full("hi there", vec![]));
    let action = world.service.send_message_action(id, user("hello")).await.unwrap();
    let whole = world.whole(id).await;
    assert_eq!((kind(&action), action.context.version), (StateKind::Idle, Version(5)));
    assert_eq!((action.began, action.message), (Version(2), Some(MessageId(0))), "created as version 1");
    assert_eq!(action.reply, whole.messages(None).unwrap().last().map(MessageDTO::from));
    assert_eq!(texts(&whole), ["hello", "hi there"]);
    assert_eq!(world.store.stored(id), Some(whole));
    // The user's message is acknowledged, and so is the end; the steps between are saved with the end.
    assert_eq!(world.store.puts(id), [1, 2, 5].map(Version));
    let [prompt] = &world.model.prompts()[..] else { panic!("asked more than once") };
    assert_eq!(texts(&prompt.context), ["hello"]);
}

async fn a_streamed_reply_is_readable_while_it_comes<F: LockFamily, S: SaveMode<F>>() {
    let world = world::<F, S>();
    let id = world.create().await;
    world.model.then(Answer::Stream(words(&["one ", "two ", "three"]), Ok(())));
    world.model.chunks.shut();
    let mut turn = Box::pin(world.service.send_message_action(id, user("count")));
    expect_waiting(&mut turn);
    world.model.chunks.let_through(2);
    expect_waiting(&mut turn);
    assert_eq!(texts(&world.whole(id).await), ["count", ""], "gathered for a while first");
    tokio::time::advance(Duration::from_millis(60)).await;
    expect_waiting(&mut turn);
    assert_eq!(texts(&world.whole(id).await), ["count", "one two "], "a silent stream holds nothing back");
    assert_eq!(world.service.get_context_state(id).await.unwrap().state, StateKind::Streaming);
    world.model.chunks.open();
    assert_eq!(kind(&turn.await.unwrap()), StateKind::Idle);
    assert_eq!(texts(&world.whole(id).await), ["count", "one two three"]);
}

async fn tool_calls_come_in_a_stream_too<F: LockFamily, S: SaveMode<F>>() {
    let world = world::<F, S>();
    let id = world.create().await;
    let [c1, c2] = ["c1", "c2"].map(|id| Chunk::ToolCall(call(id)));
    let chunks = [words(&["let me "]), vec![c1], words(&["look"]), vec![c2]].concat();
    world.model.then(Answer::Stream(chunks, Ok(())));
    let action = world.service.send_message_action(id, user("hello")).await.unwrap();
    assert_eq!((kind(&action), pending(&action)), (StateKind::AwaitingToolApproval, vec!["c1", "c2"]));
    assert_eq!(texts(&world.whole(id).await), ["hello", "let me look"]);
}

async fn tools_run_once_all_are_decided<F: LockFamily, S: SaveMode<F>>() {
    let world = world::<F, S>();
    let id = world.create().await;
    world.model.then(Answer::Full("let me look", vec![call("c1"), call("c2"), call("c3")]));
    let action = world.service.send_message_action(id, user("hello")).await.unwrap();
    assert_eq!((kind(&action), pending(&action)), (StateKind::AwaitingToolApproval, vec!["c1", "c2", "c3"]));
    assert_busy(world.service.send_message_action(id, user("and?")).await);

    let decide = |decisions| world.service.approve_tools_action(id, decisions);
    let unknown = decide(vec![allow("c1", true), allow("c9", true)]).await.unwrap_err();
    assert!(unknown.is_refusal() && unknown.to_string().contains("`c9`"), "{unknown}");
    let action = decide(vec![allow("c1", true)]).await.unwrap();
    assert_eq!((kind(&action), pending(&action)), (StateKind::AwaitingToolApproval, vec!["c2", "c3"]));
    assert_eq!((world.model.requests.asked(), world.model.tools.asked()), (1, 0));

    let action = decide(vec![allow("c2", false), allow("c3", true)]).await.unwrap();
    assert_eq!((kind(&action), pending(&action)), (StateKind::Idle, vec![]));
    assert_eq!(world.model.tools_run(), ["c1", "c3"]);
    let whole = world.whole(id).await;
    assert_well_formed(&whole);
    assert_eq!(texts(&whole).last().unwrap(), "done", "the model got the result, and had the last word");
    assert_eq!(world.store.stored(id), Some(whole));
}

async fn a_turn_whose_tools_are_all_denied_goes_back_to_the_model<F: LockFamily, S: SaveMode<F>>() {
    let world = world::<F, S>();
    let id = world.create().await;
    world.model.then(Answer::Full("let me look", vec![call("c1"), call("c2")]));
    world.service.send_message_action(id, user("hello")).await.unwrap();
    let decisions = vec![allow("c1", false), allow("c2", false)];
    let action = world.service.approve_tools_action(id, decisions).await.unwrap();
    assert_eq!(kind(&action), StateKind::Idle);
    assert_eq!((world.model.requests.asked(), world.model.tools.asked()), (2, 0));
    assert_well_formed(&world.whole(id).await);
}

async fn a_turn_that_never_stops_asking_for_tools_fails<F: LockFamily, S: SaveMode<F>>() {
    let world = world::<F, S>();
    let id = world.create().await;
    for _ in 0..=MAX_TOOL_ROUNDS {
        world.model.then(Answer::Full("", vec![call("again")]));
    }
    let mut action = world.service.send_message_action(id, user("hello")).await.unwrap();
    for _ in 0..MAX_TOOL_ROUNDS {
        assert_eq!(kind(&action), StateKind::AwaitingToolApproval);
        action = world.service.approve_tools_action(id, vec![allow("again", true)]).await.unwrap();
    }
    let why = action.context.state.error.unwrap();
    assert!(why.contains("more than 8 rounds of tools"), "{why}");
    assert_eq!(world.store.stored(id), Some(world.whole(id).await));
}

async fn transient_failures_are_retried_three_times<F: LockFamily, S: SaveMode<F>>() {
    for failures in [3, 4] {
        let world = world::<F, S>();
        let id = world.create().await;
        // In mid-stream as well as before it; what a failed stream has said is not said twice.
        world.model.then(Answer::Stream(words(&["half a "]), Err(transient())));
        (1..failures).for_each(|_| world.model.then(Answer::Error(transient())));
        let action = world.service.send_message_action(id, user("hello")).await.unwrap();
        let requests = world.model.requests.asked();
        assert_eq!(requests, usize::from(MAX_RETRIES) + 1, "{failures} failures");
        if failures == 3 {
            assert_eq!(kind(&action), StateKind::Idle);
            assert_eq!(texts(&world.whole(id).await), ["hello", "done"]);
        } else {
            let state = &action.context.state;
            assert_eq!((state.kind, state.error.as_deref()), (StateKind::Failed, Some("overloaded")));
        }
        assert_eq!(world.store.stored(id), Some(world.whole(id).await));
    }
}

async fn the_next_message_resets_a_failure<F: LockFamily, S: SaveMode<F>>() {
    let world = world::<F, S>();
    let id = world.create().await;
    for answer in [Answer::Error(fatal()), Answer::Stream(words(&["half a "]), Err(fatal()))] {
        world.model.then(answer);
        let before = world.model.requests.asked();
        let state = world.service.send_message_action(id, user("hello")).await.unwrap().context.state;
        assert_eq!((state.kind, state.error.as_deref()), (StateKind::Failed, Some("refused")));
        assert_eq!(world.model.requests.asked(), before + 1, "a fatal failure is not retried");
        assert_eq!(world.store.stored(id), Some(world.whole(id).await));
    }
    let action = world.service.send_message_action(id, user("and now?")).await.unwrap();
    assert_eq!(kind(&action), StateKind::Idle);
    assert_eq!(texts(&world.whole(id).await), ["hello", "hello", "half a ", "and now?", "done"]);
}

/// Two calls of one name cannot be distinguished. That is the model's fault: the turn fails, and is not answered "refused".
async fn a_model_that_repeats_a_call_has_failed<F: LockFamily, S: SaveMode<F>>() {
    let world = world::<F, S>();
    let id = world.create().await;
    world.model.then(Answer::Full("let me look", vec![call("c1"), call("c1")]));
    let state = world.service.send_message_action(id, user("hello")).await.unwrap().context.state;
    assert_eq!(state.kind, StateKind::Failed);
    assert!(state.error.unwrap().contains("`c1`"));
    assert_well_formed(&world.whole(id).await);
}

async fn a_tool_that_cannot_run_is_reported_to_the_model_or_ends_the_turn<F: LockFamily, S: SaveMode<F>>() {
    for (error, end) in [(transient(), StateKind::Idle), (fatal(), StateKind::Failed)] {
        let world = world::<F, S>();
        let id = world.create().await;
        world.model.then(Answer::Full("", vec![call("c1"), call("c2")]));
        world.model.fail_tool(error);
        world.service.send_message_action(id, user("hello")).await.unwrap();
        let decisions = vec![allow("c1", true), allow("c2", true)];
        let action = world.service.approve_tools_action(id, decisions).await.unwrap();
        assert_eq!(kind(&action), end);
        assert_well_formed(&world.whole(id).await);
    }
}

async fn a_second_turn_is_refused_and_all_else_is_served<F: LockFamily, S: SaveMode<F>>() {
    let world = world::<F, S>();
    let service = &world.service;
    let id = world.create().await;
    world.model.then(Answer::Stream(words(&["let me look"]), Ok(())));
    world.model.requests.shut();
    world.model.chunks.shut();
    let mut turn = Box::pin(service.send_message_action(id, user("hello")));
    for valve in [&world.model.requests, &*world.model.chunks] {
        expect_waiting(&mut turn);
        assert_busy(soon(service.send_message_action(id, user("me too"))).await);
        assert_busy(soon(service.approve_tools_action(id, vec![])).await);
        // Each of these takes the session's lock: none would come back if the turn held it.
        soon(service.add_context_message(id, user("by the way"), None)).await.unwrap();
        soon(service.get_context(id)).await.unwrap();
        soon(service.get_context_messages(id, page(9, 0))).await.unwrap();
        let version = soon(service.get_context_state(id)).await.unwrap().version;
        assert_eq!(soon(service.update_context(id, UpdateContext::default())).await, Ok(version.next()));
        valve.open();
    }
    assert_eq!(kind(&turn.await.unwrap()), StateKind::Idle);
    let whole = world.whole(id).await;
    assert_eq!(texts(&whole), ["hello", "by the way", "let me look", "by the way"]);
    assert_eq!(world.store.stored(id), Some(whole));
}

async fn tools_run_without_the_lock<F: LockFamily, S: SaveMode<F>>() {
    let world = world::<F, S>();
    let id = world.create().await;
    world.model.then(Answer::Full("", vec![call("c1")]));
    soon(world.service.send_message_action(id, user("hello"))).await.unwrap();
    world.model.tools.shut();
    let mut turn = Box::pin(world.service.approve_tools_action(id, vec![allow("c1", true)]));
    expect_waiting(&mut turn);
    soon(world.service.add_context_message(id, user("by the way"), None)).await.unwrap();
    let state = soon(world.service.get_context_state(id)).await.unwrap().state;
    assert_eq!(state, StateKind::ExecutingTools);
    assert_busy(soon(world.service.approve_tools_action(id, vec![allow("c1", true)])).await);
    world.model.tools.open();
    assert_eq!(kind(&turn.await.unwrap()), StateKind::Idle);
    assert_eq!(world.model.tools_run(), ["c1"], "once, however often it was approved");
}

async fn a_session_deleted_in_mid_turn_stays_deleted<F: LockFamily, S: SaveMode<F>>() {
    let world = world::<F, S>();
    let id = world.create().await;
    world.model.requests.shut();
    let mut turn = Box::pin(world.service.send_message_action(id, user("hello")));
    expect_waiting(&mut turn);
    world.service.delete_context(id).await.unwrap();
    world.model.requests.open();
    assert_eq!(turn.await.map(drop), Err(SessionError::NotFound { id }.into()));
    drained().await;
    assert_eq!(world.service.manager().flush().await, []);
    assert_eq!(world.store.stored(id), None);
    assert_eq!(world.service.manager().stats().await.live, 0);
}

async fn a_turn_comes_back_to_the_session_it_left_though_evicted<F: LockFamily, S: SaveMode<F>>() {
    let world = World::<F, S>::new(1, DtoPolicy::Borrowed);
    let id = world.create().await;
    world.model.requests.shut();
    let mut turn = Box::pin(world.service.send_message_action(id, user("hello")));
    expect_waiting(&mut turn);
    world.create().await;
    world.service.add_context_message(id, user("by the way"), None).await.unwrap();
    world.create().await;
    world.model.requests.open();
    turn.await.unwrap();
    assert_eq!(world.store.load_count(), 0);
    assert_eq!(texts(&world.whole(id).await), ["hello", "by the way", "done"]);
}

async fn a_turn_that_cannot_be_saved_leaves_no_session_working<F: LockFamily, S: SaveMode<F>>() {
    // The save of the user's message, and that of the end.
    for good_saves in [0, 1] {
        let world = world::<F, S>();
        let id = world.create().await;
        world.model.requests.shut();
        world.store.failing_saves.store(1 - good_saves, SeqCst);
        let mut turn = Box::pin(world.service.send_message_action(id, user("hello")));
        if good_saves == 1 {
            expect_waiting(&mut turn);
            world.store.failing_saves.store(1, SeqCst);
        }
        world.model.requests.open();
        let failed = turn.await.unwrap_err();
        assert!(matches!(failed, ServiceError::Session(SessionError::Store { .. })), "{failed}");
        drained().await;
        assert_well_formed(&world.whole(id).await);
        assert_eq!(world.service.manager().flush().await, []);
        assert_eq!(world.store.stored(id), Some(world.whole(id).await));
        assert_eq!(
            kind(&world.service.send_message_action(id, user("again")).await.unwrap()),
            StateKind::Idle
        );
    }
}

macro_rules! turns {
    ($($module:ident: $lock:ident, $save:ident;)*) => { $(
        mod $module {
            use lockyard::lock::$lock;
            use lockyard::backend::session::$save;

            turns! { @tests $lock, $save:
                a_full_reply_ends_the_turn_stored
                a_streamed_reply_is_readable_while_it_comes
                tool_calls_come_in_a_stream_too
                tools_run_once_all_are_decided
                a_turn_whose_tools_are_all_denied_goes_back_to_the_model
                a_turn_that_never_stops_asking_for_tools_fails
                transient_failures_are_retried_three_times
                the_next_message_resets_a_failure
                a_model_that_repeats_a_call_has_failed
                a_tool_that_cannot_run_is_reported_to_the_model_or_ends_the_turn
                a_second_turn_is_refused_and_all_else_is_served
                tools_run_without_the_lock
                a_session_deleted_in_mid_turn_stays_deleted
                a_turn_comes_back_to_the_session_it_left_though_evicted
                a_turn_that_cannot_be_saved_leaves_no_session_working
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

turns! {
    tokio_mutex_under_lock: TokioMutex, UnderLock;
    tokio_rwlock_after_unlock: TokioRwLock, AfterUnlock;
    std_mutex_after_unlock: StdMutex, AfterUnlock;
}

/// Ten chunks, one every 20 ms: those at 20, 40 and 60 ms come within 50 ms of the first, and so on.
#[tokio::test(start_paused = true)]
async fn streamed_chunks_are_written_in_batches() {
    let simulated = SimulatorConfig {
        chunks: 10..=10,
        chunk_interval: Duration::from_millis(20)..=Duration::from_millis(20),
        ..SimulatorConfig::default()
    };
    let manager = manager::<ParkingLotRwLock, AfterUnlock>(&ScriptedStore::default(), 2);
    let simulator = Simulator::new(TokioClock, simulated);
    let service = Backend::new(Arc::clone(&manager), simulator, Prompts::default(), DtoPolicy::Borrowed);
    let id = service.create_context(request()).await.unwrap();
    let action = service.send_message_action(id, user("count")).await.unwrap();

    let reply = "word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 ";
    assert_eq!(manager.read(id, texts).await.unwrap(), ["count", reply]);
    let (before, batches, after) =
        (["create", "begin", "request", "start"].len(), 4, ["end", "finish"].len());
    assert_eq!(action.context.version, Version((before + batches + after) as u64));
}
