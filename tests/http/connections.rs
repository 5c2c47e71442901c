//! Connections after a refusal, requests to the wrong host, and how a server says that it ends.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use axum::http::Method;
use lockyard::backend::http::{Hosts, Limits, ServerOptions};
use serde_json::json;

use super::server::Served;
use crate::support::http::{Site, request};

const TOKEN: &str = "a-token-of-24-characters";

fn served(site: impl FnOnce() -> Site) -> Served {
    Served::of(site, Duration::from_mins(1))
}

fn post(path: &str, headers: &str, says: usize, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {says}\r\n\r\n{body}"
    )
}

/// A keep-alive client is refused for a hundred reasons, and goes on.
#[test]
fn a_connection_can_be_used_again_after_a_refusal_with_a_body_that_nobody_read() {
    let limits = Limits { body: 1000, ..Limits::default() };
    let served = served(|| Site::with(limits, Some(TOKEN)));
    let mut client = served.client();
    let right = format!("Authorization: Bearer {TOKEN}\r\n");
    let (large, small) = ("x".repeat(200 << 10), "x".repeat(900));
    for nth in 0..100 {
        let missing = "/v1/contexts/00000000-0000-0000-0000-000000000001/messages";
        let (path, headers, body, status) = [
            ("/v1/contexts", right.clone(), &large, 413),
            ("/v1/contexts", String::new(), &large, 401),
            (missing, format!("{right}If-Match: 7\r\n"), &small, 400),
            ("/v1/nowhere", right.clone(), &large, 404),
            ("/metrics", right.clone(), &small, 405),
        ][nth % 5]
            .clone();
        let answered = client.exchange(post(path, &headers, body.len(), body).as_bytes()).unwrap();
        assert_eq!(answered.status, status);
        assert!(!answered.head.contains("connection: close"), "{}", answered.head);
        assert_eq!(client.get("/healthz").unwrap().status, 200, "after {status}");
    }
}

#[test]
fn a_connection_can_be_used_again_after_429() {
    let served = served(|| Site::with(Limits { requests: 0, ..Limits::default() }, None));
    let mut client = served.client();
    let body = "x".repeat(200 << 10);
    for _ in 0..10 {
        let answered = client.exchange(post("/v1/contexts", "", body.len(), &body).as_bytes()).unwrap();
        assert_eq!(answered.status, 429);
    }
    for probe in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(client.get(probe).unwrap().status, 200, "{probe} has a lane of its own");
    }
}

#[test]
fn a_body_too_large_to_be_thrown_away_closes_the_connection_with_a_word() {
    let served = served(Site::new);
    let body = "x".repeat(100 << 10);
    let mut client = std::net::TcpStream::connect(served.address).unwrap();
    client.write_all(post("/v1/contexts", "", 99_999_999, &body).as_bytes()).unwrap();
    // To its end, and no reset: the system sends one when a socket is closed with something unread.
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    let (head, rest) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
    assert!(head.to_lowercase().contains("connection: close"), "{head}");
    assert!(rest.contains("body_too_large") && rest.ends_with('}'), "{rest}");
}

#[test]
fn a_client_that_waits_to_be_asked_for_its_body_is_not_asked_for_one_that_is_refused() {
    let limits = Limits { body: 1000, ..Limits::default() };
    let served = served(|| Site::with(limits, None));
    let mut client = served.client();
    let head = post("/v1/contexts", "Expect: 100-continue\r\n", 2000, "");
    let answered = client.exchange(head.as_bytes()).unwrap();
    assert_eq!(answered.status, 413);
    assert!(answered.head.contains("connection: close"), "{}", answered.head);
}

#[test]
fn http_1_1_needs_one_host_and_http_1_0_none() {
    let served = served(Site::new);
    for (version, hosts, status) in [
        ("1.1", "", 400),
        ("1.1", "Host: a\r\nHost: b\r\n", 400),
        ("1.1", "Host:\r\n", 400),
        ("1.1", "Host: a\r\n", 200),
        ("1.0", "", 200),
    ] {
        let head = format!("GET /v1/contexts HTTP/{version}\r\n{hosts}\r\n");
        let answered = served.client().exchange(head.as_bytes()).unwrap();
        assert_eq!(answered.status, status, "{version} {hosts:?}");
        assert!(status == 200 || answered.json()["code"] == "malformed_request");
    }
}

#[tokio::test]
async fn a_name_that_is_not_its_own_is_421_on_every_route() {
    let options =
        ServerOptions { hosts: Hosts::only(["box.example".to_owned()]), ..ServerOptions::default() };
    let site = Site::with_options(Limits::default(), None, options);
    for path in ["/v1/contexts", "/healthz", "/readyz", "/metrics", "/openapi.json", "/nowhere"] {
        let ask = async |host: &str| {
            let mut asked = request(Method::GET, path, &[], "");
            asked.headers_mut().insert("host", host.parse().unwrap());
            site.send(asked).await
        };
        let detail = ask("evil.example:8080").await.problem(421, "wrong_host");
        assert!(detail.contains("evil.example") && detail.contains("--host"), "{detail}");
        for own in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "box.example"] {
            assert_ne!(ask(own).await.status.as_u16(), 421, "{path} {own}");
        }
    }
}

#[test]
fn before_its_end_a_server_is_not_ready_and_serves_all_the_same() {
    let options = ServerOptions { drain: Duration::from_hours(1), ..ServerOptions::default() };
    let mut served = served(|| Site::with_options(Limits::default(), None, options));
    let path = served.create();
    let mut before = served.client();
    assert_eq!(before.get("/readyz").unwrap().status, 200);
    served.ask_to_end();
    let ready = |served: &Served| served.client().get("/readyz").unwrap();
    while ready(&served).status == 200 {
        std::thread::yield_now();
    }
    assert_eq!(ready(&served).json()["code"], "shutting_down");
    for client in [&mut before, &mut served.client()] {
        assert_eq!(client.get("/healthz").unwrap().status, 200);
        let hello = json!({ "role": "user", "content": "hello" });
        assert_eq!(client.post(&format!("{path}/messages"), &hello).unwrap().status, 201);
    }
}

#[tokio::test]
async fn a_server_is_not_ready_while_its_store_takes_no_writes() {
    let site = Site::new();
    let path = site.create().await;
    let hello = json!({ "role": "user", "content": "hello" });
    site.world.store.failing_saves.store(2, SeqCst);
    for _ in 0..2 {
        site.post(&format!("{path}/messages"), &hello).await.problem(503, "store_unavailable");
    }
    let detail = site.get("/readyz").await.problem(503, "store_unavailable");
    assert!(detail.contains("the last of 2") && detail.contains("made to fail"), "{detail}");
    assert_eq!(site.get("/healthz").await.status.as_u16(), 200, "it lives");
    // What auto-save does.
    assert!(site.world.service.manager().flush().await.is_empty());
    assert_eq!(site.get("/readyz").await.text(), "ready\n");
}

/// Every place for a request is taken by a write that waits for the store, and the session's gate with it.
#[tokio::test]
async fn probes_are_answered_whatever_is_busy() {
    let site = Arc::new(Site::with(Limits { requests: 2, ..Limits::default() }, None));
    let path = site.create().await;
    let asked = site.world.store.saves.asked();
    site.world.store.saves.shut();
    let writes = [0, 1].map(|_| {
        let (site, path) = (site.clone(), format!("{path}/messages"));
        let hello = json!({ "role": "user", "content": "hello" });
        tokio::spawn(async move { site.post(&path, &hello).await })
    });
    while site.world.store.saves.asked() == asked {
        tokio::task::yield_now().await;
    }
    let asked = || [&site.world.store.lists, &site.world.store.loads].map(crate::support::Valve::asked);
    let before = asked();
    for probe in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(site.get(probe).await.status.as_u16(), 200, "{probe}");
    }
    assert_eq!(asked(), before, "the store was asked");
    site.world.store.saves.open();
    for write in writes {
        write.await.unwrap().ok(201);
    }
}

#[tokio::test]
async fn refusals_are_counted_by_their_code() {
    let site = Site::with(Limits::default(), Some(TOKEN));
    let right = [("authorization", "Bearer a-token-of-24-characters")];
    for _ in 0..3 {
        site.get("/v1/contexts").await.problem(401, "unauthorized");
    }
    let nowhere = request(Method::GET, "/nowhere", &right, "");
    site.send(nowhere).await.problem(404, "no_such_route");
    let text = site.send(request(Method::GET, "/metrics", &right, "")).await.text();
    for line in [
        "lockyard_http_refusals_total{code=\"unauthorized\"} 3",
        "lockyard_http_refusals_total{code=\"no_such_route\"} 1",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}

/// To HEAD, it would be the length of an answer 200 that was not sent.
#[test]
fn an_answer_304_says_no_length() {
    let served = served(Site::new);
    let path = served.create();
    for method in ["GET", "HEAD"] {
        let head = format!("{method} {path}/state HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\n\r\n");
        let mut client = served.client();
        client.send(head.as_bytes()).unwrap();
        client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let both = client.rest();
        let (not_modified, healthy) = both.split_once("\r\n\r\n").unwrap();
        assert!(not_modified.starts_with("HTTP/1.1 304"), "{method}: {both}");
        assert!(!not_modified.to_ascii_lowercase().contains("content-length"), "{method}: {both}");
        assert!(healthy.starts_with("HTTP/1.1 200"), "{method}: {both}");
    }
}

/// A write that waits for a store which hangs has not failed.
#[tokio::test]
async fn a_server_whose_store_hangs_is_not_ready() {
    let options = ServerOptions { unsaved_age: Some(Duration::ZERO), ..ServerOptions::default() };
    let site = Site::with_options(Limits::default(), None, options);
    let path = format!("{}/messages", site.create().await);
    assert_eq!(site.get("/readyz").await.text(), "ready\n");
    site.world.store.saves.shut();
    let body = json!({ "role": "user", "content": "hello" });
    let mut waiting = Box::pin(site.post(&path, &body));
    crate::support::expect_waiting(&mut waiting);
    let detail = site.get("/readyz").await.problem(503, "store_unavailable");
    assert!(detail.contains("has not been stored"), "{detail}");
    site.world.store.saves.open();
    waiting.await.ok(201);
    assert_eq!(site.get("/readyz").await.text(), "ready\n");
}
