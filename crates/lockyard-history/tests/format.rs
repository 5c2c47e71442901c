//! Histories as JSON Lines: what is read, what is written, and what is refused with its line.

mod support;

use lockyard_history::{
    Codec, Event, EventKind, HistoryError, Kv, KvAnswer, Log, Operation, Recording, Register, RegisterAnswer,
    RegisterCall, Value,
};
use serde_json::value::RawValue;
use support::{read, registers};

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
    let history = registers(text);
    let one = |process, key, asked, call| Operation { process, key, asked, call, ret: None, answer: None };
    let ended = |operation, ret, answer| Operation { ret: Some(ret), answer: Some(answer), ..operation };
    let cas = RegisterCall::Cas(Value::Int(5), Value::Text("a".into()));
    let expected = [
        ended(one(0, 0, RegisterCall::Write(Value::Int(5)), 1), 3, RegisterAnswer::Done),
        one(1, 1, RegisterCall::Read, 2),
        ended(one(1, 0, cas, 5), 8, RegisterAnswer::Swapped(true)),
        one(2, 0, RegisterCall::Write(Value::Bool(true)), 9),
    ];
    assert_eq!(history.operations, expected);
    assert_eq!(history.failed, [one(0, 0, RegisterCall::Write(Value::Null), 6)]);
    assert_eq!(history.keys, ["x", "7"]);
    assert_eq!(history.invoked, 5);
    assert!(history.notes().is_empty(), "{:?}", history.notes());
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
        f: Some("write"),
        key: Some(&key),
        value,
        result: None,
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
    let history = registers(text);
    assert_eq!(history.keys, ["x\ny"]);
    assert_eq!(history.operations[0].asked, RegisterCall::Write(Value::Null));
    assert_eq!(history.operations[0].ret, Some(2));
    assert_eq!(history.operations[0].answer, Some(RegisterAnswer::Done));
}

#[test]
fn a_recording_is_read_as_it_was_written() {
    let (mut one, mut other) = (Log::new(1, 10), Log::new(2, 10));
    let write = one.invoke(10, 0, RegisterCall::Write(Value::Text("\"a\"\\".into())));
    let read = other.invoke(20, 1, RegisterCall::Read);
    let cas = RegisterCall::Cas(Value::Null, Value::Int(-3));
    one.ok(write, 30, RegisterAnswer::Done);
    let cas = one.invoke(40, 0, cas);
    other.ok(read, 50, RegisterAnswer::Holds(Value::Null));
    one.ok(cas, 60, RegisterAnswer::Swapped(false));
    let mut recording = Recording::<Register>::default();
    recording.add(one);
    recording.add(other);
    let mut file = Vec::new();
    recording.write(&mut file, |key| format!("key {key}")).unwrap();
    let (again, before) = (registers(file), recording.history(|key| format!("key {key}")));
    assert_eq!(again.operations, before.operations);
    assert_eq!(again.keys, before.keys);
    assert!(again.notes().is_empty(), "{:?}", again.notes());
}

fn refused<S: Codec>(spec: &S, lines: &[&str], wanted: &str) {
    let error = read(spec, lines.join("\n")).map(|_| ()).unwrap_err();
    assert!(error.starts_with(&format!("line {}: ", lines.len())), "{lines:?}: {error}");
    assert!(error.contains(wanted), "{lines:?} should say {wanted:?}: {error}");
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let write = r#"{"process":0,"type":"invoke","f":"write","key":"x","value":1,"time":10}"#;
    let read = r#"{"process":0,"type":"invoke","f":"read","key":"x"}"#;
    let cas = r#"{"process":0,"type":"invoke","f":"cas","key":"x","value":[1,2]}"#;
    let ok = r#"{"process":0,"type":"ok"}"#;
    let register = |lines: &[&str], wanted: &str| refused(&Register, lines, wanted);
    register(&[write, &write[..30]], "cut short, copy it whole");
    register(&["", write, ok, ok], "no open operation");
    register(&[write, r#"{"process":1,"type":"fail"}"#], "no open operation");
    register(&[write, r#"{"process":1,"type":"info"}"#], "no open operation");
    register(&[write, write], "one at a time");
    register(&[write, r#"{"process":0,"type":"ok","key":"y"}"#], "of the key y, and asked of x");
    for kind in ["ok", "fail", "info"] {
        let other = format!(r#"{{"process":0,"type":"{kind}","f":"read"}}"#);
        register(&[write, &other], "a response of the function read to an invocation of write");
    }
    register(&[write, r#"{"process":0,"type":"ok","f":"write","value":2}"#], "contradicts its invocation");
    register(&[cas, r#"{"process":0,"type":"ok","f":"cas","value":[1,3]}"#], "contradicts its invocation");
    register(&[read, ok], "is missing");
    register(&[cas, r#"{"process":0,"type":"ok","result":1}"#], "true or false");
    register(&[r#"{"process":0,"type":"invoke","f":"cas","value":5}"#], "[old, new]");
    register(&[r#"{"process":0,"type":"invoke","f":"cas","value":[1,2,3]}"#], "[old, new]");
    register(&[r#"{"process":0,"type":"invoke","f":"write"}"#], "is missing");
    register(&[r#"{"process":0,"type":"invoke","f":"get"}"#], "unknown function \"get\"");
    register(&[r#"{"process":0,"type":"invoke"}"#], "without a function: give its \"f\"");
    register(&[r#"{"process":0,"type":"invoke","f":7}"#], "the f is 7: give the name of a function");
    register(
        &[r#"{"process":0,"type":"begin","f":"read"}"#],
        "the type is \"begin\": give invoke, ok, fail or info",
    );
    register(&[r#"{"process":0,"f":"read"}"#], "no type: give invoke, ok, fail or info");
    register(&[r#"{"type":"invoke","f":"read"}"#], "no process: give the number or the name");
    register(&[r#"{"process":null,"type":"invoke","f":"read"}"#], "no process");
    for process in ["1.5", "true", "[0]", r#"{"a":1}"#] {
        let line = format!(r#"{{"process":{process},"type":"invoke","f":"read"}}"#);
        register(&[&line], &format!("the process is {process}: give a whole number or a name"));
    }
    for time in ["\"12\"", "[1]", "true"] {
        let line = format!(r#"{{"process":0,"type":"invoke","f":"read","time":{time}}}"#);
        register(&[&line], &format!("the time is {time}: give a number"));
    }
    register(&[r#"{"process":0,"type":"invoke","f":"read","key":1e999}"#], "the key is 1e999");
    refused(&Kv, &[r#"{"process":0,"type":"invoke","f":"put","key":"x","value":5}"#], "a string");
    refused(&Kv, &[r#"{"process":0,"type":"invoke","f":"read","key":"x"}"#], "get, put and append");
    let get = r#"{"process":0,"type":"invoke","f":"get","key":"x"}"#;
    refused(&Kv, &[get, r#"{"process":0,"type":"ok","value":null}"#], "a string");
}

#[test]
fn a_field_is_given_once() {
    for field in ["process", "type", "f", "key", "value", "result", "time"] {
        let line = format!(r#"{{"process":0,"type":"invoke","f":"read","{field}":1,"{field}":1}}"#);
        refused(&Register, &["", &line], &format!("the field \"{field}\" is given twice"));
    }
    let others = r#"{"process":0,"type":"invoke","f":"read","node":"n1","node":"n2"}"#;
    assert_eq!(registers(others).invoked, 1, "what else is said is left alone");
}

#[test]
fn an_event_is_an_object_on_a_line() {
    let write = r#"{"process":0,"type":"invoke","f":"write","key":"x","value":1}"#;
    let object = r#"an event is an object such as {"process":0,"type":"invoke","f":"read"}"#;
    for other in [r#"[0,"invoke","read"]"#, "5", "\"invoke\"", "null", "true"] {
        refused(&Register, &[write, other], object);
        refused(&Register, &[other], object);
    }
    refused(&Register, &[write, "hello"], "not an event, in column 1");
    refused(&Register, &["hello"], "not an event");
    refused(&Register, &[&format!("{write},"), write][..1], "after the event, in column 62, comes ,");
    refused(&Register, &[write, r#"{"process":0,"type":"ok"} {"process":0}"#], "give one event a line");
}

#[test]
fn what_is_not_text_is_refused() {
    let mut file =
        b"{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n{\"process\":0,\"x\":\"\xff\"}\n".to_vec();
    let error = lockyard_history::History::read(&Register, &file[..]).map(|_| ()).unwrap_err();
    assert!(matches!(error, HistoryError::Line { line: 2, .. }), "{error}");
    assert!(error.to_string().contains("no text in UTF-8, from byte 19 on"), "{error}");
    let at = file.iter().position(|byte| *byte == 0xff).unwrap();
    file[at] = 0xc3;
    file.truncate(at + 1);
    let error = read(&Register, file).map(|_| ()).unwrap_err();
    assert!(error.contains("ends within a character: the file was cut short"), "{error}");
}

#[test]
fn a_hundred_thousand_lines_are_read_one_by_one() {
    use std::fmt::Write;
    let mut text = String::new();
    for value in 0..50_000 {
        writeln!(
            text,
            r#"{{"process":{},"type":"invoke","f":"put","key":"k","value":"{value}"}}"#,
            value % 7
        )
        .unwrap();
        writeln!(text, r#"{{"process":{},"type":"ok"}}"#, value % 7).unwrap();
    }
    let history = read(&Kv, &text).unwrap();
    assert_eq!(history.operations.len(), 50_000);
    let last = &history.operations[49_999];
    assert_eq!((last.call, last.ret, &last.answer), (99_999, Some(100_000), &Some(KvAnswer::Done)));
    assert_eq!(history.span(&Kv, last).return_line, Some(100_000));
    text.push_str("{}");
    assert!(read(&Kv, &text).map(|_| ()).unwrap_err().starts_with("line 100001: no process"));
}
