//! What every request passes on its way in and out, in this order: it is counted, it is let in or not, it has so long.
//!
//! One layer and not one for each: axum hands a request from layer to layer by copying all that lie inside, and five of
//! them took as long as a whole answer.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::app::Shared;
use super::problem::Problem;
use super::{auth, limits, locks, metrics};

/// Lets a request through.
pub(super) async fn pass(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let counted = metrics::Counted::begin(&shared.metrics, &request);
    let response = match enter(&shared, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    };
    counted.end(&response);
    response
}

async fn enter(shared: &Shared, request: Request, next: Next) -> Result<Response, Problem> {
    auth::require(shared, &request)?;
    let _room = limits::admit(shared, &request)?;
    let limit = shared.limits.time_for(&request);
    let answer = async {
        match shared.tracker.get() {
            None => next.run(request).await,
            Some(tracker) => tracker.scope(locks::name(&request), next.run(request)).await,
        }
    };
    limits::in_time(limit, answer).await
}

/// The route that a request has found; its path would be another one for each context.
pub(super) fn route(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str)
}
