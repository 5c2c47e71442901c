//! What the loom models in `tests/` stand on: locks, a store and an environment made of loom's primitives.
//!
//! loom runs a small concurrent program again and again, once for every order of its accesses to loom's mutexes and
//! atomics that can matter. What is *not* made of them it does not see: a model over another library's locks passes
//! without having explored anything. So every model states how many executions it must reach, and each has a broken
//! twin that must fail.
//!
//! | not seen here | where it is looked for |
//! | --- | --- |
//! | the counts inside `std::sync::Arc` | an entry's tie stands for its last handle |
//! | tokio's and other libraries' locks | they are taken as the trait promises; the lock contract tests them live |
//! | executions beyond a stated bound of preemptions | the hand-polled executor, at random |
//!
//! Without `--cfg lockyard_loom` this package is empty; `scripts/loom.sh` runs it.
#![cfg(lockyard_loom)]
#![expect(clippy::missing_panics_doc, reason = "in a test a panic is the verdict")]

mod env;
mod lock;
mod model;
mod park;
mod torn;

pub use env::{LoomEnv, LoomShort, LoomStore, Tie, context, id};
pub use lock::LoomRwLock;
pub use model::{Model, must_fail};
pub use park::block_on;
pub use torn::Torn;
