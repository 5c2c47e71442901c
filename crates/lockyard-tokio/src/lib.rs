//! A drop-in for [tokio](real): the very same types, or, with a feature, ones whose waits and holds are seen.
//!
//! Without features this is tokio, re-exported. With `track` or `explore`, what is in `sync`, `task`, `time` and `runtime` is
//! wrapped: the real primitive stays inside, and each wait, hold and change is reported. The README says what each mode gives
//! and what is left out.

pub use real::*;

/// tokio itself, whatever features are on: for where another crate wants tokio's own types.
pub use real;

#[cfg(any(feature = "track", feature = "explore"))]
mod branches;
#[cfg(feature = "explore")]
mod explored;
#[cfg(any(feature = "track", feature = "explore"))]
mod idle;
#[cfg(any(feature = "track", feature = "explore"))]
mod kind;
#[cfg(any(feature = "track", feature = "explore"))]
pub mod lockyard;
#[cfg(feature = "track")]
mod maybe_named;
#[cfg(any(feature = "track", feature = "explore"))]
mod resource;
#[cfg(any(feature = "track", feature = "explore"))]
pub mod runtime;
#[cfg(any(feature = "track", feature = "explore"))]
mod spawned;
#[cfg(any(feature = "track", feature = "explore"))]
pub mod sync;
#[cfg(any(feature = "track", feature = "explore"))]
pub mod task;
#[cfg(any(feature = "track", feature = "explore"))]
pub mod time;
#[cfg(feature = "track")]
mod tracked;

#[cfg(any(feature = "track", feature = "explore"))]
pub use task::spawn;

/// The first example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
