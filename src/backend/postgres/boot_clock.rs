//! The clock that leases are counted by.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::backend::shared::ServerClock;

/// The time since the machine was started, that of its suspensions included (`CLOCK_BOOTTIME`). `Instant` would not do: it
/// stands still while the machine is suspended, and a lease would seem to last for as long.
#[derive(Clone, Copy, Debug, Default)]
pub struct BootClock;

impl ServerClock for BootClock {
    async fn now(&self) -> Duration {
        let now = clock_gettime(ClockId::Boottime);
        // It begins with zero and never goes back.
        Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
    }
}
