//! What every request passes on its way in and out, in this order: it is counted, it is let in or not, its
//! body is read, it takes a place, it has so long, and its answer is counted until it is read.
//!
//! One layer and not one for each, and none of axum's functions as middleware: those hand a request on by copying all
//! that lies inside, and five of them took as long as a whole answer.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use tower::{Layer, Service};

use super::auth;
use super::incoming::{self, Received};
use super::limits;
use super::metrics::{RequestTimer, RouteLabels};
use super::outgoing;
use super::problem::Problem;
use super::state::AppState;

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
        let is_open = auth::is_open(request.uri().path());
        let allowed = if is_open { Ok(()) } else { auth::require(state.token.as_ref(), request.headers()) };
        // It runs when it is polled, and not before. With a body it is made once that is there.
        let prepared = if request.body().is_end_stream() {
            Ok(self.inner.call(request))
        } else {
            Err((self.inner.clone(), request))
        };
        Box::pin(async move {
            let timer = RequestTimer::start(&state.metrics, labels);
            let answered = async {
                allowed?;
                // First the body, then the place: one that comes slowly keeps no other request out.
                let (answer, _body) = match prepared {
                    Ok(answer) => (answer, Vec::new()),
                    Err((mut inner, request)) => {
                        let Received { request, places } = incoming::receive(request, &state).await?;
                        (inner.call(request), places)
                    }
                };
                let _place = if is_open { None } else { Some(state.room.request()?) };
                let answer = match scope {
                    None => limits::in_time(limit, answer).await,
                    Some((tracker, name)) => limits::in_time(limit, tracker.scope(name, answer)).await,
                };
                let Ok(answer) = answer?;
                outgoing::counted(answer, &state.room)
            };
            let answered: Result<_, Problem> = answered.await;
            let response = answered.unwrap_or_else(IntoResponse::into_response);
            timer.stop(&response);
            Ok(response)
        })
    }
}

/// The route that a request has found; its path would be another one for each context.
fn route(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str)
}
