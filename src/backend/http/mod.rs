//! The endpoints over HTTP, for clients that nobody here wrote.
//!
//! ```text
//! connection ─▶ count, token?, room for one more?, time limit ─▶ route ─▶ dyn DynChatService
//!  (server)              (door: metrics, auth, limits)          (routes)     (service)
//! ```
//!
//! [`App`] makes a router of any [`DynChatService`](crate::backend::service::DynChatService); [`serve`] puts it behind a listener,
//! with limits on what a connection may cost, and ends it without losing anything. The service stands behind an object
//! here, so that routes are compiled once and not for every strategy: that costs one allocation a request.
//!
//! Every error is `application/problem+json` ([`Problem`]) with a code that stays, and every route stands in the OpenAPI
//! document that is served at `/openapi.json`, for it is made from the very handlers.

mod app;
mod auth;
mod door;
mod extract;
mod limits;
mod locks;
mod metrics;
mod openapi;
mod problem;
mod routes;
mod server;
mod stream;
mod turns;

pub use app::App;
pub use auth::Token;
pub use limits::Limits;
pub use locks::Labelled;
pub use openapi::document;
pub use problem::{Code, Problem};
pub use server::{Ended, serve};
