//! The system under test: the backend of a chat application, whole, and free of any concrete lock and runtime where it
//! matters.
//!
//! | room | what |
//! | --- | --- |
//! | [`chat`] | a conversation: plain data, and a state machine that refuses what does not fit |
//! | [`store`] | where sessions are kept for good: the trait, and the back ends |
//! | [`session`] | the session manager: a bounded cache of live sessions, one live copy, ordered saves |
//! | [`shared`] | sessions that several servers share over one database, and the guards of them |
//! | [`service`] | the endpoints, and the chat turn |
//! | `postgres` | the statements of shared sessions over PostgreSQL |
//! | `http`, `remote` | the endpoints over HTTP, and a server elsewhere as a service; both read and write the bodies in `wire` |
//! | [`operation`] | the endpoints by name and kind, derived from the one list in `endpoints` as all else about them |
//! | [`clock`], [`shared_vec`], `byte_sum` | time as all of it sees it; a vector whose clones share what was said so far; a sum of sizes |

mod byte_sum;
pub mod chat;
pub mod clock;
mod endpoints;
#[cfg(feature = "http")]
pub mod http;
pub mod operation;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "client")]
pub mod remote;
pub mod service;
pub mod session;
pub mod shared;
pub mod shared_vec;
pub mod store;
#[cfg(any(feature = "http", feature = "client"))]
mod wire;
