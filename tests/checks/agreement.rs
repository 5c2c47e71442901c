//! The checker against the plainest judge there is, on random histories: it must never say anything else.
//!
//! `scripts/verify-agreement.sh` runs the same on many more.

use std::time::Duration;

use crate::histories::{Plain, some_order_explains};
use lockyard::checks::spec::{Sessions, judge};
use lockyard::evidence::HiddenOutcome;
use lockyard::history::{History, Kv, Operation, OperationOf, Register, Verdict, Violation, check};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// How many histories for each specification, and of how many operations at most, unless the environment asks for more.
const HISTORIES: u64 = 3_000;
const OPERATIONS: usize = 7;

fn asked_for(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|number| number.parse().expect("a number"))
}

fn agree<S: Plain>(name: &str, judge: impl Fn(&History<S>) -> Verdict) {
    let histories = asked_for("LOCKYARD_HISTORIES").unwrap_or(HISTORIES);
    let most = asked_for("LOCKYARD_OPERATIONS").map_or(OPERATIONS, |most| most as usize);
    let (mut right, mut broken, mut by_themselves, mut pending) = (0, 0, 0, 0);
    for seed in 0..histories {
        let history = S::history(&mut ChaCha8Rng::seed_from_u64(seed), most);
        let all: Vec<_> = history.operations.iter().collect();
        let verdict = judge(&history);
        let story = || format!("seed {seed}: {:#?}\n{verdict:?}", history.operations);
        match &verdict {
            Verdict::Linearizable => {
                assert!(some_order_explains::<S>(&all), "no order explains {}", story());
                right += 1;
            }
            Verdict::Violation(violation) => {
                assert!(!some_order_explains::<S>(&all), "some order explains {}", story());
                let by_itself =
                    violation.not_shown.as_ref().is_some_and(|it| it.outcomes == HiddenOutcome::Unknown);
                if by_itself && violation.before.is_empty() && violation.start.is_none() {
                    let relaxed = relaxed::<S>(&all, violation);
                    let relaxed: Vec<_> = relaxed.iter().collect();
                    assert!(
                        !some_order_explains::<S>(&relaxed),
                        "what is shown can be explained, whatever became of the others: {}",
                        story()
                    );
                    by_themselves += 1;
                }
                broken += 1;
            }
            Verdict::Unknown => panic!("no budget was set: {}", story()),
        }
        pending += u64::from(all.iter().any(|operation| operation.ret.is_none()));
    }
    println!(
        "{name}: {histories} histories of up to {most} operations: {right} right, {broken} broken, of which {by_themselves} are shown to be impossible by few alone, {pending} with unknown outcomes; all judged as by brute force"
    );
    for count in [right, broken, by_themselves, pending] {
        assert!(count > histories / 5, "a sample that proves little");
    }
}

/// The operations that a violation shows, and all others as asked, of unknown outcome.
fn relaxed<S: Plain>(all: &[&OperationOf<S>], violation: &Violation) -> Vec<OperationOf<S>> {
    let is_shown =
        |operation: &OperationOf<S>| violation.operations.iter().any(|span| span.call == operation.call);
    let relaxed = |operation: &&OperationOf<S>| {
        let (asked, key) = (operation.asked.clone(), operation.key);
        let (ret, answer) =
            if is_shown(operation) { (operation.ret, operation.answer.clone()) } else { (None, None) };
        Operation { process: operation.process, key, asked, call: operation.call, ret, answer }
    };
    all.iter().map(relaxed).collect()
}

/// Nothing here has a budget.
const FOR_EVER: Duration = Duration::MAX.checked_div(4).expect("four is not zero");

fn by_search<S: Plain>(history: &History<S>) -> Verdict {
    check(&S::default(), history, FOR_EVER)
}

#[test]
fn register() {
    agree::<Register>("register", by_search);
}

#[test]
fn kv() {
    agree::<Kv>("kv", by_search);
}

#[test]
fn session_by_search() {
    agree::<Sessions>("session, by search", by_search);
}

/// Without time for the search, what is decided is decided by the versions alone, and most is.
#[test]
fn session_by_versions_alone() {
    let histories = asked_for("LOCKYARD_HISTORIES").unwrap_or(HISTORIES);
    let (mut right, mut broken) = (0, 0);
    for seed in 0..histories {
        let history = Sessions::history(&mut ChaCha8Rng::seed_from_u64(seed), OPERATIONS);
        let verdict = judge(&history, Duration::ZERO);
        let searched = by_search(&history);
        match verdict {
            Verdict::Linearizable => right += 1,
            Verdict::Violation(_) => broken += 1,
            Verdict::Unknown => continue,
        }
        let same = std::mem::discriminant(&verdict) == std::mem::discriminant(&searched);
        assert!(same, "seed {seed}: {:#?}\n{verdict:?}\n{searched:?}", history.operations);
    }
    println!("session: the versions alone decide {right} right and {broken} broken of {histories}");
    assert!(right > histories / 2 && broken > histories / 10, "the versions decide too little");
}

#[test]
fn session_along_the_versions() {
    agree::<Sessions>("session, along the versions", |history| judge(history, FOR_EVER));
}
