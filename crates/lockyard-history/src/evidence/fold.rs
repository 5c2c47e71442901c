//! What is counted instead of shown: where a read of 0 is too old, every write of 0 before it belongs to the evidence, and
//! sixteen of them say no more than their number.

use std::collections::{BTreeMap, BTreeSet};

use lockyard_evidence::OperationGroup;

use crate::history::{History, words};
use crate::search::{Consistency, Outcome, Span};
use crate::spec::{OperationOf, SequentialSpec};

use super::case::{Case, Part};
use super::reduce::Selection;

/// A fold must spare this many rows to be worth a sentence.
const FEWEST_SPARED: usize = 2;

/// The operations, by their places, that need no more than to be counted: all of them returned before the first of those
/// that are left was called, and these have no order in whatever order they took effect.
pub(super) fn folded<S: SequentialSpec>(case: &Case<'_, '_, S>, selection: &Selection) -> Vec<usize> {
    // Without real time nothing is before anything else but in its own process.
    if case.consistency == Consistency::Sequential {
        return Vec::new();
    }
    let kept = selection.kept();
    let operation = |at: usize| case.operations[at];
    // Every moment that parts the operations: the latest first, which folds most.
    let mut moments: Vec<_> = kept.iter().map(|&at| operation(at).call).collect();
    moments.sort_unstable_by(|one, other| other.cmp(one));
    for moment in moments {
        let (before, after): (Vec<_>, Vec<_>) =
            kept.iter().copied().partition(|&at| operation(at).ret.is_some_and(|ret| ret < moment));
        let parts_them = after.iter().all(|&at| operation(at).call >= moment);
        if !parts_them || before.is_empty() || !after.contains(&selection.impossible) {
            continue;
        }
        if before.len() < alike(case, &before) + FEWEST_SPARED {
            continue;
        }
        // Judged as it is told: with no order among those that are counted.
        let last = before.iter().filter_map(|&at| operation(at).ret).max().unwrap_or(moment);
        let span = |span: Span| {
            if before.binary_search(&span.at).is_ok() {
                Span { call: 0, ret: Some(last), ..span }
            } else {
                span
            }
        };
        let is_stuck = case.initial.iter().all(|initial| {
            let step = |state: &S::State, at: usize| case.step(&selection.parts, state, at);
            matches!(case.search_from(initial, &selection.parts, step, span), Outcome::Stuck(_))
        });
        if is_stuck {
            return before;
        }
    }
    Vec::new()
}

/// The operations at these places, in groups of those that read alike.
pub(super) fn groups<S: SequentialSpec>(
    spec: &S,
    history: &History<S>,
    operations: &[&OperationOf<S>],
    folded: &[usize],
) -> Vec<OperationGroup> {
    let mut groups: BTreeMap<String, Vec<&OperationOf<S>>> = BTreeMap::new();
    for &at in folded {
        groups.entry(text(spec, operations[at])).or_default().push(operations[at]);
    }
    let group = |(what, operations): (String, Vec<&OperationOf<S>>)| OperationGroup {
        what: words(&what),
        calls: operations.iter().map(|operation| operation.call).collect(),
        first_line: operations.iter().filter_map(|operation| history.place(operation.call)).min(),
        last_line: operations.iter().filter_map(|operation| history.place(operation.ret?)).max(),
    };
    groups.into_iter().map(group).collect()
}

fn text<S: SequentialSpec>(spec: &S, operation: &OperationOf<S>) -> String {
    spec.describe(&operation.asked, operation.answer.as_ref())
}

/// How many rows and groups a reader has before him.
pub(super) fn rows<S: SequentialSpec>(
    case: &Case<'_, '_, S>,
    selection: &Selection,
    folded: &[usize],
) -> usize {
    selection.kept().len() - folded.len() + alike(case, folded)
}

/// How many groups the operations at these places are, of those that read alike.
fn alike<S: SequentialSpec>(case: &Case<'_, '_, S>, places: &[usize]) -> usize {
    let texts = places.iter().map(|&at| text(case.spec, case.operations[at]));
    texts.collect::<BTreeSet<_>>().len()
}

/// Whether it counts as asked, and no more.
pub(super) fn is_not_shown(part: Part) -> bool {
    matches!(part, Part::Loose)
}
