//! A service made into a router, with everything around the routes.

use std::sync::Arc;

use axum::Router;

use crate::backend::service::{DynChatService, ServiceHealth};
use lockyard_track::Tracker;

use super::auth::Token;
use super::limits::Limits;
use super::options::ServerOptions;
use super::request_service::RequestService;
use super::routes;
use super::state::AppState;

/// A service with its routes. Clones are handles to the same one.
#[derive(Clone)]
pub struct App(AppState);

impl App {
    /// The routes over `service`; open to all unless there is a token. `/metrics` reports the sessions
    /// behind it, and `/readyz` whether the store takes writes, only where the same service is given once more as the `backend` that it is.
    pub fn new(
        service: Arc<dyn DynChatService>,
        backend: Option<Arc<dyn ServiceHealth>>,
        limits: Limits,
        token: Option<Token>,
    ) -> Self {
        Self::with_options(service, backend, limits, token, ServerOptions::default())
    }

    /// The same, for a server that stands as `options` say.
    pub fn with_options(
        service: Arc<dyn DynChatService>,
        backend: Option<Arc<dyn ServiceHealth>>,
        limits: Limits,
        token: Option<Token>,
        options: ServerOptions,
    ) -> Self {
        Self(AppState::new(service, backend, limits, token, options, &routes::document()))
    }

    /// From now on, `tracker` is notified which request does what, and `/metrics` reports what it has seen of locks. The
    /// locks behind the service must be its own; the first one that is given stays.
    pub fn track(&self, tracker: Tracker) {
        self.0.tracker.get_or_init(|| tracker);
    }

    /// The router.
    pub fn router(&self) -> Router {
        Router::new().fallback_service(self.service())
    }

    /// The same, as what a connection asks.
    pub(super) fn service(&self) -> RequestService {
        let (router, _) = routes::routes().split_for_parts();
        let router = router
            .fallback(routes::no_such_route)
            .method_not_allowed_fallback(routes::method_not_allowed)
            .with_state(self.0.clone());
        RequestService::new(self.0.clone(), router)
    }

    pub(super) fn state(&self) -> &AppState {
        &self.0
    }
}
