//! `load --url` and `compare --url`: servers measured from outside, from outside.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::runs::{SMALL, findings, load, lockyard, record, sessions, text};
use crate::support::program::Program;
use crate::support::proxy::{self, Fate};
use serde_json::Value;

#[test]
fn a_server_is_measured_and_judged_and_left_as_it_was() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::serve(&[]);
    let url = format!("http://{}", program.address);
    let (cell, _) = load(&["--url", &url, "--duration", "500ms"], place.path(), 0);
    assert_eq!(cell["strategy"], "remote");
    assert!(record(place.path())["command"].as_str().unwrap().contains(&url));
    assert!(cell["operations"].as_u64().unwrap() > 0 && cell["rounds"] == 5, "{cell}");
    assert_eq!(cell["verification"]["linearizable"], true);
    assert!(cell["verification"]["operations_checked"].as_u64().unwrap() > 0);
    assert_eq!(cell["errors"], 0);
    // But for how imprecise so short a run is.
    let mut found = cell["findings"].as_array().unwrap().iter().filter(|it| it["kind"] != "imprecise");
    assert_eq!(found.next(), None);
    for unseen in ["factors", "hit_ratio", "evictions", "memory", "of_limit", "wait_ns"] {
        assert!(cell[unseen].is_null(), "{unseen}: {cell}");
    }
    assert!(cell["point"]["save_ms"].is_null() && cell["point"]["tasks"] == 6);
    assert_eq!(sessions(&program), 0, "what was made is deleted");
}

#[test]
fn turns_and_fixed_times_are_asked_over_http_as_well() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::serve(&["--model-time", "1ms", "--model-chunks", "3", "--model-tools", "50"]);
    let url = format!("http://{}", program.address);
    let turns = ["--scenario", "active-chat", "--set", "cancel_percent=30", "--set", "model.scale=0.0001"];
    let about = ["--url", &url, "--strategy", "best", "--duration", "300ms"];
    let (cell, _) = load(&[&turns[..], &about].concat(), &place.path().join("turns"), 0);
    assert_eq!((&cell["strategy"], &cell["factors"]), (&"best".into(), &Value::Null));
    assert_eq!(cell["verification"]["linearizable"], true, "{cell}");
    assert!(cell["latency_ns"]["send_message_action"]["count"].as_u64().unwrap() > 0, "{cell}");

    let rate = ["--url", &url, "--set", "rate=200", "--duration", "100ms"];
    let (cell, _) = load(&rate, &place.path().join("open"), 0);
    assert_eq!(cell["arrival"], "open loop");
    assert_eq!(sessions(&program), 0);
}

/// Of some updates the request is lost and of some the answer: it is unknown of which, and the history is right with either.
#[test]
fn a_lost_connection_is_an_unknown_outcome() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::serve(&[]);
    let updates = AtomicUsize::new(0);
    let fate = move |line: &str| match line.starts_with("PUT").then(|| updates.fetch_add(1, SeqCst) % 10) {
        Some(3) => Fate::LostOnTheWay,
        Some(7) => Fate::LostOnTheWayBack,
        _ => Fate::Served,
    };
    let (address, seen) = proxy::between(program.address, fate);
    let (url, history) = (format!("http://{address}"), place.path().join("history.jsonl"));
    let updates = ["--set", "writes.update_context=70", "--set", "writes.add_context_message=30"];
    let args = ["--url", &url, "--duration", "1s", "--history", history.to_str().unwrap()];
    let (cell, _) = load(&[&args[..], &updates].concat(), place.path(), 0);
    let (findings, lost) = (findings(&cell), seen.lost.load(SeqCst));
    assert!(lost > 0 && findings.contains_key("unanswered"), "{lost}: {cell}");
    assert_eq!(findings["unanswered"]["severity"], "warning");
    assert_eq!((&cell["errors"], &cell["verification"]["linearizable"]), (&0.into(), &true.into()), "{cell}");
    // Connections are used again: besides those that were lost there is one for each task, and some to keep the sessions.
    let (connections, requests) = (seen.connections.load(SeqCst), seen.requests.load(SeqCst));
    assert!(connections <= lost + 6 + 32 && requests > 3 * connections, "{connections}, {requests}, {lost}");

    let history = std::fs::read_to_string(history).unwrap();
    let of = |kind: &str| {
        let kind = format!(r#""type":"{kind}""#);
        history.lines().filter(|line| line.contains(&kind) && line.contains("update_context")).count()
    };
    assert!(of("info") > 0 && of("ok") > of("info"), "{} of {}", of("info"), of("ok"));
    let name = history.lines().next().unwrap();
    let key = serde_json::from_str::<Value>(name).unwrap()["key"].as_str().unwrap().to_owned();
    assert!(
        key.starts_with("1/") && key.len() > 30,
        "slices and the server's ids distinguish sessions: {key}"
    );
}

#[test]
fn a_server_that_goes_away_leaves_what_was_measured() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::serve(&[]);
    let url = format!("http://{}", program.address);
    let args = ["load", "--url", &url, "--duration", "10s", "--out", place.path().to_str().unwrap()];
    let mut child = lockyard(&[&args[..], &SMALL].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut words = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    // Not the first, which is said before anything is measured.
    while !line.contains("% done") || line.contains(" 0 % done") {
        line.clear();
        assert!(words.read_line(&mut line).unwrap() > 0, "it ended before it was to");
    }
    program.kill();
    let mut rest = String::new();
    words.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{rest}");
    assert!(rest.contains("the server has gone"), "{rest}");
    let record = record(place.path());
    let cell = &record["cells"][0];
    assert!(cell["operations"].as_u64().unwrap() > 0 && cell["rounds"].as_u64().unwrap() < 20, "{cell}");
    let finding = findings(cell)["server lost"];
    assert_eq!((&finding["severity"], &finding["places"][0]), (&"error".into(), &url.into()));
    assert!(text(&output.stdout).contains("server lost"), "{}", text(&output.stdout));
}

#[test]
fn servers_are_compared_round_by_round() {
    let place = tempfile::tempdir().unwrap();
    let [before, after] = ["before", "after"].map(|strategy| Program::serve(&["--strategy", strategy]));
    let named = |name: &str, program: &Program| format!("{name}=http://{}", program.address);
    let urls = [named("before", &before), named("after", &after)];
    let args =
        ["compare", "--url", &urls[0], "--url", &urls[1], "--scenario", "polling", "--duration", "200ms"];
    let out = ["--out", place.path().to_str().unwrap()];
    let output = lockyard(&[&args[..], &SMALL, &out].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let record = record(place.path());
    let strategies: Vec<_> = record["cells"].as_array().unwrap().iter().map(|it| &it["strategy"]).collect();
    assert_eq!(strategies, ["before", "after"]);
    let ratio = &record["comparisons"][0];
    assert_eq!((&ratio["baseline"], &ratio["candidate"]), (&"before".into(), &"after".into()));
    assert_eq!((&ratio["metric"], &ratio["noise_floor"]), (&"throughput".into(), &Value::Null));
    assert_eq!(sessions(&before) + sessions(&after), 0);
}

#[test]
fn what_cannot_be_measured_is_refused_before_anything_is() {
    let place = tempfile::tempdir().unwrap();
    let token = place.path().join("token");
    std::fs::write(&token, "a-token-of-24-characters\n").unwrap();
    let token = token.to_str().unwrap();
    let program = Program::serve(&["--token-file", token]);
    let url = format!("http://{}", program.address);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let out = place.path().join("out");
    for (args, words) in [
        (vec!["load", "--url", &format!("http://{free}")], vec!["refused", "lockyard serve"]),
        (vec!["load", "--url", &url], vec!["401", "token"]),
        (vec!["load", "--url", "127.0.0.1:80"], vec!["http://HOST:PORT"]),
        (vec!["load", "--url", "https://example.org"], vec!["TLS"]),
        (vec!["load", "--token-file", token], vec!["--url"]),
        (vec!["compare", "--url", &url], vec!["NAME=URL"]),
        (vec!["compare", "--url", &format!("a={url}"), "--url", &format!("a={url}")], vec!["twice"]),
        (vec!["compare", "--url", &format!("a={url}"), "--strategy", "after"], vec!["--strategy"]),
    ] {
        let output = lockyard(&[&args[..], &["--out", out.to_str().unwrap()]].concat()).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{args:?}: {said}");
        assert!(!out.join("run.json").exists(), "{args:?}");
    }
    // With the token it is let in, and the token stands nowhere.
    let (cell, _) = load(&["--url", &url, "--token-file", token, "--duration", "100ms"], &out, 0);
    assert_eq!(cell["errors"], 0);
    let written = std::fs::read_to_string(out.join("run.json")).unwrap();
    assert!(!written.contains("a-token-of"), "the token is in the record");
}
