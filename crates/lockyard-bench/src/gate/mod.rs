//! May a change pass? The gate: two records side by side, what changed, and what is too slow now.
//!
//! What is compared is the throughput of each strategy ÷ that of the reference that the records name, each measured within its own
//! run, so that a machine that drifts as a whole drifts out of the picture. It follows that a change which slows all
//! strategies alike, the reference among them, is not seen here. [`losses`] sees it, in a record of two builds that were
//! measured in turns.
//!
//! A regression is reported only where the whole interval of the change lies below what the gate lets pass. The intervals are
//! widened so that the *whole* diff has its confidence, however many strategies it looks at (O. J. Dunn, "Multiple
//! comparisons among means", 1961): at 99 %, one pair of runs in a hundred raises an alarm over nothing, at most, and far
//! fewer with a gate above zero.

mod changes;
mod comparable;
mod losses;
mod reference;

pub use changes::diff;
pub use comparable::other_machine;
pub use losses::{Regression, losses};
