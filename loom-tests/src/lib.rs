//! What the loom models in `tests/` stand on: locks, a store and an environment made of loom's primitives.
//!
//! loom runs a small concurrent program again and again, once for every order of its accesses to loom's mutexes and
//! atomics that can matter, and for every value that the memory model lets an atomic show. What is *not* made of them it
//! does not see: a model over another library's locks passes without having explored anything. So every model states
//! how many executions it must reach, and each has a mutant that must fail.
//!
//! | model | the source under it |
//! | --- | --- |
//! | `single_flight`, `appends`, `turns` | the session manager and the service, over `LoomEnv` |
//! | `published` | the state word, `backend/session/state.rs`, with its atomic from `lockyard::lock::sync` |
//! | `helping` | the same word over snapshots: `arc_swap.rs` of `lockyard-lock`, `backend/session/entry.rs` |
//! | `snapshots` | `arc_swap.rs` of `lockyard-lock` |
//! | `shared_vec` | `backend/shared_vec.rs` |
//! | `clock` | `strategy/cache/clock.rs`, taken in as a file: the room around it would bring the driver along |
//! | `tracker` | `lockyard-track`: which of two threads finds the cycle that they close |
//! | `wakers` | this package's own lock: that no waiter sleeps indefinitely |
//! | `own_lock` | locks as a user writes them, of `sync`: those that the lock contract is tried on |
//! | `last_handle`, `vacuity` | the tools themselves |
//!
//! | not seen here | where it is looked for |
//! | --- | --- |
//! | the counts inside `std::sync::Arc` | an entry's tie stands for its last handle |
//! | tokio's and other libraries' locks, papaya's map, `arc_swap`'s pointer | they are taken as they promise; the lock contract tests them live |
//! | executions beyond a stated bound of preemptions | the explorer, and shuttle at random |
//! | counters that nothing is ordered by | nowhere: they are statistics |
//!
//! Without `--cfg lockyard_loom` this package is empty; `scripts/loom.sh` runs it.
#![cfg(lockyard_loom)]
#![expect(clippy::missing_panics_doc, reason = "in a test a panic is the verdict")]

mod clock;
mod env;
mod lock;
mod model;
mod park;
mod results;
mod snapshots;
mod torn;
mod words;

// What the source of the clock cache finds at the root of its own crate.
use lockyard::backend;

pub use clock::Clock;
pub use env::{LoomEnv, LoomShort, LoomStore, StoppedClock, Tie, context, id};
pub use lock::LoomRwLock;
pub use model::{ModelCheck, Mutant, explore};
pub use park::block_on;
pub use results::Outcome;
pub use snapshots::{
    FaultySnapshot, FaultySnapshots, ShownAfterTheRelease, ShownBeforeTheSwap, SnapshotFault,
};
pub use torn::Torn;
pub use words::{ClearedWord, SilentAboutDeletion, StoredWord, Unhelpful};
