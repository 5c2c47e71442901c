//! The service above the sessions, and the workloads that are put to it.

#[macro_use]
#[path = "../support/presets.rs"]
mod presets;
#[path = "../support/mod.rs"]
mod support;

mod backend;
mod cancellation;
mod concurrency;
mod scenarios;
mod turn;
