//! Answers on their way out: what clients have not read yet is counted until the last byte has gone to the system, so
//! that clients that ask for much and read nothing find an end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};

use super::limits::{FREE, Place, Room};
use super::problem::Problem;

/// Counts an answer that is large. One whose length is not known is a stream, and counted as one.
pub(super) fn counted(answer: Response, room: &Room) -> Result<Response, Problem> {
    let Some(bytes) = answer.body().size_hint().exact().filter(|bytes| *bytes > FREE as u64) else {
        return Ok(answer);
    };
    let place = room.answer(usize::try_from(bytes).unwrap_or(usize::MAX))?;
    Ok(answer.map(|body| Body::new(Counted { body, place: Arc::new(place) })))
}

/// A body whose bytes keep their place wherever they are.
struct Counted {
    body: Body,
    place: Arc<Place>,
}

/// Bytes that keep a place: the connection takes them out of the body, and drops the body, before they are sent.
struct Kept {
    bytes: Bytes,
    _place: Arc<Place>,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let keep = |bytes| Bytes::from_owner(Kept { bytes, _place: self.place.clone() });
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(keep))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
