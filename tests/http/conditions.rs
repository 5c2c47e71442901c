//! Conditional requests: what is done only at some versions, and what is not sent again.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::http::{Got, Site, json as json_request, request};
use crate::support::model::{Answer, call};

fn hello() -> Value {
    json!({ "role": "user", "content": "hello" })
}

fn decision() -> Value {
    json!({ "decisions": [{ "call_id": "c1", "approve": true }] })
}

/// Every change of one context: its method, the rest of its path, and a body. Whether it is allowed in the state that
/// `waiting` leaves.
fn changes() -> [(Method, &'static str, Value); 6] {
    [
        (Method::PUT, "", json!({ "mode": "plan" })),
        (Method::POST, "/messages", hello()),
        (Method::POST, "/tools/approve", decision()),
        (Method::POST, "/actions/approve_tools", decision()),
        (Method::POST, "/actions/send_message", hello()),
        (Method::DELETE, "", Value::Null),
    ]
}

/// A context that waits for approval of a tool call, and its version.
async fn waiting(site: &Site) -> (String, u64) {
    let path = site.create().await;
    site.world.model.then(Answer::Full("let me look", vec![call("c1")]));
    let action = site.post(&format!("{path}/actions/send_message"), &hello()).await.ok(200);
    (path, action["context"]["version"].as_u64().unwrap())
}

/// What all that can be seen of a context amounts to.
async fn seen(site: &Site, path: &str) -> [Value; 2] {
    [site.get(path).await.ok(200), site.get(&format!("{path}/messages")).await.ok(200)]
}

#[tokio::test]
async fn a_change_for_another_version_is_412_on_every_route_and_changes_nothing() {
    let site = Site::new();
    for (method, rest, body) in changes() {
        let (path, version) = waiting(&site).await;
        let before = seen(&site, &path).await;
        let other = version + 1;
        for (name, given) in [
            ("if-match", format!("\"{other}\"")),
            ("if-match", format!("\"{other}\", \"x\"")),
            ("if-match", format!("W/\"{version}\"")),
            ("if-match", "\"\"".to_owned()),
            ("if-none-match", format!("W/\"{version}\"")),
            ("if-none-match", format!("\"{other}\", \"{version}\"")),
            ("if-none-match", "*".to_owned()),
        ] {
            let asked = json_request(method.clone(), &format!("{path}{rest}"), &[(name, &given)], &body);
            let detail = site.send(asked).await.problem(412, "precondition_failed");
            assert!(detail.contains(&version.to_string()), "{method} {rest}: {detail}");
        }
        assert_eq!(seen(&site, &path).await, before, "{method} {rest}");
    }
}

#[tokio::test]
async fn a_change_for_this_version_is_made_on_every_route() {
    let site = Site::new();
    for (method, rest, body) in changes() {
        for nth in 0..4 {
            let (path, version) = waiting(&site).await;
            let (name, given) = [
                ("if-match", format!("\"{version}\"")),
                ("if-match", format!("\"0\", \"{version}\"")),
                ("if-match", "*".to_owned()),
                ("if-none-match", format!("\"{}\"", version + 1)),
            ][nth]
                .clone();
            let asked = json_request(method.clone(), &format!("{path}{rest}"), &[(name, &given)], &body);
            let got = site.send(asked).await;
            // A second turn beside the one that waits: that is all that is wrong.
            if rest.ends_with("send_message") {
                got.problem(409, "busy");
            } else {
                assert!(got.status.is_success(), "{method} {rest}: {}", got.text());
            }
        }
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let site = Site::new();
    let path = site.create().await;
    site.post(&format!("{path}/messages"), &hello()).await.ok(201);
    for rest in ["", "/state", "/messages", "/messages?limit=1"] {
        let ask = async |name: &str, given: &str| -> Got {
            site.send(request(Method::GET, &format!("{path}{rest}"), &[(name, given)], "")).await
        };
        let etag = site.get(&format!("{path}{rest}")).await.header("etag").to_owned();
        assert!(etag.starts_with('"'), "{rest}: {etag}");
        for known in [etag.clone(), format!("W/{etag}"), format!("\"0\", {etag}"), "*".to_owned()] {
            let got = ask("if-none-match", &known).await;
            assert_eq!((got.status.as_u16(), got.bytes.len()), (304, 0), "{rest} {known}");
            assert_eq!(got.header("etag"), etag);
        }
        ask("if-none-match", "\"0\"").await.ok(200);
        ask("if-match", &etag).await.ok(200);
        ask("if-match", &format!("W/{etag}")).await.problem(412, "precondition_failed");
    }
    let etag = site.get(&path).await.header("etag").to_owned();
    site.post(&format!("{path}/messages"), &hello()).await.ok(201);
    site.send(request(Method::GET, &path, &[("if-none-match", &etag)], "")).await.ok(200);
}

#[tokio::test]
async fn the_version_in_the_body_is_a_conflict_and_none_before_the_context_is_there() {
    let site = Site::new();
    let path = site.create().await;
    let expecting = |version: u64| json!({ "mode": "plan", "expected_version": version });
    site.put(&path, &[], &expecting(9)).await.problem(409, "version_conflict");
    site.put(&path, &[("if-match", "*")], &expecting(9)).await.problem(409, "version_conflict");
    site.put(&path, &[("if-match", "\"1\"")], &expecting(1)).await.ok(200);
    let missing = "/v1/contexts/00000000-0000-0000-0000-000000000001";
    site.put(missing, &[("if-match", "\"1\"")], &expecting(1)).await.problem(404, "context_not_found");
    let both = [("if-match", "\"2\""), ("if-none-match", "\"1\"")];
    site.put(&path, &both, &json!({ "mode": "x" })).await.problem(400, "malformed_request");
}

/// Of many that saw the same version, one is let through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_changes_for_one_version_one_is_made() {
    let site = std::sync::Arc::new(Site::new());
    let path = site.create().await;
    let etag = site.get(&path).await.header("etag").to_owned();
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (site, path, etag) = (site.clone(), format!("{path}/messages"), etag.clone());
            tokio::spawn(async move {
                let asked = json_request(Method::POST, &path, &[("if-match", &etag)], &hello());
                site.send(asked).await.status.as_u16()
            })
        })
        .collect();
    let mut made = 0;
    for status in tries {
        match status.await.unwrap() {
            201 => made += 1,
            other => assert_eq!(other, 412),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(site.get(&format!("{path}/messages")).await.ok(200)["total"], 1);
}
