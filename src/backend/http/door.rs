//! What every request passes on its way in and out, in this order: it is counted, it is let in or not, it has so long.
//!
//! One layer and not one for each, and none of axum's functions as middleware: those hand a request on by copying all
//! that lies inside, and five of them took as long as a whole answer.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use tower::{Layer, Service};

use super::app::Shared;
use super::problem::Problem;
use super::{auth, limits, locks, metrics};

/// Puts a door before every route.
#[derive(Clone)]
pub(super) struct Doors(pub(super) Shared);

impl<S> Layer<S> for Doors {
    type Service = Door<S>;

    fn layer(&self, inner: S) -> Door<S> {
        Door { shared: self.0.clone(), inner }
    }
}

/// The door before one route.
#[derive(Clone)]
pub(super) struct Door<S> {
    shared: Shared,
    inner: S,
}

impl<S> Service<Request> for Door<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let shared = self.shared.clone();
        let asked = metrics::Asked::by(&request);
        let scope = shared.tracker.get().map(|tracker| (tracker.clone(), locks::name(&request)));
        let (is_open, limit) = (auth::is_open(&request), shared.limits.time_for(&request));
        let allowed = auth::require(&shared, &request);
        // It runs when it is polled, and not before.
        let answer = self.inner.call(request);
        Box::pin(async move {
            let counted = metrics::Counted::begin(&shared.metrics, asked);
            let answered = async {
                allowed?;
                let _room = if is_open { None } else { Some(limits::admit(&shared)?) };
                match scope {
                    None => limits::in_time(limit, answer).await,
                    Some((tracker, name)) => limits::in_time(limit, tracker.scope(name, answer)).await,
                }
            };
            let answered: Result<_, Problem> = answered.await;
            let response = answered.map_or_else(IntoResponse::into_response, |Ok(response)| response);
            counted.end(&response);
            Ok(response)
        })
    }
}

/// The route that a request has found; its path would be another one for each context.
pub(super) fn route(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str)
}
