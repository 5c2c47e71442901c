//! Streamed chunks come by the dozen a second; the session's lock is taken once for a batch of them.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};

use crate::backend::chat::NewToolCall;

use super::model::{Chunk, ModelError, ReplyStream};
use crate::backend::session::HeldSession;

/// What has come since the last batch.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) text: String,
    pub(super) tool_calls: Vec<NewToolCall>,
    /// How the stream ended, if it did: then this is the last batch.
    pub(super) ended: Option<Result<(), ModelError>>,
}

impl Batch {
    /// Gathers what comes within `window` of the first chunk. A stream that falls silent does not hold back what it
    /// has already given. **Cancellation:** drops what it has gathered.
    pub(super) async fn gather(
        stream: &mut ReplyStream,
        session: &dyn HeldSession,
        window: Duration,
    ) -> Self {
        let mut batch = Self::default();
        batch.take(stream.next().await);
        let mut window_ends = session.sleep(window);
        while batch.ended.is_none() {
            // A stream may be left at any time without losing a chunk, unlike a future that has begun to receive one.
            match select(stream.next(), window_ends.as_mut()).await {
                Either::Left((item, _)) => batch.take(item),
                Either::Right(_) => break,
            }
        }
        batch
    }

    fn take(&mut self, item: Option<Result<Chunk, ModelError>>) {
        match item {
            Some(Ok(Chunk::Text(text))) => self.text.push_str(&text),
            Some(Ok(Chunk::ToolCall(call))) => self.tool_calls.push(call),
            Some(Err(error)) => self.ended = Some(Err(error)),
            None => self.ended = Some(Ok(())),
        }
    }
}
