//! The endpoints over HTTP, for clients of any origin.
//!
//! ```text
//! connection ─▶ count, host?, token?, body, room?, time limit ─▶ handler ─▶ dyn DynChatService
//!  (server)                  (request_service)                   (routes)        (service)
//! ```
//!
//! The files stand in layers, and each knows those below it: `server` with its `head_timer`, `app`, `request_service` with bodies on
//! their way (`incoming`, `leftover`, `outgoing`), `routes` (all of them, put together), the handlers in `contexts`, `turns` and
//! `probes`, what reads requests and writes answers (`extract`, `bodies`, `conditions`, `keyed`, `stream`, `openapi`), the `state`
//! that all can reach, and its parts: `auth`, `hosts`, `limits`, `metrics`, `options`, `problem`, `route_table`.
//!
//! [`App`] makes a router of any [`DynChatService`](crate::backend::service::DynChatService); [`serve`] puts it behind a listener,
//! with limits on what a connection may cost, and ends it without losing anything. The service stands behind an object
//! here, so that routes are compiled once and not for every strategy: that costs one allocation a request.
//!
//! Every error is `application/problem+json` ([`Problem`]) with a code that stays, and every route stands in the OpenAPI
//! document that is served at `/openapi.json`, for it is made from the very handlers.

mod app;
mod auth;
mod bodies;
mod conditions;
mod contexts;
mod extract;
mod forward;
mod head_timer;
mod hosts;
mod incoming;
mod keyed;
mod labelled;
mod leftover;
mod limits;
mod lock_metrics;
mod metrics;
mod openapi;
mod options;
mod outgoing;
mod probes;
mod problem;
mod request_service;
mod route_table;
mod routes;
mod server;
mod state;
mod stream;
mod turns;

pub use app::App;
pub use auth::Token;
pub use hosts::Hosts;
pub use labelled::Labelled;
pub use limits::Limits;
pub use options::{AccessLog, AccessRecord, ServerOptions};
pub use problem::{Code, Problem};
pub use routes::document;
pub use server::{ShutdownReport, serve};
