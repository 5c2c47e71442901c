//! A turn told as it goes on: server-sent events.
//!
//! The turn is a task of its own and not part of the answer's body. Else a client that does not read would stop the
//! turn between two polls, and a turn that is stopped while a lock is being handed to it stops everybody else at that
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

use super::problem::{Code, Problem};

/// What is told of a turn.
enum Told {
    /// Something happened.
    Event(&'static str, serde_json::Value),
    /// It has ended.
    Ended(Result<Box<ActionDTO>, Problem>),
}

pub(super) type Watch = Box<dyn TurnWatch>;
type Turn = BoxFuture<'static, Result<ActionDTO, ServiceError>>;

struct Teller(UnboundedSender<Told>);

impl TurnWatch for Teller {
    fn saw(&self, event: TurnEvent<'_>) {
        let told = match event {
            TurnEvent::Step { state, version } => {
                Told::Event("step", json!({ "state": state, "version": version }))
            }
            TurnEvent::Text(text) => Told::Event("text", json!({ "text": text })),
        };
        // Nobody listens any more: then this task is being aborted.
        let _ = self.0.send(told);
    }
}

/// Ends the turn when the one who reads along goes away.
struct Abort(AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs `turn` and tells about it. A turn that is refused before it begins is answered as any other request.
pub(super) async fn follow(limit: Duration, turn: impl FnOnce(Watch) -> Turn) -> Result<Response, Problem> {
    let (teller, mut told) = unbounded_channel();
    let turn = turn(Box::new(Teller(teller.clone())));
    let run = async move {
        let ended = match tokio::time::timeout(limit, turn).await {
            Ok(ended) => ended.map(Box::new).map_err(Problem::from),
            Err(_) => Err(Problem::new(Code::TimedOut, format!("the turn was given up after {limit:?}"))),
        };
        let _ = teller.send(Told::Ended(ended));
    };
    let abort = Abort(tokio::spawn(run).abort_handle());
    let first = match told.recv().await {
        None => return Err(broken()),
        Some(Told::Ended(Err(problem))) => return Err(problem),
        Some(first) => first,
    };
    let events = stream::unfold((Some(first), told, Some(abort)), next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

type Reading = (Option<Told>, UnboundedReceiver<Told>, Option<Abort>);

async fn next((first, mut told, abort): Reading) -> Option<(Result<Event, Infallible>, Reading)> {
    abort.as_ref()?; // the end has been told
    let next = match first {
        Some(first) => first,
        None => told.recv().await.unwrap_or_else(|| Told::Ended(Err(broken()))),
    };
    Some(match next {
        Told::Event(name, data) => (Ok(event(name, &data)), (None, told, abort)),
        Told::Ended(Ok(action)) => (Ok(event("done", &action)), (None, told, None)),
        Told::Ended(Err(problem)) => (Ok(event("problem", &problem)), (None, told, None)),
    })
}

fn event(name: &str, data: &impl Serialize) -> Event {
    // JSON has no line breaks outside strings and escapes them inside, so it always fits into one event.
    Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}

fn broken() -> Problem {
    Problem::new(Code::Internal, "the turn ended without an answer; see the server's log")
}
