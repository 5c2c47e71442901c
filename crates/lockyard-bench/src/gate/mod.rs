//! May a change pass? The gate: two records side by side, what changed, and what is too slow now.
//!
//! What is compared is the throughput of each strategy ÷ that of the reference that the records name, each measured within its own
//! run, so that a machine that drifts as a whole drifts out of the picture. It follows that a change which slows all
//! strategies alike, the reference among them, is in no ratio. [`losses`] sees it, in a record of two builds that were
//! measured in turns. A [`diff()`] of two runs can only compare absolute throughput, which drifts with the machine: it says so
//! where all strategies together are more than 10 % away from where they were, and gates it where a [`Tolerance`] says how
//! much drift is to be expected.
//!
//! Nothing passes by being left out: what the baseline has and the later run has not is [`missing`](crate::record::Diff), and
//! runs that were not measured alike are refused, by the same [`refusals`] before a run and after it.
//!
//! [`trends()`] does this for each run of several and the one before it.
//!
//! A regression is reported only where the whole interval of the change lies below what the gate lets pass. The intervals are
//! widened so that the *whole* diff has its confidence, however many strategies it looks at (O. J. Dunn, "Multiple
//! comparisons among means", 1961): at 99 %, one pair of runs in a hundred raises an alarm over nothing, at most, and far
//! fewer with a gate above zero.

mod changes;
mod comparable;
mod losses;
mod machines;
mod merge;
mod options;
mod outcome;
mod reference;
mod settings;
mod throughput;
mod tolerance;
mod trends;

pub use changes::diff;
pub use comparable::refusals;
pub use losses::{Regression, losses};
pub use machines::{AcrossVerdict, merge_machines, slice_refusals};
pub use merge::{MergeError, merge};
pub use settings::RunSettings;
pub use tolerance::Tolerance;
pub use trends::trends;
