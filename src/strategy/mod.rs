//! Strategies: complete, named ways to guard the sessions, and the one place where names become types.
//!
//! ```text
//! "after"  ──Strategy::parse──▶  Factors { session, cache, dto, save, state }  ──assemble──▶  Backend<Host<…>>
//! ```
//!
//! Everything below this room is generic in its locks; everything above it (workloads, subjects, reports) knows a
//! strategy by its name. `list` has the combinations that are compiled: every lock over one cache, every
//! cache over two locks, and what the presets and their ablations need, since each combination costs build time.
//!
//! ```
//! use lockyard::strategy::Strategy;
//!
//! let after = Strategy::parse("after")?;
//! assert_eq!(
//!     after.factors().to_string(),
//!     "session=tokio-rwlock,cache=mutex-lru(tokio-mutex),dto=borrowed,save=after-unlock",
//! );
//! # Ok::<(), lockyard::strategy::StrategyError>(())
//! ```

mod assemble;
pub mod cache;
mod combinations;
mod custom;
mod custom_strategy;
mod error;
mod factorial;
mod factors;
mod host;
mod kinds;
mod known;
mod list;
mod named;
mod objects;
mod presets;
mod stores;
mod tracked;
mod words;

#[cfg(test)]
mod tests;

pub use assemble::{Assembly, BackendOf, Setup, assemble, backend_of};
pub use cache::{CacheFamily, Clock, Moka, QuickCache, family};
pub use combinations::{WithTypes, check_tracked, combinations, dispatch, dispatch_tracked};
pub use custom::{CustomCache, CustomLock};
pub use custom_strategy::{CustomStrategy, NamedCache};
pub use error::StrategyError;
pub use factorial::{Change, Factorial};
pub use factors::{Factors, SaveKind, StatePolicy};
pub use host::{Executor, Host, IdSource, TokioClock};
pub use kinds::{CacheKind, LockKind};
pub use known::presets;
pub use named::Strategy;
pub use objects::{assemble_dyn, assemble_tracked};
pub use presets::{LOCK_REFERENCE, MAIN_WAYS, PRESETS, Preset, REFERENCE};
pub use stores::{AnyStore, in_memory};
pub use tracked::TrackedRuntime;
