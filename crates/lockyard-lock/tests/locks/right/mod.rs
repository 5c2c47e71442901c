//! The right ones: whatever complains of one of these is wrong itself.

#![allow(unused_imports, reason = "no test uses all of them")]

mod barging_mutex;
mod blocking_rwlock;
mod fair_rwlock;
mod writers_first;

pub use barging_mutex::BargingMutex;
pub use blocking_rwlock::BlockingRwLock;
pub use fair_rwlock::{FairRwLock, FairSteps};
pub use writers_first::WritersFirst;
