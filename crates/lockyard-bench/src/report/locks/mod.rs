//! Locks alone, for every format: where which lock is fastest, what a lock costs besides, and what others have published.
//!
//! | file | what |
//! | --- | --- |
//! | `map` | hold time × share of reads, and who leads at each point |
//! | `regions` | points side by side that have the same leader, and a sentence for each such region |
//! | `rows` | a row for each lock, and one for each published result |

mod map;
mod regions;
mod rows;

pub(super) use map::{LockMap, Standings};
pub(super) use regions::{hold, sentences};
pub(super) use rows::{
    CURVE_HEAD, CURVE_TITLE, LOCK_HEAD, LOCK_NOTE, LOCK_TITLE, curve_rows, lock_rows, lock_verdict,
};

#[cfg(test)]
mod tests;
