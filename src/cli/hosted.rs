//! What `lockyard serve` serves, whatever guards the sessions, until a signal ends it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::stdout::write_out;
use lockyard_track::Tracker;

use crate::backend::http::{self, App, Limits, ServerOptions, Token};
use crate::backend::service::{DynChatService, ServiceHealth};

use super::access_log::AccessLogFile;
use super::edge::TOKEN;
use super::signals::ended_by_signal;

/// How often the end looks whether turns that were cut off have rolled back, and how long at most.
const GLANCE: Duration = Duration::from_millis(5);
pub(super) const LONGEST_ROLL_BACK: Duration = Duration::from_secs(5);

/// Of tracked locks: who has waited for one for so long, and waits for itself, is stuck.
const STUCK: Duration = Duration::from_secs(5);

/// What is served, and what goes with it.
pub(super) struct Hosted {
    pub(super) service: Arc<dyn DynChatService>,
    pub(super) health: Arc<dyn ServiceHealth>,
    pub(super) tracker: Option<Tracker>,
    /// Runs beside it until no request is served any more.
    pub(super) beside: BoxFuture<'static, ()>,
    /// What is left to do then.
    pub(super) finish: BoxFuture<'static, anyhow::Result<Exit>>,
    /// Whether requests for sessions of others are sent on to them.
    pub(super) forward: bool,
    /// What is served; where sessions are kept, and what an acknowledged write promises.
    pub(super) greeting: (String, String),
}

/// How it is served.
pub(super) struct Serving {
    pub(super) listener: TcpListener,
    pub(super) token: Option<Token>,
    pub(super) limits: Limits,
    pub(super) options: ServerOptions,
    pub(super) log: Option<AccessLogFile>,
    /// How long requests in flight may continue at the end.
    pub(super) grace: Duration,
}

/// Serves until a signal ends it.
pub(super) async fn serve(hosted: Hosted, serving: Serving) -> anyhow::Result<Exit> {
    let Serving { listener, token, limits, options, log, grace } = serving;
    let has_token = token.is_some();
    let address = listener.local_addr()?;
    let options = ServerOptions { forward: hosted.forward, ..options };
    let app = App::with_options(hosted.service, Some(hosted.health), limits, token, options);
    let _watch = hosted.tracker.map(|tracker| {
        let watch = tracker.watch(STUCK);
        app.track(tracker);
        watch
    });
    let beside = tokio::spawn(hosted.beside);
    let stop = ended_by_signal()?;
    announce(&hosted.greeting, address, has_token);
    write_out(&format!("http://{address}"))?;
    let ended = http::serve(app, listener, stop, grace).await;
    beside.abort();
    if let Some(log) = log {
        log.close();
    }
    if ended.cut_off > 0 {
        eprintln!("{} connections were cut off; their turns are rolled back.", ended.cut_off);
    }
    hosted.finish.await
}

/// Says what is open to whom.
fn announce(greeting: &(String, String), address: SocketAddr, token: bool) {
    eprintln!("Serving {} on {address}. {}", greeting.0, greeting.1);
    let who = if address.ip().is_loopback() { "this machine" } else { "every machine that reaches it" };
    if token {
        eprintln!("Open to {who}: /healthz and /readyz; all else to clients with the token.");
    } else {
        eprintln!("Open to {who}, without a token: everything.");
    }
    if !token && !address.ip().is_loopback() {
        eprintln!("warning: any client on the network may read and delete every session; set {TOKEN}.");
    }
}

/// Waits until turns that were cut off have rolled back: each does that in a task of its own, and when all connections
/// and the auto-save are gone there are no other tasks. One that hangs at the store is not waited for; its session is
/// rolled back when it is loaded again.
pub(super) async fn settled() {
    let tasks = Handle::current().metrics();
    let gone = async {
        while tasks.num_alive_tasks() > 0 {
            tokio::time::sleep(GLANCE).await;
        }
    };
    if tokio::time::timeout(LONGEST_ROLL_BACK, gone).await.is_err() {
        eprintln!(
            "warning: turns that were cut off have not all rolled back; they will when they are loaded"
        );
    }
}
