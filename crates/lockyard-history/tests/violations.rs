//! A thousand faults, small: how many operations does a violation come down to, and are they impossible by themselves? Each
//! is judged once more by the plainest judges.
//!
//! `scripts/brute-force.sh` runs it on a thousand of up to 300 operations.

#[path = "violations/brute_force.rs"]
mod brute_force;
#[path = "violations/faults.rs"]
mod faults;

use std::time::{Duration, Instant};

use brute_force::{Op, Relaxed, states_at};
use lockyard_evidence::HiddenOutcome;
use lockyard_history::{Checker, Decision, EVIDENCE_TIME, History, Limit, Register, Value, Violation};

/// How many, and of how many operations at most, unless the environment asks for more.
const VIOLATIONS: usize = 100;
const OPERATIONS: usize = 60;

/// Time enough for anything here.
const BUDGET: Duration = Duration::from_secs(60);

/// What counts as few.
const FEW: usize = 10;

fn asked_for(variable: &str, unless: usize) -> usize {
    std::env::var(variable).map_or(unless, |number| number.parse().expect("a number"))
}

/// The rows and groups that a reader has before him.
fn rows(violation: &Violation) -> usize {
    violation.operations.len() + violation.before.len()
}

/// Whether what is said of a history is so: that what is shown is impossible, whatever became of the others; and, of a window,
/// that it begins with nothing else than what it says.
fn holds(history: &History<Register>, violation: &Violation) -> bool {
    let calls: Vec<_> = violation.operations.iter().map(|span| span.call).collect();
    let counted: Vec<_> = violation.before.iter().flat_map(|group| group.calls.iter().copied()).collect();
    let begins = violation.start.as_ref().map_or(0, |start| start.moment);
    let last =
        history.operations.iter().filter(|it| counted.contains(&it.call)).filter_map(|it| it.ret).max();
    let (mut shown, mut others): (_, Vec<&Op>) = (Vec::new(), Vec::new());
    for operation in &history.operations {
        if counted.contains(&operation.call) {
            // In whatever order.
            shown.push((operation, 0, last.expect("they returned"), false));
        } else if calls.contains(&operation.call) {
            let ret = operation.ret.unwrap_or(usize::MAX);
            shown.push((operation, operation.call, ret, operation.call < begins || operation.ret.is_none()));
        } else if operation.ret.is_none_or(|ret| ret >= begins) {
            others.push(operation);
        }
    }
    let states = match &violation.start {
        None => vec![Value::Null],
        Some(start) => {
            let all = states_at(&history.operations, start.moment);
            let mut named: Vec<_> = all.iter().map(ToString::to_string).collect();
            let mut said = start.states.clone();
            named.sort();
            said.sort();
            if named != said {
                return false;
            }
            all.into_iter().collect()
        }
    };
    let relaxed = Relaxed { shown, others };
    states.iter().all(|state| !relaxed.has_order(state))
}

/// Some that are shown from a moment on, of which every state is known.
#[test]
fn a_window_begins_with_every_state_that_is_possible_there() {
    let mut windows = 0;
    for seed in [418, 423, 434, 1350] {
        let history = faults::history(seed, 300);
        let Decision::Violation(refutation) = Checker::new(&Register).decide(&history) else {
            panic!("seed {seed}: no order is right")
        };
        let violation = refutation.evidence(&Limit::steps(u64::MAX));
        assert!(holds(&history, &violation), "seed {seed}: it can be explained\n{}", violation.drawing());
        windows += usize::from(violation.start.is_some());
    }
    assert!(windows >= 3, "{windows} are windows");
}

#[test]
fn violations_are_few_operations_that_are_impossible_by_themselves() {
    let wanted = asked_for("LOCKYARD_VIOLATIONS", VIOLATIONS);
    let most = asked_for("LOCKYARD_OPERATIONS", OPERATIONS);
    let (mut seed, mut found, mut few, mut windows, mut counted, mut not_reduced) = (0, 0, 0, 0, 0, 0);
    let (mut slowest_verdict, mut slowest) = (Duration::ZERO, Duration::ZERO);
    while found < wanted {
        seed += 1;
        let history = faults::history(seed, most);
        let start = Instant::now();
        let decision = Checker::new(&Register).limit(Limit::time(BUDGET)).decide(&history);
        slowest_verdict = slowest_verdict.max(start.elapsed());
        let Decision::Violation(refutation) = decision else {
            assert!(!matches!(decision, Decision::Unknown), "seed {seed}: not decided within a minute");
            continue;
        };
        let start = Instant::now();
        let violation = refutation.evidence(&Limit::time(EVIDENCE_TIME));
        slowest = slowest.max(start.elapsed());
        found += 1;
        let not_shown = violation.not_shown.as_ref().expect("what is not shown is counted");
        if not_shown.outcomes == HiddenOutcome::NotReduced {
            not_reduced += 1;
            println!("seed {seed}: {}", violation.drawing());
            continue;
        }
        assert!(
            holds(&history, &violation),
            "seed {seed}: what is shown can be explained\n{}",
            violation.drawing()
        );
        few += usize::from(rows(&violation) <= FEW);
        windows += usize::from(violation.start.is_some());
        counted += usize::from(!violation.before.is_empty());
        if rows(&violation) > FEW {
            println!(
                "seed {seed}: {} rows of {}\n{}",
                rows(&violation),
                history.operations.len(),
                violation.drawing().cause.join("\n")
            );
        }
    }
    println!(
        "{found} violations in {seed} histories: {few} are {FEW} operations or fewer, {windows} of them windows, \
         {counted} with operations that are counted; {not_reduced} not reduced; all others as by brute force; slowest \
         verdict {slowest_verdict:?}, slowest evidence {slowest:?}"
    );
    assert!(few * 100 >= found * 95, "{few} of {found} are few");
}
