//! The guards over a real PostgreSQL, with two servers: what their clients were answered is judged as in the explorer.

mod anomalies;
mod conformance;
mod guards;
mod private_server;
mod schema;
