//! What contexts may take: each bound is a refusal with a code of its own, and nothing has changed by it.

use axum::http::Method;
use lockyard::backend::chat::ContextLimits;
use lockyard::backend::session::SessionLimits;
use serde_json::{Value, json};

use crate::support::expect_waiting;
use crate::support::http::{Site, json as json_request};
use crate::support::model::Answer;

fn message(bytes: usize) -> Value {
    json!({ "role": "user", "content": "x".repeat(bytes) })
}

fn of_contexts(context: ContextLimits) -> Site {
    Site::within(SessionLimits { context, ..SessionLimits::default() })
}

async fn total(site: &Site, path: &str) -> u64 {
    site.get(&format!("{path}/messages")).await.ok(200)["total"].as_u64().unwrap()
}

#[tokio::test]
async fn a_message_that_is_too_large_is_413() {
    let site = of_contexts(ContextLimits { message_bytes: 1000, ..ContextLimits::default() });
    let path = site.create().await;
    for route in ["/messages", "/actions/send_message"] {
        site.post(&format!("{path}{route}"), &message(1000)).await.problem(413, "too_large");
    }
    let settings = json!({ "parameters": { "p": "x".repeat(1000) } });
    site.put(&path, &[], &settings).await.problem(413, "too_large");
    let long = json!({ "model_id": "x".repeat(2000), "mode": "chat" });
    site.post("/v1/contexts", &long).await.problem(413, "too_large");
    assert_eq!(total(&site, &path).await, 0);
}

#[tokio::test]
async fn a_context_that_is_full_is_507() {
    let site = of_contexts(ContextLimits { messages: 2, ..ContextLimits::default() });
    let path = site.create().await;
    let messages = format!("{path}/messages");
    for _ in 0..2 {
        site.post(&messages, &message(1)).await.ok(201);
    }
    let detail = site.post(&messages, &message(1)).await.problem(507, "context_full");
    assert!(detail.contains("2 messages"), "{detail}");

    let site = of_contexts(ContextLimits { bytes: 10_000, ..ContextLimits::default() });
    let path = site.create().await;
    site.post(&format!("{path}/messages"), &message(20_000)).await.problem(507, "context_full");
    assert_eq!(total(&site, &path).await, 0);
}

#[tokio::test]
async fn a_model_that_says_more_than_there_is_room_for_has_failed() {
    let site = of_contexts(ContextLimits { messages: 1, ..ContextLimits::default() });
    let path = site.create().await;
    site.world.model.then(Answer::Full("hello", vec![]));
    let action = site.post(&format!("{path}/actions/send_message"), &message(1)).await.ok(200);
    assert_eq!(action["context"]["state"]["kind"], "failed");
    let error = action["context"]["state"]["error"].as_str().unwrap();
    assert!(error.contains("1 messages"), "{error}");
}

#[tokio::test]
async fn one_context_too_many_is_507_until_one_is_deleted() {
    let site = Site::within(SessionLimits { sessions: 1, ..SessionLimits::default() });
    let path = site.create().await;
    let one_more = json!({ "model_id": "m", "mode": "chat" });
    site.post("/v1/contexts", &one_more).await.problem(507, "too_many_contexts");
    site.delete(&path).await;
    site.post("/v1/contexts", &one_more).await.ok(201);
}

#[tokio::test]
async fn what_memory_has_no_room_for_is_507_and_may_be_tried_again() {
    let site = Site::within(SessionLimits { live_bytes: 5_000, ..SessionLimits::default() });
    let path = site.create().await;
    site.world.store.saves.shut();
    // A request that is under way keeps its context in memory.
    let (messages, body) = (format!("{path}/messages"), message(5_000));
    let mut under_way = Box::pin(site.post(&messages, &body));
    expect_waiting(&mut under_way);
    let refused = site.post("/v1/contexts", &json!({ "model_id": "m", "mode": "chat" })).await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.problem(507, "memory_full");
    site.world.store.saves.open();
    under_way.await.ok(201);
    site.create().await;
}

#[tokio::test]
async fn a_page_ends_early_and_the_next_begins_there() {
    let site = Site::within(SessionLimits { page_bytes: 5_000, ..SessionLimits::default() });
    let path = site.create().await;
    for _ in 0..10 {
        site.post(&format!("{path}/messages"), &message(1000)).await.ok(201);
    }
    let (mut seen, mut pages) = (0, 0);
    while seen < 10 {
        let page = site.get(&format!("{path}/messages?limit=100&offset={seen}")).await.ok(200);
        assert_eq!(page["total"], 10);
        let here = page["messages"].as_array().unwrap();
        assert_eq!(here[0]["id"], seen);
        seen += here.len();
        pages += 1;
    }
    assert!((3..=5).contains(&pages), "{pages}");
}

#[tokio::test]
async fn parameters_that_take_too_much_memory_are_422_before_they_take_it() {
    let site = Site::new();
    let path = site.create().await;
    let many = format!(r#"{{"parameters":{{"p":[{}]}}}}"#, vec![r#"{"a":0}"#; 100_000].join(","));
    let request = json_request(Method::PUT, &path, &[], &serde_json::from_str(&many).unwrap());
    let detail = site.send(request).await.problem(422, "invalid");
    assert!(detail.contains("bytes of memory"), "{detail}");
}
