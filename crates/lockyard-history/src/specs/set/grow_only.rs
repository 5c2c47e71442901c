//! Sets that are only added to, each element once, and read as a whole: what a read saw, every later read sees, too. So the
//! reads say an order of their own, and one walk along it decides the history.
//!
//! The reads are a chain by inclusion, or there is no order. Between two of them stand the adds of what the larger one has
//! more. These blocks, adds and reads in turns, have their order from the answers; the operations within a block fit in
//! any order. An order explains all answers exactly if no operation returned before one of an earlier block was called.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use crate::spec::DirectVerdict;
use crate::specs::Value;

use super::call::{SetAnswer, SetCall, SetOperation};

type Elements = BTreeSet<Value>;
type Operations<'o, 'h> = &'o [&'h SetOperation];

/// The verdict, unless it takes a search.
pub(super) fn judge(initial: &Elements, operations: Operations<'_, '_>) -> Option<DirectVerdict> {
    let mut added: HashMap<&Value, usize> = HashMap::new();
    let mut reads: Vec<(usize, &Elements)> = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        match (&operation.asked, &operation.answer) {
            (SetCall::Read, Some(SetAnswer::Holds(read))) if operation.ret.is_some() => {
                reads.push((at, read));
            }
            // One that says nothing fits everywhere.
            (SetCall::Read, None) => {}
            // It says nothing either.
            (SetCall::Add(element), None | Some(SetAnswer::Done)) if initial.contains(element) => {}
            (SetCall::Add(element), None | Some(SetAnswer::Done)) => {
                if added.insert(element, at).is_some() {
                    return None;
                }
            }
            _ => return None,
        }
    }
    if let Some(alone) =
        reads.iter().find(|(at, read)| is_wrong_alone(*at, read, initial, &added, operations))
    {
        return Some(DirectVerdict::Violation(vec![alone.0]));
    }
    // Earlier calls first among equals, so that what is told is the same for the same history.
    reads.sort_by_key(|(at, read)| (read.len(), *at));
    for pair in reads.windows(2) {
        let [(small_at, small), (large_at, large)] = [pair[0], pair[1]];
        if !small.is_subset(large) {
            return Some(DirectVerdict::Violation(later_first([small_at, large_at], operations)));
        }
    }
    let wrong = in_blocks(initial, &reads, added, operations).err();
    Some(wrong.map_or(DirectVerdict::Linearizable, DirectVerdict::Violation))
}

/// Whether a read lacks what was always there, or has what nobody had added yet.
fn is_wrong_alone(
    at: usize,
    read: &Elements,
    initial: &Elements,
    added: &HashMap<&Value, usize>,
    operations: Operations<'_, '_>,
) -> bool {
    let too_late =
        |element| added.get(element).is_none_or(|add| Some(operations[*add].call) > operations[at].ret);
    !initial.is_subset(read) || read.iter().any(|element| !initial.contains(element) && too_late(element))
}

fn later_first(mut places: [usize; 2], operations: Operations<'_, '_>) -> Vec<usize> {
    places.sort_by_key(|&at| Reverse(operations[at].ret));
    places.into()
}

/// Walks along the blocks. An error is the operations that contradict each other.
fn in_blocks(
    initial: &Elements,
    reads: &[(usize, &Elements)],
    mut added: HashMap<&Value, usize>,
    operations: Operations<'_, '_>,
) -> Result<(), Vec<usize>> {
    let mut walk = Walk { operations, latest: None, of_block: None };
    let mut seen = initial;
    for reads in reads.chunk_by(|one, other| one.1.len() == other.1.len()) {
        let (reader, elements) = reads[0];
        for add in elements.difference(seen).filter_map(|element| added.remove(element)) {
            walk.take(add, reader)?;
        }
        walk.next_block();
        for &(read, _) in reads {
            walk.take(read, read)?;
        }
        walk.next_block();
        seen = elements;
    }
    // What was added and not read is the last block. What may not have been added never returns, and is in nothing's way.
    let mut unread: Vec<_> = added.into_values().collect();
    unread.sort_unstable();
    unread.into_iter().try_for_each(|add| walk.take(add, add))
}

/// The blocks so far.
struct Walk<'o, 'h> {
    operations: Operations<'o, 'h>,
    /// The operation that was called last in all earlier blocks, and the read that tells where it belongs.
    latest: Option<(usize, usize)>,
    /// The same of this block and all earlier ones.
    of_block: Option<(usize, usize)>,
}

impl Walk<'_, '_> {
    /// The next operation, and the read that tells where it belongs. An error if it returned before one of an earlier block
    /// was called.
    fn take(&mut self, at: usize, reader: usize) -> Result<(), Vec<usize>> {
        let ret = self.operations[at].ret.unwrap_or(usize::MAX);
        if let Some((earlier, lacking)) =
            self.latest.filter(|(earlier, _)| ret < self.operations[*earlier].call)
        {
            // The read came after the add of what it saw, which came after this one, of which the read saw nothing.
            let mut wrong = vec![lacking, at];
            wrong.extend(Some(earlier).filter(|earlier| *earlier != lacking));
            return Err(wrong);
        }
        let call = |(at, _): (usize, usize)| self.operations[at].call;
        if self.of_block.is_none_or(|latest| call(latest) < self.operations[at].call) {
            self.of_block = Some((at, reader));
        }
        Ok(())
    }

    fn next_block(&mut self) {
        self.latest = self.of_block;
    }
}
