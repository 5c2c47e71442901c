//! The recorder that anything may write to: who asks, when, and what became of it need not be said.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use lockyard_history::{Checker, History, HistoryRecorder, ReferenceModel, SequentialSpec, Verdict};

const BUDGET: Duration = Duration::from_secs(10);

/// A counter, asked for the number before.
fn tickets() -> HistoryRecorder<ReferenceModel<u64, &'static str, u64>> {
    HistoryRecorder::new(ReferenceModel::new(0, |next: &mut u64, call: &&str| {
        *next += u64::from(*call == "take");
        *next
    }))
}

/// Two threads that have both read before either writes.
fn two_threads(take: impl Fn(&AtomicU64, &Barrier) -> u64 + Sync) -> Verdict {
    let (next, meeting, history) = (AtomicU64::new(0), Barrier::new(2), tickets());
    thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| history.call("take", || take(&next, &meeting)));
        }
    });
    history.judge(BUDGET)
}

#[test]
fn what_two_threads_do_at_once_is_judged_as_that() {
    assert_eq!(two_threads(|next, _| next.fetch_add(1, SeqCst) + 1), Verdict::Linearizable);
    let twice = two_threads(|next, meeting| {
        let ticket = next.load(SeqCst) + 1;
        meeting.wait();
        next.store(ticket, SeqCst);
        ticket
    });
    let Verdict::Violation(violation) = twice else { panic!("both have ticket 1: {twice:?}") };
    assert_eq!(violation.expected, ["2"]);
}

#[test]
fn what_comes_after_an_answer_is_judged_after_it() {
    let history = tickets();
    history.call("take", || 1);
    history.call("look", || 0);
    assert!(matches!(history.judge(BUDGET), Verdict::Violation(_)), "the ticket was taken before");
    history.call("look", || 0);
    assert_eq!(history.judge(BUDGET), Verdict::Linearizable, "what was judged is gone");
}

#[test]
fn an_operation_without_an_answer_may_have_happened_or_not() {
    for seen in [0, 1] {
        let history = tickets();
        drop(history.invoke("take"));
        history.call("look", || seen);
        assert_eq!(history.judge(BUDGET), Verdict::Linearizable, "{seen}");
    }
    let history = tickets();
    history.invoke("take").fail();
    history.call("look", || 1);
    assert!(matches!(history.judge(BUDGET), Verdict::Violation(_)), "it did not happen");
}

#[test]
fn a_call_that_panics_and_a_future_that_is_dropped_have_no_answer() {
    let history = tickets();
    let panicked = catch_unwind(AssertUnwindSafe(|| history.call("take", || panic!("planted"))));
    assert!(panicked.is_err());
    {
        let mut cancelled = pin!(history.call_async("take", pending()));
        let polled = cancelled.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    }
    history.call("look", || 2);
    let recording = history.take();
    assert_eq!(recording.invoked(), 3);
    assert!(recording.records()[..2].iter().all(|record| record.answer.is_none()));
    let spec = ReferenceModel::new(0, |next: &mut u64, call: &&str| {
        *next += u64::from(*call == "take");
        *next
    });
    assert_eq!(Checker::new(&spec).check(&recording.history(|_| String::new())), Verdict::Linearizable);
}

#[test]
fn what_ends_after_its_history_was_taken_is_no_part_of_the_next() {
    let history = tickets();
    let late = history.invoke("take");
    assert_eq!(history.take().invoked(), 1);
    history.call("look", || 0);
    late.ok(7);
    assert_eq!(history.judge(BUDGET), Verdict::Linearizable);
}

#[test]
fn each_key_is_an_object_of_its_own_with_its_name() {
    let history = tickets();
    history.invoke_on("left", "take").ok(1);
    history.invoke_on("right", "take").ok(1);
    assert_eq!(history.judge(BUDGET), Verdict::Linearizable);
    history.invoke_on("right", "take").ok(9);
    let Verdict::Violation(violation) = history.judge(BUDGET) else { panic!("there is no ticket 9 yet") };
    assert_eq!(violation.key, "right");
}

#[test]
#[should_panic(expected = "not linearizable")]
fn a_test_fails_with_the_drawing() {
    let history = tickets();
    history.call("take", || 2);
    history.assert_linearizable();
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
enum Call {
    Put(String, u64),
    Get(String),
}

type Map = std::collections::BTreeMap<String, u64>;

fn map() -> ReferenceModel<Map, Call, Option<u64>> {
    ReferenceModel::new(Map::new(), |map: &mut Map, call: &Call| match call {
        Call::Put(key, value) => map.insert(key.clone(), *value),
        Call::Get(key) => map.get(key).copied(),
    })
    .reads(|call| matches!(call, Call::Get(_)))
    .described(|call, answer| format!("{call:?} → {answer:?}"))
}

/// What is derived for calls and answers is all that a file takes.
#[test]
fn a_history_is_written_and_read_again() {
    let history = HistoryRecorder::new(map());
    history.call(Call::Put("x".to_owned(), 5), || None);
    drop(history.invoke(Call::Put("x".to_owned(), 6)));
    history.call(Call::Get("x".to_owned()), || Some(6));
    let mut lines = Vec::new();
    history.write(&mut lines).expect("memory");
    let text = String::from_utf8(lines).expect("text");
    let first = text.lines().next().expect("a line");
    assert!(first.contains(r#""f":"Put""#) && first.contains(r#""value":{"Put":["x",5]}"#), "{first}");

    let spec = map();
    let read = History::read(&spec, text.as_bytes()).expect("what was written");
    assert_eq!(Checker::new(&spec).check(&read), Verdict::Linearizable);
    let wrong = text.replace(r#""value":6"#, r#""value":7"#);
    let read = History::read(&spec, wrong.as_bytes()).expect("what was written");
    let Verdict::Violation(violation) = Checker::new(&spec).check(&read) else { panic!("nobody put 7") };
    assert!(violation.to_string().contains(r#"Get("x") → Some(Some(7))"#), "{violation}");

    for (damaged, said) in [
        (text.replace(r#"{"Get":"x"}"#, "17"), "the value of Get is 17"),
        (text.replace(r#""f":"Get""#, r#""f":"Put""#), "a call of Get, and the function is Put"),
        (text.replace(r#""value":6"#, r#""value":"six""#), "answered to Get"),
    ] {
        let error = History::read(&spec, damaged.as_bytes()).expect_err(said).to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_read_of_a_reference_model_is_one_by_what_it_was_told() {
    let spec = map();
    assert!(
        spec.is_read(&Call::Get("x".to_owned()), None) && !spec.is_read(&Call::Put("x".to_owned(), 1), None)
    );
    assert_eq!(spec.expected(&Map::from([("x".to_owned(), 3)]), &Call::Get("x".to_owned())), "Some(3)");
}
