//! Two servers are one: what is told to one, the other answers, under each guard.

use axum::http::Method;
use serde_json::{Value, json};

use crate::member::{LONG, Member, SHORT, Times, new_context, says, under_each_guard};
use crate::private_server::PrivateServer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_server_is_told_the_other_answers() {
    under_each_guard(async |server, guard| {
        let (one, other) = Member::join_two(server, guard, Times::LONG).await;
        let body = json!({ "model_id": "gpt", "mode": "chat", "system_prompt_id": "polite" });
        let id = one.post("/v1/contexts", &body).await.ok(201)["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/contexts/{id}");
        // In turns, so that whatever each keeps of it is old each time.
        for (nth, member) in [&one, &other, &one, &other].into_iter().enumerate() {
            let appended = member.post(&format!("{path}/messages"), &says(&format!("message {nth}"))).await;
            assert_eq!(appended.ok(201)["version"], 2 + nth as u64, "{guard}");
        }
        for member in [&other, &one] {
            assert_eq!(
                member.texts(&path).await,
                ["message 0", "message 1", "message 2", "message 3"],
                "{guard}"
            );
            let state = member.get(&format!("{path}/state")).await;
            assert_eq!(
                (state.ok(200)["version"].clone(), state.header("etag")),
                (json!(5), "\"5\""),
                "{guard}"
            );
            let listed = member.get("/v1/contexts?limit=1000").await.ok(200);
            let listed = listed["contexts"].as_array().unwrap();
            assert!(
                listed.iter().any(|it| it["id"] == json!(id) && it["version"] == 5),
                "{guard}: {listed:?}"
            );
        }
        // Settings alone; and a condition that only the newest version meets, wherever it is asked.
        let settings = json!({ "mode": "plan", "parameters": { "temperature": 0.5, "nothing": "\u{0}" } });
        let stale = other.send(Method::PUT, &path, &[("If-Match", "\"4\"")], &settings).await;
        stale.problem(412, "precondition_failed");
        assert_eq!(
            one.send(Method::PUT, &path, &[("If-Match", "\"5\"")], &settings).await.ok(200)["version"],
            6
        );
        let seen = other.get(&path).await.ok(200);
        assert_eq!(
            (seen["config"]["mode"].clone(), seen["config"]["parameters"].clone()),
            (json!("plan"), settings["parameters"].clone())
        );
        // A deletion holds everywhere, at once.
        assert_eq!(other.delete(&path).await.status, 204, "{guard}");
        for member in [&one, &other] {
            member.get(&path).await.problem(404, "context_not_found");
            member
                .post(&format!("{path}/messages"), &says("anybody?"))
                .await
                .problem(404, "context_not_found");
            member.delete(&path).await.problem(404, "context_not_found");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_that_come_to_both_at_once_are_all_made_once() {
    under_each_guard(async |server, guard| {
        let (one, other) = Member::join_two(server, guard, Times::LONG).await;
        let path = one.create().await;
        let messages = format!("{path}/messages");
        let append = async |member: &Member, who: &str| {
            for nth in 0..25 {
                // Refused for the others' sake it may be, and then nothing was done.
                while member.post(&messages, &says(&format!("{who} {nth}"))).await.status != 201 {}
            }
        };
        futures_util::future::join4(
            append(&one, "a"),
            append(&one, "b"),
            append(&other, "c"),
            append(&other, "d"),
        )
        .await;
        let mut texts = other.texts(&path).await;
        assert_eq!(one.texts(&path).await, texts, "{guard}: in one order");
        texts.sort_unstable();
        let mut expected: Vec<String> = ["a", "b", "c", "d"]
            .iter()
            .flat_map(|who| (0..25).map(move |nth| format!("{who} {nth}")))
            .collect();
        expected.sort_unstable();
        assert_eq!(texts, expected, "{guard}");
        assert_eq!(one.get(&path).await.ok(200)["version"], 101, "{guard}");
    })
    .await;
}

/// A server that had a session, and does nothing any more, keeps it from others for the time of its lease at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_is_not_renewed_goes_to_another_server() {
    let Some(server) = PrivateServer::start() else { return };
    let lease = lockyard::backend::shared::GuardKind::Lease;
    let times = Times::SHORT;
    let (one, other) = Member::join_two(&server, lease, times).await;
    let path = one.create().await;
    one.post(&format!("{path}/messages"), &says("mine")).await.ok(201);
    assert_eq!(other.texts(&path).await, ["mine"], "it was sent on");
    one.cut_off().await;
    let mut refused = 0;
    let messages = format!("{path}/messages");
    // Until its lease is over, nobody can answer for it; then the other has it.
    while other.get(&messages).await.status != 200 {
        refused += 1;
    }
    assert!(refused > 0, "it was taken away at once");
    other.post(&messages, &says("yours")).await.ok(201);
    assert_eq!(other.texts(&path).await, ["mine", "yours"]);
    // What the first one keeps it does not answer from any more: it sends on.
    assert_eq!(one.texts(&path).await, ["mine", "yours"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_was_sent_on_is_not_sent_on_again() {
    let Some(server) = PrivateServer::start() else { return };
    let lease = lockyard::backend::shared::GuardKind::Lease;
    let (one, other) = Member::join_two(&server, lease, Times::LONG).await;
    let path = one.create().await;
    one.get(&path).await.ok(200);
    let state = format!("{path}/state");
    let refused = other.send(Method::GET, &state, &[("Lockyard-Forwarded", "1")], &Value::Null).await;
    let detail = refused.problem(503, "held_elsewhere");
    let at = refused.json()["at"].as_str().expect("it says where").to_owned();
    assert!(at.starts_with("http://127.0.0.1:") && detail.contains(&at), "{detail}");
    assert_eq!(refused.header("retry-after"), "1");
    other.get(&state).await.ok(200);
    // The server that has it leaves: nobody has to wait until the lease is over.
    one.backend.leave(LONG).await;
    let answered = other.send(Method::GET, &state, &[("Lockyard-Forwarded", "1")], &Value::Null).await;
    answered.ok(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_sessions_as_may_be_are_counted_over_all_servers() {
    under_each_guard(async |server, guard| {
        let limits = lockyard::backend::session::SessionLimits { sessions: 1, ..Default::default() };
        let one = Member::join(server, guard, Times::LONG).await;
        one.create().await;
        let other = Member::join_within(server, guard, Times::LONG, limits).await;
        let upkeep = other.start_upkeep(SHORT / 30);
        // They are counted from time to time.
        while other.post("/v1/contexts", &new_context()).await.status != 507 {}
        other.post("/v1/contexts", &new_context()).await.problem(507, "too_many_contexts");
        upkeep.abort();
    })
    .await;
}
