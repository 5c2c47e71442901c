//! The router behind a listener: connections that cannot take more than their share, and an end without loss.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use super::app::App;
use super::metrics::CountWhile;

/// How many bytes a request's head may have. That it may have a hundred lines is hyper's own bound.
const HEAD_BYTES: usize = 32 << 10;

/// After a failed accept: the machine is short of something, and asking at once again would not give it back.
const BREATH: Duration = Duration::from_millis(50);

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutdownReport {
    /// Connections that were cut off because their requests took longer than `grace`. Their turns were rolled back.
    pub cut_off: usize,
}

/// Serves `app` on `listener` until `stop` is ready; then lets the requests under way finish, for `grace` at most.
///
/// **Cancellation:** all connections are cut off.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
    grace: Duration,
) -> ShutdownReport {
    let limits = app.state().limits;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_time).max_buf_size(HEAD_BYTES);
    let service = TowerToHyperService::new(app.router());
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            // A connection over the limit waits in the system's queue.
            let room = room.clone().acquire_owned().await;
            (room, listener.accept().await)
        };
        let (room, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        // Those that have ended are forgotten as new ones come.
        while connections.try_join_next().is_some() {}
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        // Answers are written whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        // A client that reads nothing would keep its answer in memory for good.
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(limits.write_time));
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service.clone()));
        let state = app.state().clone();
        connections.spawn(async move {
            let _open = CountWhile::new(&state.metrics.connections);
            // A client that broke off, or sent what is no HTTP: its own affair.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(room);
        });
    }
    // A balancer should choose another server from now on.
    app.state().end();
    drop(listener);
    let finished = tokio::time::timeout(grace, graceful.shutdown()).await;
    while connections.try_join_next().is_some() {}
    let cut_off = if finished.is_ok() { 0 } else { connections.len() };
    connections.shutdown().await;
    ShutdownReport { cut_off }
}
