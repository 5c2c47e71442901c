//! From a history to a verdict: each key by itself, and the first that cannot be explained, cut down to what matters.

use std::time::{Duration, Instant};

use super::history::{History, OperationOf};
use super::lanes::Lanes;
use super::model::Model;
use super::search::{Limit, Outcome, Span, search};
use super::shrink::shrink;

/// What is known about a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Some order explains all answers.
    Linearizable,
    /// No order does. Here are the fewest operations that show it.
    Violation(Lanes),
    /// The time was up before one or the other was known.
    Unknown,
}

/// Judges a history. The budget is for the search; making a violation small takes so many steps at most, and no
/// account of time.
pub fn check<M: Model>(model: &M, history: &History<M>, budget: Duration) -> Verdict {
    let mut limit = Limit::until(Instant::now() + budget);
    let mut verdict = Verdict::Linearizable;
    for operations in by_key(history) {
        let key = &history.keys[operations[0].key];
        match check_key(model, key, &operations, &mut limit) {
            Verdict::Linearizable => {}
            Verdict::Unknown => verdict = Verdict::Unknown,
            violation @ Verdict::Violation(_) => return violation,
        }
    }
    verdict
}

/// Judges the operations on one key, in the order of their calls, within a limit that may be shared by several.
pub fn check_key<M: Model>(
    model: &M,
    key: &str,
    operations: &[&OperationOf<M>],
    limit: &mut Limit,
) -> Verdict {
    match order(model, operations, limit) {
        Outcome::Order(_) => Verdict::Linearizable,
        Outcome::Unknown => Verdict::Unknown,
        Outcome::Stuck(at) => {
            let evidence = shrink(model, operations, at);
            Verdict::Violation(Lanes::new(model, key, &evidence))
        }
    }
}

/// The operations on each key, fewest first: a hard key then keeps no easy one from being judged in time.
fn by_key<M: Model>(history: &History<M>) -> Vec<Vec<&OperationOf<M>>> {
    let mut keys: Vec<_> = history.keys.iter().map(|_| Vec::new()).collect();
    for operation in &history.operations {
        keys[operation.key].push(operation);
    }
    keys.retain(|operations| !operations.is_empty());
    keys.sort_by_key(Vec::len);
    keys
}

/// An order of these operations, which are of one key.
fn order<M: Model>(model: &M, operations: &[&OperationOf<M>], limit: &mut Limit) -> Outcome {
    let spans: Vec<_> = operations.iter().map(|operation| span(model, operation)).collect();
    let step = |state: &M::State, at: usize| {
        let OperationOf::<M> { asked, ret, .. } = operations[at];
        model.step(state, asked, ret.as_ref().map(|(_, answer)| answer))
    };
    search(&spans, model.init(), step, limit)
}

pub(super) fn span<M: Model>(model: &M, operation: &OperationOf<M>) -> Span {
    Span {
        call: operation.call,
        ret: operation.ret.as_ref().map(|(at, _)| *at),
        read: model.is_read(&operation.asked),
        learns: model.learns(&operation.asked),
    }
}
