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
line  process 0            process 1
   2  ● invoke put
   3  ● return put "a"
   4  ● invoke append
   5  ● return append "b"
   6                       ● invoke get
   7                       ✗ return get: "a"  ← impossible: should have been "ab""#;
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
        (r#"{"process":0,"type":"ok","f":"read","key":"x","value":1}"#, "to an invocation of write"),
        (
            r#"{"process":0,"type":"ok","f":"write","key":"x","value":2}"#,
            "contradicts its invocation: write 1",
        ),
        (r#"["process",0]"#, "an event is an object"),
        (r#"{"process":1,"type":"invoke","f":"read"}"#, "names none here"),
    ];
    for (line, wanted) in cases {
        let (code, out, err) = check(&format!("{invoke}\n{line}"), &["--model", "register"]);
        assert_eq!((code, &*out), (2, ""), "{line}: {err}");
        assert!(err.contains("line 2: ") && err.contains(wanted), "{line}: {err}");
    }
}

#[test]
fn what_is_no_file_and_no_model_is_refused() {
    let (code, _, err) = check("", &["--model", "stack"]);
    let models = ["register", "kv", "mutex", "counter", "set", "queue", "multi-register", "session"];
    assert!(code == 2 && models.iter().all(|model| err.contains(model)), "{err}");
    let (code, out, err) = check("", &["--model", "register"]);
    assert!(code == 2 && out.is_empty() && err.contains("nothing was judged"), "{err}");
    let (code, _, err) = check("", &[]);
    assert!(code == 2 && err.contains("--model"), "{err}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    command.args(["check", "there-is-no-such-file", "--model", "kv"]).assert().code(2);
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    let folder = command.args(["check", "tests", "--model", "kv"]).output().expect("the program starts");
    let err = String::from_utf8_lossy(&folder.stderr).into_owned();
    assert!(folder.status.code() == Some(2) && err.contains("is a directory"), "{err}");
}

/// As Jepsen writes it, by hand: a nemesis, a cas that says nothing of its result, and a read whose value is not known.
const JEPSEN: &str = r#"
{:type :invoke, :f :write, :value 0, :process 0, :time 10, :index 0}
{:type :ok, :f :write, :value 0, :process 0, :time 20, :index 1}
{:type :info, :f :start-partition, :value nil, :process :nemesis, :time 30, :index 2}
{:type :invoke, :f :cas, :value [0 4], :process 1, :time 40, :index 3}
{:type :info, :f :start-partition, :value [:isolated {"n1" #{"n2" "n3"}}], :process :nemesis, :time 45, :index 4}
{:type :ok, :f :cas, :value [0 4], :process 1, :time 50, :index 5}
{:type :invoke, :f :read, :value nil, :process 0, :time 60, :index 6}
{:type :ok, :f :read, :value nil, :process 0, :time 70, :index 7}
{:type :invoke, :f :read, :value nil, :process 0, :time 80, :index 8}
{:type :ok, :f :read, :value 0, :process 0, :time 90, :index 9}
"#;

#[test]
fn a_history_of_jepsen_is_read_as_it_is() {
    let (code, out, _) = check(JEPSEN, &["--model", "register"]);
    let expected = "\
Note: 2 lines of the nemesis were passed over.

No linearization of these 3 operations exists: the answer of “read: 0” is impossible: should have been 4.
Not shown: 1, whatever their outcomes were; none writes 0.

line  process 0         process 1
   2  ● invoke write
   3  ● return write 0
   5                    ● invoke cas
   7                    ● return cas 0 to 4: true
  10  ● invoke read
  11  ✗ return read: 0                             ← impossible: should have been 4";
    assert!(code == 4 && out.contains(expected), "{out}");
    let right = JEPSEN.replace(":read, :value 0", ":read, :value 4");
    assert_eq!(check(&right, &["--model", "register"]).0, 0);
    // The other read's null is a value now, and is not what is there.
    assert_eq!(check(&right, &["--model", "register", "--nil", "value"]).0, 4);
}

#[test]
fn keys_may_be_within_the_values() {
    let right = r#"
{:type :invoke, :f :write, :value ["x" 1], :process 0}
{:type :invoke, :f :write, :value ["y" 2], :process 1}
{:type :ok, :f :write, :value ["y" 2], :process 1}
{:type :ok, :f :write, :value ["x" 1], :process 0}
{:type :invoke, :f :read, :value ["y" nil], :process 0}
{:type :ok, :f :read, :value ["y" 2], :process 0}
"#;
    assert_eq!(check(right, &["--model", "register", "--independent"]).0, 0);
    let wrong = right.replace(r#":ok, :f :read, :value ["y" 2]"#, r#":ok, :f :read, :value ["y" 1]"#);
    let (code, out, _) = check(&wrong, &["--model", "register", "--independent"]);
    assert!(code == 4 && out.contains("of y exists") && out.contains("should have been 2"), "{out}");
}

#[test]
fn a_state_to_begin_with_is_given_as_json_or_as_a_word() {
    let read = |value: &str| {
        format!(
            "{{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}}\n\
             {{\"process\":0,\"type\":\"ok\",\"value\":{value}}}\n"
        )
    };
    for (value, initial) in [("7", "7"), ("\"seven\"", "seven"), ("\"7\"", "\"7\""), ("-7", "-7")] {
        assert_eq!(check(&read(value), &["--model", "register", "--initial", initial]).0, 0, "{initial}");
        assert_eq!(check(&read(value), &["--model", "register"]).0, 4, "{initial}");
    }
    let (code, _, err) = check(&read("7"), &["--model", "counter", "--initial", "seven"]);
    assert!(code == 2 && err.contains("--initial seven"), "{err}");
}

/// Two processes write to one key each and then read the other's as it was before: each key alone has an order.
const BUFFERED: &str = r#"
{"process":0,"type":"invoke","f":"write","key":"x","value":1}
{"process":1,"type":"invoke","f":"write","key":"y","value":1}
{"process":0,"type":"ok"}
{"process":1,"type":"ok"}
{"process":0,"type":"invoke","f":"read","key":"y"}
{"process":1,"type":"invoke","f":"read","key":"x"}
{"process":0,"type":"ok","value":null}
{"process":1,"type":"ok","value":null}
"#;

#[test]
fn sequential_consistency_is_judged_over_all_keys_and_by_processes_alone() {
    let (code, out, _) = check(BUFFERED, &["--model", "register", "--consistency", "sequential"]);
    assert!(code == 4 && out.starts_with("Not sequentially consistent (4 operations"), "{out}");
    assert!(out.contains("No order that keeps each process's own explains these 4 operations"), "{out}");
    // A read that is too old is no fault of another process's order.
    let stale = STALE.replace("put", "write").replace("append", "write").replace("get", "read");
    assert_eq!(check(&stale, &["--model", "register"]).0, 4);
    let (code, out, _) = check(&stale, &["--model", "register", "--consistency", "sequential"]);
    assert!(code == 0 && out.starts_with("Sequentially consistent"), "{out}");
    let json = check(BUFFERED, &["--model", "register", "--consistency", "sequential", "--format", "json"]).1;
    let verdict: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(verdict["sequentially_consistent"], json!(false));
}

#[test]
fn a_violation_is_a_page_too() {
    let (code, page, _) = check(STALE, &["--model", "kv", "--format", "html"]);
    assert!(code == 4 && page.starts_with("<!doctype html>"), "{page}");
    for part in [
        "history.jsonl: not linearizable</h1>",
        "model kv · judged for linearizability · 3 operations",
        "Replay: <code>lockyard check ",
        "<section class=\"card bad\"><h2>Verdict</h2><p class=\"headline\">Not linearizable</p>",
        "should have been &quot;ab&quot;",
        "<th scope=\"col\">line</th>",
    ] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
}

#[test]
fn a_page_of_what_is_right_says_so() {
    let (code, page, _) = check(RIGHT, &["--model", "register", "--format", "html"]);
    assert_eq!(code, 0);
    for part in [
        "history.jsonl: linearizable</h1>",
        "<section class=\"card good\"><h2>Verdict</h2><p class=\"headline\">Linearizable</p>",
        "There is an order of all operations, in which each operation takes effect between its call and its return",
    ] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
    let flags = ["--model", "register", "--format", "html", "--consistency", "sequential"];
    let (_, page, _) = check(RIGHT, &flags);
    assert!(page.contains("history.jsonl: sequentially consistent</h1>"), "{page}");
}

#[test]
fn a_long_value_is_shown_by_its_beginning() {
    let long = "x".repeat(1 << 20);
    let history = STALE.replace("\"value\":\"a\"", &format!("\"value\":\"{long}\""));
    let (code, out, err) = check(&history, &["--model", "kv"]);
    assert!(code == 4 && out.len() < 4_000, "{} bytes, {err}", out.len());
    let (_, verdict) = judged(&history, "kv");
    assert!(verdict.to_string().len() < 8_000, "what is drawn as JSON is short, too");
}

#[test]
fn standard_input_is_read_and_so_is_what_is_packed() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    command.args(["check", "-", "--model", "register"]).write_stdin(RIGHT).assert().code(0);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, RIGHT.as_bytes()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    command
        .args(["check", "-", "--model", "register"])
        .write_stdin(packed.finish().unwrap())
        .assert()
        .code(0);
}
