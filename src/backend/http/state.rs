//! What every route can reach.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use crate::backend::service::{DynChatService, ServiceHealth};
use lockyard_track::Tracker;
use utoipa::openapi::OpenApi;

use super::auth::{Strangers, Token};
use super::forward::Forwarder;
use super::limits::{Limits, Room};
use super::metrics::Metrics;
use super::options::ServerOptions;
use super::route_table::RouteTable;

/// The server's state. Clones are handles to the same one.
#[derive(Clone)]
pub(super) struct AppState(Arc<Inner>);

pub(super) struct Inner {
    pub(super) chat: Arc<dyn DynChatService>,
    /// The service once more, where it is a backend that can be looked into.
    pub(super) backend: Option<Arc<dyn ServiceHealth>>,
    /// What asks other servers, where they may have sessions.
    pub(super) forwarder: Option<Forwarder>,
    pub(super) limits: Limits,
    pub(super) token: Option<Token>,
    pub(super) options: ServerOptions,
    pub(super) strangers: Strangers,
    pub(super) metrics: Metrics,
    pub(super) routes: RouteTable,
    /// What may still be taken on.
    pub(super) room: Room,
    /// The OpenAPI document.
    pub(super) document: serde_json::Value,
    /// The tracker of the locks behind the service, if they are tracked.
    pub(super) tracker: Arc<OnceLock<Tracker>>,
    /// Whether the server is on its way out. It orders nothing: a request that comes meanwhile may be answered so or so.
    ending: AtomicBool,
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl AppState {
    pub(super) fn new(
        chat: Arc<dyn DynChatService>,
        backend: Option<Arc<dyn ServiceHealth>>,
        limits: Limits,
        token: Option<Token>,
        options: ServerOptions,
        document: &OpenApi,
    ) -> Self {
        let tracker = Arc::new(OnceLock::new());
        Self(Arc::new(Inner {
            chat,
            backend,
            forwarder: options.forward.then(Forwarder::new),
            limits,
            token,
            options,
            strangers: Strangers::default(),
            metrics: Metrics::new(tracker.clone()),
            routes: RouteTable::new(document.paths.paths.keys()),
            room: Room::new(limits),
            document: serde_json::to_value(document).unwrap_or_default(),
            tracker,
            ending: AtomicBool::new(false),
        }))
    }

    /// From now on the server is not ready.
    pub(super) fn end(&self) {
        self.ending.store(true, Relaxed);
    }

    /// Whether anything is written down of who asks.
    pub(super) fn wants_peers(&self) -> bool {
        self.options.access_log.is_some() || self.token.is_some()
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Relaxed)
    }
}
