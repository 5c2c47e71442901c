//! What the answers that are shown come from.

use crate::search::Outcome;
use crate::spec::SequentialSpec;

use super::case::{Case, Part};

/// Keeps as well what the kept answers come from, unless it is more than so many operations in all: two withdrawals that
/// cannot both have been made say little without the deposit.
pub(super) fn add_sources<S: SequentialSpec>(case: &Case<'_, '_, S>, parts: &mut [Part], most: usize) {
    let count = |parts: &[Part]| parts.iter().filter(|part| **part == Part::Kept).count();
    for at in (0..parts.len()).filter(|&at| parts[at] == Part::Kept).collect::<Vec<_>>() {
        // Rather from what is shown already.
        let alone: Vec<_> =
            parts.iter().map(|part| if *part == Part::Kept { Part::Kept } else { Part::Gone }).collect();
        let explanation = explanation(case, at, &alone).or_else(|| explanation(case, at, parts));
        let mut more = parts.to_vec();
        for needed in explanation.unwrap_or_default() {
            more[needed] = Part::Kept;
        }
        if count(&more) <= most {
            parts.copy_from_slice(&more);
        }
    }
}

/// Which operations an answer can come from, of those that are not gone, if it could be the only one to be right.
fn explanation<S: SequentialSpec>(case: &Case<'_, '_, S>, at: usize, parts: &[Part]) -> Option<Vec<usize>> {
    let loosened = parts.iter().map(|part| if *part == Part::Gone { Part::Gone } else { Part::Loose });
    let mut alone: Vec<_> = loosened.collect();
    alone[at] = Part::Kept;
    match case.search(&alone) {
        Outcome::Order(order) => Some(order),
        Outcome::Stuck(_) | Outcome::Unknown => None,
    }
}
