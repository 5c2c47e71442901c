//! A service made into a router, with everything around the routes.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::backend::service::{DynBackend, DynChatService};
use lockyard_track::Tracker;

use super::auth::Token;
use super::door;
use super::limits::Limits;
use super::metrics::{self, Metrics};
use super::openapi;
use super::problem::{Code, Problem};
use super::{routes as contexts, turns};

/// A service with its routes. Clones are handles to the same one.
#[derive(Clone)]
pub struct App(Shared);

/// What every route can reach.
#[derive(Clone)]
pub(super) struct Shared(Arc<Inner>);

pub(super) struct Inner {
    pub(super) chat: Arc<dyn DynChatService>,
    pub(super) backend: Option<Arc<dyn DynBackend>>,
    pub(super) limits: Limits,
    pub(super) token: Option<Token>,
    pub(super) metrics: Metrics,
    /// Requests that may still be taken on.
    pub(super) room: Semaphore,
    pub(super) document: serde_json::Value,
    /// Who tracks the locks behind the service, if anybody does.
    pub(super) tracker: OnceLock<Tracker>,
    /// Whether the server is on its way out.
    ending: AtomicBool,
}

impl Deref for Shared {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// The routes over `service`; open to everybody unless there is a token. `/metrics` tells of the sessions
    /// behind it only where the same service is given once more as the `backend` that it is.
    pub fn new(
        service: Arc<dyn DynChatService>,
        backend: Option<Arc<dyn DynBackend>>,
        limits: Limits,
        token: Option<Token>,
    ) -> Self {
        let document = serde_json::to_value(openapi::document()).unwrap_or_default();
        let inner = Inner {
            chat: service,
            backend,
            limits,
            token,
            metrics: Metrics::new(),
            room: Semaphore::new(limits.requests),
            document,
            tracker: OnceLock::new(),
            ending: AtomicBool::new(false),
        };
        Self(Shared(Arc::new(inner)))
    }

    /// From now on, `tracker` hears which request does what, and `/metrics` tells what it has seen of locks. The
    /// locks behind the service must be its own; the first one that is given stays.
    pub fn track(&self, tracker: Tracker) {
        self.0.tracker.get_or_init(|| tracker);
    }

    /// The router.
    pub fn router(&self) -> Router {
        let (router, _) = routes().split_for_parts();
        router
            .fallback(no_such_route)
            .method_not_allowed_fallback(method_not_allowed)
            .layer(door::Doors(self.0.clone()))
            .with_state(self.0.clone())
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0
    }

    /// From now on the server is not ready: whoever hands out requests should choose another.
    pub(super) fn end(&self) {
        self.0.ending.store(true, Relaxed);
    }
}

/// Every route, and the document of them.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(openapi::frame())
        .merge(contexts::routes())
        .merge(turns::routes())
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics::metrics))
        .routes(routes!(openapi::openapi))
}

/// Does it live?
///
/// Open to everybody, and answered however much is going on.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, body = String)))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Does it take requests?
///
/// No while the server is ending, and while the store cannot be read. Open to everybody.
#[utoipa::path(
    get, path = "/readyz", tag = "operation",
    responses((status = 200, body = String), openapi::OfServer),
)]
async fn readyz(State(shared): State<Shared>) -> Result<(StatusCode, &'static str), Problem> {
    if shared.ending.load(Relaxed) {
        return Err(Problem::new(Code::ShuttingDown, "it takes no new requests; send them elsewhere"));
    }
    shared.chat.list(None, 1).await?;
    Ok((StatusCode::OK, "ready\n"))
}

async fn no_such_route(request: Request) -> Response {
    let detail = format!("there is nothing at {}; see /openapi.json for what there is", request.uri().path());
    Problem::new(Code::NoSuchRoute, detail).into_response()
}

async fn method_not_allowed(request: Request) -> Response {
    let detail = format!("{} is not for {}; see /openapi.json", request.method(), request.uri().path());
    Problem::new(Code::MethodNotAllowed, detail).into_response()
}
