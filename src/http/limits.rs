//! What one client may cost the others: bounds on bodies, time, requests and connections.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::app::Shared;
use super::auth;
use super::problem::{Code, Problem};

/// Bounds on what requests and connections may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body: usize,
    /// From the first byte of a body to the answer.
    pub time: Duration,
    /// The same for the routes that run a turn, which wait for a model.
    pub turn_time: Duration,
    /// Requests that are served at once; one more is answered 429.
    pub requests: usize,
    /// Connections that are open at once; one more waits until one of them closes.
    pub connections: usize,
    /// How long a connection may take to send a request's head, also how long it may idle before that.
    pub head_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            time: Duration::from_secs(30),
            turn_time: Duration::from_mins(5),
            requests: 1024,
            connections: 16_384,
            head_time: Duration::from_mins(1),
        }
    }
}

/// Refuses what comes when as many requests are under way as may be. Whether the server lives is always answered.
pub(super) async fn admit(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if auth::OPEN.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let Ok(_room) = shared.room.try_acquire() else {
        let detail = format!("{} requests are under way; try again in a second", shared.limits.requests);
        return Problem::new(Code::TooManyRequests, detail).into_response();
    };
    next.run(request).await
}

/// Gives up what takes too long. A turn that is given up is rolled back to idle.
pub(super) async fn in_time(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let runs_a_turn =
        request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str().contains("/actions/"));
    let limit = if runs_a_turn { shared.limits.turn_time } else { shared.limits.time };
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        let detail = format!("it was given up after {limit:?}; whether a change was made is not known");
        Problem::new(Code::TimedOut, detail).into_response()
    })
}
