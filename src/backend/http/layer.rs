//! What every request passes on its way in and out, in this order: it is counted, it is let in or not, its body is read, it
//! takes a place, it has so long, and its answer is counted until it is read; the rest of its body is read; it is written down.
//!
//! One layer and not one for each, and none of axum's functions as middleware: those hand a request on by copying all
//! that lies inside, and five of them took as long as a whole answer.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::{Layer, Service};

use super::auth;
use super::forward::Kept;
use super::incoming::{self, Received};
use super::leftover::Leftover;
use super::limits;
use super::metrics::{RequestTimer, RouteLabels};
use super::options::AccessRecord;
use super::outgoing;
use super::problem::{Code, HeldAt, Problem};
use super::state::AppState;

/// Who is at the other end of the connection. Only where that is written down.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// The connection is one more than there may be: what is no probe waits for a place among these.
#[derive(Clone)]
pub(super) struct NoPlace(pub(super) Arc<Semaphore>);

/// Middleware for every route.
#[derive(Clone)]
pub(super) struct RequestLayer(AppState);

impl RequestLayer {
    pub(super) fn new(state: AppState) -> Self {
        Self(state)
    }
}

impl<S> Layer<S> for RequestLayer {
    type Service = RequestService<S>;

    fn layer(&self, inner: S) -> RequestService<S> {
        RequestService { state: self.0.clone(), inner }
    }
}

/// One route behind the middleware.
#[derive(Clone)]
pub(super) struct RequestService<S> {
    state: AppState,
    inner: S,
}

impl<S> Service<Request> for RequestService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let state = self.state.clone();
        let (method, route) = (request.method(), route(&request));
        let labels = RouteLabels::new(method, route);
        let limit = state.limits.time_for(route);
        let scope = state.tracker.get().map(|tracker| (tracker.clone(), format!("{method} {route}")));
        let is_routed = request.extensions().get::<MatchedPath>().is_some();
        let path = request.uri().path();
        let needs_room = !auth::is_probe(path);
        let peer = request.extensions().get().map(|Peer(peer)| *peer);
        let no_place = request.extensions().get::<NoPlace>().filter(|_| needs_room).cloned();
        let allowed = allowed(&state, &request);
        let written = state.options.access_log.clone().map(|log| (log, method.clone(), path.to_owned()));
        let (request, leftover) = Leftover::watch(request);
        // Only where others may have the session.
        let kept = state.forwarder.as_ref().and_then(|_| Kept::of(&request));
        // It runs when it is polled, and not before. With a body it is made once that is there, if anybody will look at it.
        let prepared = if request.body().is_end_stream() || !is_routed {
            Ok(self.inner.call(request))
        } else {
            Err((self.inner.clone(), request))
        };
        Box::pin(async move {
            let timer = RequestTimer::start(&state.metrics, labels);
            let answered = async {
                allowed?;
                let _connection = match no_place {
                    None => None,
                    Some(NoPlace(places)) => Some(place_of(places, limit).await?),
                };
                // First the body, then the place: one that comes slowly keeps no other request out.
                let (answer, kept, _body) = match prepared {
                    Ok(answer) => (answer, kept, Vec::new()),
                    Err((mut inner, request)) => {
                        let Received { request, body, places } = incoming::receive(request, &state).await?;
                        (inner.call(request), kept.zip(body).map(|(kept, body)| kept.with(body)), places)
                    }
                };
                let _place = if needs_room { Some(state.room.request()?) } else { None };
                let answer = match scope {
                    None => limits::in_time(limit, answer).await,
                    Some((tracker, name)) => limits::in_time(limit, tracker.scope(name, answer)).await,
                };
                let Ok(mut answer) = answer?;
                if let (Some(forwarder), Some(kept)) = (&state.forwarder, kept)
                    && let Some(held) = answer.extensions_mut().remove::<HeldAt>()
                {
                    // In a box: most requests are answered here.
                    let forwarded = Box::pin(forwarder.forward(kept, held));
                    answer = limits::in_time(limit, forwarded).await?;
                }
                outgoing::counted(answer, &state.room)
            };
            let answered: Result<_, Problem> = answered.await;
            let mut response = answered.unwrap_or_else(IntoResponse::into_response);
            if response.status() == StatusCode::NOT_MODIFIED {
                // Its length would be that of what was not sent. Axum says how long a body is that knows it, in layers outside
                // this one as well: so it is one that does not.
                response.headers_mut().remove(header::CONTENT_LENGTH);
                *response.body_mut() = Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
            }
            let code = response.extensions().get().copied();
            let took = timer.stop(&response, code);
            if code == Some(Code::Unauthorized) {
                state.strangers.note(peer);
            }
            if let Some(leftover) = leftover
                && !leftover.discard().await
            {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            if let Some((log, method, path)) = written {
                let (method, status) = (Method::as_str(&method), response.status().as_u16());
                let millis = took.as_secs_f64() * 1e3;
                log(&AccessRecord { peer, method, path: &path, status, code, millis });
            }
            Ok(response)
        })
    }
}

/// Whether the request comes to the right host, and from one who may ask.
fn allowed(state: &AppState, request: &Request) -> Result<(), Problem> {
    state.options.hosts.check(request.version(), request.uri(), request.headers())?;
    if auth::is_open(request.uri().path()) {
        return Ok(());
    }
    auth::require(state.token.as_ref(), request.headers())
}

/// Waits for a place among the connections that there may be, for `limit` at most.
async fn place_of(places: Arc<Semaphore>, limit: Duration) -> Result<OwnedSemaphorePermit, Problem> {
    let place = tokio::time::timeout(limit, places.acquire_owned()).await;
    place.ok().and_then(Result::ok).ok_or_else(|| {
        Problem::new(Code::TooManyRequests, "as many connections are open as may be; try again in a second")
    })
}

/// The route that a request has found; its path would be another one for each context.
fn route(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str)
}
