//! Every error over HTTP: its status, its code, and words that help.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use axum::http::Method;
use lockyard::backend::chat::{ChatContext, Timestamp};
use lockyard::backend::http::Limits;
use lockyard::strategy::IdSource;
use serde_json::{Value, json};

use crate::support::config;
use crate::support::http::{Site, json as json_request, request};
use crate::support::model::{Answer, call};

const MISSING: &str = "/v1/contexts/00000000-0000-0000-0000-000000000001";

fn hello() -> Value {
    json!({ "role": "user", "content": "hello" })
}

#[tokio::test]
async fn a_malformed_id_is_400_and_an_unknown_one_404_on_every_route() {
    let site = Site::new();
    let hostile =
        ["7", "%00", "..%2f..%2fetc", "%F0%9F%92%A9", "00000000-0000-0000-0000-00000000000g", "%ff"];
    let routes: [(Method, &str, Value); 9] = [
        (Method::GET, "", Value::Null),
        (Method::PUT, "", json!({ "mode": "plan" })),
        (Method::DELETE, "", Value::Null),
        (Method::GET, "/messages", Value::Null),
        (Method::POST, "/messages", hello()),
        (Method::GET, "/state", Value::Null),
        (Method::POST, "/tools/approve", json!({ "decisions": [] })),
        (Method::POST, "/actions/send_message", hello()),
        (Method::POST, "/actions/approve_tools", json!({ "decisions": [] })),
    ];
    for (method, rest, body) in routes {
        for id in hostile {
            let path = format!("/v1/contexts/{id}{rest}");
            site.send(json_request(method.clone(), &path, &[], &body)).await.problem(400, "malformed_id");
        }
        let request = json_request(method, &format!("{MISSING}{rest}"), &[], &body);
        let detail = site.send(request).await.problem(404, "context_not_found");
        assert!(detail.contains("never existed or was deleted"), "{detail}");
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_distinguished() {
    let site = Site::with(Limits { body: 1000, ..Limits::default() }, None);
    let path = format!("{}/messages", site.create().await);
    let send = async |body: &str| {
        let json = [("content-type", "application/json; charset=utf-8")];
        site.send(request(Method::POST, &path, &json, body.to_owned())).await
    };
    send("{\"role\":").await.problem(400, "malformed_json");
    send("").await.problem(400, "malformed_json");
    send("\u{feff}{}").await.problem(400, "malformed_json");
    let deep = format!("{{\"role\":\"user\",\"content\":{}1{}}}", "[".repeat(400), "]".repeat(400));
    // Refused at the first of them, for no part of a message is a list.
    send(&deep).await.problem(422, "invalid");
    let detail = send("{\"role\":\"nobody\",\"content\":\"x\"}").await.problem(422, "invalid");
    assert!(detail.contains("nobody") && detail.contains("`assistant`"), "{detail}");
    let detail = send("{\"role\":\"user\",\"content\":7}").await.problem(422, "invalid");
    assert!(detail.contains("a string or a list of parts"), "{detail}");
    let detail = send(&json!({ "role": "user", "content": "x".repeat(1000) }).to_string()).await;
    assert!(detail.problem(413, "body_too_large").contains("1000"));

    for kind in ["text/plain", "application/jsonx", ""] {
        let given = request(Method::POST, &path, &[("content-type", kind)], hello().to_string());
        site.send(given).await.problem(415, "unsupported_media_type");
    }
    let page = site.get(&path).await.ok(200);
    assert_eq!(page["total"], 0, "nothing of this was taken");
}

/// What is accepted can be stored and read back: nothing is deeper than the reader goes.
#[tokio::test]
async fn what_is_too_deep_to_be_stored_is_422() {
    let site = Site::new();
    let path = site.create().await;
    let nested = |levels| (0..levels).fold(json!(1), |value, _| json!([value]));
    let put = async |levels| {
        let body = json!({ "parameters": { "deep": nested(levels) } });
        site.send(json_request(Method::PUT, &path, &[], &body)).await
    };
    put(64).await.ok(200);
    for levels in [65, 100, 120] {
        let detail = put(levels).await.problem(422, "invalid");
        assert!(detail.contains("parameters has more than 64"), "{detail}");
    }
    let body = json!({ "model_id": "gpt", "mode": "chat", "parameters": { "deep": nested(65) } });
    assert!(site.post("/v1/contexts", &body).await.status.is_client_error());
    assert_eq!(site.get(&path).await.ok(200)["config"]["parameters"]["deep"], nested(64));
}

/// What is stored of it cannot be read: it says so, and it can be deleted.
#[tokio::test]
async fn a_stored_context_that_is_corrupt_is_503_and_can_be_deleted() {
    let site = Site::new();
    let context = ChatContext::new(IdSource::seeded(9).next(), config(), Timestamp(0)).unwrap();
    let (id, path) = (context.id(), format!("/v1/contexts/{}", context.id()));
    site.world.store.plant(context);
    site.world.store.unreadable.lock().insert(id);
    site.get(&path).await.problem(503, "stored_context_corrupt");
    site.send(request(Method::DELETE, &path, &[], String::new())).await.ok(204);
    site.get(&path).await.problem(404, "context_not_found");
}

#[tokio::test]
async fn what_makes_no_sense_is_422() {
    let site = Site::new();
    let path = site.create().await;
    let empty = site.post("/v1/contexts", &json!({ "model_id": "", "mode": "chat" })).await;
    assert!(empty.problem(422, "invalid").contains("model_id"));
    let unknown = json!({ "model_id": "m", "mode": "chat", "modle": 1 });
    assert!(site.post("/v1/contexts", &unknown).await.problem(422, "invalid").contains("modle"));
    for limit in ["0", "1001"] {
        let detail = site.get(&format!("/v1/contexts?limit={limit}")).await.problem(422, "invalid");
        assert!(detail.contains(limit) && detail.contains("1 to 1000"), "{detail}");
        site.get(&format!("{path}/messages?limit={limit}")).await.problem(422, "invalid");
    }
    let detail = site.get(&format!("{path}/messages?branch=x")).await.problem(422, "unknown_branch");
    assert!(detail.contains("`x`") && detail.contains("`main`"), "{detail}");
    let role = json!({ "role": "assistant", "content": "hello" });
    site.post(&format!("{path}/actions/send_message"), &role).await.problem(422, "invalid");
    let two = json!({ "mode": "plan", "expected_version": 2 });
    let two = site.put(&path, &[("if-match", "\"1\"")], &two).await;
    two.problem(422, "invalid");
}

#[tokio::test]
async fn queries_and_headers_that_cannot_be_read_are_400() {
    let site = Site::new();
    let path = site.create().await;
    for query in ["limit=many", "limit=-1", "limit=", "cursor=7", "cursor=%ff"] {
        site.get(&format!("/v1/contexts?{query}")).await.problem(400, "malformed_request");
    }
    site.get(&format!("{path}/messages?offset=1e3")).await.problem(400, "malformed_request");
    for given in ["7", "\"", "\"7\" \"8\"", ""] {
        let got = site.put(&path, &[("if-match", given)], &json!({ "mode": "plan" })).await;
        let detail = got.problem(400, "malformed_request");
        assert!(detail.contains("\"7\""), "{detail}");
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let site = Site::new();
    for path in ["/", "/v1", "/v2/contexts", "/v1/contexts/", "/v1/contexts/x/y/z"] {
        let detail = site.get(path).await.problem(404, "no_such_route");
        assert!(detail.contains("/openapi.json"), "{detail}");
    }
    site.delete("/v1/contexts").await.problem(405, "method_not_allowed");
    site.post("/healthz", &json!({})).await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn what_comes_at_the_wrong_time_is_409() {
    let site = Site::new();
    let path = site.create().await;
    let approve = format!("{path}/tools/approve");
    let decide =
        |call: &str, approve: bool| json!({ "decisions": [{ "call_id": call, "approve": approve }] });
    site.post(&approve, &decide("c1", true)).await.problem(409, "no_approval_awaited");

    site.world.model.then(Answer::Full("wait", vec![call("c1"), call("c2")]));
    site.post(&format!("{path}/actions/send_message"), &hello()).await.ok(200);
    let detail = site.post(&approve, &decide("c9", true)).await.problem(409, "unknown_tool_call");
    assert!(detail.contains("c9") && detail.contains("c1"), "{detail}");
    site.post(&approve, &decide("c1", true)).await.ok(200);
    site.post(&approve, &decide("c1", false)).await.problem(409, "already_decided");
    site.post(&format!("{path}/actions/send_message"), &hello()).await.problem(409, "busy");
}

#[tokio::test]
async fn a_second_turn_is_refused_while_the_first_runs() {
    let site = Arc::new(Site::new());
    let path = site.create().await;
    site.world.model.requests.shut();
    let send = format!("{path}/actions/send_message");
    let first = tokio::spawn({
        let (site, send) = (site.clone(), send.clone());
        async move { site.post(&send, &hello()).await }
    });
    while site.world.model.requests.asked() == 0 {
        tokio::task::yield_now().await;
    }
    let detail = site.post(&send, &hello()).await.problem(409, "busy");
    assert!(detail.contains("awaiting_model"), "{detail}");
    site.post(&format!("{path}/messages"), &hello()).await.ok(201);
    site.world.model.requests.open();
    assert_eq!(first.await.unwrap().ok(200)["context"]["state"]["kind"], "idle");
}

#[tokio::test]
async fn without_the_token_only_the_pulse_is_felt() {
    let site = Site::with(Limits::default(), Some("a-token-of-24-characters"));
    for path in ["/v1/contexts", MISSING, "/metrics", "/openapi.json", "/nowhere"] {
        let got = site.get(path).await;
        got.problem(401, "unauthorized");
        assert_eq!(got.header("www-authenticate"), "Bearer");
        for wrong in ["Bearer another-token-of-24-char", "Bearer", "Basic YTpi", "a-token-of-24-characters"] {
            let request = request(Method::GET, path, &[("authorization", wrong)], "");
            let detail = site.send(request).await.problem(401, "unauthorized");
            assert!(!detail.contains("a-token"), "{detail}");
        }
    }
    assert_eq!(site.get("/healthz").await.status.as_u16(), 200);
    assert_eq!(site.get("/readyz").await.status.as_u16(), 200);
    let right = [("authorization", "Bearer a-token-of-24-characters")];
    site.send(request(Method::GET, "/v1/contexts", &right, "")).await.ok(200);
}

#[tokio::test]
async fn more_at_once_than_there_is_room_for_is_429() {
    let site = Arc::new(Site::with(Limits { requests: 2, ..Limits::default() }, None));
    let path = site.create().await;
    site.world.model.requests.shut();
    let mut turns = Vec::new();
    for path in [path.clone(), site.create().await] {
        let site = site.clone();
        turns.push(tokio::spawn(async move {
            site.post(&format!("{path}/actions/send_message"), &hello()).await
        }));
    }
    while site.world.model.requests.asked() < 2 {
        tokio::task::yield_now().await;
    }
    let got = site.get(&path).await;
    got.problem(429, "too_many_requests");
    assert_eq!(got.header("retry-after"), "1");
    assert_eq!(site.get("/healthz").await.status.as_u16(), 200, "it lives all the same");
    site.world.model.requests.open();
    for turn in turns {
        turn.await.unwrap().ok(200);
    }
    site.get(&path).await.ok(200);
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_given_up_and_rolled_back() {
    let limits =
        Limits { time: Duration::from_secs(3), turn_time: Duration::from_secs(9), ..Limits::default() };
    let site = Site::with(limits, None);
    let path = site.create().await;
    site.world.model.requests.shut();
    let start = tokio::time::Instant::now();
    let detail = site.post(&format!("{path}/actions/send_message"), &hello()).await.problem(503, "timed_out");
    assert!(detail.contains("9s") && detail.contains("not known"), "{detail}");
    assert_eq!(start.elapsed().as_secs(), 9);
    crate::support::drained().await;
    assert_eq!(site.get(&format!("{path}/state")).await.ok(200)["state"], "idle");

    site.world.store.saves.shut();
    let detail = site.post(&format!("{path}/messages"), &hello()).await.problem(503, "timed_out");
    assert!(detail.contains("3s"), "{detail}");

    // A turn that is read along has its time, too, and ends with the problem that it was over.
    site.world.store.saves.open();
    let accept = [("accept", "text/event-stream")];
    let send = format!("{path}/actions/send_message");
    let got = site.send(json_request(Method::POST, &send, &accept, &hello())).await;
    assert_eq!(got.status.as_u16(), 200);
    let last = got.text().trim_end().rsplit("\n\n").next().unwrap().to_owned();
    assert!(last.contains("event: problem") && last.contains("timed_out"), "{last}");
}

#[tokio::test]
async fn a_store_that_cannot_is_503_until_it_can() {
    let site = Site::new();
    let path = site.create().await;
    site.world.store.failing_saves.store(2, SeqCst);
    let got = site.post(&format!("{path}/messages"), &hello()).await;
    assert!(got.problem(503, "store_unavailable").contains("made to fail"));
    assert_eq!(got.header("retry-after"), "1");
    let body = json!({ "model_id": "gpt", "mode": "chat" });
    site.post("/v1/contexts", &body).await.problem(503, "store_unavailable");
    site.post(&format!("{path}/messages"), &hello()).await.ok(201);

    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(site.world.store.stored(id).unwrap().message_count(None).unwrap(), 2, "the first one as well");
}
