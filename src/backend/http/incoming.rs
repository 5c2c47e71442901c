//! Bodies on their way in: read whole before a request counts as one, so that a client that sends slowly holds no place
//! that others wait for, and bounded in size, in time, and in what all of them take together.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use http_body_util::BodyExt;

use super::limits::{FREE, Place, Room};
use super::problem::{Code, Problem};
use super::state::AppState;

/// A request whose body is there, and the room that the body takes.
pub(super) struct Received {
    pub(super) request: Request,
    /// Its body once more, where requests may be sent on.
    pub(super) body: Option<Bytes>,
    /// Freed when the request is answered.
    pub(super) places: Vec<Place>,
}

/// Reads the body.
pub(super) async fn receive(request: Request, state: &AppState) -> Result<Received, Problem> {
    let limits = &state.limits;
    let (parts, body) = request.into_parts();
    let most = limits.body;
    let too_large = || Problem::new(Code::BodyTooLarge, format!("the body may have {most} bytes"));
    // One that says so itself is not waited for.
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let read = tokio::time::timeout(limits.body_time, read(body, most, &state.room));
    match read.await {
        Ok(Ok(Some((bytes, places)))) => {
            // A handle to the same bytes costs an allocation.
            let again = state.forwarder.as_ref().map(|_| bytes.clone());
            Ok(Received { request: Request::from_parts(parts, Body::from(bytes)), body: again, places })
        }
        Ok(Ok(None)) => Err(too_large()),
        Ok(Err(problem)) => Err(problem),
        Err(_) => {
            let detail = format!("the body was not there after {:?}; nothing was done", limits.body_time);
            Err(Problem::new(Code::RequestTimeout, detail))
        }
    }
}

/// The body and its room; none if it has more than `most` bytes.
async fn read(mut body: Body, most: usize, room: &Room) -> Result<Option<(Bytes, Vec<Place>)>, Problem> {
    let (mut whole, mut places, mut counted) = (Vec::new(), Vec::new(), FREE);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Problem::new(Code::MalformedRequest, error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        let size = whole.len() + data.len();
        if size > most {
            return Ok(None);
        }
        // Counted as it comes, and not as it is announced: a client that announces much and sends nothing holds nothing.
        if size > counted {
            let place = room.body(size - counted).await;
            places.push(place.map_err(|_| Problem::new(Code::ShuttingDown, "the server is ending"))?);
            counted = size;
        }
        whole.extend_from_slice(&data);
    }
    Ok(Some((whole.into(), places)))
}
