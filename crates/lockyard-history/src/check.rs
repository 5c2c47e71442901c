//! From a history to a verdict: each key by itself, and the first that cannot be explained, cut down to what matters.

use std::time::{Duration, Instant};

use super::history::History;
use super::limit::Limit;
use super::operation::OperationOf;
use super::search::{Outcome, search};
use super::shrink::shrink;
use super::span::Span;
use super::spec::SequentialSpec;
use super::verdict::Verdict;

/// Judges a history. The budget is for the search; making a violation small takes so many steps at most, and no
/// account of time.
pub fn check<S: SequentialSpec>(spec: &S, history: &History<S>, budget: Duration) -> Verdict {
    let mut limit = Limit::until(Instant::now() + budget);
    let mut verdict = Verdict::Linearizable;
    for operations in by_key(history) {
        let key = &history.keys[operations[0].key];
        match check_key(spec, key, &operations, &mut limit) {
            Verdict::Linearizable => {}
            Verdict::Unknown => verdict = Verdict::Unknown,
            violation @ Verdict::Violation(_) => return violation,
        }
    }
    verdict
}

/// Judges the operations on one key, in the order of their calls, within a limit that may be shared by several.
pub fn check_key<S: SequentialSpec>(
    spec: &S,
    key: &str,
    operations: &[&OperationOf<S>],
    limit: &mut Limit,
) -> Verdict {
    match order(spec, operations, limit) {
        Outcome::Order(_) => Verdict::Linearizable,
        Outcome::Unknown => Verdict::Unknown,
        Outcome::Stuck(at) => {
            let evidence = shrink(spec, operations, at);
            Verdict::Violation(evidence.violation(spec, key))
        }
    }
}

/// The operations on each key, fewest first: a hard key then keeps no easy one from being judged in time.
fn by_key<S: SequentialSpec>(history: &History<S>) -> Vec<Vec<&OperationOf<S>>> {
    let mut keys: Vec<_> = history.keys.iter().map(|_| Vec::new()).collect();
    for operation in &history.operations {
        keys[operation.key].push(operation);
    }
    keys.retain(|operations| !operations.is_empty());
    keys.sort_by_key(Vec::len);
    keys
}

/// An order of these operations, which are of one key.
fn order<S: SequentialSpec>(spec: &S, operations: &[&OperationOf<S>], limit: &mut Limit) -> Outcome {
    let spans: Vec<_> = operations.iter().map(|operation| Span::of(spec, operation)).collect();
    let step = |state: &S::State, at: usize| {
        let OperationOf::<S> { asked, ret, .. } = operations[at];
        spec.step(state, asked, ret.as_ref().map(|(_, answer)| answer))
    };
    search(&spans, spec.initial(), step, limit)
}
