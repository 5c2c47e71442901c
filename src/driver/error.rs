//! Why a run could not be made at all.

use std::io;
use std::path::PathBuf;

use crate::strategy::StrategyError;

/// Why a run could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A strategy that is not built.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
    /// The system gives no threads.
    #[error("no worker threads could be started: {0}; free some, or ask for fewer workers")]
    Threads(#[from] io::Error),
    /// A server that cannot be measured.
    #[error("the server {name} at {address} cannot be measured: {reason}")]
    Server {
        /// What it is called.
        name: String,
        /// Where it should be.
        address: String,
        /// Why not, and what would help.
        reason: String,
    },
    /// The history cannot be written.
    #[error("the history {} cannot be written: {source}; name a file that can be", path.display())]
    History {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
