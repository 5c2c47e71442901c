//! What is left of a body when its request is answered.
//!
//! A refusal comes before the body was read: too large, no token, too many at once. The connection can be used again only if the
//! rest of the body is read first, and a client that is still writing must not be cut off without a word. So a small rest is
//! read and thrown away before the answer is sent, and where there is more, the answer says that the connection closes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;

/// How much of a body is read only to be thrown away, in bytes, and for how long at most.
pub(super) const MOST_BYTES: usize = 256 << 10;
const MOST_TIME: Duration = Duration::from_millis(500);

/// The body of a request, once whoever read it has dropped it.
pub(super) struct Leftover {
    body: Arc<Mutex<Option<Body>>>,
    /// The client waits to be asked for the body.
    waits: bool,
}

impl Leftover {
    /// Makes the body of a request one whose rest comes back here; none for a request without one.
    pub(super) fn watch(request: Request) -> (Request, Option<Self>) {
        if request.body().is_end_stream() {
            return (request, None);
        }
        let waits = request.headers().contains_key(header::EXPECT);
        let back = Arc::new(Mutex::new(None));
        let leftover = Self { body: back.clone(), waits };
        let request = request.map(|body| Body::new(Watched { body: Some(body), back }));
        (request, Some(leftover))
    }

    /// Reads the rest and throws it away. Whether the connection can be used again.
    ///
    /// **Cancellation:** the rest is left unread.
    pub(super) async fn discard(self) -> bool {
        let Some(mut body) = self.body.lock().take() else { return true };
        // To read would be to ask for it.
        if self.waits || body.size_hint().lower() > MOST_BYTES as u64 {
            return false;
        }
        let read = async {
            let mut left = MOST_BYTES;
            while let Some(frame) = body.frame().await {
                let length = frame.ok()?.data_ref().map_or(0, Bytes::len);
                left = left.checked_sub(length)?;
            }
            Some(())
        };
        matches!(tokio::time::timeout(MOST_TIME, read).await, Ok(Some(())))
    }
}

/// A body that goes back when it is dropped before its end.
struct Watched {
    /// There until it is dropped.
    body: Option<Body>,
    back: Arc<Mutex<Option<Body>>>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        Pin::new(body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.is_end_stream() {
            *self.back.lock() = self.body.take();
        }
    }
}
