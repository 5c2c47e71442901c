//! Sessions that several servers share, explored: every interleaving of the statements that two servers send, over a model of
//! the database, with two clocks, lost connections, and tasks that are dropped.
//!
//! The guards are those of [`backend::shared`](crate::backend::shared), the very source; what is modelled is the database
//! below them and the clocks beside them.
//!
//! | file | what |
//! | --- | --- |
//! | `database`, `tables`, `connection`, `statements` | the model of the database: what it has and has not, its rows and locks, how a statement is executed, and all statements |
//! | `time` | the clocks |
//! | `spec` | what a session must do: a sequential specification |
//! | `server`, `history` | servers, what their clients ask, and how the answers are judged |
//! | `programs` | what two servers are asked at once |
//! | `directory`, `sessions` | what stands around the guards, and the sessions above them: requests made once, and turns |
//! | [`pitfalls`] | ways to get it wrong, which exploring must find |

mod connection;
mod database;
mod directory;
mod history;
pub mod pitfalls;
mod programs;
mod server;
mod sessions;
mod spec;
mod statements;
mod tables;
#[cfg(test)]
mod tests;
mod time;

pub use connection::ModelConnection;
pub use database::ModelDatabase;
pub use programs::SharedProgram;
pub use server::{ModelCompareAndSet, ModelGuard, ModelLease, ModelTerm};
pub use sessions::{SharedModelEnv, SharedSessionsProgram};
pub use spec::{SharedAnswer, SharedCall, SharedSessionSpec, new_session, texts};
pub use time::{EXPIRY, MARGIN, ModelServerClock, ModelTime, TTL};
