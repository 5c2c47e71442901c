//! `lockyard serve` towards its clients and its operators, from outside: what it refuses to start with, to whom it answers, and
//! what it writes down.

use std::process::{Command, Output};

use serde_json::Value;

use crate::support::program::Program;

fn refused(args: &[&str], token: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    command.arg("serve").args(args).env_remove("LOCKYARD_TOKEN");
    if let Some(token) = token {
        command.env("LOCKYARD_TOKEN", token);
    }
    command.output().unwrap()
}

#[test]
fn what_would_be_open_to_all_by_mistake_does_not_start() {
    for (args, token, word) in [
        (
            &["--listen", "127.0.0.1:0"][..],
            Some(""),
            "LOCKYARD_TOKEN cannot be used: the token has 0 characters",
        ),
        (&["--listen", "127.0.0.1:0"], Some(" "), "the token has 0 characters"),
        (&["--listen", "0.0.0.0:0"], None, "--insecure"),
        (&["--listen", "[::]:0"], None, "without a token any client"),
    ] {
        let output = refused(args, token);
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {words}");
        assert!(words.contains(word), "{args:?}: {words}");
    }
    let program = Program::listen("0.0.0.0:0", &["--insecure"]);
    let (status, words) = program.terminate();
    assert_eq!(status.code(), Some(0), "{words}");
    assert!(words.contains("warning: any client on the network"), "{words}");
}

#[test]
fn on_loopback_only_its_own_names_are_answered() {
    let program = Program::serve(&["--host", "box.example"]);
    let ask = |host: &str| {
        let head = format!("GET /v1/contexts HTTP/1.1\r\nHost: {host}\r\n\r\n");
        program.client().exchange(head.as_bytes()).unwrap()
    };
    let port = program.address.port();
    for own in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), "box.example".to_owned()] {
        assert_eq!(ask(&own).status, 200, "{own}");
    }
    let strange = ask(&format!("evil.example:{port}"));
    assert_eq!((strange.status, &strange.json()["code"]), (421, &Value::from("wrong_host")));
}

#[test]
fn every_request_is_written_down_as_a_line_of_json() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("access.jsonl");
    let program = Program::serve(&["--access-log", file.to_str().unwrap(), "--drain-time", "1ms"]);
    let mut client = program.client();
    assert_eq!(client.get("/v1/contexts?limit=1").unwrap().status, 200);
    assert_eq!(client.get("/v1/contexts/7").unwrap().status, 400);
    let (status, words) = program.terminate();
    assert_eq!(status.code(), Some(0), "{words}");
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |line: &Value| {
        let of = |name: &str| line[name].as_str().map(str::to_owned);
        (of("method"), of("path"), line["status"].as_u64(), of("code"))
    };
    let words = |text: &str| Some(text.to_owned());
    assert_eq!(told(&lines[0]), (words("GET"), words("/v1/contexts"), Some(200), None));
    assert_eq!(told(&lines[1]), (words("GET"), words("/v1/contexts/7"), Some(400), words("malformed_id")));
    assert_eq!(lines.len(), 2);
    for line in &lines {
        assert!(line["time"].as_str().unwrap().ends_with('Z'), "{line}");
        assert!(line["peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{line}");
        assert!(line["millis"].as_f64().unwrap() > 0.0, "{line}");
    }
}

/// However many come, the log has one line at once, and no colours where nobody looks.
#[test]
fn clients_without_the_token_are_logged_and_do_not_fill_the_log() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("token");
    std::fs::write(&file, "a-token-of-24-characters").unwrap();
    let program = Program::serve(&["--token-file", file.to_str().unwrap()]);
    let mut client = program.client();
    for _ in 0..50 {
        assert_eq!(client.get("/v1/contexts").unwrap().status, 401);
    }
    let asked =
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a-token-of-24-characters\r\n\r\n";
    let metrics = String::from_utf8(client.exchange(asked).unwrap().body).unwrap();
    assert!(metrics.contains(r#"lockyard_http_refusals_total{code="unauthorized"} 50"#), "{metrics}");
    let (_, words) = program.terminate();
    let lines = words.matches("requests without the right token were refused").count();
    // Fifty take less than ten seconds, or there is a second line: never one for each.
    assert!((1..10).contains(&lines), "{words}");
    assert!(words.contains("last_from=\"127.0.0.1\""), "{words}");
    assert!(!words.contains('\u{1b}'), "{words:?}");
}
