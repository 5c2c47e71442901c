//! The verdict comes first, and nothing takes it back: neither that there is no time for the evidence, nor that the
//! specification panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use lockyard_evidence::HiddenOutcome;
use lockyard_history::{
    Checker, Decision, History, Limit, Pairing, Register, RegisterAnswer, RegisterCall, SequentialSpec,
    Value, Violation,
};

fn write(value: i64) -> RegisterCall {
    RegisterCall::Write(Value::Int(value))
}

/// Forty writes and a read of the first one, on this many keys.
fn stale<S>(keys: usize) -> History<S>
where
    S: SequentialSpec<Call = RegisterCall, Answer = RegisterAnswer>,
{
    let mut pairing = Pairing::<S>::default();
    for key in 0..keys {
        let key = (keys > 1).then(|| format!("key {key}"));
        for value in 0..40 {
            pairing.invoke(0, key.as_deref(), write(value)).unwrap();
            pairing.ok(0, None, RegisterAnswer::Done).unwrap();
        }
        pairing.invoke(1, key.as_deref(), RegisterCall::Read).unwrap();
        pairing.ok(1, None, RegisterAnswer::Holds(Value::Int(0))).unwrap();
    }
    pairing.finish().unwrap()
}

fn evidence<S>(spec: &S, limit: &Limit) -> Violation
where
    S: SequentialSpec<Call = RegisterCall, Answer = RegisterAnswer>,
{
    let history = stale::<S>(1);
    let Decision::Violation(found) = Checker::new(spec).decide(&history) else { panic!("no order is right") };
    assert_eq!(found.stuck().what, "read: 0");
    found.evidence(limit)
}

fn outcomes(violation: &Violation) -> HiddenOutcome {
    violation.not_shown.as_ref().expect("what is not shown is counted").outcomes
}

#[test]
fn without_time_for_evidence_the_operation_is_named_that_no_order_gets_past() {
    let stopped = Arc::new(AtomicBool::new(true));
    for limit in [Limit::steps(0), Limit::steps(u64::MAX).or_when(&stopped)] {
        let violation = evidence(&Searched, &limit);
        assert_eq!(outcomes(&violation), HiddenOutcome::NotReduced);
        assert_eq!((violation.operations.len(), &*violation.operations[0].what), (1, "read: 0"));
        let text = violation.drawing().to_text(Some(80));
        assert!(text.contains("not reduced in the time given"), "{text}");
    }
    assert_eq!(outcomes(&evidence(&Searched, &Limit::steps(u64::MAX))), HiddenOutcome::Unknown);
}

#[test]
fn a_search_ends_when_it_is_stopped() {
    let stopped = Arc::new(AtomicBool::new(true));
    let history = stale::<Searched>(1);
    let limit = Limit::steps(u64::MAX).or_when(&stopped);
    assert!(matches!(Checker::new(&Searched).limit(limit).decide(&history), Decision::Unknown));
}

/// A register that is judged by the search alone.
struct Searched;

/// One that panics of an operation whose answer is not known, as there is none in the history.
struct Afraid;

/// One that panics of the last write.
struct Fragile;

macro_rules! register {
    ($spec:ty, |$call:ident, $answer:ident| $($before:stmt)?) => {
        impl SequentialSpec for $spec {
            type Call = RegisterCall;
            type Answer = RegisterAnswer;
            type State = Value;

            fn initial(&self) -> Value {
                Value::Null
            }

            fn step(
                &self,
                state: &Value,
                $call: &RegisterCall,
                $answer: Option<&RegisterAnswer>,
            ) -> Option<Value> {
                $($before)?
                Register.step(state, $call, $answer)
            }

            fn describe(&self, call: &RegisterCall, answer: Option<&RegisterAnswer>) -> String {
                Register.describe(call, answer)
            }
        }
    };
}

register!(Searched, |call, answer|);
register!(Afraid, |call, answer| assert!(answer.is_some(), "who would leave {call:?} open?"));
register!(Fragile, |call, answer| assert!(*call != write(39), "39 is too much"));

#[test]
fn a_specification_that_panics_of_what_is_not_known_keeps_its_verdict() {
    let violation = evidence(&Afraid, &Limit::steps(u64::MAX));
    assert_eq!(outcomes(&violation), HiddenOutcome::NotReduced);
    let remark = violation.not_shown.unwrap().remark.unwrap();
    assert!(remark.contains("who would leave"), "{remark}");
}

/// Also where keys are judged by several threads.
#[test]
fn a_specification_that_panics_before_there_is_a_verdict_panics_with_its_own_words() {
    for keys in [1, 100] {
        let history = stale::<Fragile>(keys);
        let panic = catch_unwind(AssertUnwindSafe(|| {
            Checker::new(&Fragile).decide(&history);
        }));
        let message = panic.expect_err("there is no verdict");
        assert_eq!(message.downcast_ref::<&str>(), Some(&"39 is too much"));
    }
}
