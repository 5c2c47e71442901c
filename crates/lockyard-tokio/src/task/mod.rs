//! tokio's tasks, each known to the instruments by the place where it is spawned.

#[cfg(feature = "rt-multi-thread")]
pub use real::task::block_in_place;
pub use real::task::{
    Id, JoinError, LocalKey, Unconstrained, consume_budget, coop, futures, id, try_id, unconstrained,
};

mod abort_handle;
mod join_handle;
mod join_set;
mod local;
mod spawn;
mod yield_now;

pub use abort_handle::AbortHandle;
pub use join_handle::JoinHandle;
pub use join_set::JoinSet;
pub use local::{LocalEnterGuard, LocalSet, spawn_local};
pub use spawn::{spawn, spawn_blocking};
pub use yield_now::yield_now;
