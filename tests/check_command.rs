//! `lockyard check` from outside: files in, verdicts, drawings, exit codes and complaints out.

use std::fs;

use assert_cmd::Command;
use serde_json::{Value, json};

/// A file with these lines, judged with these flags: the exit code, stdout and stderr.
fn check(lines: &str, flags: &[&str]) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("history.jsonl");
    fs::write(&file, lines).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    let output = command.arg("check").arg(&file).args(flags).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn judged(lines: &str, model: &str) -> (i32, Value) {
    let (code, out, err) = check(lines, &["--model", model, "--format", "json"]);
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("not JSON: {out}\n{err}")))
}

const RIGHT: &str = r#"
{"process":0,"type":"invoke","f":"write","key":"x","value":1,"time":10}
{"process":1,"type":"invoke","f":"read","key":"x","value":null,"time":11}
{"process":1,"type":"ok","f":"read","key":"x","value":1,"time":12}
{"process":0,"type":"ok","f":"write","key":"x","value":1,"time":13}
"#;

const STALE: &str = r#"
{"process":0,"type":"invoke","f":"put","key":"x","value":"a"}
{"process":0,"type":"ok","f":"put","key":"x","value":"a"}
{"process":0,"type":"invoke","f":"append","key":"x","value":"b"}
{"process":0,"type":"ok","f":"append","key":"x","value":"b"}
{"process":1,"type":"invoke","f":"get","key":"x","value":null}
{"process":1,"type":"ok","f":"get","key":"x","value":"a"}
"#;

#[test]
fn what_can_be_explained_ends_with_0() {
    let (code, verdict) = judged(RIGHT, "register");
    assert_eq!((code, &verdict["linearizable"], &verdict["operations"]), (0, &json!(true), &json!(2)));
    assert!(verdict["millis"].is_u64() && verdict.get("violation").is_none(), "{verdict}");

    let (code, out, _) = check(RIGHT, &["--model", "register"]);
    assert!(code == 0 && out.starts_with("Linearizable"), "{out}");
}

#[test]
fn what_cannot_be_explained_ends_with_4_and_is_drawn() {
    let (code, verdict) = judged(STALE, "kv");
    assert_eq!((code, &verdict["linearizable"]), (4, &json!(false)));
    let violation = &verdict["violation"];
    assert_eq!(violation["key"], "x");
    assert_eq!(violation["expected"], json!([r#""ab""#]));
    assert_eq!(violation["operations"][violation["impossible"].as_u64().unwrap() as usize]["process"], 1);

    let (code, out, _) = check(STALE, &["--model", "kv"]);
    let drawing = r#"
step  process 0            process 1
   1  ● invoke put
   2  ● return put "a"
   3  ● invoke append
   4  ● return append "b"
   5                       ● invoke get
   6                       ✗ return get: "a"  ← impossible: should have been "ab""#;
    assert!(code == 4 && out.contains(drawing.trim_start()), "{out}");
    assert!(violation["text"].as_str().unwrap().contains(drawing.trim()), "{violation}");
}

const LOST_UPDATE: &str = r#"
{"process":0,"type":"invoke","f":"create_context","value":{"model_id":"m","mode":"chat"}}
{"process":0,"type":"ok","f":"create_context","key":"s"}
{"process":0,"type":"invoke","f":"add_context_message","key":"s","value":{"content":"a"}}
{"process":1,"type":"invoke","f":"add_context_message","key":"s","value":{"content":"b"}}
{"process":1,"type":"ok","value":{"version":2,"id":0}}
{"process":0,"type":"ok","value":{"version":2,"id":0}}
"#;

#[test]
fn sessions_are_judged_by_their_endpoints() {
    let page = r#"
{"process":1,"type":"invoke","f":"get_context_messages","key":"s","value":{"offset":0,"limit":5}}
{"process":1,"type":"ok","value":{"version":3,"total":2,"messages":[{"id":0,"content":"b"},{"id":1,"content":"a"}]}}
"#;
    let right = LOST_UPDATE.trim_end().rsplit_once('\n').unwrap().0.to_owned()
        + r#"
{"process":0,"type":"ok","value":{"version":3,"id":1}}"#
        + page;
    let (code, verdict) = judged(&right, "session");
    assert_eq!((code, &verdict["linearizable"], &verdict["operations"]), (0, &json!(true), &json!(4)));

    let torn =
        right.replace(r#"[{"id":0,"content":"b"},{"id":1,"content":"a"}]"#, r#"[{"id":0,"content":"b"}]"#);
    assert_eq!(judged(&torn, "session").0, 4);

    let (code, verdict) = judged(LOST_UPDATE, "session");
    assert_eq!(
        (code, &verdict["linearizable"], &verdict["violation"]["key"]),
        (4, &json!(false), &json!("s"))
    );
    assert_eq!(verdict["violation"]["operations"].as_array().unwrap().len(), 2, "{verdict}");

    let append =
        r#"{"process":0,"type":"invoke","f":"add_context_message","key":"s","value":{"content":"a"}}"#;
    for (line, wanted) in [
        (r#"{"process":0,"type":"ok","value":{"version":-1,"id":0}}"#, "cannot hold"),
        (r#"{"process":0,"type":"ok"}"#, "not_found"),
        (r#"{"process":1,"type":"invoke","f":"list_contexts","key":"s"}"#, "list_contexts"),
        (r#"{"process":1,"type":"invoke","f":"send_message_action","key":"s"}"#, "content"),
    ] {
        let (code, out, err) = check(&format!("{append}\n{line}"), &["--model", "session"]);
        assert_eq!((code, &*out), (2, ""), "{line}: {err}");
        assert!(err.contains("line 2: ") && err.contains(wanted), "{line}: {err}");
    }
}

#[test]
fn what_takes_too_long_is_unknown_and_ends_with_4() {
    let (code, out, _) = check(RIGHT, &["--model", "register", "--budget", "1ns", "--format", "json"]);
    let verdict: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &verdict["linearizable"]), (4, &json!("unknown")));
    let (code, out, _) = check(RIGHT, &["--model", "register", "--budget", "1ns"]);
    assert!(code == 4 && out.contains("--budget"), "{out}");
}

#[test]
fn bad_input_ends_with_2_and_names_the_line() {
    let invoke = r#"{"process":0,"type":"invoke","f":"write","key":"x","value":1,"time":10}"#;
    let cases = [
        (r#"{"process":0,"type":"ok","f":"wri"#, "cut short"),
        (r#"{"process":1,"type":"ok","f":"read","key":"x","value":1}"#, "no open operation"),
        (r#"{"process":0,"type":"invoke","f":"read","key":"x"}"#, "one at a time"),
        (r#"{"process":1,"type":"invoke","f":"bump","key":"x"}"#, "read, write and cas"),
        (r#"{"process":1,"type":"invoke","f":"read","key":"x","time":9}"#, "backwards"),
        (r#"{"process":1,"type":"invoke","f":"write","key":"x","value":{"a":1}}"#, "cannot hold"),
    ];
    for (line, wanted) in cases {
        let (code, out, err) = check(&format!("{invoke}\n{line}"), &["--model", "register"]);
        assert_eq!((code, &*out), (2, ""), "{line}: {err}");
        assert!(err.contains("line 2: ") && err.contains(wanted), "{line}: {err}");
    }
}

#[test]
fn what_is_no_file_and_no_model_is_refused() {
    let (code, _, err) = check("", &["--model", "queue"]);
    assert!(code == 2 && ["register", "kv", "session"].iter().all(|model| err.contains(model)), "{err}");
    let (code, _, err) = check("", &[]);
    assert!(code == 2 && err.contains("--model"), "{err}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    command.args(["check", "there-is-no-such-file", "--model", "kv"]).assert().code(2);
}
