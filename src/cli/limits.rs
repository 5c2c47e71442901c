//! The bounds of `lockyard serve`: on what clients may take of the server, and on what contexts may.

use std::time::Duration;

use lockyard_bench::program::options;

use crate::backend::chat::{ContextLimits, MAX_BYTES};
use crate::backend::http::Limits;
use crate::backend::session::SessionLimits;

/// What one client may cost the others.
#[derive(clap::Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitOptions {
    /// The largest body of a request, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().body)]
    max_body: usize,

    /// How long a body may take to arrive; one that takes longer is answered 408.
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = options::duration)]
    body_time: Duration,

    /// How many bytes the bodies of all requests under way may have together; one more waits. The first 8 KiB of each
    /// are not counted.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().bodies)]
    max_bodies: usize,

    /// How long a request may take once its body is there; one that takes longer is answered 503.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = options::duration)]
    request_time: Duration,

    /// How long a request may take that runs a turn.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = options::duration)]
    turn_time: Duration,

    /// How many requests are served at once; one more is answered 429.
    #[arg(long, value_name = "N", default_value_t = Limits::default().requests)]
    max_requests: usize,

    /// How many answers may be streamed at once; one more is answered 429.
    #[arg(long, value_name = "N", default_value_t = Limits::default().streams)]
    max_streams: usize,

    /// How many bytes of answers may wait for their clients to read them; one more is answered 503. Answers of less than
    /// 8 KiB are not counted.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().answers)]
    max_answers: usize,

    /// How long a client may read nothing of an answer before its connection is closed.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = options::duration)]
    write_timeout: Duration,

    /// How many connections may be open at once; one more waits.
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections)]
    max_connections: usize,

    /// How long a connection may be idle, or take to send a request's head.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = options::duration)]
    idle_time: Duration,
}

/// What contexts may take. Sizes are bytes of memory, roughly: short texts and small JSON values take more than their length.
#[derive(clap::Args)]
#[command(next_help_heading = "Contexts")]
#[expect(clippy::struct_field_names, reason = "they are the names of flags")]
pub(super) struct SessionOptions {
    /// The largest message, and the most that the settings of a context may take, in bytes; more is answered 413.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    max_message: usize,

    /// How many messages one context may have; one more is answered 507.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    max_messages: usize,

    /// How much one context may take, in bytes; more is answered 507.
    #[arg(long, value_name = "BYTES", default_value_t = 8 << 20)]
    max_context: usize,

    /// How many contexts there may be; one more is answered 507.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    max_contexts: usize,

    /// How much memory contexts may take, in bytes; more is answered 507.
    ///
    /// Those that no request is using leave memory before that, the largest first, unless they are kept there: --store memory has
    /// all of them in it.
    #[arg(long, value_name = "BYTES", default_value_t = 256 << 20)]
    max_memory: usize,

    /// How many bytes of messages one answer may carry; a page ends before what is more.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    max_page: usize,
}

impl LimitOptions {
    pub(super) fn limits(&self) -> Limits {
        Limits {
            body: self.max_body,
            body_time: self.body_time,
            bodies: self.max_bodies,
            time: self.request_time,
            turn_time: self.turn_time,
            requests: self.max_requests,
            streams: self.max_streams,
            answers: self.max_answers,
            write_time: self.write_timeout,
            connections: self.max_connections,
            head_time: self.idle_time,
        }
    }
}

impl SessionOptions {
    pub(super) fn limits(&self) -> SessionLimits {
        SessionLimits {
            context: ContextLimits {
                message_bytes: self.max_message.min(MAX_BYTES),
                messages: self.max_messages,
                bytes: self.max_context,
            },
            sessions: self.max_contexts,
            live_bytes: self.max_memory,
            page_bytes: self.max_page,
        }
    }
}
