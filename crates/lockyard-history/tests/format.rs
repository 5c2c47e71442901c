//! Histories as files: what is read, what is written, and what is refused with its line.

use lockyard_history::{
    Codec, Event, EventKind, History, HistoryError, Json, Kv, Operation, Register, RegisterAnswer,
    RegisterCall, Value,
};
use serde_json::value::RawValue;

fn read<S: Codec>(spec: &S, text: &str) -> Result<History<S>, String> {
    History::read(spec, text.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn events_are_paired() {
    let text = r#"
{"process":0,"type":"invoke","f":"write","key":"x","value":5,"time":1}
{"process":1,"type":"invoke","f":"read","key":7,"value":null,"time":1,"node":"n1"}
{"process":0,"type":"ok","f":"write","key":"x","value":5,"time":2}
{"process":1,"type":"info","f":"read","key":7,"value":"timeout"}
{"process":1,"type":"invoke","f":"cas","key":"\u0078","value":[5,"a"]}
{"process":0,"type":"invoke","f":"write","key":"x","value":null}
{"process":0,"type":"fail","value":{"error":"full"}}
{"process":1,"type":"ok","result":true}
{"process":2,"type":"invoke","f":"write","key":"x","value":true}"#;
    let history = read(&Register, text).unwrap();
    let one = |process, key, asked, call, ret| Operation { process, key, asked, call, ret };
    let cas = RegisterCall::Cas(Value::Int(5), Value::Text("a".into()));
    let expected = [
        one(0, 0, RegisterCall::Write(Value::Int(5)), 1, Some((3, RegisterAnswer::Done))),
        one(1, 1, RegisterCall::Read, 2, None),
        one(1, 0, cas, 5, Some((8, RegisterAnswer::Swapped(true)))),
        one(2, 0, RegisterCall::Write(Value::Bool(true)), 9, None),
    ];
    assert_eq!(history.operations, expected);
    assert_eq!(history.keys, ["x", "7"]);
    assert_eq!(history.invoked, 5);
}

/// What only the answer can name has its key from there.
#[test]
fn a_key_may_come_with_the_answer() {
    let text = "{\"process\":0,\"type\":\"invoke\",\"f\":\"put\",\"value\":\"a\"}\n\
                {\"process\":0,\"type\":\"ok\",\"key\":\"new\"}\n";
    let history = read(&Kv, text).unwrap();
    assert_eq!(history.keys[history.operations[0].key], "new");
}

#[test]
fn what_is_written_is_read_again() {
    let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
    let (key, value) = (raw("\"x\\ny\""), raw("null"));
    let event = |kind, value| Event {
        process: 3,
        kind,
        f: Some("write".into()),
        key: Json(Some(&key)),
        value: Json(value),
        result: Json(None),
        time: Some(12),
    };
    let mut file = Vec::new();
    event(EventKind::Invoke, Some(&*value)).write(&mut file).unwrap();
    event(EventKind::Ok, None).write(&mut file).unwrap();
    let text = String::from_utf8(file).unwrap();
    assert_eq!(
        text.lines().next().unwrap(),
        r#"{"process":3,"type":"invoke","f":"write","key":"x\ny","value":null,"time":12}"#
    );
    let history = read(&Register, &text).unwrap();
    assert_eq!(history.keys, ["x\ny"]);
    assert_eq!(history.operations[0].asked, RegisterCall::Write(Value::Null));
    assert_eq!(history.operations[0].ret, Some((2, RegisterAnswer::Done)));
}

fn refused<S: Codec>(spec: &S, lines: &[&str], wanted: &str) {
    let error = read(spec, &lines.join("\n")).map(|_| ()).unwrap_err();
    assert!(error.starts_with(&format!("line {}: ", lines.len())), "{lines:?}: {error}");
    assert!(error.contains(wanted), "{lines:?} should say {wanted:?}: {error}");
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let write = r#"{"process":0,"type":"invoke","f":"write","key":"x","value":1,"time":10}"#;
    let read = r#"{"process":0,"type":"invoke","f":"read","key":"x"}"#;
    let cas = r#"{"process":0,"type":"invoke","f":"cas","key":"x","value":[1,2]}"#;
    let register = |lines: &[&str], wanted| refused(&Register, lines, wanted);
    register(&[write, &write[..30]], "cut short");
    register(
        &["", write, r#"{"process":0,"type":"ok"}"#, r#"{"process":0,"type":"ok"}"#],
        "no open operation",
    );
    register(&[write, r#"{"process":1,"type":"fail"}"#], "no open operation");
    register(&[write, r#"{"process":1,"type":"info"}"#], "no open operation");
    register(&[write, write], "one at a time");
    register(&[write, r#"{"process":0,"type":"ok","time":9}"#], "backwards, from 10 to 9");
    register(&[write, r#"{"process":0,"type":"ok","key":"y"}"#], "asked about the key \"x\"");
    register(&[read, r#"{"process":0,"type":"ok","value":1.5}"#], "cannot hold");
    register(&[read, r#"{"process":0,"type":"ok"}"#], "is missing");
    register(&[cas, r#"{"process":0,"type":"ok","value":[1,2]}"#], "result");
    register(&[cas, r#"{"process":0,"type":"ok","result":1}"#], "true or false");
    register(&[r#"{"process":0,"type":"invoke","f":"cas","value":5}"#], "[old, new]");
    register(&[r#"{"process":0,"type":"invoke","f":"cas","value":[1,2,3]}"#], "[old, new]");
    register(&[r#"{"process":0,"type":"invoke","f":"write"}"#], "is missing");
    register(&[r#"{"process":0,"type":"invoke","f":"write","value":[1]}"#], "cannot hold");
    register(&[r#"{"process":0,"type":"invoke","f":"get"}"#], "unknown function \"get\"");
    register(&[r#"{"process":0,"type":"invoke"}"#], "without a function");
    register(&[r#"{"process":0,"type":"begin","f":"read"}"#], "begin");
    register(&[r#"{"process":0,"type":"invoke","f":"read","key":{"a":1}}"#], "a string or a number");
    register(&[r#"{"type":"invoke","f":"read"}"#], "process");
    register(&["hello"], "not an event");
    refused(&Kv, &[r#"{"process":0,"type":"invoke","f":"put","key":"x","value":5}"#], "a string");
    refused(&Kv, &[r#"{"process":0,"type":"invoke","f":"read","key":"x"}"#], "get, put and append");
    let get = r#"{"process":0,"type":"invoke","f":"get","key":"x"}"#;
    refused(&Kv, &[get, r#"{"process":0,"type":"ok","value":null}"#], "a string");
}

#[test]
fn what_is_not_text_is_refused() {
    let Err(error) = History::read(&Register, &b"{\"process\":0,\"type\":\"invoke\",\"f\":\"\xff\"}\n"[..])
    else {
        panic!("read")
    };
    assert!(matches!(error, HistoryError::Line { line: 1, .. }), "{error}");
}
