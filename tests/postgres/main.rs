//! The guards over a real PostgreSQL, with two servers: what their clients were answered is judged as in the explorer.

#![cfg(target_os = "linux")] // where there is a clock that counts suspensions

mod anomalies;
mod conformance;
mod guards;
mod parts;
mod private_server;
mod schema;
mod turns;
