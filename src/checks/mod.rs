//! What is checked of the system under test, and what proves that the checks can fail.
//!
//! | room | what |
//! | --- | --- |
//! | [`explored`] | the explorer's back end of the session manager |
//! | [`spec`] | what sessions must do: a sequential specification, how a run records it, the fast way to a verdict |
//! | [`invariants`] | what must hold of sessions when a run is over |
//! | `sessions` | sessions of small programs, and what must hold of them |
//! | [`models`] | models of the sessions with their mutants, over the strategies |
//! | [`shared`] | the guards of sessions that several servers share, over a model of the database |
//! | [`pitfalls`] | seeded bugs, each with its fixed variant and the checks that must detect it |

pub mod explored;
pub mod invariants;
pub mod models;
pub mod pitfalls;
mod sessions;
pub mod shared;
pub mod spec;
