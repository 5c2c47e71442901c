//! What one client may cost the others: bounds on bodies, time, requests and connections.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

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

impl Limits {
    /// How long a request to this route may take.
    pub(super) fn time_for(&self, route: &str) -> Duration {
        if route.contains("/actions/") { self.turn_time } else { self.time }
    }

    /// Takes a place in the `room` that there is for requests; refuses what comes when as many are under way as may be.
    pub(super) fn admit<'a>(&self, room: &'a Semaphore) -> Result<SemaphorePermit<'a>, Problem> {
        room.try_acquire().map_err(|_| {
            let detail = format!("{} requests are under way; try again in a second", self.requests);
            Problem::new(Code::TooManyRequests, detail)
        })
    }
}

/// Gives up what takes longer than `limit`. A turn that is given up is rolled back to idle.
pub(super) async fn in_time<T>(limit: Duration, answer: impl Future<Output = T>) -> Result<T, Problem> {
    tokio::time::timeout(limit, answer).await.map_err(|_| {
        let detail = format!("it was given up after {limit:?}; whether a change was made is not known");
        Problem::new(Code::TimedOut, detail)
    })
}
