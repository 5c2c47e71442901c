//! A turn as a stream of server-sent events.
//!
//! The turn is a task of its own and not part of the answer's body. Else a client that does not read would stop the
//! turn between two polls, and a turn that is stopped while a lock is being handed to it blocks all other waiters of that
//! lock. What the client has not read yet is kept, and is no more than the turn has to say. When the client goes away,
//! the task is aborted, and so the turn is rolled back.

use std::convert::Infallible;
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

struct EventSender(UnboundedSender<StreamItem>);

impl TurnWatch for EventSender {
    fn saw(&self, event: TurnEvent<'_>) {
        let item = match event {
            TurnEvent::Step { state, version } => {
                StreamItem::Event("step", json!({ "state": state, "version": version }))
            }
            TurnEvent::Text(text) => StreamItem::Event("text", json!({ "text": text })),
        };
        // The receiver is gone: then this task is being aborted.
        let _ = self.0.send(item);
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
    let turn = turn(Box::new(EventSender(sender.clone())));
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
    let events = stream::unfold((Some(first), items, Some(abort), place), next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// What is left of a stream: the item that was waited for, those to come, the turn, and the place that the stream takes.
type Reading = (Option<StreamItem>, UnboundedReceiver<StreamItem>, Option<Abort>, Place);

async fn next((first, mut items, abort, place): Reading) -> Option<(Result<Event, Infallible>, Reading)> {
    abort.as_ref()?; // the end has been sent
    let next = match first {
        Some(first) => first,
        None => items.recv().await.unwrap_or_else(|| StreamItem::Ended(Err(broken()))),
    };
    Some(match next {
        StreamItem::Event(name, data) => (Ok(event(name, &data)), (None, items, abort, place)),
        StreamItem::Ended(Ok(action)) => (Ok(event("done", &action)), (None, items, None, place)),
        StreamItem::Ended(Err(problem)) => (Ok(event("problem", &problem)), (None, items, None, place)),
    })
}

fn event(name: &str, data: &impl Serialize) -> Event {
    // JSON has no line breaks outside strings and escapes them inside, so it always fits into one event.
    Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}

fn broken() -> Problem {
    Problem::new(Code::Internal, "the turn ended without an answer; see the server's log")
}
