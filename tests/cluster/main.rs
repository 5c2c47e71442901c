//! Servers that share their sessions over a private PostgreSQL, asked over HTTP. Where it is not installed, each test says so.

#![cfg(target_os = "linux")] // where there is a clock that counts suspensions

#[path = "../postgres/private_server.rs"]
mod private_server;
#[path = "../support/mod.rs"]
mod support;

mod database;
mod member;
mod requests;
mod sessions;
mod turns;
