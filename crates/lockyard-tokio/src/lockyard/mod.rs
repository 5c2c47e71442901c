//! What this crate has beside tokio: findings of a test or of a program, who holds what and who waits for it, and every order of
//! what a test does.
//!
//! With feature `track`:
//!
//! ```
//! # #[cfg(feature = "track")] {
//! # use lockyard_tokio as tokio;
//! use tokio::sync::Mutex;
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() {
//!     let tracker = tokio::lockyard::track();
//!     let (orders, stock) = (Mutex::named("orders", 1), Mutex::named("stock", 2));
//!     {
//!         let _orders = orders.lock().await;
//!         let _stock = stock.lock().await;
//!     }
//!     let _stock = stock.lock().await;
//!     let _orders = orders.lock().await; // the other way round
//!     assert_eq!(tracker.findings().len(), 1);
//! }
//! # main();
//! # }
//! ```
//!
//! With feature `explore`: see [`explore()`].

mod blocking_lock;
mod branch;
#[cfg(feature = "track")]
mod deny;
#[cfg(feature = "explore")]
mod explore;
#[cfg(feature = "explore")]
mod failure;
#[cfg(feature = "explore")]
mod inversions;
#[cfg(feature = "track")]
mod notify;
#[cfg(feature = "track")]
mod program;
#[cfg(feature = "parking_lot_locks")]
pub mod sync_parking_lot;
pub mod sync_std;

#[doc(hidden)]
pub use branch::{__start, Branch};
#[cfg(feature = "track")]
pub use deny::{DenyGuard, deny_findings};
#[cfg(feature = "explore")]
pub use explore::{Exploration, Explore, explore};
#[cfg(feature = "explore")]
pub use lockyard_explore::{FailureKind, Proof, Unsound, annotate};
#[cfg(feature = "track")]
pub use lockyard_track::{
    BlindSpot, Certainty, Dump, Finding, Kind, Outcome, Tracker, Verdict, label, scope,
};
#[cfg(all(feature = "track", unix))]
pub use program::dump_on_signal;
#[cfg(feature = "track")]
pub(crate) use program::from_environment;
#[cfg(feature = "track")]
pub use program::{dump, on_finding, switch_off, switch_on, track, verdict};
