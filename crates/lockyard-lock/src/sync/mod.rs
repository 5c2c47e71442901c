//! What protocols of this project's own are made of: atomics, cells that fill once, short mutexes, and the maps and
//! pointers that others have made without locks. One place, so that a model checker can stand behind it.
//!
//! Ordinarily these are the real things, under their own names. With `--cfg lockyard_loom` they are loom's, or stand
//! for the real ones as loom sees them (`seen`); so the very same source of a protocol runs under both. Counters that
//! nothing is ordered by stay with `std`: a model would only become larger for them.

#[cfg(not(lockyard_loom))]
mod real;
#[cfg(lockyard_loom)]
mod seen;

#[cfg(not(lockyard_loom))]
pub use real::*;
#[cfg(lockyard_loom)]
pub use seen::*;
