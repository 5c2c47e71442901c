//! `lockyard serve` and `lockyard store`, from outside.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::client::Client;
use crate::support::program::Program;
use serde_json::{Value, json};

fn lockyard(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    command.args(args).env_remove("LOCKYARD_TOKEN").output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn create(client: &mut Client) -> String {
    let body = json!({ "model_id": "gpt", "mode": "chat" });
    let id = client.post("/v1/contexts", &body).unwrap().json()["id"].clone();
    format!("/v1/contexts/{}", id.as_str().unwrap())
}

fn say(client: &mut Client, path: &str, text: &str) {
    let message = json!({ "role": "user", "content": text });
    assert_eq!(client.post(&format!("{path}/messages"), &message).unwrap().status, 201);
}

fn total(client: &mut Client, path: &str) -> Value {
    client.get(&format!("{path}/messages")).unwrap().json()["total"].clone()
}

#[test]
fn every_preset_serves() {
    for strategy in ["before", "naive", "after", "arc-swap", "best"] {
        let program = Program::serve(&["--strategy", strategy]);
        let mut client = program.client();
        let path = create(&mut client);
        say(&mut client, &path, "hello");
        assert_eq!(total(&mut client, &path), 1, "{strategy}");
        let (status, words) = program.terminate();
        assert_eq!(status.code(), Some(0), "{words}");
        assert!(
            words.contains(strategy) && words.contains("this machine, without a token: everything"),
            "{words}"
        );
    }
}

/// By class and endpoint, and only where locks are tracked.
#[test]
fn metrics_report_locks_where_they_are_tracked() {
    for tracked in [true, false] {
        let args: &[_] = if tracked { &["--strategy", "after", "--track"] } else { &["--strategy", "after"] };
        let program = Program::serve(args);
        let mut client = program.client();
        let path = create(&mut client);
        say(&mut client, &path, "hello");
        assert_eq!(total(&mut client, &path), 1);
        let metrics = String::from_utf8(client.get("/metrics").unwrap().body).unwrap();
        let written = r#"lockyard_lock_hold_seconds_count{class="session",endpoint="add_context_message"}"#;
        let held =
            r#"lockyard_lock_hold_seconds_bucket{le="+Inf",class="session",endpoint="get_context_messages"}"#;
        let together = r#"lockyard_lock_hold_seconds_sum{class="session",endpoint="get_context_messages"}"#;
        for line in [written, held, together] {
            let sample = metrics.lines().find_map(|it| it.strip_prefix(line));
            assert_eq!(sample.is_some(), tracked, "{line}\n{metrics}");
            assert!(sample.is_none_or(|value| value.trim().parse::<f64>().unwrap() > 0.0), "{sample:?}");
        }
        let (status, words) = program.terminate();
        assert_eq!(status.code(), Some(0), "{words}");
    }
}

#[test]
fn what_was_stored_is_there_after_a_restart_in_both_modes() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("store.redb");
    let store = format!("redb:{}", file.display());
    let mut paths = Vec::new();
    for mode in ["write-through", "write-behind"] {
        // So long an interval that only the end saves.
        let args = ["--store", &store, "--durability", mode, "--save-interval", "1h"];
        let program = Program::serve(&args);
        let mut client = program.client();
        for _ in 0..3 {
            let path = create(&mut client);
            say(&mut client, &path, mode);
            paths.push(path);
        }
        let (status, words) = program.terminate();
        assert_eq!(status.code(), Some(0), "{words}");
        assert!(words.contains("Everything is saved"), "{words}");
    }
    let program = Program::serve(&["--store", &store]);
    let mut client = program.client();
    for path in &paths {
        assert_eq!(total(&mut client, path), 1);
    }
    let refused = lockyard(&["serve", "--store", &store, "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("open already"), "{}", stderr(&refused));
}

#[test]
fn a_token_is_asked_for_and_never_shown() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("token");
    std::fs::write(&file, "a-token-of-24-characters\n").unwrap();
    let program = Program::serve(&["--token-file", file.to_str().unwrap()]);
    let mut client = program.client();
    assert_eq!(client.get("/v1/contexts").unwrap().status, 401);
    let right =
        b"GET /v1/contexts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a-token-of-24-characters\r\n\r\n";
    assert_eq!(client.exchange(right).unwrap().status, 200);
    let (_, words) = program.terminate();
    assert!(words.contains("to clients with the token") && !words.contains("a-token"), "{words}");

    std::fs::write(&file, "short").unwrap();
    let refused = lockyard(&["serve", "--token-file", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("at least 16"), "{}", stderr(&refused));
}

#[test]
fn what_cannot_be_served_is_refused_with_words() {
    for (args, word) in [
        (&["--store", "redb:"][..], "redb:PATH"),
        (&["--store", "disk"], "memory"),
        (&["--strategy", "aftre"], "did you mean"),
        (&["--listen", "nowhere"], "--listen"),
        (&["--store", "redb:/"], "it is a directory"),
    ] {
        let refused = lockyard(&[&["serve"][..], args].concat());
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(stderr(&refused).contains(word), "{args:?}: {}", stderr(&refused));
    }
}

/// A store with some contexts in it.
fn filled(file: &Path) {
    let program = Program::serve(&["--store", &format!("redb:{}", file.display())]);
    let mut client = program.client();
    for nth in 0..5 {
        let path = create(&mut client);
        say(&mut client, &path, &format!("message {nth}"));
    }
    assert_eq!(program.terminate().0.code(), Some(0));
}

#[test]
fn a_store_is_checked_exported_and_imported() {
    let place = tempfile::tempdir().unwrap();
    let [file, copy, lines] = ["store.redb", "copy.redb", "export.jsonl"].map(|name| place.path().join(name));
    let [file, copy, lines] = [&file, &copy, &lines].map(|path| path.to_str().unwrap());
    filled(Path::new(file));
    let checked = lockyard(&["store", "check", file]);
    assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
    assert_eq!(String::from_utf8_lossy(&checked.stdout), "5 contexts are whole, 0 faults.\n");

    let exported = lockyard(&["store", "export", file]);
    std::fs::write(lines, &exported.stdout).unwrap();
    assert_eq!(exported.stdout.split(|byte| *byte == b'\n').count(), 7, "a header, five contexts, the end");
    let imported = lockyard(&["store", "import", copy, "--from", lines]);
    assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
    assert_eq!(lockyard(&["store", "export", copy]).stdout, exported.stdout, "the same again");

    let twice = lockyard(&["store", "import", copy, "--from", lines]);
    assert_eq!(twice.status.code(), Some(2));
    assert!(
        stderr(&twice).contains("line 2") && stderr(&twice).contains("there already"),
        "{}",
        stderr(&twice)
    );
    assert_eq!(lockyard(&["store", "import", copy, "--from", lines, "--replace"]).status.code(), Some(0));

    // All or none: the last line is broken.
    let mut text = String::from_utf8(exported.stdout.clone()).unwrap();
    text.truncate(text.len() - 3);
    std::fs::write(lines, text).unwrap();
    let other = place.path().join("other.redb");
    let broken = lockyard(&["store", "import", other.to_str().unwrap(), "--from", lines]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(stderr(&broken).contains("line 6"), "{}", stderr(&broken));
    let checked = lockyard(&["store", "check", other.to_str().unwrap()]);
    assert_eq!(String::from_utf8_lossy(&checked.stdout), "0 contexts are whole, 0 faults.\n");
}

#[test]
fn a_store_that_is_damaged_is_never_taken_for_a_good_one() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("store.redb");
    let path = file.to_str().unwrap();
    filled(&file);
    let whole = std::fs::read(&file).unwrap();
    let good = lockyard(&["store", "export", path]).stdout;
    let (mut seen, mut harmless) = (0, 0);
    // A page of noise at a time, wherever something stands.
    for at in (0..whole.len()).step_by(4096) {
        let end = whole.len().min(at + 4096);
        if whole[at..end].iter().all(|byte| *byte == 0) {
            continue;
        }
        let mut damaged = whole.clone();
        for (nth, byte) in damaged[at..end].iter_mut().enumerate() {
            *byte ^= (nth as u8).wrapping_mul(37) | 1;
        }
        std::fs::write(&file, &damaged).unwrap();
        let checked = lockyard(&["store", "check", path]);
        match checked.status.code() {
            Some(2 | 4) => seen += 1,
            // A page that is in no tree any more, or one that redb could put right from what it has besides.
            Some(0) => {
                assert_eq!(lockyard(&["store", "export", path]).stdout, good, "page {at} is silently wrong");
                harmless += 1;
            }
            other => panic!("page {at}: {other:?}: {}", stderr(&checked)),
        }
    }
    assert!(seen >= 3, "{seen} seen, {harmless} harmless");
}

#[test]
fn a_store_that_is_none_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let nowhere = place.path().join("nowhere.redb");
    for verb in ["check", "export"] {
        let refused = lockyard(&["store", verb, nowhere.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(stderr(&refused).contains("there is no such file"), "{}", stderr(&refused));
        assert!(!nowhere.exists());
    }
}
