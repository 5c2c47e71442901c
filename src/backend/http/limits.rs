//! What one client may cost the others: bounds on bodies, answers, time, requests and connections.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::problem::{Code, Problem};
use super::route_table::Route;

/// Bounds on what requests and connections may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body: usize,
    /// From a request's head to the last byte of its body.
    pub body_time: Duration,
    /// The bodies of all requests under way together, in bytes; one more waits, for `body_time` at most.
    pub bodies: usize,
    /// From the last byte of a body to the answer.
    pub time: Duration,
    /// The same for the routes that run a turn, which wait for a model.
    pub turn_time: Duration,
    /// Requests that are served at once; one more is answered 429.
    pub requests: usize,
    /// Answers that are streamed at once; one more is answered 429.
    pub streams: usize,
    /// All answers together that their clients have not read yet, in bytes; one more is answered 503.
    pub answers: usize,
    /// Connections that are open at once; one more waits until one of them closes.
    pub connections: usize,
    /// How long a connection may take to send a request's head, also how long it may idle before that.
    pub head_time: Duration,
    /// How long a client may take no byte of an answer before its connection is closed.
    pub write_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            body_time: Duration::from_secs(20),
            bodies: 64 << 20,
            time: Duration::from_secs(30),
            turn_time: Duration::from_mins(5),
            requests: 1024,
            streams: 1024,
            answers: 128 << 20,
            connections: 16_384,
            head_time: Duration::from_mins(1),
            write_time: Duration::from_secs(30),
        }
    }
}

impl Limits {
    /// How long a request to this route may take.
    pub(super) fn time_for(&self, route: &Route) -> Duration {
        if route.is_turn() { self.turn_time } else { self.time }
    }
}

/// So much of a body, and of an answer, is not counted. What most clients send and are sent is less, and passes however
/// much others have on their way.
pub(super) const FREE: usize = 8 << 10;

/// The unit in which bytes are counted: a semaphore has fewer permits than memory has bytes on some machines.
const UNIT: usize = 1 << 10;

/// What there is room for, now. What holds a place frees it by being dropped.
pub(super) struct Room {
    requests: Semaphore,
    streams: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    large_bodies: Arc<Semaphore>,
    answers: Arc<Semaphore>,
    limits: Limits,
}

/// A place, taken.
pub(super) type Place = OwnedSemaphorePermit;

impl Room {
    pub(super) fn new(limits: Limits) -> Self {
        let bytes = |most: usize| places(most / UNIT);
        Self {
            requests: semaphore(limits.requests),
            streams: places(limits.streams),
            // The largest there may be finds room at least alone.
            bodies: bytes(limits.bodies.max(limits.body.saturating_add(UNIT))),
            large_bodies: places(large_at_once()),
            answers: bytes(limits.answers),
            limits,
        }
    }

    /// Room for a request; refused when as many are under way as may be.
    pub(super) fn request(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.requests.try_acquire().map_err(|_| {
            let most = self.limits.requests;
            Problem::new(
                Code::TooManyRequests,
                format!("{most} requests are under way; try again in a second"),
            )
        })
    }

    /// Room for an answer that is streamed; refused when as many are as may be.
    pub(super) fn stream(&self) -> Result<Place, Problem> {
        self.streams.clone().try_acquire_owned().map_err(|_| {
            let most = self.limits.streams;
            let detail =
                format!("{most} answers are being streamed; try again in a second, or without a stream");
            Problem::new(Code::TooManyStreams, detail)
        })
    }

    /// Room for so much more of a body, as soon as there is some.
    pub(super) async fn body(&self, bytes: usize) -> Result<Place, AcquireError> {
        self.bodies.clone().acquire_many_owned(units(bytes)).await
    }

    /// A place among the large bodies that are read at once, as soon as there is one.
    pub(super) async fn large_body(&self) -> Result<Place, AcquireError> {
        self.large_bodies.clone().acquire_owned().await
    }

    /// Room for an answer of so many bytes; refused when clients have too much to read already.
    pub(super) fn answer(&self, bytes: usize) -> Result<Place, Problem> {
        self.answers.clone().try_acquire_many_owned(units(bytes)).map_err(|_| {
            let most = self.limits.answers;
            let detail = format!(
                "the answer has {bytes} bytes, and with those that others have not read yet it would be more than \
                 {most}; ask for a smaller page, or try again in a second"
            );
            Problem::new(Code::TooManyAnswers, detail)
        })
    }
}

/// One for four threads that answer requests.
fn large_at_once() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(4))
}

fn places(most: usize) -> Arc<Semaphore> {
    Arc::new(semaphore(most))
}

fn semaphore(most: usize) -> Semaphore {
    Semaphore::new(most.min(Semaphore::MAX_PERMITS))
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

/// Gives up what takes longer than `limit`. A turn that is given up is rolled back to idle.
pub(super) async fn in_time<T>(limit: Duration, answer: impl Future<Output = T>) -> Result<T, Problem> {
    let mut answer = pin!(answer);
    // Most are ready at once, and only one that is not needs a timer.
    if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
        return Ok(answer);
    }
    tokio::time::timeout(limit, answer).await.map_err(|_| {
        let detail = format!("it was given up after {limit:?}; whether a change was made is not known");
        Problem::new(Code::TimedOut, detail)
    })
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn bodies_wait_for_each_other_and_the_largest_finds_room() {
        let limits = Limits { body: 100 * UNIT, bodies: 0, ..Limits::default() };
        let room = Room::new(limits);
        let first = room.body(limits.body).now_or_never().expect("it is alone").unwrap();
        assert!(room.body(2 * UNIT).now_or_never().is_none());
        drop(first);
        assert!(room.body(limits.body).now_or_never().is_some());
    }
}
