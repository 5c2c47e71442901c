//! Registers whose writes all write something else: each read then says which write it saw, and the history is decided
//! without a search (Gibbons and Korach, "Testing shared memories", SIAM Journal on Computing 26, 1997).
//!
//! A write and the reads that saw it are a cluster: in every order they stand together, the write first. From the first
//! return among them to the last call, its zone, the register is sure to hold their value, if the return comes first;
//! such a zone is forward. Where the call comes first, all of them overlap, and one moment between the two is enough; such
//! a zone is backward. An order explains all answers exactly if no read returned before its write was called, no two
//! forward zones overlap, and no backward zone lies within a forward one.
//!
//! The initial value was written before all. A write of unknown outcome never returns: if it was not read, its zone is
//! backward and without an end, and so within none.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::spec::DirectVerdict;
use crate::specs::Value;

use super::call::{RegisterAnswer, RegisterCall, RegisterOperation};

type Operations<'o, 'h> = &'o [&'h RegisterOperation];

/// The verdict, unless it takes a search.
pub(super) fn judge(initial: &Value, operations: Operations<'_, '_>) -> Option<DirectVerdict> {
    if let Some(read) = from_nowhere(initial, operations) {
        return Some(DirectVerdict::Violation(vec![read]));
    }
    let (mut forward, backward) = zones(initial, operations)?;
    forward.sort_by_key(|zone| zone.first_return(operations));
    let wrong = overlap(&forward, operations).or_else(|| within(&backward, &forward, operations));
    Some(wrong.map_or(DirectVerdict::Linearizable, DirectVerdict::Violation))
}

/// The first operation that saw a value which, until it returned, nobody had been asked to write. Whatever else there is:
/// this is so of every history.
fn from_nowhere(initial: &Value, operations: Operations<'_, '_>) -> Option<usize> {
    let mut first_written: HashMap<&Value, usize, RandomState> = HashMap::default();
    for operation in operations {
        match &operation.asked {
            RegisterCall::Read => {}
            // It would have to be there already.
            RegisterCall::Cas(old, new) if old == new => {}
            RegisterCall::Write(new) | RegisterCall::Cas(_, new) => {
                first_written.entry(new).or_insert(operation.call);
            }
        }
    }
    operations.iter().position(|operation| {
        let (Some(ret), Some(seen)) = (operation.ret, seen(operation)) else { return false };
        seen != initial && first_written.get(seen).is_none_or(|call| *call > ret)
    })
}

/// The value that was in the register before the operation.
fn seen(operation: &RegisterOperation) -> Option<&Value> {
    match (&operation.asked, operation.answer.as_ref()?) {
        (RegisterCall::Read, RegisterAnswer::Holds(value)) => Some(value),
        (RegisterCall::Cas(old, _), RegisterAnswer::Swapped(true)) => Some(old),
        _ => None,
    }
}

/// A write, and the reads that saw it.
#[derive(Clone, Copy, Default)]
struct Cluster {
    is_written: bool,
    /// The operation that returned first.
    first: Option<usize>,
    /// The operation that was called last.
    last: Option<usize>,
}

/// The places of the operations where the zone of a cluster begins and ends.
#[derive(Clone, Copy)]
struct Zone {
    /// That with the first return; none of the initial value.
    first: Option<usize>,
    /// That with the last call.
    last: usize,
}

impl Zone {
    fn first_return(&self, operations: Operations<'_, '_>) -> usize {
        // Moments are counted from one.
        self.first.map_or(0, |at| returned(operations[at]))
    }

    fn last_call(&self, operations: Operations<'_, '_>) -> usize {
        operations[self.last].call
    }

    fn places(&self) -> impl Iterator<Item = usize> {
        [Some(self.last), self.first].into_iter().flatten()
    }
}

fn returned(operation: &RegisterOperation) -> usize {
    operation.ret.unwrap_or(usize::MAX)
}

/// The zones, forward ones and backward ones. None if there is more than reads and writes, or something was written twice.
fn zones(initial: &Value, operations: Operations<'_, '_>) -> Option<(Vec<Zone>, Vec<Zone>)> {
    let mut clusters: HashMap<&Value, Cluster, RandomState> = HashMap::default();
    for (at, operation) in operations.iter().enumerate() {
        match (&operation.asked, &operation.answer) {
            (RegisterCall::Read, None) => {}
            (RegisterCall::Read, Some(RegisterAnswer::Holds(_))) if operation.ret.is_none() => {}
            (RegisterCall::Read, Some(RegisterAnswer::Holds(value))) => {
                clusters.entry(value).or_default().add(at, operations);
            }
            (RegisterCall::Write(value), None | Some(RegisterAnswer::Done)) if value != initial => {
                let cluster = clusters.entry(value).or_default();
                if std::mem::replace(&mut cluster.is_written, true) {
                    return None;
                }
                cluster.add(at, operations);
            }
            _ => return None,
        }
    }
    let (mut forward, mut backward) = (Vec::new(), Vec::new());
    for (value, cluster) in clusters {
        let Some(last) = cluster.last else { continue };
        let zone = Zone { first: cluster.first.filter(|_| value != initial), last };
        let side =
            if zone.first_return(operations) < operations[last].call { &mut forward } else { &mut backward };
        side.push(zone);
    }
    // In no order of a map, so that the same history always has the same verdict told.
    backward.sort_by_key(|zone| zone.last);
    Some((forward, backward))
}

impl Cluster {
    fn add(&mut self, at: usize, operations: Operations<'_, '_>) {
        if self.first.is_none_or(|first| returned(operations[at]) < returned(operations[first])) {
            self.first = Some(at);
        }
        // They come in the order of their calls.
        self.last = Some(at);
    }
}

/// Two forward zones that overlap: the register held both values at once. The later of the reads that say so comes first.
fn overlap(forward: &[Zone], operations: Operations<'_, '_>) -> Option<Vec<usize>> {
    let overlap = |pair: &&[Zone]| pair[1].first_return(operations) < pair[0].last_call(operations);
    let pair = forward.windows(2).find(overlap)?;
    let (mut late, mut early) = (pair[0], pair[1]);
    if returned(operations[late.last]) < returned(operations[early.last]) {
        (late, early) = (early, late);
    }
    Some(listed(late.places().chain(early.places())))
}

/// A backward zone within a forward one: whenever the one value was there, the other had to be.
fn within(backward: &[Zone], forward: &[Zone], operations: Operations<'_, '_>) -> Option<Vec<usize>> {
    backward.iter().find_map(|inner| {
        // Forward zones do not overlap, so only the last that begins before it can end after it.
        let before =
            forward.partition_point(|zone| zone.first_return(operations) < inner.last_call(operations));
        let outer = forward[..before].last()?;
        let is_within = inner.first_return(operations) < outer.last_call(operations);
        is_within.then(|| listed(outer.places().chain(inner.places())))
    })
}

/// Each place once. In a backward zone one operation may be both the first to return and the last called.
fn listed(places: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut listed = Vec::new();
    for place in places {
        if !listed.contains(&place) {
            listed.push(place);
        }
    }
    listed
}
