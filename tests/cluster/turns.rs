//! Turns: one at a time, whichever server is asked, and none that outlives its server for long.

use axum::http::Method;
use serde_json::json;

use crate::member::{LONG, Member, SHORT, Times, says, under_each_guard};
use crate::support::model::{Answer, call, words};

fn action(path: &str) -> String {
    format!("{path}/actions/send_message")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_turn_at_a_time_whichever_server_is_asked() {
    under_each_guard(async |server, guard| {
        let (one, other) = Member::join_two(server, guard, Times::LONG).await;
        let path = one.create().await;
        one.model.requests.shut();
        let (url, hello) = (action(&path), says("hello"));
        let turn = one.post(&url, &hello);
        let others = async {
            while one.model.prompts().is_empty() {
                tokio::task::yield_now().await;
            }
            // The turn waits for its model. A look does not end it, and another does not begin.
            let state = other.get(&format!("{path}/state")).await.ok(200);
            assert_eq!(state["state"], "awaiting_model", "{guard}");
            let busy = other.post(&url, &says("and me?")).await;
            busy.problem(409, "busy");
            if guard != lockyard::backend::shared::GuardKind::Lease {
                let at = busy.json()["at"].as_str().map(str::to_owned);
                assert!(
                    at.is_some_and(|at| at.starts_with("http://")),
                    "{guard}: it says where the turn runs"
                );
            }
            // What needs no turn goes on.
            other.post(&format!("{path}/messages"), &says("by the way")).await.ok(201);
            one.model.requests.open();
        };
        let (ended, ()) = futures_util::future::join(turn, others).await;
        assert_eq!(ended.ok(200)["context"]["state"]["kind"], "idle", "{guard}");
        assert_eq!(other.texts(&path).await, ["hello", "by the way", "done"], "{guard}");
        other.post(&url, &says("now me")).await.ok(200);
        assert_eq!(one.texts(&path).await.len(), 5, "{guard}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_that_streams_and_calls_tools_is_the_same_at_both() {
    under_each_guard(async |server, guard| {
        let (one, other) = Member::join_two(server, guard, Times::LONG).await;
        let path = one.create().await;
        one.model.then(Answer::Stream(words(&["let ", "me ", "see"]), Ok(())));
        one.post(&action(&path), &says("what time is it?")).await.ok(200);
        one.model.then(Answer::Full("I need a tool", vec![call("c1"), call("c2")]));
        let waits = one.post(&action(&path), &says("and now?")).await.ok(200);
        assert_eq!(waits["context"]["state"]["kind"], "awaiting_tool_approval", "{guard}");
        // Messages that are there already are changed by the other server, and read by the first.
        let decide = |call: &str, approve| json!({ "decisions": [{ "call_id": call, "approve": approve }] });
        other.post(&format!("{path}/tools/approve"), &decide("c1", true)).await.ok(200);
        let calls = &one.get(&format!("{path}/messages?limit=9")).await.ok(200)["messages"][3]["tool_calls"];
        let approvals: Vec<_> = (0..2).map(|nth| calls[nth]["approval"].clone()).collect();
        assert_eq!(approvals, ["approved", "pending"], "{guard}");
        let ended = other.post(&format!("{path}/actions/approve_tools"), &decide("c2", false)).await.ok(200);
        assert_eq!(ended["context"]["state"]["kind"], "idle", "{guard}");
        let (here, there) = (
            one.get(&format!("{path}/messages?limit=99")).await.ok(200),
            other.get(&format!("{path}/messages?limit=99")).await.ok(200),
        );
        assert_eq!(here, there, "{guard}");
        assert_eq!(here["messages"].as_array().map(Vec::len), Some(7), "{guard}: {here}");
    })
    .await;
}

/// The server of a turn stops: nobody hears of it any more, and nothing is rolled back by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_whose_server_has_gone_is_ended_when_its_deadline_has_passed() {
    under_each_guard(async |server, guard| {
        let times = Times::SHORT;
        let (one, other) = Member::join_two(server, guard, times).await;
        let path = one.create().await;
        one.model.requests.shut();
        let url = action(&path);
        let backend: std::sync::Arc<dyn lockyard::backend::service::DynChatService> = one.backend.clone();
        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        let message = lockyard::backend::chat::NewMessage::text(lockyard::backend::chat::Role::User, "hello");
        let turn = tokio::spawn(async move {
            // Never dropped: a process that dies rolls nothing back.
            let turn = std::mem::ManuallyDrop::new(backend.send(id, message, &()));
            let _answer = std::mem::ManuallyDrop::into_inner(turn).await;
        });
        while one.model.prompts().is_empty() {
            tokio::task::yield_now().await;
        }
        one.cut_off().await;
        let upkeep = other.start_upkeep(SHORT / 30);
        // Looked at until it is idle again: that takes until its deadline, and nobody sends anything for it.
        loop {
            let state = other.get(&format!("{path}/state")).await;
            if state.status == 200 && state.ok(200)["state"] == "idle" {
                break;
            }
        }
        upkeep.abort();
        other.post(&url, &says("again")).await.ok(200);
        assert_eq!(other.texts(&path).await, ["hello", "again", "done"], "{guard}");
        // It comes back, and what it would still say is refused.
        one.model.requests.open();
        turn.await.expect("it ends");
        assert_eq!(other.texts(&path).await, ["hello", "again", "done"], "{guard}");
    })
    .await;
}

/// A model may think for longer than others wait for a sign of life.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_whose_model_thinks_for_long_is_not_taken_over() {
    under_each_guard(async |server, guard| {
        let times = Times { lease: LONG, turn: SHORT };
        let (one, other) = Member::join_two(server, guard, times).await;
        let upkeep = [one.start_upkeep(SHORT / 10), other.start_upkeep(SHORT / 10)];
        let path = one.create().await;
        one.model.requests.shut();
        let (url, hello) = (action(&path), says("hello"));
        let turn = one.post(&url, &hello);
        let others = async {
            while one.model.prompts().is_empty() {
                tokio::task::yield_now().await;
            }
            // By the database's clock, four deadlines.
            let began = std::time::Instant::now();
            while began.elapsed() < 4 * SHORT {
                other.post(&url, &says("and me?")).await.problem(409, "busy");
            }
            one.model.requests.open();
        };
        let (ended, ()) = futures_util::future::join(turn, others).await;
        ended.ok(200);
        upkeep.iter().for_each(tokio::task::JoinHandle::abort);
        assert_eq!(other.texts(&path).await, ["hello", "done"], "{guard}");
    })
    .await;
}

/// A client that goes away ends its turn, at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_whose_client_has_gone_is_rolled_back_by_its_server() {
    under_each_guard(async |server, guard| {
        let (one, other) = Member::join_two(server, guard, Times::LONG).await;
        let path = one.create().await;
        one.model.requests.shut();
        let (url, hello) = (action(&path), says("hello"));
        let turn = one.send(Method::POST, &url, &[], &hello);
        let seen = async {
            while one.model.prompts().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        // What is left of the request is dropped here.
        drop(futures_util::future::select(Box::pin(turn), Box::pin(seen)).await);
        while other.get(&format!("{path}/state")).await.ok(200)["state"] != "idle" {}
        one.model.requests.open();
        other.post(&url, &says("again")).await.ok(200);
        assert_eq!(one.texts(&path).await, ["hello", "again", "done"], "{guard}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_that_is_asked_for_twice_runs_once() {
    under_each_guard(async |server, guard| {
        let (one, other) = Member::join_two(server, guard, Times::LONG).await;
        let path = one.create().await;
        one.model.requests.shut();
        let (url, hello, key) = (action(&path), says("hello"), [("Idempotency-Key", "a turn")]);
        let turn = one.send(Method::POST, &url, &key, &hello);
        let others = async {
            while one.model.prompts().is_empty() {
                tokio::task::yield_now().await;
            }
            other.send(Method::POST, &url, &key, &hello).await.problem(409, "key_in_use");
            one.model.requests.open();
        };
        let (ended, ()) = futures_util::future::join(turn, others).await;
        let again = other.send(Method::POST, &url, &key, &hello).await.ok(200);
        assert_eq!(again["began"], ended.ok(200)["began"], "{guard}");
        assert_eq!(other.texts(&path).await, ["hello", "done"], "{guard}");
        assert!(other.model.prompts().is_empty(), "{guard}: the other's model was not asked");
    })
    .await;
}
