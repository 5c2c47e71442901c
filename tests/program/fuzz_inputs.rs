//! What comes from outside may be anything: requests, scenario files, histories, records. None makes the program panic or
//! hang, and what is refused is refused with words.
//!
//! Each begins with something right and is damaged: that gets further than noise. `LOCKYARD_FUZZ` says how many of each are
//! tried (200 by default).

use std::time::Duration;

use crate::support::http::{Site, request};
use axum::http::{Method, Request};
use lockyard::bench::record::Record;
use lockyard::bench::report::{self, TextOptions};
use lockyard::checks::spec::{self, Sessions};
use lockyard::history::{Codec, History, Kv, Register, check};
use lockyard::workload::Scenario;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

fn tries() -> u64 {
    std::env::var("LOCKYARD_FUZZ").map_or(200, |given| given.parse().unwrap())
}

/// Bits that break things: numbers at their limits, what JSON and TOML are made of, and what paths are.
const BITS: [&str; 32] = [
    "",
    "0",
    "-1",
    "1e999",
    "18446744073709551616",
    "4294967296",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "[[[[[[[[",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\u{0}",
    "\u{feff}",
    "é",
    "\r\n",
    ",",
    ":",
    "=",
    "#",
    "%",
    "%2f",
    "..",
    "/",
    "?",
    "&",
    "../../../etc/passwd",
    "00000000-0000-0000-0000-000000000001",
];

/// The text with some of it cut out, doubled, exchanged for a bit, or flipped.
fn damaged(text: &str, random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..random.random_range(1..=4) {
        let start = random.random_range(0..=bytes.len());
        let end = (start + random.random_range(0..=12)).min(bytes.len());
        match random.random_range(0..6) {
            0 => drop(bytes.drain(start..end)),
            1 => {
                let piece = bytes[start..end].to_vec();
                bytes.splice(start..start, piece);
            }
            2 | 3 => {
                let bit = BITS[random.random_range(0..BITS.len())];
                bytes.splice(start..end, bit.bytes());
            }
            4 => {
                if let Some(byte) = bytes.get_mut(start) {
                    *byte ^= 1 << random.random_range(0..8);
                }
            }
            _ => bytes.truncate(start),
        }
    }
    bytes
}

/// Tries a function on damaged texts; it counts what was taken all the same.
fn fuzz(seed: u64, right: &[&str], mut take: impl FnMut(&[u8]) -> bool) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut taken = 0;
    for text in right {
        assert!(take(text.as_bytes()), "what is right is taken: {text}");
    }
    for nth in 0..tries() {
        let text = right[nth as usize % right.len()];
        taken += u64::from(take(&damaged(text, &mut random)));
    }
    assert!(taken < tries(), "nothing was damaged");
}

#[tokio::test]
async fn requests() {
    let site = Site::new();
    let path = site.create().await;
    // Each with the body that it takes.
    let routes = [("", 0), ("/state", 0), ("/messages?limit=10&offset=0&branch=main", 0), ("/messages", 1)];
    let actions =
        [("/tools/approve", 2), ("/actions/send_message", 1), ("/actions/approve_tools", 2), ("", 3)];
    let of_context = routes.into_iter().chain(actions);
    let mut targets: Vec<_> = of_context.map(|(route, body)| (format!("{path}{route}"), body)).collect();
    targets.push(("/v1/contexts?limit=5&cursor=00000000-0000-0000-0000-000000000001".to_owned(), 0));
    targets.extend(["/v1/contexts", "/metrics"].map(|target| (target.to_owned(), 0)));
    let bodies = [
        r#"{"model_id":"m","mode":"chat","system_prompt_id":"polite"}"#,
        r#"{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","url":"http://a"}],"branch":"main"}"#,
        r#"{"decisions":[{"call_id":"a","approve":true}]}"#,
        r#"{"mode":"plan","parameters":{"a":[1,2.5,{"b":null}]},"expected_version":1}"#,
    ];
    let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD];
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut statuses = std::collections::BTreeSet::new();
    for _ in 0..tries() * 3 {
        let (target, body) = &targets[random.random_range(0..targets.len())];
        let whole = random.random_bool(0.7);
        let target = if whole { target.clone().into_bytes() } else { damaged(target, &mut random) };
        let other = random.random_bool(0.2).then(|| random.random_range(0..bodies.len()));
        let body = bodies[other.unwrap_or(*body)];
        let body =
            if random.random_bool(0.3) { body.as_bytes().to_vec() } else { damaged(body, &mut random) };
        let method = methods[random.random_range(0..methods.len())].clone();
        if method == Method::DELETE && whole {
            continue; // it would end what the others ask for
        }
        let mut asked = Request::builder()
            .method(method)
            .uri(&*target)
            .header("host", "localhost")
            .header("content-type", "application/json");
        if random.random_bool(0.5) {
            asked = asked.header("if-match", damaged("\"1\"", &mut random));
        }
        // Not every line can be sent.
        let Ok(asked) = asked.body(axum::body::Body::from(body)) else {
            continue;
        };
        let line = format!("{} {}", asked.method(), asked.uri());
        let got = site.send(asked).await;
        statuses.insert(got.status.as_u16());
        assert!(got.status.as_u16() < 500, "{line}: {}", got.text());
        if got.status.is_client_error() && !line.starts_with("HEAD") {
            assert_eq!(got.header("content-type"), "application/problem+json", "{line}");
        }
    }
    for status in [200, 201, 400, 404, 405, 422] {
        assert!(statuses.contains(&status), "{status} never came: {statuses:?}");
    }
    let alive = site.send(request(Method::GET, "/healthz", &[], "")).await;
    assert_eq!(alive.status, 200);
}

#[test]
fn scenario_files() {
    let right = [
        include_str!("../../src/workload/scenarios/polling.toml"),
        include_str!("../../src/workload/scenarios/hot-context.toml"),
        include_str!("../../src/workload/scenarios/active-chat.toml"),
    ];
    fuzz(2, &right, |bytes| match std::str::from_utf8(bytes) {
        Err(_) => false, // refused when the file is read
        Ok(text) => Scenario::from_toml("f.toml", text).map_err(|error| said(&error.to_string())).is_ok(),
    });
}

/// An error says something, in words and without the program's own names for things.
fn said(error: &str) {
    assert!(error.len() > 10 && !error.contains("Error("), "{error:?}");
}

/// Reads a history; if it can be read, judges it.
fn judged<S: Codec>(spec: &S, bytes: &[u8], judge: impl Fn(&History<S>)) -> bool {
    match History::read(spec, bytes) {
        Err(error) => {
            said(&error.to_string());
            false
        }
        Ok(history) => {
            judge(&history);
            true
        }
    }
}

const BUDGET: Duration = Duration::from_millis(100);

#[test]
fn histories() {
    let lines = |lines: &[&str]| lines.join("\n");
    let register = lines(&[
        r#"{"process":1,"type":"invoke","f":"write","key":"x","value":5,"time":10}"#,
        r#"{"process":2,"type":"invoke","f":"cas","key":"x","value":[5,6],"time":11}"#,
        r#"{"process":1,"type":"ok","f":"write","key":"x","value":5,"time":12}"#,
        r#"{"process":2,"type":"ok","f":"cas","key":"x","value":[5,6],"result":true,"time":13}"#,
        r#"{"process":1,"type":"invoke","f":"read","key":"x","value":null}"#,
        r#"{"process":1,"type":"info","f":"read","key":"x","value":null}"#,
    ]);
    let kv = lines(&[
        r#"{"process":1,"type":"invoke","f":"append","key":"x","value":"a"}"#,
        r#"{"process":1,"type":"ok","f":"append","key":"x","value":"a"}"#,
        r#"{"process":2,"type":"invoke","f":"get","key":"x"}"#,
        r#"{"process":2,"type":"ok","f":"get","key":"x","value":"a"}"#,
    ]);
    let sessions = lines(&[
        r#"{"process":0,"type":"invoke","f":"create_context","key":"s","value":{"model_id":"m","mode":"chat"}}"#,
        r#"{"process":0,"type":"ok","f":"create_context","key":"s"}"#,
        r#"{"process":0,"type":"invoke","f":"add_context_message","key":"s","value":{"content":"a"}}"#,
        r#"{"process":0,"type":"ok","f":"add_context_message","key":"s","value":{"version":2,"id":0}}"#,
        r#"{"process":1,"type":"invoke","f":"get_context_state","key":"s"}"#,
        r#"{"process":1,"type":"ok","f":"get_context_state","key":"s","value":{"version":2,"state":"idle"}}"#,
    ]);
    fuzz(3, &[&register], |bytes| {
        judged(&Register, bytes, |history| drop(check(&Register, history, BUDGET)))
    });
    fuzz(4, &[&kv], |bytes| judged(&Kv, bytes, |history| drop(check(&Kv, history, BUDGET))));
    fuzz(5, &[&sessions], |bytes| judged(&Sessions, bytes, |history| drop(spec::judge(history, BUDGET))));
}

#[test]
fn records() {
    let right = crate::rich::rich().to_json();
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("run.json");
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let mut drawn = 0;
    for nth in 0..tries() {
        std::fs::write(
            &file,
            if nth == 0 { right.clone().into_bytes() } else { damaged(&right, &mut random) },
        )
        .unwrap();
        match Record::read(&file) {
            Err(error) => said(&error.to_string()),
            // A number may be another than it was: then every report still draws it.
            Ok(record) if drawn < 40 => {
                drawn += 1;
                let _ = (
                    report::text(&record, &TextOptions { all: true, ..TextOptions::default() }),
                    report::summary(&record),
                    report::page(&record),
                );
                let _ = (report::junit(&record), report::sarif(&record));
            }
            Ok(_) => {}
        }
    }
    assert!(drawn > 0);
}
