//! What a server does beside its routes, and what it writes down.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::hosts::Hosts;
use super::problem::Code;

/// How a server stands towards its clients and its operators. By default it answers to any name, ends without notice, and writes
/// nothing down.
#[derive(Clone, Default)]
pub struct ServerOptions {
    /// The names it answers to.
    pub hosts: Hosts,
    /// For how long before its end it says that it is not ready, and takes requests all the same: as long as balancers need to
    /// see that.
    pub drain: Duration,
    /// How old a change may be that is not stored; with an older one the server says that it is not ready. A store that hangs fails
    /// no write, and only this shows it. Without a bound by default.
    pub unsaved_age: Option<Duration>,
    /// Whether requests for sessions that another server has are sent on to it. Not by default.
    pub forward: bool,
    /// Called with every request that was answered, before the answer is sent. It must not block.
    pub access_log: Option<AccessLog>,
}

/// What is called with every answered request.
pub type AccessLog = Arc<dyn Fn(&AccessRecord<'_>) + Send + Sync>;

/// One request, and how it was answered. The query and the body, which may be confidential, are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AccessRecord<'a> {
    /// Who asked, where that is known.
    pub peer: Option<SocketAddr>,
    /// The method.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// The kind of problem, if it is one.
    pub code: Option<Code>,
    /// From the request's head to the answer's head, in milliseconds.
    pub millis: f64,
}
