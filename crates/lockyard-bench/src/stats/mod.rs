//! What do measured numbers allow to be said? A ratio with its interval, and a verdict.
//!
//! Everything here is a function of values: no clock, no file, no run. Rounds go in, in pairs where two subjects took turns
//! on the same machine; an estimate comes out, or nothing where the rounds do not carry one.
//!
//! - [`change`]: how a ratio changed between two runs.
//! - [`confidence`]: how sure an interval is to be, and the Student-t quantile that follows from it.
//! - [`location`]: where a sample lies, disturbed rounds trimmed.
//! - [`mean`]: the trimmed mean of one subject's rounds, with its interval.
//! - [`paired`]: the ratio of two subjects over the rounds they shared.
//! - [`levels`]: the same over layouts and processes, with intervals that hold what differs between these.
//! - [`difference`]: how much longer one thing takes than another, for times that are a sum.
//! - [`sections`]: how sure a percentile is, from those of sections of the samples.
//! - [`factorial`]: what each of several changes gave, from all their combinations.
//! - [`verdict`]: what an interval says: faster, slower, no difference, or nothing yet.
//! - [`usl`]: how throughput grows with size: the Universal Scalability Law, or why it does not hold.
//!
//! All estimates but [`difference`] are made on the logarithms of the measurements. Times and rates are positive and vary by factors rather
//! than by amounts; on the log scale a ratio and its inverse are equally far from 1, and no interval reaches below zero.

pub mod change;
pub mod confidence;
pub mod difference;
pub mod factorial;
pub mod fairness;
pub mod levels;
pub mod location;
pub mod mean;
pub mod paired;
pub mod sections;
pub mod usl;
pub mod verdict;

pub use change::{Change, Recorded};
pub use confidence::Confidence;
pub use difference::Difference;
pub use factorial::Effect;
pub use fairness::jain;
pub use mean::Mean;
pub use paired::Ratio;
pub use sections::interval_of_sections;
pub use usl::Usl;
pub use verdict::{Direction, Verdict};
