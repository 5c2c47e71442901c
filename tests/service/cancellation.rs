//! A client may go away in the middle of a turn, wherever that is. Each kind of turn is polled by hand and dropped
//! after every possible number of polls; once the background work is drained, no session is left in a working state.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use lockyard::backend::chat::{ContextId, StateKind};
use lockyard::backend::service::{ChatService, DtoPolicy};
use lockyard::backend::session::SaveMode;
use lockyard::lock::LockFamily;
use tokio::time::advance;

use crate::support::model::{Answer, call, transient, words};
use crate::support::service::{World, allow};
use crate::support::{assert_well_formed, drained, paused, poll, texts, user};

type Call<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// What else happens to the session while the turn is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    Nothing,
    Append,
    Delete,
}

/// Drops `call` after 0, 1, 2 … polls until it is done. The model, its tools and the store are let go one step per
/// poll, and the clock moves by 30 ms, so that every await is one to be dropped at.
fn drop_at_each_await<F: LockFamily, S: SaveMode<F>>(
    answers: &[Answer],
    awaiting_approval: bool,
    call: impl Fn(&World<F, S>, ContextId) -> Call<'_>,
) {
    for meanwhile in [Meanwhile::Nothing, Meanwhile::Append, Meanwhile::Delete] {
        for drops in 0.. {
            let runtime = paused();
            let _on = runtime.enter();
            let world = World::<F, S>::new(1, DtoPolicy::Borrowed);
            let id = runtime.block_on(world.create());
            answers.iter().cloned().for_each(|answer| world.model.then(answer));
            if awaiting_approval {
                runtime.block_on(world.service.send_message_action(id, user("look it up"))).unwrap();
            }
            world.store.pauses.store(1, SeqCst);
            let valves = [&world.model.requests, &*world.model.chunks, &world.model.tools];
            for valve in valves {
                valve.shut();
            }

            let mut turn = call(&world, id);
            let mut done = false;
            for _ in 0..drops {
                done = poll(&mut turn).is_ready();
                if done {
                    break;
                }
                for valve in valves {
                    valve.let_through(1);
                }
                runtime.block_on(advance(Duration::from_millis(30)));
            }
            let other = async {
                match meanwhile {
                    Meanwhile::Nothing => {}
                    Meanwhile::Append => {
                        world.service.add_context_message(id, user("by the way"), None).await.unwrap();
                    }
                    Meanwhile::Delete => world.service.delete_context(id).await.unwrap(),
                }
            };
            // A turn that is given up may hold the session's gate, so the other one ends after that.
            let mut other: Call<'_> = Box::pin(other);
            let other_done = poll(&mut other).is_ready();
            drop(turn);
            for valve in valves {
                valve.open();
            }
            if !other_done {
                runtime.block_on(other);
            }
            runtime.block_on(drained());
            let at = format!("{meanwhile:?}, dropped after {drops} polls");
            runtime.block_on(assert_left_in_order(&world, id, meanwhile, &at));
            if done {
                assert!(drops > 3, "there was no await to drop it at");
                break;
            }
        }
    }
}

async fn assert_left_in_order<F: LockFamily, S: SaveMode<F>>(
    world: &World<F, S>,
    id: ContextId,
    meanwhile: Meanwhile,
    at: &str,
) {
    if meanwhile == Meanwhile::Delete {
        assert!(world.service.get_context(id).await.is_err(), "{at}");
        assert_eq!(world.service.manager().flush().await, [], "{at}");
        assert_eq!(world.store.stored(id), None, "{at}");
        return;
    }
    let whole = world.whole(id).await;
    assert!(!whole.state_kind().is_working(), "{at}: left in state {}", whole.state_kind());
    assert_well_formed(&whole);
    let said = texts(&whole);
    assert!(said.iter().filter(|text| *text == "hello").count() <= 1, "{at}: {said:?}");
    let appended = said.iter().filter(|text| *text == "by the way").count();
    assert_eq!(appended, usize::from(meanwhile == Meanwhile::Append), "{at}: {said:?}");
    if world.store.stored(id).as_ref() != Some(&whole) {
        assert_eq!(world.service.manager().stats().await.unsaved, 1, "{at}: newer than the store");
    }
    assert_eq!(world.service.manager().flush().await, [], "{at}");
    assert_eq!(world.store.stored(id), Some(whole.clone()), "{at}");

    // The session is as good as new for the next caller.
    if whole.state_kind() == StateKind::AwaitingToolApproval {
        let decisions: Vec<_> = whole.pending_calls().map(|call| allow(&call.id.0, false)).collect();
        world.service.approve_tools_action(id, decisions).await.unwrap();
    }
    let action = world.service.send_message_action(id, user("anybody there?")).await.unwrap();
    assert!(!action.context.state.kind.is_working(), "{at}");
}

fn a_dropped_turn_with_a_streamed_reply<F: LockFamily, S: SaveMode<F>>() {
    let reply = words(&["one ", "two ", "three ", "four ", "five"]);
    drop_at_each_await::<F, S>(&[Answer::Stream(reply, Ok(()))], false, |world, id| {
        Box::pin(async move { drop(world.service.send_message_action(id, user("hello")).await) })
    });
}

fn a_dropped_turn_with_failures_and_a_wish_for_tools<F: LockFamily, S: SaveMode<F>>() {
    let answers = [
        Answer::Error(transient()),
        Answer::Stream(words(&["half a "]), Err(transient())),
        Answer::Full("let me look", vec![call("c1"), call("c2")]),
    ];
    drop_at_each_await::<F, S>(&answers, false, |world, id| {
        Box::pin(async move { drop(world.service.send_message_action(id, user("hello")).await) })
    });
}

fn a_dropped_turn_in_which_tools_run<F: LockFamily, S: SaveMode<F>>() {
    let answers = [
        Answer::Full("let me look", vec![call("c1"), call("c2"), call("c3")]),
        Answer::Stream(words(&["so ", "that is it"]), Ok(())),
    ];
    drop_at_each_await::<F, S>(&answers, true, |world, id| {
        let decisions = vec![allow("c1", true), allow("c2", false), allow("c3", true)];
        Box::pin(async move { drop(world.service.approve_tools_action(id, decisions).await) })
    });
}

fn a_dropped_turn_in_which_a_tool_fails<F: LockFamily, S: SaveMode<F>>() {
    let answers = [Answer::Full("let me look", vec![call("c1"), call("c2")])];
    drop_at_each_await::<F, S>(&answers, true, |world, id| {
        world.model.fail_tool(transient());
        let decisions = vec![allow("c1", true), allow("c2", true)];
        Box::pin(async move { drop(world.service.approve_tools_action(id, decisions).await) })
    });
}

macro_rules! leaves_no_session_working {
    ($($module:ident: $lock:ident, $save:ident;)*) => { $(
        mod $module {
            use lockyard::lock::$lock;
            use lockyard::backend::session::$save;

            leaves_no_session_working! { @tests $lock, $save:
                a_dropped_turn_with_a_streamed_reply
                a_dropped_turn_with_failures_and_a_wish_for_tools
                a_dropped_turn_in_which_tools_run
                a_dropped_turn_in_which_a_tool_fails
            }
        }
    )* };
    (@tests $lock:ident, $save:ident: $($test:ident)*) => { $(
        #[test]
        fn $test() {
            super::$test::<$lock, $save>();
        }
    )* };
}

leaves_no_session_working! {
    tokio_mutex_under_lock: TokioMutex, UnderLock;
    tokio_rwlock_after_unlock: TokioRwLock, AfterUnlock;
    std_mutex_after_unlock: StdMutex, AfterUnlock;
}
