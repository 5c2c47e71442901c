//! Servers that share their sessions over PostgreSQL: the one place where the names of guards become types.
//!
//! ```text
//! "lease"  ──GuardKind──▶  Lease<PostgresDatabase, …>  ──assemble──▶  Endpoints<SharedSessions<SharedHost<…>>>
//! ```
//!
//! As [`strategy`](crate::strategy) is for the sessions of one process. Which guard when: `docs/MANY_SERVERS.md`.

mod assemble;
mod host;
mod object;

pub use assemble::{ClusterError, LeaseTimes, SharedSetup, assemble};
pub use host::{LocalLocks, SharedHost};
pub use object::DynSharedBackend;
