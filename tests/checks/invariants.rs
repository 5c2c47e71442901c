//! What must hold after a run, each with a run that breaks it.

use std::collections::BTreeMap;

use crate::histories::sessions::{advance, change, new_context, shown};
use lockyard::backend::chat::{ChatContext, Message, NewMessage, Role, Timestamp};
use lockyard::checks::invariants::{Finding, Held, Sessions, appends, at_rest, bounds, stored, versions};
use lockyard::checks::spec::{Answer, Call, Log, Recording, Token};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

fn token(message: &Message) -> Token {
    Token(message.text().parse().unwrap_or_default())
}

/// A session that was recorded from its beginning, appended to three times and given one turn.
struct Case {
    context: ChatContext,
    start: ChatContext,
    log: Log,
    time: u64,
}

impl Case {
    fn new() -> Self {
        let start = new_context(2);
        let mut case = Self { context: start.clone(), start, log: Log::new(0, 10), time: 0 };
        for nth in 1..=3 {
            case.append(nth);
        }
        let ticket = case.log.invoke(case.time + 1, 0, Call::Send(Token(9)));
        let Some(Answer::Turn { began, message, .. }) = change(&mut case.context, &Call::Send(Token(9)))
        else {
            unreachable!()
        };
        let mut random = ChaCha8Rng::seed_from_u64(1);
        while case.context.state_kind().is_working() {
            advance(&mut case.context, &mut random);
        }
        case.time += 2;
        case.log.ok(ticket, case.time, Answer::Turn { began, message, after: shown(&case.context) });
        case
    }

    fn append(&mut self, nth: u64) -> Answer {
        let call = Call::Append(Token(nth));
        let ticket = self.log.invoke(self.time + 1, 0, call);
        let answer = change(&mut self.context, &call).unwrap();
        self.time += 2;
        self.log.ok(ticket, self.time, answer);
        answer
    }

    fn recording(self) -> (Recording, ChatContext) {
        let mut recording = Recording::new([shown(&self.start).given(0)]);
        recording.add(self.log);
        (recording, self.context)
    }
}

fn all(recording: &Recording, last: &ChatContext, store: Option<&ChatContext>) -> Vec<&'static str> {
    let last: Sessions<'_> = BTreeMap::from([(0, last)]);
    let store: Sessions<'_> = store.map(|context| (0, context)).into_iter().collect();
    let all = [
        appends(recording, &last, token),
        versions(recording, &last),
        at_rest(&last),
        stored(recording, &last, &store),
    ];
    all.into_iter().flatten().map(|Finding { rule, .. }| rule).collect()
}

#[test]
fn a_run_without_faults_has_no_findings() {
    let (recording, context) = Case::new().recording();
    assert_eq!(all(&recording, &context, Some(&context)), [""; 0]);
}

#[test]
fn an_append_that_was_lost_is_found() {
    let mut case = Case::new();
    let before = case.context.clone();
    case.append(4);
    let mut after = before;
    // Another message in its place.
    change(&mut after, &Call::Append(Token(5)));
    let (recording, _) = case.recording();
    assert_eq!(all(&recording, &after, Some(&after)), ["lost append"]);
}

#[test]
fn an_append_that_was_doubled_is_found() {
    let mut case = Case::new();
    case.context.append(NewMessage::text(Role::User, "4"), None).unwrap();
    case.append(4);
    let (recording, context) = case.recording();
    assert_eq!(all(&recording, &context, Some(&context)), ["doubled append"]);
}

#[test]
fn a_version_that_no_operation_made_is_found() {
    let mut case = Case::new();
    case.context.touch(Timestamp(0));
    let (recording, context) = case.recording();
    assert_eq!(all(&recording, &context, Some(&context)), ["version gap"], "in the end");
    let mut case = Case::new();
    case.context.touch(Timestamp(0));
    case.append(4);
    let (recording, context) = case.recording();
    assert_eq!(all(&recording, &context, Some(&context)), ["version gap"], "between two");
    // But a call without an answer may have made it.
    let mut case = Case::new();
    case.context.touch(Timestamp(0));
    let ticket = case.log.invoke(99, 0, Call::Append(Token(7)));
    case.log.info(ticket);
    let (recording, context) = case.recording();
    assert_eq!(all(&recording, &context, Some(&context)), [""; 0]);
}

#[test]
fn a_version_that_was_made_twice_or_taken_back_is_found() {
    let mut case = Case::new();
    let before = case.context.clone();
    case.append(4);
    case.context = before.clone();
    case.append(5);
    let (recording, context) = case.recording();
    assert_eq!(all(&recording, &context, Some(&context)), ["lost append", "version made twice"]);
    let mut case = Case::new();
    case.append(4);
    let (recording, _) = case.recording();
    assert_eq!(all(&recording, &before, Some(&before)), ["lost append", "version went back"]);
}

#[test]
fn a_session_left_at_work_is_found() {
    let mut case = Case::new();
    let ticket = case.log.invoke(99, 0, Call::Send(Token(7)));
    case.log.info(ticket);
    change(&mut case.context, &Call::Send(Token(7))).unwrap();
    let (recording, context) = case.recording();
    assert_eq!(all(&recording, &context, Some(&context)), ["stuck session"]);
}

#[test]
fn what_is_not_stored_as_it_is_is_found() {
    let mut case = Case::new();
    let before = case.context.clone();
    case.append(4);
    let (recording, context) = case.recording();
    assert_eq!(all(&recording, &context, None), ["not stored"]);
    assert_eq!(all(&recording, &context, Some(&before)), ["not stored"]);
    let mut other = before;
    change(&mut other, &Call::Append(Token(5)));
    assert_eq!(all(&recording, &context, Some(&other)), ["stored otherwise"]);
}

#[test]
fn what_was_deleted_and_is_there_is_found() {
    let mut case = Case::new();
    let ticket = case.log.invoke(99, 0, Call::Delete);
    case.log.ok(ticket, 100, Answer::Done);
    let (recording, context) = case.recording();
    let none = Sessions::new();
    assert_eq!(stored(&recording, &none, &none), []);
    let there: Sessions<'_> = BTreeMap::from([(0, &context)]);
    assert_eq!(stored(&recording, &none, &there)[0].rule, "resurrected session");
    let other: Sessions<'_> = BTreeMap::from([(7, &context)]);
    assert_eq!(stored(&recording, &none, &other)[0].rule, "stored otherwise");
}

#[test]
fn bounds_are_held_to_the_session() {
    let held = Held { cached: 10, capacity: 10, live: 15, in_use: 3, unsaved: 2 };
    assert_eq!(bounds(&held), []);
    assert_eq!(bounds(&Held { cached: 11, ..held })[0].rule, "cache too large");
    assert_eq!(bounds(&Held { live: 16, ..held })[0].rule, "sessions leaked");
}
