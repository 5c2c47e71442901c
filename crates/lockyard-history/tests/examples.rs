//! The examples do what they say.

#[path = "../examples/tickets.rs"]
#[allow(dead_code, reason = "its main prints what is looked at here")]
mod tickets;

use lockyard_history::Verdict;

#[test]
fn a_ticket_that_was_given_twice_is_a_violation_and_the_right_machine_has_none() {
    let [wrong, right] = tickets::verdicts();
    let Verdict::Violation(violation) = wrong else { panic!("{wrong:?}") };
    assert!(violation.to_string().contains("impossible"), "{violation}");
    assert_eq!(right, Verdict::Linearizable);
}
