//! Published results about locks, and what a record says to each: computed from its points, so that another machine may
//! come to another answer.
//!
//! A result stands here only if its source can be looked at, and it is called testable only where this run has the points, the
//! cores and the intervals for it.

mod points;
mod results;

use crate::record::{KnownCurve, Record};

use points::Points;

/// What the record says to every result; nothing of a record that has no locks alone.
#[must_use]
pub fn known_curves(record: &Record) -> Vec<KnownCurve> {
    Points::of(record).map_or_else(Vec::new, |points| results::ALL.map(|result| result(&points)).to_vec())
}

#[cfg(test)]
mod tests;
