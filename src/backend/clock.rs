//! Time, as the backend sees it: the session manager, the store that can be slow, and the model stand on the same seam.

use std::time::Duration;

use super::chat::Timestamp;

/// Time, as the backend sees it.
pub trait Clock: Send + Sync + 'static {
    /// Wall-clock time for created and updated stamps.
    fn now(&self) -> Timestamp;

    /// Time since some moment that stays the same; unlike the wall clock it never goes back.
    fn monotonic(&self) -> Duration;

    /// Waits. Cancellation safe.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}
