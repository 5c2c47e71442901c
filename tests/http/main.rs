//! The service over HTTP.

#[macro_use]
#[path = "../support/presets.rs"]
mod presets;
#[path = "../support/mod.rs"]
mod support;

mod bounds;
mod concurrency;
mod conditions;
mod connections;
mod context_limits;
mod idempotency;
mod openapi;
mod problems;
mod remote;
mod routes;
mod server;
mod strict;
