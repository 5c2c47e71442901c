//! Every route of the service over HTTP, and what it answers when all is well.

use axum::http::Method;
use lockyard::backend::session::ManagerStats;
use serde_json::{Value, json};

use crate::support::http::{Site, json as json_request, request};
use crate::support::model::{Answer, call, words};

fn texts(messages: &Value) -> Vec<&str> {
    let messages = messages["messages"].as_array().unwrap();
    messages.iter().map(|message| message["content"][0]["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_context_is_created_stored_and_answered() {
    let site = Site::new();
    let body = json!({ "model_id": "gpt", "mode": "plan", "system_prompt_id": "polite" });
    let got = site.post("/v1/contexts", &body).await;
    let id = got.ok(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(got.header("location"), format!("/v1/contexts/{id}"));
    assert!(site.world.store.stored(id.parse().unwrap()).is_some(), "stored when it is answered");

    let got = site.get(&format!("/v1/contexts/{id}")).await;
    let context = got.ok(200);
    assert_eq!(context["id"], id);
    assert_eq!(context["config"]["model_id"], "gpt");
    assert_eq!(context["config"]["mode"], "plan");
    assert_eq!(context["state"]["kind"], "idle");
    assert_eq!(context["active_branch"], "main");
    assert_eq!(context["branches"], json!([{ "name": "main", "message_count": 0 }]));
    assert_eq!(got.header("etag"), format!("\"{}\"", context["version"]));
    assert!(context.get("messages").is_none());
}

#[tokio::test]
async fn messages_are_appended_and_paged() {
    let site = Site::new();
    let path = format!("{}/messages", site.create().await);
    for text in ["a", "b", "c", "d"] {
        let got = site.post(&path, &json!({ "role": "user", "content": text })).await;
        assert_eq!(got.header("etag"), format!("\"{}\"", got.ok(201)["version"]));
    }
    let parts = json!([{ "type": "text", "text": "look" }, { "type": "image_url", "url": "https://example.org/a.png" }]);
    site.post(&path, &json!({ "role": "user", "content": parts, "branch": "main" })).await.ok(201);

    let page = site.get(&format!("{path}?limit=2&offset=1")).await.ok(200);
    assert_eq!(texts(&page), ["b", "c"]);
    assert_eq!((&page["total"], &page["limit"], &page["offset"]), (&json!(5), &json!(2), &json!(1)));
    let page = site.get(&format!("{path}?branch=main&offset=4")).await.ok(200);
    assert_eq!(page["messages"][0]["content"], parts);
    assert_eq!(texts(&site.get(&format!("{path}?offset=9")).await.ok(200)), [""; 0]);
    assert_eq!(texts(&site.get(&path).await.ok(200)).len(), 5, "all, if the request does not say how many");
}

#[tokio::test]
async fn contexts_are_listed_by_cursor() {
    let site = Site::new();
    let mut created = Vec::new();
    for _ in 0..5 {
        created.push(site.create().await);
    }
    let mut seen = Vec::new();
    let mut path = "/v1/contexts?limit=2".to_owned();
    loop {
        let page = site.get(&path).await.ok(200);
        let contexts = page["contexts"].as_array().unwrap();
        assert!(contexts.len() <= 2);
        seen.extend(contexts.iter().map(|it| format!("/v1/contexts/{}", it["id"].as_str().unwrap())));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/contexts?limit=2&cursor={next}");
    }
    created.sort();
    assert_eq!(seen, created, "each once, and in order");
}

#[tokio::test]
async fn settings_change_only_at_the_version_expected() {
    let site = Site::new();
    let path = site.create().await;
    let first = site.get(&path).await;
    let etag = first.header("etag").to_owned();
    let got = site.put(&path, &[("if-match", &etag)], &json!({ "mode": "plan" })).await;
    let version = got.ok(200)["version"].clone();
    assert_eq!(got.header("etag"), format!("\"{version}\""));
    assert_ne!(got.header("etag"), etag);

    site.put(&path, &[("if-match", &etag)], &json!({ "mode": "late" }))
        .await
        .problem(412, "precondition_failed");
    site.put(&path, &[], &json!({ "mode": "late", "expected_version": 0 }))
        .await
        .problem(409, "version_conflict");
    assert_eq!(site.get(&path).await.ok(200)["config"]["mode"], "plan");

    site.put(&path, &[], &json!({ "mode": "third", "expected_version": version })).await.ok(200);
    site.put(&path, &[("if-match", "*")], &json!({ "model_id": "other" })).await.ok(200);
    let context = site.get(&path).await.ok(200);
    assert_eq!(
        context["config"],
        json!({
            "model_id": "other", "mode": "third", "parameters": {}, "system_prompt_id": null,
        })
    );
}

#[tokio::test]
async fn what_is_deleted_is_gone() {
    let site = Site::new();
    let path = site.create().await;
    let got = site.delete(&path).await;
    assert_eq!((got.status.as_u16(), got.bytes.len()), (204, 0));
    site.get(&path).await.problem(404, "context_not_found");
    site.delete(&path).await.problem(404, "context_not_found");
}

#[tokio::test]
async fn a_turn_is_answered_at_its_end() {
    let site = Site::new();
    let path = site.create().await;
    site.world.model.then(Answer::Full("let me look", vec![call("c1")]));
    let send = format!("{path}/actions/send_message");
    let action = site.post(&send, &json!({ "role": "user", "content": "hello" })).await.ok(200);
    assert_eq!(action["context"]["state"]["kind"], "awaiting_tool_approval");
    assert_eq!(action["pending_calls"][0]["id"], "c1");
    assert_eq!(action["reply"]["content"][0]["text"], "let me look");

    let state = site.get(&format!("{path}/state")).await.ok(200);
    assert_eq!(state, json!({ "state": "awaiting_tool_approval", "version": action["context"]["version"] }));

    let yes = json!({ "decisions": [{ "call_id": "c1", "approve": true }] });
    site.post(&format!("{path}/tools/approve"), &yes).await.ok(200);
    assert_eq!(site.world.model.tools_run().len(), 0, "decided, and left at that");
    let action = site.post(&format!("{path}/actions/approve_tools"), &yes).await.ok(200);
    assert_eq!(action["context"]["state"]["kind"], "idle");
    assert_eq!(site.world.model.tools_run(), ["c1"]);
}

/// The events of a stream: their names and data.
fn events(text: &str) -> Vec<(String, Value)> {
    let of = |event: &str| {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
        Some((field("event: ")?.to_owned(), serde_json::from_str(field("data: ")?).unwrap()))
    };
    text.split("\n\n").filter_map(of).collect()
}

#[tokio::test]
async fn a_turn_is_streamed_as_it_runs() {
    let site = Site::new();
    let path = site.create().await;
    site.world.model.then(Answer::Stream(words(&["one ", "two"]), Ok(())));
    let send = format!("{path}/actions/send_message");
    let accept = [("accept", "text/event-stream")];
    let body = json!({ "role": "user", "content": "hello" });
    let got = site.send(json_request(Method::POST, &send, &accept, &body)).await;
    assert_eq!(got.status.as_u16(), 200);
    assert!(got.header("content-type").starts_with("text/event-stream"));
    let events = events(&got.text());
    let streamed: String = events
        .iter()
        .filter(|(name, _)| name == "text")
        .map(|(_, it)| it["text"].as_str().unwrap())
        .collect();
    assert_eq!(streamed, "one two");
    let steps: Vec<_> = events
        .iter()
        .filter(|(name, _)| name == "step")
        .map(|(_, it)| it["state"].as_str().unwrap())
        .collect();
    assert_eq!(steps.first(), Some(&"processing_user_message"));
    assert_eq!(steps.last(), Some(&"idle"));
    let versions: Vec<_> = events.iter().filter_map(|(_, it)| it["version"].as_u64()).collect();
    assert!(versions.is_sorted() && versions.len() >= 5, "{versions:?}");
    let (name, done) = events.last().unwrap();
    assert_eq!((name.as_str(), &done["context"]["state"]["kind"]), ("done", &json!("idle")));

    let decisions = json!({ "decisions": [] });
    let approve = format!("{path}/actions/approve_tools");
    let got = site.send(json_request(Method::POST, &approve, &accept, &decisions)).await;
    got.problem(409, "no_approval_awaited");
}

#[tokio::test]
async fn a_reader_that_disconnects_ends_the_turn_and_leaves_the_session_idle() {
    let site = Site::new();
    let path = site.create().await;
    site.world.model.chunks.shut();
    site.world.model.then(Answer::Stream(words(&["never said"]), Ok(())));
    let send = format!("{path}/actions/send_message");
    let body = json!({ "role": "user", "content": "hello" });
    let request = json_request(Method::POST, &send, &[("accept", "text/event-stream")], &body);
    let response = tower::ServiceExt::oneshot(site.router.clone(), request).await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "the turn has begun");
    while site.world.model.chunks.asked() == 0 {
        tokio::task::yield_now().await;
    }
    assert_ne!(site.get(&format!("{path}/state")).await.ok(200)["state"], "idle");
    drop(response);
    crate::support::drained().await;
    assert_eq!(site.get(&format!("{path}/state")).await.ok(200)["state"], "idle");
}

#[tokio::test]
async fn the_server_describes_itself() {
    let site = Site::new();
    assert_eq!(site.get("/healthz").await.text(), "ok\n");
    assert_eq!(site.get("/readyz").await.text(), "ready\n");
    let path = site.create().await;
    site.get(&path).await.ok(200);
    // The route of GET answers HEAD, too, and each is counted as what it is.
    site.send(request("HEAD".parse().unwrap(), &path, &[], "")).await;
    site.get(&path).await.ok(200);
    site.send(request("GET".parse().unwrap(), &path, &[("if-match", "\"99\"")], ""))
        .await
        .problem(412, "precondition_failed");
    site.get(&format!("{path}/nowhere")).await;
    let invented = request("BREW".parse().unwrap(), "/v1/contexts", &[], "");
    site.send(invented).await.problem(405, "method_not_allowed");

    let got = site.get("/metrics").await;
    assert!(got.header("content-type").starts_with("application/openmetrics-text"));
    let text = got.text();
    let ManagerStats { live, .. } = site.world.service.manager().stats().await;
    for line in [
        "lockyard_http_requests_total{method=\"POST\",route=\"/v1/contexts\",status=\"201\"} 1",
        "lockyard_http_requests_total{method=\"GET\",route=\"/v1/contexts/{id}\",status=\"200\"} 2",
        "lockyard_http_requests_total{method=\"GET\",route=\"/v1/contexts/{id}\",status=\"412\"} 1",
        "lockyard_http_requests_total{method=\"HEAD\",route=\"/v1/contexts/{id}\",status=\"200\"} 1",
        "lockyard_http_request_seconds_count{method=\"GET\",route=\"/v1/contexts/{id}\"} 3",
        "lockyard_http_request_seconds_count{method=\"HEAD\",route=\"/v1/contexts/{id}\"} 1",
        "lockyard_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1",
        "lockyard_http_requests_total{method=\"other\",route=\"/v1/contexts\",status=\"405\"} 1",
        "lockyard_http_request_seconds_count{method=\"POST\",route=\"/v1/contexts\"} 1",
        "lockyard_http_in_flight 1",
        "# UNIT lockyard_sessions_bytes bytes",
        "lockyard_sessions_unsaved 0",
        &format!("lockyard_sessions_live {live}"),
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}
