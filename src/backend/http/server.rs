//! The router behind a listener: connections that cannot take more than their share, and an end without loss.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::FutureExt;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWrite;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use super::app::App;
use super::head_timer::HeadTimer;
use super::leftover::MOST_BYTES;
use super::metrics::CountWhile;
use super::request_service::{Answered, NoPlace, Peer, RequestService};

/// How many bytes a request's head may have. That it may have a hundred lines is hyper's own bound.
const HEAD_BYTES: usize = 16 << 10;

/// After a failed accept: the machine is short of something, and asking at once again would not give it back.
const BREATH: Duration = Duration::from_millis(50);

/// Connections over the limit on which probes are answered, and all else waits for a place.
const SPARE: usize = 16;

/// For how long a client may go on writing to a connection that was closed, so that it reads why.
const LINGER: Duration = Duration::from_secs(1);

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutdownReport {
    /// Connections that were cut off because their requests took longer than `grace`. Their turns were rolled back.
    pub cut_off: usize,
}

/// Serves `app` on `listener` until `stop` is ready. Then says for [`drain`](super::ServerOptions::drain) that it is not ready,
/// and serves all the same; then accepts no more, and lets the requests under way finish, for `grace` at most.
///
/// **Cancellation:** all connections are cut off.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
    grace: Duration,
) -> ShutdownReport {
    let state = app.state();
    let limits = state.limits;
    let mut http = http1::Builder::new();
    http.header_read_timeout(limits.head_time).max_buf_size(HEAD_BYTES);
    let service = app.service();
    // Closed, it says to all connections that they end.
    let (open, ending) = watch::channel(());
    let room = Arc::new(Semaphore::new(limits.connections));
    let spare = Arc::new(Semaphore::new(SPARE));
    let mut connections = JoinSet::new();
    let stop = async {
        stop.await;
        // A balancer should choose another server from now on, and has time to see that.
        state.end();
        tokio::time::sleep(state.options.drain).await;
    };
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            // A connection over the limit gets a spare place; where there is none, it waits in the system's queue.
            let place = tokio::select! {
                biased;
                place = room.clone().acquire_owned() => (place, None),
                place = spare.clone().acquire_owned() => (place, Some(NoPlace(room.clone()))),
            };
            (place, listener.accept().await)
        };
        let ((place, no_place), accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        // Those that have ended are forgotten as new ones come.
        while connections.try_join_next().is_some() {}
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        // Answers are written whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let peer = state.wants_peers().then_some(Peer(peer));
        let service = Named { service: service.clone(), peer, no_place };
        let (state, mut ending, mut http) = (state.clone(), ending.clone(), http.clone());
        connections.spawn(async move {
            let _open = CountWhile::new(&state.metrics.connections);
            if speaks(&stream, limits.head_time, &mut ending).await {
                // In a box, so that a connection which only stands there does not have the room for it.
                let conversation = Box::pin(async move {
                    // A client that reads nothing would keep its answer in memory for good.
                    let mut stream = Box::pin(TimeoutStream::new(stream));
                    stream.as_mut().set_write_timeout_pinned(Some(limits.write_time));
                    http.timer(HeadTimer::default());
                    converse(http.serve_connection(TokioIo::new(stream), service), ending).await
                });
                // A client that broke off, or sent what is no HTTP: its own affair.
                if let Err(error) = conversation.await {
                    tracing::debug!(%error, "a connection ended early");
                }
            }
            drop(place);
        });
    }
    drop(listener);
    drop(open);
    let all = async { while connections.join_next().await.is_some() {} };
    let finished = tokio::time::timeout(grace, all).await;
    while connections.try_join_next().is_some() {}
    let cut_off = if finished.is_ok() { 0 } else { connections.len() };
    connections.shutdown().await;
    ShutdownReport { cut_off }
}

/// The routes for one connection: every request is told who asks, where that is wanted, and whether it has to wait.
struct Named {
    service: RequestService,
    peer: Option<Peer>,
    no_place: Option<NoPlace>,
}

/// A connection whose client has to read.
type Stream = Pin<Box<TimeoutStream<TcpStream>>>;

type Incoming = hyper::Request<hyper::body::Incoming>;

impl Service<Incoming> for Named {
    type Response = Response;
    type Error = Infallible;
    type Future = Answered;

    fn call(&self, mut request: Incoming) -> Self::Future {
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        if let Some(no_place) = &self.no_place {
            request.extensions_mut().insert(no_place.clone());
        }
        self.service.answer(request.map(Body::new)).map(Ok)
    }
}

/// Waits until the client sends something, for so long at most: a connection that only stands there takes no buffers.
async fn speaks(stream: &TcpStream, time: Duration, ending: &mut watch::Receiver<()>) -> bool {
    let mut first = [0];
    tokio::select! {
        // Looked at, and not only waited for: of a new stream it is said that it may be readable.
        said = tokio::time::timeout(time, stream.peek(&mut first)) => matches!(said, Ok(Ok(1..))),
        _ = ending.changed() => false,
    }
}

/// Serves one connection to its end: its client's, or that of the request under way when `ending` is closed.
async fn converse(
    mut connection: http1::Connection<TokioIo<Stream>, Named>,
    mut ending: watch::Receiver<()>,
) -> hyper::Result<()> {
    let mut ends = false;
    loop {
        // Without the shutdown that hyper does: it would close the socket while the client may still be writing.
        let served = poll_fn(|context| connection.poll_without_shutdown(context));
        tokio::select! {
            served = served => break served?,
            _ = ending.changed(), if !ends => {
                ends = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
    let mut stream = connection.into_parts().io.into_inner();
    // The client has closed, or reads that this is the end.
    let shut = poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await;
    if shut.is_ok() && !ends {
        let _ = tokio::time::timeout(LINGER, discard(stream.get_ref())).await;
    }
    Ok(())
}

/// Reads what a client still writes after the last answer, up to a bound. A socket that is closed with something unread is reset
/// by the system, and a reset may take the answer from a client that has not read it yet.
async fn discard(stream: &TcpStream) {
    // Not in the future itself, which every connection has.
    let (mut buffer, mut left) = (vec![0; 4096], MOST_BYTES);
    while stream.readable().await.is_ok() {
        let read = match stream.try_read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        let Some(rest) = left.checked_sub(read) else { return };
        left = rest;
    }
}
