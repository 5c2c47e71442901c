//! Histories written by hand, whose verdicts are known: what the checker must see, and what it must not assume.

use std::time::Duration;

use lockyard_history::{
    History, Kv, KvAnswer, KvCall, Pairing, Register, RegisterAnswer, RegisterCall, SequentialSpec, Value,
    Verdict, Violation, check,
};

/// Time enough for anything here; what needs it all has failed.
const BUDGET: Duration = Duration::from_secs(300);

/// A history, story event by event. Each of these tests has one object.
struct Story<S: SequentialSpec>(Pairing<S>);

impl<S: SequentialSpec> Story<S> {
    fn new() -> Self {
        Self(Pairing::default())
    }

    fn call(mut self, process: u64, call: S::Call) -> Self {
        self.0.invoke(process, None, call).unwrap();
        self
    }

    fn ok(mut self, process: u64, answer: S::Answer) -> Self {
        self.0.ok(process, None, answer).unwrap();
        self
    }

    fn info(mut self, process: u64) -> Self {
        self.0.info(process).unwrap();
        self
    }

    fn fail(mut self, process: u64) -> Self {
        self.0.fail(process).unwrap();
        self
    }

    /// From call to return without anything between.
    fn at_once(self, process: u64, call: S::Call, answer: S::Answer) -> Self {
        self.call(process, call).ok(process, answer)
    }

    fn finish(self) -> History<S> {
        self.0.finish().unwrap()
    }
}

fn right<S: SequentialSpec + Default>(story: Story<S>) {
    assert_eq!(check(&S::default(), &story.finish(), BUDGET), Verdict::Linearizable);
}

fn wrong<S: SequentialSpec + Default>(story: Story<S>) -> Violation {
    match check(&S::default(), &story.finish(), BUDGET) {
        Verdict::Violation(violation) => violation,
        other => panic!("{other:?}"),
    }
}

fn read() -> RegisterCall {
    RegisterCall::Read
}

fn write(value: i64) -> RegisterCall {
    RegisterCall::Write(Value::Int(value))
}

fn cas(old: i64, new: i64) -> RegisterCall {
    RegisterCall::Cas(Value::Int(old), Value::Int(new))
}

fn holds(value: i64) -> RegisterAnswer {
    RegisterAnswer::Holds(Value::Int(value))
}

const DONE: RegisterAnswer = RegisterAnswer::Done;
const WON: RegisterAnswer = RegisterAnswer::Swapped(true);
const LOST: RegisterAnswer = RegisterAnswer::Swapped(false);

fn words(violation: &Violation) -> Vec<&str> {
    violation.operations.iter().map(|span| &*span.what).collect()
}

#[test]
fn nothing_is_linearizable() {
    right(Story::<Register>::new());
    right(Story::<Register>::new().at_once(0, read(), RegisterAnswer::Holds(Value::Null)));
    right(Story::<Kv>::new().at_once(0, KvCall::Get, KvAnswer::Got("".into())));
}

#[test]
fn a_stale_read_is_impossible() {
    let mut story = Story::<Register>::new();
    for value in 0..50 {
        story = story.at_once(0, write(value), DONE).at_once(1, read(), holds(value));
    }
    let violation = wrong(story.at_once(2, read(), holds(48)).at_once(1, read(), holds(49)));
    assert_eq!(words(&violation), ["write 48", "write 49", "read: 48"]);
    assert_eq!((violation.impossible, &*violation.expected), (2, &["49".to_owned()][..]));
}

#[test]
fn an_overlapping_read_may_see_either() {
    for seen in [1, 2] {
        let story = Story::new().at_once(0, write(1), DONE).call(0, write(2)).call(1, read());
        right::<Register>(story.ok(1, holds(seen)).ok(0, DONE));
    }
    // But once one read has seen the new, no later one sees the old.
    let story = Story::new().at_once(0, write(1), DONE).call(0, write(2)).at_once(1, read(), holds(2));
    let violation = wrong::<Register>(story.at_once(2, read(), holds(1)).ok(0, DONE));
    assert_eq!((violation.operations.len(), &*violation.expected), (4, &["2".to_owned()][..]));
}

#[test]
fn an_update_that_was_lost_is_missed() {
    let append = |text: &str| KvCall::Append(text.into());
    let story = Story::new().call(0, append("a")).call(1, append("b"));
    let story = story.ok(0, KvAnswer::Done).ok(1, KvAnswer::Done);
    let violation = wrong::<Kv>(story.at_once(2, KvCall::Get, KvAnswer::Got("b".into())));
    assert_eq!(violation.operations.len(), 3);
    assert_eq!(violation.expected.len(), 2, "either order would have done: {violation}");
    assert!(
        violation.to_string().contains(r#"should have been "ba" or "ab""#)
            || violation.to_string().contains(r#""ab" or "ba""#)
    );
}

#[test]
fn one_cas_of_two_can_win() {
    let both = |first, second| {
        let story = Story::<Register>::new().at_once(9, write(0), DONE).call(0, cas(0, 1)).call(1, cas(0, 2));
        story.ok(0, first).ok(1, second)
    };
    right(both(WON, LOST));
    right(both(LOST, WON));
    let violation = wrong(both(WON, WON));
    assert_eq!(words(&violation), ["write 0", "cas 0 to 1: true", "cas 0 to 2: true"]);
    assert_eq!((violation.impossible, &*violation.expected), (2, &["false".to_owned()][..]));
    wrong(both(LOST, LOST));
}

#[test]
fn what_ended_with_info_may_have_happened() {
    let story = || Story::<Register>::new().at_once(0, write(1), DONE).call(0, write(2)).info(0);
    right(story().at_once(1, read(), holds(2)));
    right(story().at_once(1, read(), holds(1)));
    // Late, too: a write may take effect long after its caller gave up.
    right(story().at_once(1, read(), holds(1)).at_once(1, read(), holds(2)));
    // But once, and not back again.
    wrong(story().at_once(1, read(), holds(2)).at_once(1, read(), holds(1)));
    // What is open at the end counts the same.
    right(Story::<Register>::new().call(0, write(2)).at_once(1, read(), holds(2)).call(1, read()));
}

#[test]
fn what_ended_with_info_must_not_be_assumed() {
    let story = Story::<Register>::new().at_once(0, write(1), DONE).call(0, cas(1, 2)).info(0);
    right(Story(story.0).at_once(1, cas(1, 3), WON).at_once(1, read(), holds(3)));
    // It cannot have happened before it was asked.
    let story = Story::<Register>::new().at_once(1, read(), holds(2)).call(0, write(2)).info(0);
    assert_eq!(wrong(story).expected, ["null"]);
    // Twice neither.
    let story = Story::<Register>::new().call(0, write(2)).info(0).at_once(1, read(), holds(2));
    let story = story.at_once(1, write(1), DONE).at_once(1, read(), holds(2));
    wrong(story);
}

/// After the first read, the write may be used up or the compare-and-set: only the write can bring 1 back after the 5. So a
/// dead end of the one must not be taken for one of the other, though all else is the same.
#[test]
fn a_dead_end_is_one_of_what_was_taken_of_unknown_outcome_too() {
    let story = Story::<Register>::new().at_once(0, write(0), DONE);
    let story = story.call(1, write(1)).info(1).call(2, cas(0, 1)).info(2);
    let story = story.at_once(0, read(), holds(1)).at_once(0, write(5), DONE);
    right(story.at_once(0, read(), holds(1)));
}

#[test]
fn what_failed_has_not_happened() {
    let story = || Story::<Register>::new().at_once(0, write(1), DONE).call(0, write(2)).fail(0);
    right(story().at_once(1, read(), holds(1)));
    // Nothing says where 2 is from; what is shown is what should have been seen.
    assert_eq!(words(&wrong(story().at_once(1, read(), holds(2)))), ["write 1", "read: 2"]);
}

/// The search continues where the first thing to fit was the wrong one, and where many were of no use.
#[test]
fn many_unknown_outcomes_are_searched() {
    let mut story = Story::<Register>::new();
    for (process, value) in (1000..).zip(0..200) {
        story = story.call(process, write(value)).info(process);
    }
    for value in (0..200).rev() {
        story = story.at_once(0, write(-1), DONE).at_once(0, read(), holds(value));
    }
    right(Story(story.0));

    let mut story = Story::<Register>::new();
    for (process, value) in (1000..).zip(0..30) {
        story = story.call(process, write(value)).info(process);
    }
    let violation = wrong(story.at_once(0, write(7), DONE).at_once(1, read(), holds(99)));
    assert_eq!(words(&violation), ["write 7", "read: 99"]);
}

#[test]
fn keys_do_not_disturb_each_other() {
    let mut pairing = Pairing::<Register>::default();
    for (key, value) in [("x", 1), ("y", 2)] {
        pairing.invoke(0, Some(key), write(value)).unwrap();
        pairing.ok(0, Some(key), DONE).unwrap();
    }
    for (key, value) in [("x", 1), ("y", 1)] {
        pairing.invoke(0, Some(key), read()).unwrap();
        pairing.ok(0, None, holds(value)).unwrap();
    }
    let Verdict::Violation(violation) = check(&Register, &pairing.finish().unwrap(), BUDGET) else {
        panic!()
    };
    assert_eq!((&*violation.key, &*violation.expected), ("y", &["2".to_owned()][..]));
}

#[test]
fn without_time_nothing_is_known() {
    let story = Story::<Register>::new().at_once(0, write(1), DONE);
    assert_eq!(check(&Register, &story.finish(), Duration::ZERO), Verdict::Unknown);
}

#[test]
fn an_operation_without_an_outcome_stays_open() {
    let story = Story::<Register>::new().call(3, write(1)).at_once(10, read(), holds(1)).info(3);
    let violation = wrong(story.at_once(3, read(), RegisterAnswer::Holds(Value::Null)));
    let drawing = "\
step  process 3            process 10
   1  ● invoke write 1
   2  │                    ● invoke read
   3  │                    ● return read: 1
   4  ● invoke read
   5  ✗ return read: null                    ← impossible: should have been 1
";
    assert_eq!(violation.to_string(), drawing);
}
