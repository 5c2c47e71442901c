//! `Idempotency-Key`: a request that is sent again is answered again, and made once.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::expect_waiting;
use crate::support::http::{Got, Site, json as json_request};
use crate::support::model::{Answer, call};

fn hello() -> Value {
    json!({ "role": "user", "content": "hello" })
}

fn new_context() -> Value {
    json!({ "model_id": "gpt", "mode": "chat" })
}

async fn post(site: &Site, path: &str, key: &str, body: &Value) -> Got {
    site.send(json_request(Method::POST, path, &[("Idempotency-Key", key)], body)).await
}

async fn total(site: &Site, path: &str) -> u64 {
    site.get(&format!("{path}/messages")).await.ok(200)["total"].as_u64().unwrap()
}

/// A context that waits for approval of a tool call.
async fn waiting(site: &Site) -> String {
    let path = site.create().await;
    site.world.model.then(Answer::Full("let me look", vec![call("c1")]));
    site.post(&format!("{path}/actions/send_message"), &hello()).await.ok(200);
    path
}

/// Every POST there is: its path, a body, and another one.
async fn posts(site: &Site) -> Vec<(String, Value, Value)> {
    let decide = |approve| json!({ "decisions": [{ "call_id": "c1", "approve": approve }] });
    let other = json!({ "role": "user", "content": "hello?" });
    vec![
        ("/v1/contexts".to_owned(), new_context(), json!({ "model_id": "gpt", "mode": "plan" })),
        (format!("{}/messages", site.create().await), hello(), other.clone()),
        (format!("{}/actions/send_message", site.create().await), hello(), other),
        (format!("{}/tools/approve", waiting(site).await), decide(true), decide(false)),
        (format!("{}/actions/approve_tools", waiting(site).await), decide(true), decide(false)),
    ]
}

#[tokio::test]
async fn every_post_is_made_once_and_answered_again() {
    let site = Site::new();
    for (path, body, other) in posts(&site).await {
        let first = post(&site, &path, "a key", &body).await;
        assert!(first.status.is_success(), "{path}: {}", first.text());
        let puts = site.world.store.calls().len();
        for _ in 0..2 {
            let again = post(&site, &path, "a key", &body).await;
            assert_eq!((again.status, again.json()), (first.status, first.json()), "{path}");
        }
        assert_eq!(site.world.store.calls().len(), puts, "{path}: nothing is stored again");
        post(&site, &path, "a key", &other).await.problem(422, "key_reused");
    }
}

#[tokio::test]
async fn a_key_is_one_for_its_path_alone() {
    let site = Site::new();
    let [one, other] = [site.create().await, site.create().await];
    for path in [&one, &other] {
        post(&site, &format!("{path}/messages"), "k", &hello()).await.ok(201);
        assert_eq!(total(&site, path).await, 1);
    }
    post(&site, &format!("{one}/actions/send_message"), "k", &hello()).await.ok(200);
}

#[tokio::test]
async fn keys_are_stored_with_what_they_have_changed() {
    let site = Site::new();
    let created = post(&site, "/v1/contexts", "k", &new_context()).await.ok(201);
    let path = format!("/v1/contexts/{}", created["id"].as_str().unwrap());
    let appended = post(&site, &format!("{path}/messages"), "k", &hello()).await.ok(201);
    // Another server over what the first has stored.
    let next = Site::over(&site.world.store);
    assert_eq!(post(&next, "/v1/contexts", "k", &new_context()).await.ok(201), created);
    assert_eq!(post(&next, &format!("{path}/messages"), "k", &hello()).await.ok(201), appended);
    assert_eq!(total(&next, &path).await, 1);
}

#[tokio::test]
async fn a_request_that_is_under_way_is_409_and_answered_when_it_has_ended() {
    let site = Site::new();
    let path = site.create().await;
    let (messages, body) = (format!("{path}/messages"), hello());
    site.world.store.saves.shut();
    let mut first = Box::pin(post(&site, &messages, "k", &body));
    expect_waiting(&mut first);
    post(&site, &messages, "k", &hello()).await.problem(409, "key_in_use");
    site.world.store.saves.open();
    let first = first.await.ok(201);
    assert_eq!(post(&site, &messages, "k", &hello()).await.ok(201), first);
}

#[tokio::test]
async fn a_request_whose_client_went_away_is_stored_before_it_is_answered_again() {
    let site = Site::new();
    let path = site.create().await;
    let (messages, body) = (format!("{path}/messages"), hello());
    site.world.store.saves.shut();
    let mut first = Box::pin(post(&site, &messages, "k", &body));
    expect_waiting(&mut first);
    drop(first);
    let mut again = Box::pin(post(&site, &messages, "k", &body));
    expect_waiting(&mut again); // it is in memory, and not stored
    site.world.store.saves.open();
    let again = again.await.ok(201);
    assert_eq!((again["id"].clone(), total(&site, &path).await), (json!(0), 1));
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(site.world.store.stored(id).unwrap().pool().len(), 1);
}

#[tokio::test]
async fn what_was_refused_may_be_sent_again_under_its_key() {
    let site = Site::new();
    let path = site.create().await;
    let messages = format!("{path}/messages");
    let empty = json!({ "role": "user", "content": "" });
    post(&site, &messages, "k", &empty).await.problem(422, "invalid");
    post(&site, &messages, "k", &hello()).await.ok(201);
}

#[tokio::test]
async fn a_condition_that_held_the_first_time_is_not_asked_again() {
    let site = Site::new();
    let path = site.create().await;
    let version = site.get(&path).await.ok(200)["version"].to_string();
    let tag = format!("\"{version}\"");
    let asked = || {
        let headers = [("If-Match", tag.as_str()), ("Idempotency-Key", "k")];
        json_request(Method::POST, &format!("{path}/messages"), &headers, &hello())
    };
    let first = site.send(asked()).await.ok(201);
    assert_eq!(site.send(asked()).await.ok(201), first);
}

#[tokio::test]
async fn a_turn_that_is_streamed_is_run_once() {
    let site = Site::new();
    let path = site.create().await;
    let turn = format!("{path}/actions/send_message");
    let first = post(&site, &turn, "k", &hello()).await.ok(200);
    let asked = site.world.model.requests.asked();
    let headers = [("Idempotency-Key", "k"), ("Accept", "text/event-stream")];
    let again = site.send(json_request(Method::POST, &turn, &headers, &hello())).await;
    let text = again.text();
    let done = text.strip_prefix("event: done\ndata: ").unwrap_or_else(|| panic!("{text}"));
    assert_eq!(serde_json::from_str::<Value>(done.trim()).unwrap(), first);
    assert_eq!(site.world.model.requests.asked(), asked);
}

#[tokio::test]
async fn a_context_that_was_deleted_takes_the_key_of_its_creation_along() {
    let site = Site::new();
    let id = |created: Value| created["id"].as_str().unwrap().to_owned();
    let first = id(post(&site, "/v1/contexts", "k", &new_context()).await.ok(201));
    site.delete(&format!("/v1/contexts/{first}")).await;
    let second = id(post(&site, "/v1/contexts", "k", &new_context()).await.ok(201));
    assert_ne!(first, second, "no id is given twice");
    assert_eq!(id(post(&site, "/v1/contexts", "k", &new_context()).await.ok(201)), second);
}

#[tokio::test]
async fn a_key_that_is_none_is_400() {
    let site = Site::new();
    let path = format!("{}/messages", site.create().await);
    for key in [String::new(), "x".repeat(256), "ä".to_owned()] {
        post(&site, &path, &key, &hello()).await.problem(400, "malformed_request");
    }
}
