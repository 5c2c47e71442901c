//! Small histories that went wrong once, whose verdicts are known.

use std::time::Duration;

use lockyard_history::{
    History, Pairing, Register, RegisterAnswer, RegisterCall, Value, Verdict, Violation, check,
};

const BUDGET: Duration = Duration::from_secs(60);

/// The history of these events, each a process and a word: `r` asks for a read and `w4` for a write, `o` and `o4` answer; `f`
/// says that it failed, and `x` that it is not known.
fn history(events: &str) -> History<Register> {
    let mut pairing = Pairing::<Register>::default();
    for event in events.split(';') {
        let [process, word] = *event.split_whitespace().collect::<Vec<_>>() else { panic!("{event}") };
        let process = process.parse().unwrap();
        let (kind, value) = word.split_at(1);
        let value = value.parse().map_or(Value::Null, Value::Int);
        let done = match kind {
            "r" => pairing.invoke(process, None, RegisterCall::Read),
            "w" => pairing.invoke(process, None, RegisterCall::Write(value)),
            "f" => pairing.fail(process),
            "x" => pairing.info(process),
            "o" => {
                let answer = match pairing.open(process).unwrap() {
                    RegisterCall::Read => RegisterAnswer::Holds(value),
                    _ => RegisterAnswer::Done,
                };
                pairing.ok(process, None, answer)
            }
            _ => panic!("{event}"),
        };
        done.unwrap();
    }
    pairing.finish().unwrap()
}

fn right(events: &str) {
    let verdict = check(&Register, &history(events), BUDGET);
    assert_eq!(verdict, Verdict::Linearizable, "{events}");
}

fn wrong(events: &str) -> Violation {
    match check(&Register, &history(events), BUDGET) {
        Verdict::Violation(violation) => violation,
        other => panic!("{events}: {other:?}"),
    }
}

/// The operation whose answer is impossible, and its process.
fn culprit(violation: &Violation) -> (String, String) {
    let it = &violation.operations[violation.impossible];
    (it.process.to_string(), it.what.clone())
}

#[test]
fn a_read_after_one_that_overlapped_both_writes_is_to_blame() {
    let first = "0 w1; 0 o; 1 r; 0 w2; 0 o; 1 o1";
    right(first);
    let violation = wrong(&format!("{first}; 1 r; 1 o1"));
    let blamed = &violation.operations[violation.impossible];
    assert_eq!((blamed.what.as_str(), blamed.call), ("read: 1", 7), "{violation}");
}

#[test]
fn what_only_a_failure_wrote_is_said_to_be() {
    let violation = wrong("1 r; 101 w3; 101 f; 1 o3");
    assert_eq!(culprit(&violation), ("1".to_owned(), "read: 3".to_owned()));
    let text = violation.drawing().to_text(Some(80));
    assert!(text.contains("Only what failed writes 3"), "{text}");
}

#[test]
fn a_write_of_unknown_outcome_alone_is_right() {
    right("0 w1; 0 x");
}

#[test]
fn what_nobody_wrote_is_blamed_on_who_read_it() {
    let violation = wrong("0 w0; 0 o; 1 r; 2 w4; 1 o3; 2 o; 3 r; 3 o4");
    assert_eq!(culprit(&violation), ("1".to_owned(), "read: 3".to_owned()));
    assert_eq!(violation.not_shown.unwrap().none.as_deref(), Some("writes 3"));
}

/// Which of four writes of unknown outcome was seen may only be known much later.
#[test]
fn writes_of_unknown_outcome_are_each_seen_once() {
    let story = |last_write: &str, last_read: &str| {
        format!(
            "0 w1; 0 o; 0 w3; 0 o; 0 w2; 0 o; 0 r; 0 o2; 0 w4; 0 o; 0 r; 0 o4; 0 r; 0 o4; 0 w4; 0 {last_write}; \
             1 r; 1 o4; 1 w0; 1 x; 2 r; 2 o4; 2 w0; 2 x; 3 r; 3 o0; 3 r; 3 o0; 3 r; 3 o0; 3 r; 3 o0; 3 w0; 3 x; \
             4 r; 4 o4; 4 w1; 4 x; 5 r; 5 o{last_read}"
        )
    };
    right(&story("x", "0"));
    right(&story("x", "1"));
    wrong(&story("x", "2"));
    wrong(&story("o", "0"));
}
