//! Requests that are made once, whichever servers they come to.

use axum::http::Method;
use serde_json::json;

use crate::member::{Member, Times, new_context, says, under_each_guard};
use crate::support::http::Got;

const KEY: (&str, &str) = ("Idempotency-Key", "a key");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_with_a_key_is_made_once_whichever_servers_it_comes_to() {
    under_each_guard(async |server, guard| {
        let (one, other) = Member::join_two(server, guard, Times::LONG).await;
        let path = one.create().await;
        let messages = format!("{path}/messages");
        let first = one.send(Method::POST, &messages, &[KEY], &says("once")).await.ok(201);
        for member in [&other, &one, &other] {
            let again = member.send(Method::POST, &messages, &[KEY], &says("once")).await.ok(201);
            assert_eq!(again, first, "{guard}");
            // Also where a condition stands in the way that the first time has met and left behind.
            let headers = [KEY, ("If-Match", "\"1\"")];
            let again = member.send(Method::POST, &messages, &headers, &says("once")).await;
            assert!(again.status == 422 || again.ok(201) == first, "{guard}: {}", again.text());
            let reused = member.send(Method::POST, &messages, &[KEY], &says("twice")).await;
            reused.problem(422, "key_reused");
        }
        assert_eq!(other.texts(&path).await, ["once"], "{guard}");
        // Both at once.
        let key = [("Idempotency-Key", "another key")];
        let (body, key) = (says("at once"), &key);
        let sends =
            [&one, &other, &one, &other].map(|member| member.send(Method::POST, &messages, key, &body));
        let answers = futures_util::future::join_all(sends).await;
        let made: Vec<_> = answers.iter().filter(|it| it.status == 201).map(Got::json).collect();
        assert!(!made.is_empty() && made.iter().all(|it| *it == made[0]), "{guard}: {answers:?}");
        for refused in answers.iter().filter(|it| it.status != 201) {
            refused.problem(409, "key_in_use");
        }
        assert_eq!(one.texts(&path).await, ["once", "at once"], "{guard}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_created_once_whichever_servers_are_asked() {
    under_each_guard(async |server, guard| {
        let (one, other) = Member::join_two(server, guard, Times::LONG).await;
        let key = format!("creation under {guard}");
        let key = [("Idempotency-Key", key.as_str())];
        let create =
            async |member: &Member| member.send(Method::POST, "/v1/contexts", &key, &new_context()).await;
        let (first, again) = futures_util::future::join(create(&one), create(&other)).await;
        let id = if first.status == 201 { first.json() } else { again.json() };
        for member in [&one, &other] {
            assert_eq!(create(member).await.ok(201)["id"], id["id"], "{guard}");
        }
        let otherwise = json!({ "model_id": "gpt", "mode": "plan" });
        one.send(Method::POST, "/v1/contexts", &key, &otherwise).await.problem(422, "key_reused");
        // With the session its keys are gone.
        let path = format!("/v1/contexts/{}", id["id"].as_str().unwrap());
        assert_eq!(other.delete(&path).await.status, 204);
        assert_ne!(create(&one).await.ok(201)["id"], id["id"], "{guard}");
    })
    .await;
}
