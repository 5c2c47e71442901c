//! What every request passes on its way in and out, in this order: it is counted, it is let in or not, its body is read, it
//! takes a place, it has so long, and its answer is counted until it is read; the rest of its body is read; it is written down.
//!
//! One service and not one for each, none of axum's functions as middleware, and around the router as a whole, which as a layer of
//! each route would be called in two boxes more: middleware hands a request on by copying all that lies inside, and five of them
//! took as long as a whole answer.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::{BoxFuture, Map};
use futures_util::{FutureExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

use super::auth;
use super::forward::Kept;
use super::incoming::{self, Received};
use super::leftover::Leftover;
use super::limits;
use super::metrics::RequestTimer;
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

/// An answer to come, as services give it that could fail.
pub(super) type Answered = Map<BoxFuture<'static, Response>, fn(Response) -> Result<Response, Infallible>>;

/// The routes with all that stands around them. Clones are handles to the same.
#[derive(Clone)]
pub(super) struct RequestService {
    state: AppState,
    router: Router,
}

impl RequestService {
    pub(super) fn new(state: AppState, router: Router) -> Self {
        Self { state, router }
    }

    /// The answer to a request.
    pub(super) fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        let state = self.state.clone();
        let (method, path) = (request.method().clone(), request.uri().path());
        let (number, is_routed) = state.routes.of(path);
        let route = state.routes.route(number);
        let limit = state.limits.time_for(route);
        let scope =
            state.tracker.get().map(|tracker| (tracker.clone(), format!("{method} {}", route.path())));
        let needs_room = !auth::is_probe(path);
        let peer = request.extensions().get().map(|Peer(peer)| *peer);
        let no_place = request.extensions().get::<NoPlace>().filter(|_| needs_room).cloned();
        let allowed = allowed(&state, &request);
        let written = state.options.access_log.clone().map(|log| (log, path.to_owned()));
        let (request, leftover) = Leftover::watch(request);
        // Only where others may have the session.
        let kept = state.forwarder.as_ref().and_then(|_| Kept::of(&request));
        let mut router = self.router.clone();
        // It runs when it is polled, and not before. With a body it is made once that is there, if anybody will look at it.
        let prepared = if request.body().is_end_stream() || !is_routed {
            Ok(router.call(request))
        } else {
            Err((router, request))
        };
        Box::pin(async move {
            let counted = state.routes.route(number).metrics(&method, &state.metrics);
            let timer = RequestTimer::start(&state.metrics, counted);
            let answered = async {
                allowed?;
                let _connection = match no_place {
                    None => None,
                    Some(NoPlace(places)) => Some(place_of(places, limit).await?),
                };
                // First the body, then the place: one that comes slowly keeps no other request out.
                let (answer, kept, _body) = match prepared {
                    Ok(answer) => (answer, kept, Vec::new()),
                    Err((mut router, request)) => {
                        let Received { request, body, places } = incoming::receive(request, &state).await?;
                        (router.call(request), kept.zip(body).map(|(kept, body)| kept.with(body)), places)
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
                // Its length would be that of what was not sent. Where this service stands in a router of somebody else's, axum says
                // how long a body is that knows it: so it is one that does not.
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
            if let Some((log, path)) = written {
                let (method, status) = (Method::as_str(&method), response.status().as_u16());
                let millis = took.as_secs_f64() * 1e3;
                log(&AccessRecord { peer, method, path: &path, status, code, millis });
            }
            response
        })
    }
}

impl Service<Request> for RequestService {
    type Response = Response;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.answer(request).map(Ok)
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
