//! A back end to play with: one thread, toy locks, and an executor that decides by a seed what happens next.
//!
//! It exists to run the manager and the service, source unchanged, through orders of events that a real runtime
//! shows once a month, and to repeat any of them. Everything random comes from one generator on the [`stage`], so a
//! seed *is* a run.
//!
//! What it does not see: what happens between two awaits is one step here, and on several threads it is not.

pub mod env;
pub mod executor;
pub mod locks;
pub mod stage;
pub mod store;
pub mod torn;
