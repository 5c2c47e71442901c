//! Why a run could not be made at all.

use std::io;
use std::path::PathBuf;

use crate::system::Fault;

/// Why a run could not be made at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A subject cannot be set up.
    #[error("{name} cannot be measured: {fault}")]
    Subject {
        /// What it is called.
        name: String,
        /// Why not, and what would help.
        fault: Fault,
    },
    /// A workload that cannot be run.
    #[error("{name} cannot be run: {reason}")]
    Workload {
        /// What it is called.
        name: String,
        /// Why not.
        reason: String,
    },
    /// A plan of several load machines that this one cannot keep.
    #[error("the plan cannot be kept: {reason}")]
    Plan {
        /// Why not, and what would be right.
        reason: String,
    },
    /// The system gives no threads.
    #[error("no worker threads could be started; free some, or ask for fewer workers")]
    Threads(#[from] io::Error),
    /// The history cannot be written.
    #[error("the history {} cannot be written; name a file that can be", path.display())]
    History {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
