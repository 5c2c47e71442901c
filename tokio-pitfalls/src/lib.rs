//! Ways to get tokio wrong that people have shipped, as plain tokio programs, and what Lockyard's instruments see of them.
//!
//! Each file of `catalogue` is one pitfall with its fixed twin, written as a user of tokio writes it; nothing in them knows
//! that `tokio` is `lockyard-tokio`. [`PITFALLS`] lists them, with which instrument must see which. [`track`] runs a program
//! once and says what was found meanwhile; [`explore`] runs every schedule of it.

mod catalogue;
mod explore;
mod judge;
mod pitfall;
mod readme;
mod track;

pub use catalogue::PITFALLS;
pub use explore::{Explored, explore};
pub use judge::{Judged, judge, named};
pub use pitfall::{Pitfall, Program};
pub use readme::table;
pub use track::{Tracked, track};
