//! Histories that several machines have recorded of the same things, each by its own clock, as one history.
//!
//! What a clock shows may be off from the time that all mean, by a bound at most. So an operation that a machine saw begin at `a` and
//! end at `b` began no earlier than `a - bound` and ended no later than `b + bound`: whatever order there really was, the widened
//! intervals allow it. So a violation among widened intervals is one; and where there is none, there may still be one that is
//! smaller than the clocks are sure. Times are kept from falling below zero by moving all of them.
//!
//! A process has one operation at a time, and after widening it could have two. So each operation is written as a process of its
//! own: what a process did first is known no better here than what two machines did first.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::recording::NO_PROCESS;

/// Why histories cannot be one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// A history cannot be read.
    #[error("{name} cannot be read")]
    Read {
        /// Which.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// A line is no event, or none that can come there.
    #[error("{name}:{line}: {what}")]
    Event {
        /// Which history.
        name: String,
        /// Its line, counted from 1.
        line: usize,
        /// What is wrong there, and what would be right.
        what: String,
    },
    /// Two histories do not begin alike.
    #[error(
        "{first} and {second} do not begin alike: {key} was something else for each; record both from one state"
    )]
    Given {
        /// The one.
        first: String,
        /// The other.
        second: String,
        /// The key.
        key: String,
    },
    /// The history cannot be written.
    #[error("the history of all cannot be written")]
    Write(#[source] io::Error),
}

/// An event as it is read.
#[derive(Deserialize)]
struct Line {
    process: u64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "said")]
    f: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "said")]
    key: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "said")]
    value: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "said")]
    result: Option<Box<RawValue>>,
    time: Option<u64>,
}

/// A field that is there, null among others: that a register was read as null is not that nothing is known of it.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

/// An event as it is written.
#[derive(Serialize)]
struct Joined {
    process: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    f: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
    time: u64,
}

/// One operation of one machine.
struct Operation {
    invoked: Line,
    /// Its answer, if there was one.
    answered: Option<Line>,
}

/// Writes several histories as one, in which the interval of every operation is wider by this error at both ends. Each is JSON Lines as
/// [`Recording::write`](crate::Recording::write) writes them, with a name to speak of it by. How many operations there are.
///
/// What was known before the first operation must be the same in all, and stands at the beginning, once.
///
/// # Errors
/// What cannot be read or written, and histories that are not of one beginning.
pub fn join_histories<R: BufRead>(
    histories: impl IntoIterator<Item = (String, R)>,
    error_ns: u64,
    out: &mut impl Write,
) -> Result<usize, JoinError> {
    let mut given: BTreeMap<(String, usize), (String, Operation)> = BTreeMap::new();
    let mut operations = Vec::new();
    for (name, history) in histories {
        let mut of_key: HashMap<String, usize> = HashMap::new();
        for operation in read(&name, history)? {
            if operation.invoked.process != NO_PROCESS {
                operations.push(operation);
                continue;
            }
            let key = meaning(operation.invoked.key.as_deref()).unwrap_or_default().to_string();
            let nth = of_key.entry(key.clone()).or_default();
            *nth += 1;
            match given.get(&(key.clone(), *nth)) {
                Some((first, known)) if !is_same(known, &operation) => {
                    return Err(JoinError::Given { first: first.clone(), second: name, key });
                }
                Some(_) => {}
                None => drop(given.insert((key, *nth), (name.clone(), operation))),
            }
        }
    }
    let count = operations.len();
    let mut events = Vec::with_capacity(2 * (count + given.len()));
    // Before all else, whichever machine knew it first.
    let given = given.into_values().map(|(_, operation)| (operation, 0, 0));
    let widened = operations.into_iter().map(|operation| {
        let called = operation.invoked.time.unwrap_or_default();
        let returned = operation.answered.as_ref().and_then(|it| it.time).unwrap_or(called);
        (operation, called.saturating_add(1), returned.saturating_add(2 * error_ns).saturating_add(1))
    });
    for (process, (Operation { invoked, answered }, called, returned)) in (0..).zip(given.chain(widened)) {
        events.push((called, 0, event(process, "invoke", invoked, called)));
        // Without an answer it is open at the end, and of unknown outcome.
        events.extend(answered.map(|it| (returned, 1, event(process, "ok", it, returned))));
    }
    // Where the times are the same, invocations come first: the two may have overlapped.
    events.sort_by_key(|(time, rank, event)| (*time, *rank, event.process));
    for (_, _, event) in events {
        let written = serde_json::to_writer(&mut *out, &event).map_err(io::Error::from);
        written.and_then(|()| out.write_all(b"\n")).map_err(JoinError::Write)?;
    }
    Ok(count)
}

/// The operations of one history, without those that did not happen.
fn read(name: &str, history: impl BufRead) -> Result<Vec<Operation>, JoinError> {
    let mut open: HashMap<u64, usize> = HashMap::new();
    let mut operations: Vec<Option<Operation>> = Vec::new();
    for (nth, line) in (1..).zip(history.lines()) {
        let wrong = |what: String| JoinError::Event { name: name.to_owned(), line: nth, what };
        let line = line.map_err(|source| JoinError::Read { name: name.to_owned(), source })?;
        if line.is_empty() {
            continue;
        }
        let event: Line = serde_json::from_str(&line).map_err(|error| {
            wrong(format!("no event of a history ({error}); give the file as its machine wrote it"))
        })?;
        if event.time.is_none() {
            return Err(wrong("it has no time, and without times clocks cannot be compared".to_owned()));
        }
        if event.kind == "invoke" {
            if open.insert(event.process, operations.len()).is_some() {
                return Err(wrong(format!(
                    "process {} invokes while its last operation is open",
                    event.process
                )));
            }
            operations.push(Some(Operation { invoked: event, answered: None }));
            continue;
        }
        let Some(at) = open.remove(&event.process) else {
            return Err(wrong(format!(
                "a response to process {}, which has no open operation",
                event.process
            )));
        };
        match (&*event.kind, &mut operations[at]) {
            ("ok", Some(operation)) => operation.answered = Some(event),
            ("fail", operation) => *operation = None,
            ("info", _) => {}
            (kind, _) => {
                return Err(wrong(format!("its type is {kind}; there are invoke, ok, fail and info")));
            }
        }
    }
    Ok(operations.into_iter().flatten().collect())
}

fn event(process: u64, kind: &'static str, Line { f, key, value, result, .. }: Line, time: u64) -> Joined {
    Joined { process, kind, f, key, value, result, time }
}

/// What a piece of JSON says: the fields of an object may stand in any order.
fn meaning(raw: Option<&RawValue>) -> Option<Value> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// Whether two machines knew the same of a key at the beginning.
fn is_same(one: &Operation, other: &Operation) -> bool {
    let said = |it: &Operation| {
        let answer = |of: fn(&Line) -> Option<&RawValue>| meaning(it.answered.as_ref().and_then(of));
        let (asked, given) = (meaning(it.invoked.f.as_deref()), meaning(it.invoked.value.as_deref()));
        (asked, given, answer(|line| line.value.as_deref()), answer(|line| line.result.as_deref()))
    };
    said(one) == said(other)
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use crate::specs::Register;
    use crate::{Checker, Decision, History};

    use super::*;

    /// A machine that wrote 1 within this time, and one that read within that.
    fn machines(wrote: [u64; 2], read: [u64; 2], value: &str) -> [(String, String); 2] {
        let [begun, ended] = wrote;
        let one = format!(
            "{{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":1,\"time\":{begun}}}\n\
             {{\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"value\":1,\"time\":{ended}}}\n"
        );
        let [begun, ended] = read;
        let other = format!(
            "{{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"time\":{begun}}}\n\
             {{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":{value},\"time\":{ended}}}\n"
        );
        [("one".to_owned(), one), ("other".to_owned(), other)]
    }

    fn joined(histories: &[(String, String)], error_ns: u64) -> Result<(usize, String), JoinError> {
        let mut out = Vec::new();
        let histories = histories.iter().map(|(name, text)| (name.clone(), BufReader::new(text.as_bytes())));
        let count = join_histories(histories, error_ns, &mut out)?;
        Ok((count, String::from_utf8(out).expect("JSON")))
    }

    fn is_linearizable(histories: &[(String, String)], error_ns: u64) -> bool {
        let (_, text) = joined(histories, error_ns).expect("they are well-formed");
        let history = History::read(&Register, text.as_bytes()).expect("it is a history");
        matches!(Checker::new(&Register).decide(&history), Decision::Linearizable)
    }

    /// The read began 10 after the write had ended, and does not know of it: by exact clocks, and by clocks that are off by less than
    /// 5 each, that is wrong; by clocks that may be off by 5 it may have been before.
    #[test]
    fn a_violation_is_one_only_beyond_the_error_of_both_clocks() {
        let stale = machines([100, 200], [210, 300], "null");
        assert!(!is_linearizable(&stale, 0) && !is_linearizable(&stale, 4));
        assert!(is_linearizable(&stale, 5) && is_linearizable(&stale, 50));
        let fresh = machines([100, 200], [210, 300], "1");
        assert!(is_linearizable(&fresh, 0) && is_linearizable(&fresh, 5));
    }

    /// A value that nobody wrote is wrong however wide the intervals are.
    #[test]
    fn widening_hides_no_answer_that_is_impossible_at_any_time() {
        assert!(!is_linearizable(&machines([100, 200], [210, 300], "7"), u64::from(u32::MAX)));
    }

    #[test]
    fn what_did_not_happen_is_left_out_and_what_is_unknown_stays_open() {
        let lines = |kind: &str| {
            let event = |kind: &str| {
                format!("{{\"process\":0,\"type\":\"{kind}\",\"f\":\"write\",\"value\":1,\"time\":3}}\n")
            };
            [("a".to_owned(), event("invoke") + &event(kind))]
        };
        let (count, text) = joined(&lines("fail"), 0).expect("well-formed");
        assert_eq!((count, text.as_str()), (0, ""));
        let (count, text) = joined(&lines("info"), 0).expect("well-formed");
        assert_eq!((count, text.lines().count()), (1, 1), "{text}");
    }

    #[test]
    fn what_was_given_must_be_the_same_and_stands_first_once() {
        let given = |value: u32| {
            let event = |kind: &str| {
                format!(
                    "{{\"process\":{NO_PROCESS},\"type\":\"{kind}\",\"f\":\"write\",\"key\":\"x\",\"value\":{value},\"time\":9}}\n"
                )
            };
            event("invoke") + &event("ok")
        };
        let both = |one, other| [("a".to_owned(), given(one)), ("b".to_owned(), given(other))];
        let (count, text) = joined(&both(1, 1), 5).expect("they are alike");
        assert_eq!((count, text.lines().count()), (0, 2), "{text}");
        assert!(text.lines().all(|line| line.contains("\"time\":0")), "{text}");
        let reordered =
            both(1, 1).map(|(name, text)| (name, text.replace(r#""value":1"#, r#""value":{"a":1,"b":2}"#)));
        let [one, (name, text)] = reordered;
        let other = (name, text.replace(r#"{"a":1,"b":2}"#, r#"{"b": 2, "a": 1}"#));
        assert_eq!(joined(&[one, other], 5).expect("they say the same").0, 0);
        let error = joined(&both(1, 2), 5).expect_err("they are not").to_string();
        assert!(error.contains("a and b do not begin alike: \"x\""), "{error}");
    }

    #[test]
    fn what_is_no_history_is_refused_by_its_line() {
        let ok = r#"{"process":0,"type":"ok","f":"read","time":1}"#;
        let invoke = r#"{"process":0,"type":"invoke","f":"read","time":1}"#;
        for (text, said) in [
            ("{".to_owned(), "a:1: no event"),
            (ok.to_owned(), "a:1: a response to process 0"),
            (format!("{invoke}\n{invoke}"), "a:2: process 0 invokes while"),
            (format!("{invoke}\n{}", ok.replace("ok", "done")), "a:2: its type is done"),
            (invoke.replace(",\"time\":1", ""), "a:1: it has no time"),
        ] {
            let error = joined(&[("a".to_owned(), text)], 0).expect_err(said).to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
