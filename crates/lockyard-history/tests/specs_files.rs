//! Calls and answers as files have them, of each specification: what is read, what is refused, and what is written is read
//! as what it was.

use std::fmt::Debug;

use lockyard_history::{Codec, Counter, Json, Lock, MultiRegister, Nil, Queue, Recording, Set};

const NOTHING: Json<'static> = Json::Missing;

/// A call and its answer in words, or what is wrong.
fn said<S: Codec>(spec: &S, f: &str, asked: Json<'_>, value: Json<'_>, result: Json<'_>) -> String {
    said_with(spec, f, asked, (value, result), Nil::Value)
}

fn said_with<S: Codec>(
    spec: &S,
    f: &str,
    asked: Json<'_>,
    (value, result): (Json<'_>, Json<'_>),
    nil: Nil,
) -> String {
    let described = || {
        let call = spec.decode_call(f, asked)?;
        let answer = spec.decode_answer(&call, value, result, nil)?;
        let described = spec.describe(&call, answer.as_ref());
        Ok::<_, String>(if answer.is_none() { format!("{described}, unknown") } else { described })
    };
    described().unwrap_or_else(|wrong| format!("wrong: {wrong}"))
}

fn text(text: &str) -> Json<'_> {
    if text.is_empty() { NOTHING } else { Json::Text(text) }
}

/// Lines of a function, what is asked, the value and the result of the response, and what that is in words.
fn reads<S: Codec>(spec: &S, lines: &[[&str; 5]]) {
    for [f, asked, value, result, words] in lines {
        let value = if *value == "unknown" { Json::Unknown } else { text(value) };
        assert_eq!(
            said(spec, f, text(asked), value, text(result)),
            *words,
            "{f} {asked}: {value:?}, {result}"
        );
    }
}

fn begins<S: Codec>(spec: &S, initial: &str) -> String {
    let state = spec.decode_initial(Json::Text(initial));
    state.map_or_else(|wrong| format!("wrong: {wrong}"), |state| spec.describe_state(&state))
}

#[test]
fn locks_are_acquired_and_released() {
    reads(
        &Lock,
        &[
            ["acquire", "", "", "", "acquire"],
            ["release", "null", "null", "true", "release"],
            ["acquire", "\"n1\"", "7", "", "acquire"],
            [
                "acquire",
                "",
                "false",
                "",
                "wrong: the response to acquire is false: write one that was refused as \"fail\"",
            ],
            ["lock", "", "", "", "wrong: unknown function \"lock\": a lock knows acquire and release"],
        ],
    );
    for (initial, state) in
        [("\"locked\"", "locked"), ("true", "locked"), ("\"free\"", "free"), ("false", "free")]
    {
        assert_eq!(begins(&Lock, initial), state);
    }
    assert_eq!(begins(&Lock, "1"), "wrong: a lock does not begin as 1: give \"free\" or \"locked\"");
}

#[test]
fn counters_are_added_to_and_read() {
    reads(
        &Counter,
        &[
            ["add", "5", "", "", "add 5"],
            ["add", "-5", "-5", "", "add -5"],
            ["increment", "", "null", "", "add 1"],
            ["inc", "null", "", "", "add 1"],
            ["dec", "", "", "", "add -1"],
            ["decrement", "3", "3", "", "add -3"],
            ["read", "null", "7.0", "", "read: 7"],
            ["read", "", "unknown", "", "read, unknown"],
            ["add", "5", "6", "", "wrong: the response says 6, which contradicts its invocation: add 5"],
            [
                "add",
                "0.5",
                "",
                "",
                "wrong: the value to add is 0.5, which the model cannot hold: give a whole number",
            ],
            ["read", "", "", "", "wrong: the value that was read is missing: give a whole number"],
        ],
    );
    assert_eq!(begins(&Counter, "-3"), "-3");
}

#[test]
fn sets_are_added_to_and_removed_from() {
    reads(
        &Set,
        &[
            ["add", "5", "5", "", "add 5"],
            ["add", "5", "", "false", "add 5: false"],
            ["remove", "\"a\"", "\"a\"", "true", "remove \"a\": true"],
            ["contains", "5", "", "true", "contains 5: true"],
            ["contains", "5", "unknown", "", "contains 5, unknown"],
            ["read", "", "[2, 1]", "", "read: {1, 2}"],
            ["read", "", "[]", "", "read: {}"],
            ["read", "", "unknown", "", "read, unknown"],
            [
                "read",
                "",
                "[1, 1.0]",
                "",
                "wrong: the value that was read has 1 twice: a set has each element once",
            ],
            ["add", "5", "6", "", "wrong: the response says 6, which contradicts its invocation: add 5"],
        ],
    );
    assert_eq!(begins(&Set, "[\"b\", 1]"), "{1, \"b\"}");
}

#[test]
fn queues_are_enqueued_to_and_dequeued_from() {
    reads(
        &Queue,
        &[
            ["enqueue", "5", "5", "", "enqueue 5"],
            ["dequeue", "", "5", "", "dequeue: 5"],
            ["dequeue", "", "null", "", "dequeue: empty"],
            ["dequeue", "", "unknown", "", "dequeue, unknown"],
            [
                "enqueue",
                "5",
                "6",
                "",
                "wrong: the response says 6, which contradicts its invocation: enqueue 5",
            ],
        ],
    );
    assert_eq!(begins(&Queue, "[2, 1, 2]"), "[2, 1, 2]");
}

#[test]
fn transactions_are_answered_with_their_reads_filled_in() {
    let asked = r#"[["r", "x", null], ["w", "y", 2], ["read", 3]]"#;
    reads(
        &MultiRegister,
        &[
            [
                "txn",
                asked,
                r#"[["r", "x", 1], ["w", "y", 2], ["r", 3, null]]"#,
                "",
                "txn r x: 1, w y 2, r 3: null",
            ],
            ["txn", asked, "unknown", "", "txn r x, w y 2, r 3, unknown"],
            ["write", r#"[["w", "y", 2]]"#, "", "", "txn w y 2"],
            [
                "txn",
                r#"[["r", "x", null]]"#,
                r#"[["r", "y", 1]]"#,
                "",
                "wrong: the response says [[\"r\", \"y\", 1]], which contradicts its invocation: txn r x",
            ],
        ],
    );
    let read = text(r#"[["r", "x", null]]"#);
    assert_eq!(said_with(&MultiRegister, "txn", read, (read, NOTHING), Nil::Unknown), "txn r x");
    assert_eq!(begins(&MultiRegister, "0"), "all: 0");
    assert_eq!(begins(&MultiRegister, r#"{"x": 1, "y": null}"#), "x: 1, all others: null");
}

/// What is written of a call and its answer, beside the function.
fn written<S>(f: &str, asked: &str, value: &str, result: &str)
where
    S: Codec<Call: Clone, Answer: Clone + PartialEq> + Default + Debug,
{
    let spec = S::default();
    let call = spec.decode_call(f, text(asked)).unwrap();
    let answer = spec.decode_answer(&call, text(value), text(result), Nil::Value).unwrap().unwrap();
    let mut lines = Vec::new();
    let recording = Recording::<S>::new([(0, call.clone(), answer.clone())]);
    recording.write(&mut lines, |_| "x".to_owned()).unwrap();
    let lines: Vec<serde_json::Value> =
        lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let [invoked, answered] = &*lines else { panic!("{lines:?}") };
    let said = |line: &serde_json::Value, of: &str| line.get(of).map_or(String::new(), ToString::to_string);
    let f = invoked["f"].as_str().unwrap();
    let again = spec.decode_call(f, text(&said(invoked, "value"))).unwrap();
    assert_eq!(again, call, "{lines:?}");
    let (value, result) = (said(answered, "value"), said(answered, "result"));
    let again = spec.decode_answer(&call, text(&value), text(&result), Nil::Value).unwrap();
    assert_eq!(again, Some(answer), "{lines:?}");
}

#[test]
fn what_is_written_is_read_as_what_it_was() {
    written::<Lock>("acquire", "", "", "");
    written::<Counter>("dec", "", "", "");
    written::<Counter>("read", "", "7", "");
    written::<Set>("add", "5", "", "");
    written::<Set>("add", "5", "", "false");
    written::<Set>("contains", "[1, 2]", "", "true");
    written::<Set>("read", "", "[1, \"a\"]", "");
    written::<Queue>("enqueue", "5", "", "");
    written::<Queue>("dequeue", "", "5", "");
    written::<Queue>("dequeue", "", "null", "");
    let answered = r#"[["r", "x", 1], ["w", "y", 2]]"#;
    written::<MultiRegister>("txn", r#"[["r", "x"], ["w", "y", 2]]"#, answered, "");
}
