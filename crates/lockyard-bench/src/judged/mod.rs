//! Judged slices: short runs of their own, recorded, judged, and looked at when they are over.
//!
//! Between measured rounds a subject is set up once more and asked by tasks that write everything down. When all have their
//! last answer and what is left in the background has settled, the history is judged, and the system is held against rules
//! of its own. So what is measured is never recorded, and neither knows of the other.
//!
//! What is not seen: faults that need longer than a slice to show, and what the specification does not speak of.

mod file;
mod recorder;
mod set;
mod verified;

pub(crate) use file::{CommonHistory, HistoryFile};
pub use recorder::{JudgedSpec, Recorder};
pub(crate) use set::{JudgedRun, JudgedSystem, Judging};
pub(crate) use verified::Verified;
