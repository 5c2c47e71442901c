//! Conclusions: what follows from the rounds, of one process or of several. Functions of what was measured.
//!
//! | file | what |
//! | --- | --- |
//! | `facts` | workloads and subjects, as far as conclusions know them |
//! | `measured` | what one subject has done, and the cell that follows from it |
//! | `ratios` | intervals and verdicts: candidates against baselines, against the limit, with and without a clock |
//! | `ablation` | what each change between two subjects gave |
//! | `scaling` | what a sweep says, with the scalability law where it fits |
//! | `outcome` | all of one workload |

mod ablation;
mod facts;
mod measured;
mod outcome;
mod ratios;
mod scaling;

pub(crate) use facts::{Context, SubjectFacts, WorkloadFacts};
pub(crate) use measured::Measured;
pub(crate) use outcome::{Outcome, Outcomes, SubjectOutcome};
pub(crate) use ratios::{reach, throughput, throughput_ratio};
pub(crate) use scaling::scaling;
