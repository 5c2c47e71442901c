//! A turn as a stream of server-sent events.
//!
//! The turn is a task of its own and not part of the answer's body. Else a client that does not read would stop the
//! turn between two polls, and a turn that is stopped while a lock is being handed to it blocks all other waiters of that
//! lock. What the client has not read yet is kept, up to a bound: a client that is so far behind is taken for one that is gone.
//! When the client goes away, the task is aborted, and so the turn is rolled back.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::stream;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use crate::backend::service::{ActionDTO, ServiceError, TurnEvent, TurnWatch};

use super::limits::Place;
use super::problem::{Code, Problem};

/// What a client is sent of a turn.
enum StreamItem {
    /// Something happened.
    Event(&'static str, serde_json::Value),
    /// It has ended.
    Ended(Result<Box<ActionDTO>, Problem>),
}

pub(super) type Watch = Box<dyn TurnWatch>;
type Turn = BoxFuture<'static, Result<ActionDTO, ServiceError>>;

/// So many bytes of text may wait to be read, and one event more.
const MOST_UNREAD: usize = 64 << 10;

struct EventSender {
    items: UnboundedSender<StreamItem>,
    unread: Arc<AtomicUsize>,
}

impl TurnWatch for EventSender {
    fn saw(&self, event: TurnEvent<'_>) {
        let item = match event {
            TurnEvent::Step { state, version } => {
                StreamItem::Event("step", json!({ "state": state, "version": version }))
            }
            TurnEvent::Text(text) => StreamItem::Event("text", json!({ "text": text })),
        };
        let unread = self.unread.fetch_add(item.text_bytes(), Relaxed);
        let item = if unread > MOST_UNREAD { StreamItem::Ended(Err(unread_too_much())) } else { item };
        // The receiver is gone: then this task is being aborted.
        let _ = self.items.send(item);
    }
}

impl StreamItem {
    /// How much there is to read of it.
    fn text_bytes(&self) -> usize {
        match self {
            Self::Event(_, data) => data["text"].as_str().map_or(0, str::len),
            Self::Ended(_) => 0,
        }
    }
}

/// Ends the turn when its reader disconnects.
struct Abort(AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs `turn` and streams its events, which keep `place` until they are read. A turn that is refused before it begins is answered as any other request.
pub(super) async fn follow(
    limit: Duration,
    place: Place,
    turn: impl FnOnce(Watch) -> Turn,
) -> Result<Response, Problem> {
    let (sender, mut items) = unbounded_channel();
    let unread = Arc::new(AtomicUsize::new(0));
    let turn = turn(Box::new(EventSender { items: sender.clone(), unread: unread.clone() }));
    let run = async move {
        let ended = match tokio::time::timeout(limit, turn).await {
            Ok(ended) => ended.map(Box::new).map_err(Problem::from),
            Err(_) => Err(Problem::new(Code::TimedOut, format!("the turn was given up after {limit:?}"))),
        };
        let _ = sender.send(StreamItem::Ended(ended));
    };
    let abort = Abort(tokio::spawn(run).abort_handle());
    let first = match items.recv().await {
        None => return Err(broken()),
        Some(StreamItem::Ended(Err(problem))) => return Err(problem),
        Some(first) => first,
    };
    let reading = Reading { first: Some(first), items, unread, turn: Some(abort), _place: place };
    let events = stream::unfold(reading, next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// What is left of a stream.
struct Reading {
    /// The item that was waited for.
    first: Option<StreamItem>,
    items: UnboundedReceiver<StreamItem>,
    unread: Arc<AtomicUsize>,
    /// The turn, until its end has been sent.
    turn: Option<Abort>,
    _place: Place,
}

async fn next(mut reading: Reading) -> Option<(Result<Event, Infallible>, Reading)> {
    reading.turn.as_ref()?;
    let next = match reading.first.take() {
        Some(first) => first,
        None => reading.items.recv().await.unwrap_or_else(|| StreamItem::Ended(Err(broken()))),
    };
    reading.unread.fetch_sub(next.text_bytes(), Relaxed);
    let event = match next {
        StreamItem::Event(name, data) => event(name, &data),
        StreamItem::Ended(ended) => {
            // If it has not ended by itself, it does now.
            reading.turn = None;
            match ended {
                Ok(action) => event("done", &action),
                Err(problem) => event("problem", &problem),
            }
        }
    };
    Some((Ok(event), reading))
}

fn event(name: &str, data: &impl Serialize) -> Event {
    // JSON has no line breaks outside strings and escapes them inside, so it always fits into one event.
    Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}

fn unread_too_much() -> Problem {
    let detail =
        "the client reads more slowly than the turn has to say; the turn was given up, what it said is kept";
    Problem::new(Code::TooManyAnswers, detail)
}

fn broken() -> Problem {
    Problem::new(Code::Internal, "the turn ended without an answer; see the server's log")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_is_far_behind_is_told_the_end_and_one_that_reads_is_not() {
        let (items, mut received) = unbounded_channel();
        let unread = Arc::new(AtomicUsize::new(0));
        let sender = EventSender { items, unread: unread.clone() };
        let text = "x".repeat(MOST_UNREAD / 2);
        for _ in 0..10 {
            sender.saw(TurnEvent::Text(&text));
            let read = received.try_recv().unwrap();
            assert!(matches!(read, StreamItem::Event("text", _)));
            unread.fetch_sub(read.text_bytes(), Relaxed);
        }
        for _ in 0..4 {
            sender.saw(TurnEvent::Text(&text));
        }
        let kept = std::iter::from_fn(|| received.try_recv().ok());
        let ended: Vec<bool> = kept
            .map(|item| matches!(item, StreamItem::Ended(Err(problem)) if problem.code == Code::TooManyAnswers))
            .collect();
        assert_eq!(ended, [false, false, false, true]);
    }
}
