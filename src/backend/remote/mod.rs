//! A service elsewhere: the endpoints of a server, asked over HTTP, as a
//! [`ChatService`](crate::backend::service::ChatService).
//!
//! A caller of a service through the trait calls a server by the same code. What HTTP adds is described at
//! [`ServiceError::RemoteFailure`](crate::backend::service::ServiceError::RemoteFailure): above all, that no answer came, which is
//! no failure but an unknown outcome.

mod address;
mod http;
mod routes;
mod server;

pub use address::{Address, AddressError};
pub use server::Remote;
