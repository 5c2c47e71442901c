//! What the shuttle models in `tests/` stand on: lock families, a store and an environment over shuttle's models of
//! tokio and `parking_lot`.
//!
//! shuttle runs a program again and again, each time in another order that a seed decides: evenly at random, or by PCT
//! (Burckhardt and others, 2010), which changes priorities at a few random steps. That reaches programs many times
//! larger than what the explorer or loom can exhaust, and proves nothing: what was not drawn was not tried. So every
//! result says how many orders were drawn, and is never called exhaustive.
//!
//! | not seen here | where it is looked for |
//! | --- | --- |
//! | tokio's and `parking_lot`'s own code: these are shuttle's models of their interfaces | live, in the tests of the main package |
//! | orders that memory allows and no interleaving shows | loom |
//! | the state word and the counters, which are `std`'s atomics here | loom |
//!
//! Without its feature `models` this package is empty; `scripts/shuttle.sh` runs it.
#![cfg(feature = "models")]
#![expect(clippy::missing_panics_doc, reason = "in a test a panic is the verdict")]

mod env;
mod locks;
mod model;
mod schedules;
mod store;
mod system;
mod torn;

pub use env::{ShuttleClock, ShuttleEnv, context, id};
pub use locks::{ParkingLotMutex, ParkingLotRwLock, TokioMutex, TokioRwLock};
pub use model::{ModelCheck, Mutant};
pub use schedules::{Schedules, Way};
pub use store::ShuttleStore;
pub use system::{Client, System, Turn, WorkloadShape};
pub use torn::Torn;
