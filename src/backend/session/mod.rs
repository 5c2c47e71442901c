//! The session manager: a bounded cache of live sessions over a store, generic in its locks and its runtime.
//!
//! ```text
//!            find                              load, save, delete
//! request ──────────▶ cache ── miss ─▶ registry ──────▶ gate ─────▶ store
//!    │                 (recency)      (one live copy)   (one I/O at a time, in order)
//!    └── read / write ─────────────────▶ session lock ──▶ context
//! ```
//!
//! Three tables and two locks a session, each with one job:
//!
//! | part | holds | its job |
//! | --- | --- | --- |
//! | cache ([`Cache`]) | strong references by recency | keep what is used, drop the rest, at any time |
//! | registry | weak references to all live sessions | at most one live copy |
//! | unsaved | strong references, versions | nothing that is newer than the store dies or is forgotten |
//! | gate | the version that is stored, and what the store wants to be told of it | one flight per load; saves that never go back |
//! | session lock | the context | many readers or one writer: *what varies* |
//!
//! Nothing here names a lock, a runtime or a disk: see [`Env`]. Start reading at [`ChatSessionManager`].

mod cache;
mod entry;
mod env;
mod error;
mod health;
mod limits;
mod live;
mod load;
mod managed;
mod manager;
mod registry;
mod room;
mod save;
mod sessions;
mod slot;
mod state;
mod stats;
mod unsaved;

pub use crate::backend::clock::Clock;
pub use cache::{CACHE, Cache, CacheStats, MutexLru, ShardedLru};
pub use entry::{Entry, GATE, SESSION};
pub use env::{Env, Short};
pub use error::{CapacityError, SessionError};
pub use health::StoreFailure;
pub(in crate::backend) use health::StoreHealth;
pub use limits::SessionLimits;
pub(in crate::backend) use live::{Alive, LiveCount};
pub use managed::Held;
pub use manager::{ChatSessionManager, Durability, Session};
pub use registry::Registry;
pub(in crate::backend) use room::evict_largest;
pub use save::{AfterUnlock, Change, SaveMode, Settle, UnderLock};
pub use sessions::{HeldSession, Sessions};
pub use slot::SlotState;
pub use state::{Locked, Published, StateMode, StateWord};
pub use stats::{ManagerStats, SessionCounts, Traffic};
pub use unsaved::Unsaved;
