//! The routes for those who run the server: does it live, does it take requests, how is it, what can it be asked.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::backend::session::StoreFailure;

use super::openapi::OfServer;
use super::problem::{Code, Problem};
use super::state::AppState;

/// All of them.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
        .routes(routes!(openapi))
}

/// Does it live?
///
/// Needs no token, and is answered under any load.
#[utoipa::path(get, path = "/healthz", tag = "operation",
    responses((status = 200, body = String, description = "It lives"), OfServer),
)]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Does it take requests?
///
/// No while the server is ending, from some time before it takes no requests any more, and while the store takes no writes: the
/// last one has failed, and none has succeeded since, or one has not been answered for long. Unsaved sessions are tried again all
/// the while. Needs no token, and is answered under any load: neither the store nor a session is asked.
#[utoipa::path(
    get, path = "/readyz", tag = "operation",
    responses((status = 200, body = String, description = "It takes requests"), OfServer),
)]
async fn readyz(State(state): State<AppState>) -> Result<(StatusCode, &'static str), Problem> {
    if state.is_ending() {
        return Err(Problem::new(Code::ShuttingDown, "it takes no new requests; send them elsewhere"));
    }
    if let Some(failure) = state.backend.as_ref().and_then(|backend| backend.store_failure()) {
        let StoreFailure { failures, cause } = failure;
        let detail =
            format!("the store takes no writes; the last of {failures} that failed in a row: {cause}");
        return Err(Problem::new(Code::StoreUnavailable, detail));
    }
    let age = state.backend.as_ref().map(|backend| backend.counts().unsaved_age);
    if let (Some(age), Some(most)) = (age, state.options.unsaved_age)
        && age > most
    {
        let detail =
            format!("a change has not been stored for {age:.1?}; the store is too slow, or does not answer");
        return Err(Problem::new(Code::StoreUnavailable, detail));
    }
    Ok((StatusCode::OK, "ready\n"))
}

/// Figures for Prometheus
///
/// In the OpenMetrics text format: counters and histograms, which can be added up over servers. Of locks, only where they are
/// tracked. Answered under any load, and in a time that does not depend on how many sessions there are.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses(
        (status = 200, body = String, content_type = "application/openmetrics-text", description = "The figures"),
        OfServer,
    ),
)]
async fn metrics(State(state): State<AppState>) -> Result<Response, Problem> {
    let sessions = state.backend.as_ref().map(|backend| backend.counts());
    let text = state
        .metrics
        .text(sessions)
        .map_err(|_| Problem::new(Code::Internal, "the figures could not be written"))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// This document
///
/// What the server can be asked, in OpenAPI.
#[utoipa::path(
    get, path = "/openapi.json", tag = "operation",
    responses((status = 200, body = serde_json::Value, description = "The document"), OfServer),
)]
async fn openapi(State(state): State<AppState>) -> Json<serde_json::Value> {
    Json(state.document.clone())
}
