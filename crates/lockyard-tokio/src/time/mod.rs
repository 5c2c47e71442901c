//! tokio's time. With `track`, who waits for it is shown; in an explored run it is that run's own: it stands still until no task
//! can go on, or the run lets a timer fire early.

pub use real::time::{Duration, Instant, MissedTickBehavior, error};
#[cfg(feature = "test-util")]
pub use real::time::{advance, pause, resume};

mod interval;
#[cfg(feature = "explore")]
mod run_timer;
#[cfg(not(feature = "explore"))]
#[path = "no_run.rs"]
mod run_timer;
mod sleep;
mod timeout;
mod timer_wait;

pub use interval::{Interval, interval, interval_at};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Timeout, timeout, timeout_at};
