//! Queues of which no item was enqueued twice: each dequeue then says which enqueue it answers to, and the history is
//! decided without a search. An order explains all answers exactly if there is none of the bad patterns of Henzinger, Sezgin
//! and Vafeiadis ("Aspect-oriented linearizability proofs", CONCUR 2013):
//!
//! 1. an item is dequeued that nobody had enqueued yet;
//! 2. an item is dequeued twice;
//! 3. an item is dequeued that was enqueued after another one which is dequeued later, or never;
//! 4. the queue is said to be empty, and at each moment meanwhile some item waits in it.
//!
//! As Lee and Mathur do ("Efficient decrease-and-conquer linearizability monitoring", 2024), each is looked for in
//! O(n log n). That an item is never dequeued takes all answers: so there must be no dequeue that may have taken anything.
//!
//! What the queue begins with was enqueued before all, in its order. An enqueue of unknown outcome never returns,
//! and so is before none and sure to wait at no time.

use std::collections::{HashMap, HashSet};

use crate::spec::DirectVerdict;
use crate::specs::Value;

use super::call::{QueueAnswer, QueueCall, QueueOperation};

type Operations<'o, 'h> = &'o [&'h QueueOperation];

/// After all moments, for what never is.
const NEVER: usize = usize::MAX;

/// An item on its way through the queue.
#[derive(Clone, Copy, Debug)]
struct Item {
    /// When it was enqueued: from the call to the return.
    called: usize,
    returned: usize,
    /// The place of the enqueue; none of what was there at first.
    enqueue: Option<usize>,
    /// When it was dequeued.
    taken: Option<Taken>,
}

#[derive(Clone, Copy, Debug)]
struct Taken {
    called: usize,
    returned: usize,
    dequeue: usize,
}

impl Item {
    /// From this moment on it may be gone.
    fn safe_until(&self) -> usize {
        self.taken.map_or(NEVER, |taken| taken.called)
    }

    fn places(&self) -> impl Iterator<Item = usize> {
        [self.taken.map(|taken| taken.dequeue), self.enqueue].into_iter().flatten()
    }
}

/// The verdict, unless it takes a search.
pub(super) fn judge(initial: &[Value], operations: Operations<'_, '_>) -> Option<DirectVerdict> {
    let later = time_before(initial);
    let mut items = enqueued(initial, operations)?;
    let mut empty = Vec::new();
    let mut wrong = None;
    for (at, operation) in operations.iter().enumerate() {
        if operation.asked != QueueCall::Dequeue {
            continue;
        }
        // One of unknown outcome, or of which nothing is known but that it returned, may have taken anything.
        let (called, returned) = (later + operation.call, later + operation.ret?);
        let item = match operation.answer.as_ref()? {
            QueueAnswer::Empty => {
                empty.push(at);
                continue;
            }
            QueueAnswer::Took(item) => items.get_mut(item),
            QueueAnswer::Done => return None,
        };
        // To the end, for a later dequeue may show that this is no history for these rules.
        wrong = wrong.or(match item {
            Some(item) if item.called < returned => {
                let before = item.taken.replace(Taken { called, returned, dequeue: at });
                before.map(|before| vec![at, before.dequeue])
            }
            Some(_) | None => Some(vec![at]),
        });
    }
    let mut items: Vec<Item> = items.into_values().collect();
    items.sort_unstable_by_key(|item| (item.returned, item.called));
    let wrong = wrong
        .or_else(|| overtaken(&items, operations))
        .or_else(|| not_empty(&items, &empty, later, operations));
    Some(wrong.map_or(DirectVerdict::Linearizable, DirectVerdict::Violation))
}

/// What the queue begins with was enqueued one after the other; that takes so long, before all moments.
fn time_before(initial: &[Value]) -> usize {
    2 * initial.len()
}

/// All that was enqueued, or there at first. None if something was so twice, or the answer is to another question.
fn enqueued<'o>(initial: &'o [Value], operations: Operations<'o, '_>) -> Option<HashMap<&'o Value, Item>> {
    let mut items = HashMap::new();
    for (place, value) in initial.iter().enumerate() {
        let called = 2 * place;
        let item = Item { called, returned: called + 1, enqueue: None, taken: None };
        if items.insert(value, item).is_some() {
            return None;
        }
    }
    let later = time_before(initial);
    for (at, operation) in operations.iter().enumerate() {
        let QueueCall::Enqueue(value) = &operation.asked else { continue };
        let returned = operation.ret.map_or(NEVER, |ret| later + ret);
        let item = Item { called: later + operation.call, returned, enqueue: Some(at), taken: None };
        let is_done = matches!(operation.answer, None | Some(QueueAnswer::Done));
        if items.insert(value, item).is_some() || !is_done {
            return None;
        }
    }
    Some(items)
}

/// Pattern 3. Of all items that were enqueued before another one, it is enough to look at that which is dequeued last.
fn overtaken(items: &[Item], operations: Operations<'_, '_>) -> Option<Vec<usize>> {
    let mut by_call: Vec<&Item> = items.iter().collect();
    by_call.sort_unstable_by_key(|item| item.called);
    let mut before = items.iter().peekable();
    let mut slowest: Option<&Item> = None;
    for item in by_call {
        while let Some(earlier) = before.next_if(|earlier| earlier.returned < item.called) {
            if slowest.is_none_or(|slowest| slowest.safe_until() < earlier.safe_until()) {
                slowest = Some(earlier);
            }
        }
        let (Some(slowest), Some(taken)) = (slowest, item.taken) else { continue };
        if taken.returned < slowest.safe_until() {
            let mut wrong: Vec<usize> = item.places().chain(slowest.places()).collect();
            if slowest.taken.is_none() {
                wrong.extend(taken_by_none_of(taken.dequeue, &wrong, operations));
            }
            return Some(wrong);
        }
    }
    None
}

/// Pattern 4, for each dequeue that says so: from its call to its return, the items that are sure to wait follow each other
/// without a gap.
fn not_empty(
    items: &[Item],
    empty: &[usize],
    later: usize,
    operations: Operations<'_, '_>,
) -> Option<Vec<usize>> {
    // The times without a gap, from the first return of an enqueue to the last call of a dequeue.
    let mut full: Vec<(usize, usize)> = Vec::new();
    for item in items.iter().filter(|item| item.returned < item.safe_until()) {
        match full.last_mut() {
            Some((_, end)) if item.returned < *end => *end = item.safe_until().max(*end),
            _ => full.push((item.returned, item.safe_until())),
        }
    }
    empty.iter().find_map(|&at| {
        let called = later + operations[at].call;
        let returned = operations[at].ret.map_or(NEVER, |ret| later + ret);
        let (_, end) = full[..full.partition_point(|(start, _)| *start < called)].last()?;
        (returned < *end).then(|| waiting(items, (called, returned), at, operations))
    })
}

/// The dequeue that says that the queue was empty, and a few items that waited one after the other meanwhile.
fn waiting(
    items: &[Item],
    (called, returned): (usize, usize),
    at: usize,
    operations: Operations<'_, '_>,
) -> Vec<usize> {
    let mut wrong = vec![at];
    let mut items = items.iter().peekable();
    let (mut reached, mut furthest, mut is_lost): (usize, Option<&Item>, bool) = (called, None, false);
    // Of those that wait already, that which waits longest: no other choice needs fewer.
    while reached < returned {
        while let Some(item) = items.next_if(|item| item.returned < reached) {
            if furthest.is_none_or(|furthest| furthest.safe_until() < item.safe_until()) {
                furthest = Some(item);
            }
        }
        let Some(item) = furthest.filter(|item| reached < item.safe_until()) else { break };
        reached = item.safe_until();
        wrong.extend(item.places());
        is_lost |= item.taken.is_none();
    }
    if is_lost {
        wrong.extend(taken_by_none_of(at, &wrong, operations));
    }
    wrong
}

/// The dequeues that could have taken an item, until this one returned, had they not been answered as they were.
fn taken_by_none_of(until: usize, known: &[usize], operations: Operations<'_, '_>) -> Vec<usize> {
    let end = operations[until].ret;
    let known: HashSet<usize> = known.iter().copied().collect();
    let could_take = |at: &usize| {
        let operation = operations[*at];
        operation.asked == QueueCall::Dequeue
            && end.is_none_or(|end| operation.call < end)
            && !known.contains(at)
    };
    (0..operations.len()).filter(could_take).collect()
}
