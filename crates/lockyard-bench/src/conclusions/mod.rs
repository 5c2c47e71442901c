//! Conclusions: what follows from the rounds, of one process or of several. Functions of what was measured.
//!
//! | file | what |
//! | --- | --- |
//! | `facts` | workloads and subjects, as far as conclusions know them |
//! | `notices` | what makes a throughput hard to believe |
//! | `measured` | what one subject has done, and the cell that follows from it |
//! | `latency` | how sure percentiles are, and which of them can be compared |
//! | `rounds` | one round of one subject |
//! | `ratios` | intervals and verdicts: candidates against baselines, against the limit, with and without a clock |
//! | `ablation` | what each change between two subjects gave |
//! | `scaling` | what a sweep says, with the scalability law where it fits |
//! | `outcome` | all of one workload |

mod ablation;
mod facts;
mod latency;
mod measured;
mod notices;
mod outcome;
mod ratios;
mod rounds;
mod scaling;

pub(crate) use facts::{Context, SubjectFacts, WorkloadFacts};
pub(crate) use latency::nanos;
pub(crate) use measured::Measured;
pub(crate) use notices::imprecise;
pub(crate) use outcome::{Outcome, Outcomes, SubjectOutcome};
pub(crate) use ratios::{reach, throughput, throughput_ratio};
pub(crate) use rounds::RoundNumber;
pub(crate) use scaling::scaling;
