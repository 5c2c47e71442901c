//! The examples do what they say.

#[path = "../examples/throughput.rs"]
#[allow(dead_code, reason = "its main takes the times of what is looked at here")]
mod throughput;
#[path = "../examples/tickets.rs"]
#[allow(dead_code, reason = "its main prints what is looked at here")]
mod tickets;

use lockyard_history::{Checker, Codec, Decision, History, Kv, Register, Verdict};
use throughput::Model;

#[test]
fn a_ticket_that_was_given_twice_is_a_violation_and_the_right_machine_has_none() {
    let [wrong, right] = tickets::verdicts();
    let Verdict::Violation(violation) = wrong else { panic!("{wrong:?}") };
    assert!(violation.to_string().contains("impossible"), "{violation}");
    assert_eq!(right, Verdict::Linearizable);
}

#[test]
fn what_is_measured_has_an_order() {
    fn is_linearizable<S: Codec>(spec: &S, model: Model) {
        let lines = throughput::recorded(model, 20_000);
        let history = History::read(spec, lines.as_bytes()).unwrap();
        assert_eq!((history.operations.len(), history.keys.len()), (20_000, 100));
        assert!(matches!(Checker::new(spec).decide(&history), Decision::Linearizable));
    }
    is_linearizable(&Register, Model::Register);
    is_linearizable(&Kv, Model::Kv);
}
