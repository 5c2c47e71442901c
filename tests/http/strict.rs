//! What a route does not know is refused, and named: a field or a query that is misspelt is never passed over.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::http::{Site, json as json_request, request};

#[tokio::test]
async fn unknown_fields_are_refused_on_every_route_with_the_name_that_was_meant() {
    let site = Site::new();
    let path = site.create().await;
    let part = |part: Value| json!({ "role": "user", "content": [part] });
    for (method, rest, body, given, meant) in [
        (Method::POST, "", json!({ "model_id": "m", "mode": "chat", "mod": "x" }), "mod", "mode"),
        (Method::PUT, "/", json!({ "modle_id": "m" }), "modle_id", "model_id"),
        (
            Method::PUT,
            "/",
            json!({ "mode": "m", "expected_versoin": 1 }),
            "expected_versoin",
            "expected_version",
        ),
        (
            Method::POST,
            "/messages",
            json!({ "role": "user", "content": "x", "brunch": "m" }),
            "brunch",
            "branch",
        ),
        (Method::POST, "/messages", json!({ "rol": "user", "content": "x" }), "rol", "role"),
        (
            Method::POST,
            "/messages",
            part(json!({ "type": "text", "text": "x", "texts": "y" })),
            "texts",
            "text",
        ),
        (
            Method::POST,
            "/messages",
            part(json!({ "type": "image", "url": "http://x" })),
            "image",
            "image_url",
        ),
        (
            Method::POST,
            "/actions/send_message",
            json!({ "role": "user", "contents": "x" }),
            "contents",
            "content",
        ),
        (Method::POST, "/tools/approve", json!({ "decisions": [], "decision": 1 }), "decision", "decisions"),
        (
            Method::POST,
            "/actions/approve_tools",
            json!({ "decisions": [{ "call_id": "c", "approved": true }] }),
            "approved",
            "approve",
        ),
    ] {
        let path = match rest {
            "" => "/v1/contexts".to_owned(),
            "/" => path.clone(),
            rest => format!("{path}{rest}"),
        };
        let detail = site.send(json_request(method, &path, &[], &body)).await.problem(422, "invalid");
        assert!(detail.contains(&format!("`{given}`")), "{detail}");
        assert!(detail.contains(&format!("did you mean `{meant}`?")), "{detail}");
    }
    let far = json!({ "model_id": "m", "mode": "chat", "zzz": 1 });
    let detail = site.post("/v1/contexts", &far).await.problem(422, "invalid");
    assert!(
        detail.contains("`zzz`") && detail.contains("`model_id`") && !detail.contains("mean"),
        "{detail}"
    );
}

#[tokio::test]
async fn unknown_names_in_a_query_are_refused_on_every_route_of_the_service() {
    let site = Site::new();
    let path = site.create().await;
    let hello = json!({ "role": "user", "content": "x" });
    for (method, rest, body) in [
        (Method::GET, "", Value::Null),
        (Method::GET, "/state", Value::Null),
        (Method::GET, "/messages", Value::Null),
        (Method::PUT, "", json!({ "mode": "x" })),
        (Method::DELETE, "", Value::Null),
        (Method::POST, "/messages", hello.clone()),
        (Method::POST, "/actions/send_message", hello),
    ] {
        let asked = json_request(method.clone(), &format!("{path}{rest}?limt=1"), &[], &body);
        let detail = site.send(asked).await.problem(422, "invalid");
        assert!(detail.contains("`limt`"), "{method} {rest}: {detail}");
    }
    let detail = site.get("/v1/contexts?limt=1").await.problem(422, "invalid");
    assert!(detail.contains("did you mean `limit`?"), "{detail}");
    site.get("/v1/contexts?limit=1&limit=2").await.problem(400, "malformed_request");
    assert_eq!(site.get(&format!("{path}/messages")).await.ok(200)["total"], 0);
    // Probes are asked by what is not ours.
    assert_eq!(site.get("/healthz?from=balancer").await.status.as_u16(), 200);
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_refused() {
    let site = Site::new();
    let path = site.create().await;
    for nothing in [json!({}), json!({ "expected_version": 1 }), json!({ "mode": null })] {
        let detail = site.put(&path, &[], &nothing).await.problem(422, "invalid");
        assert!(detail.contains("model_id") && detail.contains("active_branch"), "{detail}");
    }
    assert_eq!(site.get(&path).await.ok(200)["version"], 1);
}

#[tokio::test]
async fn a_system_prompt_that_there_is_not_is_refused() {
    let site = Site::new();
    let with = |id: &str| json!({ "model_id": "m", "mode": "chat", "system_prompt_id": id });
    let detail = site.post("/v1/contexts", &with("polit")).await.problem(422, "invalid");
    assert!(detail.contains("system_prompt_id") && detail.contains("did you mean `polite`?"), "{detail}");
    let detail = site.post("/v1/contexts", &with("")).await.problem(422, "invalid");
    assert!(detail.contains("there are: polite"), "{detail}");
    site.post("/v1/contexts", &with("polite")).await.ok(201);
    assert_eq!(site.get("/v1/contexts").await.ok(200)["contexts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn messages_say_something_and_show_only_pictures() {
    let site = Site::new();
    let path = site.create().await;
    let image = |url: &str| json!([{ "type": "image_url", "url": url }]);
    for rest in ["/messages", "/actions/send_message"] {
        let path = format!("{path}{rest}");
        for (body, word) in [
            (json!({ "role": "user", "content": "" }), "content is empty"),
            (json!({ "role": "user", "content": [] }), "content is empty"),
            (json!({ "role": "user", "content": [{ "type": "text", "text": "" }] }), "content is empty"),
            (json!({ "role": "user" }), "missing field `content`"),
            (json!({ "content": "x" }), "missing field `role`"),
            (json!({ "role": "user", "content": image("javascript:alert(1)") }), "`javascript:alert(1)`"),
            (json!({ "role": "user", "content": image("data:text/html,<script>") }), "data:image/"),
            (json!({ "role": "user", "content": image("file:///etc/passwd") }), "https://"),
        ] {
            let detail = site.post(&path, &body).await.problem(422, "invalid");
            assert!(detail.contains(word), "{detail}");
        }
    }
    for url in ["https://example.org/a.png", "http://example.org/a.png", "data:image/png;base64,AA=="] {
        let body = json!({ "role": "user", "content": image(url) });
        site.post(&format!("{path}/messages"), &body).await.ok(201);
    }
    assert_eq!(site.get(&format!("{path}/messages")).await.ok(200)["total"], 3);
    site.send(request(Method::GET, &format!("{path}/state"), &[], "")).await.ok(200);
}

#[tokio::test]
async fn a_body_in_a_coding_is_not_read_as_if_it_were_in_none() {
    let site = Site::new();
    let body = json!({ "model_id": "m", "mode": "chat" });
    let coded = |coding| json_request(Method::POST, "/v1/contexts", &[("content-encoding", coding)], &body);
    for coding in ["gzip", "br", "identity, gzip"] {
        site.send(coded(coding)).await.problem(415, "unsupported_media_type");
    }
    site.send(coded("identity")).await.ok(201);
}
