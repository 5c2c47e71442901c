//! Files of many lines are read in batches, on two cores where there are two: what they say, and what is wrong with them,
//! does not depend on where a batch ends.

mod support;

use std::fmt::Write as _;
use std::io::{BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use lockyard_history::{Codec, Encoded, History, Json, Kv, Nil, Register, SequentialSpec};
use support::{place, refused, registers, told};

/// Enough for several batches.
const EVENTS: usize = 12_000;

/// Lines as several programs write them.
fn lines() -> Vec<String> {
    let mut lines = Vec::new();
    for nth in 0..EVENTS / 2 {
        let (process, key) = (nth % 7, nth % 11);
        let (invoke, ok) = match nth % 5 {
            0 => (r#""type":"invoke","f":"write","value":{n}"#, r#""type":"ok""#),
            1 => (r#" "f" : "read", "type" : "invoke" "#, r#""value":null,"type":"ok","index":[{}]"#),
            2 => (r#""type":"invoke","f":"cas","value":[{n}, "\u00e9\n"]"#, r#""type":"ok","result":true"#),
            3 => (
                r#""typ\u0065":"invoke","f":"write","value":{"é":[[[[[[[[[[1]]]]]]]]]]}"#,
                r#""type":"info""#,
            ),
            _ => (r#""type":"invoke","f":"write","value":"a \"b\" \\""#, r#""type":"fail","time":-1.5e3"#),
        };
        let invoke = invoke.replace("{n}", &nth.to_string());
        lines.push(format!(r#"{{"process":{process},"key":"key {key}",{invoke},"time":{nth}}}"#));
        lines.push(format!(r#"{{"process":{process},{ok}}}"#));
    }
    lines
}

fn text() -> String {
    lines().join("\n") + "\n"
}

#[test]
fn what_is_read_does_not_depend_on_where_a_batch_ends() {
    let text = text();
    assert!(text.len() > 4 << 17, "several batches: {}", text.len());
    let wanted = told(&Register, &registers(&text));
    // Not split into lines, but by brackets.
    let array = format!("[{}]", lines().join(",\n"));
    assert_eq!(told(&Register, &registers(array)), wanted);
    let long =
        format!("{text}{{\"process\":9,\"type\":\"invoke\",\"f\":\"read\",\"key\":\"key 1\",\"value\":[");
    // With a line longer than a batch at the end, and without a last line break.
    let history = registers(format!("{long}{}1]}}", "1,".repeat(1 << 17)));
    assert_eq!(told(&Register, &history)[..wanted.len()], wanted);
    assert_eq!(history.invoked, EVENTS / 2 + 1);
    for text in [text.trim_end().to_owned(), text.replace('\n', " \r\n"), format!("\u{feff}{text}\n\n")] {
        assert_eq!(told(&Register, &registers(text)), wanted);
    }
    for size in [1 << 12, 100_003] {
        let input = BufReader::with_capacity(size, text.as_bytes());
        assert_eq!(told(&Register, &History::read(&Register, input).unwrap()), wanted, "{size}");
    }
    let spaced = registers(text.replace('\n', "\n\n"));
    let line = |history: &History<Register>, at: usize| {
        history.span(&Register, &history.operations[at]).line.unwrap()
    };
    let history = registers(&text);
    for at in 0..wanted.len() {
        assert_eq!(line(&spaced, at), 2 * line(&history, at) - 1);
    }
}

#[test]
fn what_is_wrong_is_named_by_its_line_wherever_it_is() {
    for at in [0, 1, 2_000, 2_001, 5_432, EVENTS - 2, EVENTS - 1] {
        let place = format!("line {}", at + 1);
        let with = |line: &[u8]| {
            let mut lines: Vec<Vec<u8>> = lines().into_iter().map(String::into_bytes).collect();
            lines[at] = line.to_vec();
            // What is wrong behind it is not told first.
            lines.push(b"{".to_vec());
            lines.join(&b'\n')
        };
        if at > 0 {
            refused(with(b"{\"process\":0,\"type\":\"ok\""), &place, "the line ends too early, in column");
            refused(with(b"{\"process\":0,\"f\":\"\xff\"}"), &place, "no text in UTF-8, from byte 19 on");
            refused(with(b"{\"process\":0,\"process\":0}"), &place, "\"process\" is given twice");
            // Whole only with the line behind it.
            refused(
                with(b"{\"process\":0,\n\"type\":\"info\"}"),
                &place,
                "the line ends too early, in column",
            );
            refused(with(b"[1]"), &place, "an event is an object");
        }
        refused(with(b"{\"process\":100,\"type\":\"ok\"}"), &place, "no open operation");
        refused(with(b"{\"process\":100,\"type\":\"okay\"}"), &place, "the type is \"okay\"");
    }
}

/// An input that fails once it was read so far.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("the disk is gone"))
    }
}

#[test]
fn an_input_that_fails_is_told_after_what_is_wrong_before() {
    let error = |text: &str| {
        let input = BufReader::new(text.as_bytes().chain(Broken));
        History::read(&Register, input).map(|_| ()).unwrap_err()
    };
    let text = text();
    assert_eq!(error(&text).to_string(), "the history cannot be read");
    assert_eq!(error(&format!("{text}{{\"process\"")).to_string(), "the history cannot be read");
    let wrong = error(&format!("{text}{{}}\n{{"));
    assert_eq!(place(&wrong), Some(EVENTS + 1), "{wrong}");
}

/// A specification with a mistake.
struct Panics;

impl SequentialSpec for Panics {
    type Call = <Kv as SequentialSpec>::Call;
    type Answer = <Kv as SequentialSpec>::Answer;
    type State = <Kv as SequentialSpec>::State;

    fn initial(&self) -> Self::State {
        Kv.initial()
    }

    fn step(
        &self,
        state: &Self::State,
        call: &Self::Call,
        answer: Option<&Self::Answer>,
    ) -> Option<Self::State> {
        Kv.step(state, call, answer)
    }
}

impl Codec for Panics {
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<Self::Call, String> {
        assert_ne!(value.text(), Some("7777"), "a mistake");
        Kv.decode_call(f, Json::Text("\"\""))
    }

    fn decode_answer(
        &self,
        call: &Self::Call,
        value: Json<'_>,
        result: Json<'_>,
        nil: Nil,
    ) -> Result<Option<Self::Answer>, String> {
        Kv.decode_answer(call, value, result, nil)
    }

    fn encode_call(&self, call: &Self::Call) -> Encoded {
        Kv.encode_call(call)
    }

    fn encode_answer(&self, answer: &Self::Answer) -> Encoded {
        Kv.encode_answer(answer)
    }
}

#[test]
fn a_panic_of_the_specification_is_handed_on() {
    let mut text = String::new();
    for nth in 0..EVENTS {
        writeln!(text, "{{\"process\":{nth},\"type\":\"invoke\",\"f\":\"put\",\"value\":{nth}}}").unwrap();
    }
    let panic =
        catch_unwind(AssertUnwindSafe(|| History::read(&Panics, text.as_bytes()).is_ok())).unwrap_err();
    assert!(panic.downcast_ref::<String>().is_some_and(|what| what.contains("a mistake")));
}
