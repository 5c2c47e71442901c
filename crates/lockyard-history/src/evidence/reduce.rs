//! From thousands of operations that cannot be explained to the few that show why.
//!
//! To leave an operation out is to count it [as asked](Part::Loose), and no more: then what is kept is impossible whatever
//! the others did, and no change is missed that would have explained an answer. Taking operations away instead would soon
//! leave a single read of a value that, now, no operation wrote.
//!
//! What is kept is made small by delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing
//! input", 2002), beginning with the last operations before the search was stuck: there is seldom need for more.

use crate::search::Outcome;
use crate::spec::SequentialSpec;

use super::case::{Case, Part};

/// So many operations are kept at first, in the hope that they will do.
const FIRST_GUESS: usize = 8;

/// Operations that cannot be explained together.
pub(super) struct Selection {
    pub(super) parts: Vec<Part>,
    /// Where the search is stuck with them. It is kept, always: of later questions, which may be given up, nothing is
    /// needed.
    pub(super) impossible: usize,
}

impl Selection {
    /// The places of what is kept, in the order of calls.
    pub(super) fn kept(&self) -> Vec<usize> {
        kept(&self.parts).collect()
    }
}

fn kept(parts: &[Part]) -> impl Iterator<Item = usize> {
    parts.iter().enumerate().filter(|(_, part)| matches!(part, Part::Kept | Part::Optional)).map(|(at, _)| at)
}

/// The last few operations that cannot be explained, and of those as few as can be; none if that is not known of any of
/// `whole`.
pub(super) fn reduced<S: SequentialSpec>(
    case: &Case<'_, '_, S>,
    whole: &[Part],
    suffices: &[usize],
    stuck: usize,
) -> Option<Selection> {
    let mut selection = few(case, whole, suffices, stuck)?;
    if !suffices.is_empty() && selection.kept().len() <= FIRST_GUESS {
        // What takes no search to know may take too long to search.
        without_chunks(case, &mut selection, 1);
        return Some(selection);
    }
    let mut chunk = selection.kept().len();
    // Halves first, then single operations: a chunk that is not needed costs one search instead of one for each
    // member.
    while chunk > 1 {
        chunk = chunk.div_ceil(2);
        without_chunks(case, &mut selection, chunk);
    }
    // What is taken away later may have been what an earlier one was needed for.
    while without_chunks(case, &mut selection, 1) {}
    Some(selection)
}

/// The last few operations that still cannot be explained.
fn few<S: SequentialSpec>(
    case: &Case<'_, '_, S>,
    whole: &[Part],
    suffices: &[usize],
    stuck: usize,
) -> Option<Selection> {
    let mut parts: Vec<_> = whole.iter().enumerate().map(|(at, part)| case.loosened(at, *part)).collect();
    if !suffices.is_empty() {
        suffices.iter().for_each(|&at| parts[at] = whole[at]);
        match case.search(&parts) {
            Outcome::Stuck(impossible) => return Some(Selection { parts, impossible }),
            // The specification knows it without a search, as of a queue with thousands of items in it.
            Outcome::Unknown => return Some(Selection { parts, impossible: suffices[0] }),
            Outcome::Order(_) => debug_assert!(false, "a shortcut names operations that have an order"),
        }
    }
    let returned = |at: usize| case.operations[at].ret;
    let mut latest: Vec<_> = kept(whole).filter(|&at| returned(at).is_some()).collect();
    latest.sort_by_key(|&at| std::cmp::Reverse((at == stuck, returned(at))));
    let mut count = 0;
    while count < latest.len() {
        // Doubled each time, so finding n operations takes a number of searches that is logarithmic in n.
        let more = FIRST_GUESS.max(count).min(latest.len() - count);
        for &at in &latest[count..count + more] {
            parts[at] = whole[at];
        }
        count += more;
        if let Some(impossible) = case.stuck(&parts) {
            return Some(Selection { parts, impossible });
        }
    }
    None
}

/// Loosens every chunk of what is kept that is not needed. False if there is none.
fn without_chunks<S: SequentialSpec>(
    case: &Case<'_, '_, S>,
    selection: &mut Selection,
    chunk: usize,
) -> bool {
    let may_be_loose = |at: &usize| case.loosened(*at, selection.parts[*at]) == Part::Loose;
    let mut kept: Vec<_> = selection.kept().into_iter().filter(may_be_loose).collect();
    let mut found = false;
    // Reads go first: in their place, changes would have to be shown again as what reads come from.
    kept.sort_by_key(|&at| {
        let operation = case.operations[at];
        !case.spec.is_read(&operation.asked, operation.answer.as_ref())
    });
    for chunk in kept.chunks(chunk) {
        if case.is_over() {
            return false;
        }
        if chunk.len() == selection.kept().len() {
            continue;
        }
        let mut fewer = selection.parts.clone();
        for &at in chunk {
            fewer[at] = case.loosened(at, fewer[at]);
        }
        // It may be stuck at another operation than before. That one has a return, for only kept operations do, so it
        // is among what is kept.
        if let Some(impossible) = case.stuck(&fewer) {
            *selection = Selection { parts: fewer, impossible };
            found = true;
        }
    }
    found
}
