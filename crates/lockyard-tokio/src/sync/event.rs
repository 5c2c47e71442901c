//! Waiting for an event by a future of tokio's, which is reported from its first poll to its end.

use std::future::poll_fn;
use std::pin::pin;

use crate::resource::{Place, Resource};

/// Waits for `future`. Dropped, it drops that future.
pub(super) async fn event<F: Future>(
    resource: &Resource,
    what: &'static str,
    at: Place,
    future: F,
) -> F::Output {
    let mut future = pin!(future);
    // Dropped first: one who is no longer in tokio's queue must not be noted as waiting.
    let mut waiting = resource.waiting(what, at);
    poll_fn(|cx| waiting.poll(resource, cx, |cx| future.as_mut().poll(cx))).await
}
