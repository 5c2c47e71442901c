//! Why a run could not be made at all.

use crate::strategy::StrategyError;

/// Why a run could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A strategy that is not built.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
    /// The system gives no threads.
    #[error("no worker threads could be started: {0}; free some, or ask for fewer workers")]
    Threads(#[from] std::io::Error),
}
