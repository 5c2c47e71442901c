//! Sessions that several servers share, over PostgreSQL 15 and later: a pool of connections that send the statements of
//! [`shared`](super::shared), the tables below them, and the clock that leases are counted by.
//!
//! | file | what |
//! | --- | --- |
//! | `database`, `error` | the pool, and what is demanded of a database before it is used |
//! | `connection`, `directory` | the statements, with their parameters and answers |
//! | `schema` | the tables, as migrations |
//! | `boot_clock` | a clock that goes on while the machine is suspended |

#[cfg(target_os = "linux")]
mod boot_clock;
mod connection;
mod database;
mod directory;
mod error;
mod schema;

#[cfg(target_os = "linux")]
pub use boot_clock::BootClock;
pub use connection::PostgresConnection;
pub use database::{PostgresDatabase, PostgresOptions};
pub use error::PostgresError;
