//! The routes that run a turn: one answer at its end, or events while it runs.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::backend::chat::{ContextId, NewMessage};
use crate::backend::service::ActionDTO;
use crate::backend::wire::Decisions;

use super::extract::{Body, Id, wants_events};
use super::openapi::OfWrite;
use super::problem::Problem;
use super::state::AppState;
use super::stream::{self, Watch};

/// Both of them.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(send_message_action)).routes(routes!(approve_tools_action))
}

/// Send a message and let the model answer
///
/// A whole turn. Answers when the context is idle, has failed, or waits for approval of tool calls; with
/// `Accept: text/event-stream` it reports meanwhile what happens, in the events `step`, `text`, and at the end `done` or
/// `problem`. A client that goes away gives up the turn: what was said so far stays.
#[utoipa::path(
    post, path = "/v1/contexts/{id}/actions/send_message", tag = "turns", request_body = NewMessage,
    params(("id" = ContextId, Path)),
    responses(
        (status = 200, description = "How the turn ended, or what happens until it does",
            content((ActionDTO = "application/json"), (String = "text/event-stream"))),
        OfWrite,
    ),
)]
async fn send_message_action(
    State(state): State<AppState>,
    Id(id): Id,
    headers: HeaderMap,
    Body(message): Body<NewMessage>,
) -> Result<Response, Problem> {
    if wants_events(&headers) {
        let (limit, place) = (state.limits.turn_time, state.room.stream()?);
        let turn = |watch: Watch| async move { state.chat.send(id, message, &*watch).await }.boxed();
        return stream::follow(limit, place, turn).await;
    }
    Ok(Json(state.chat.send(id, message, &()).await?).into_response())
}

/// Decide tool calls and continue the turn
///
/// Once none is pending, the approved ones are run and the model continues. Answers as `send_message` does.
#[utoipa::path(
    post, path = "/v1/contexts/{id}/actions/approve_tools", tag = "turns", request_body = Decisions,
    params(("id" = ContextId, Path)),
    responses(
        (status = 200, description = "How the turn ended, or what happens until it does",
            content((ActionDTO = "application/json"), (String = "text/event-stream"))),
        OfWrite,
    ),
)]
async fn approve_tools_action(
    State(state): State<AppState>,
    Id(id): Id,
    headers: HeaderMap,
    Body(Decisions { decisions }): Body<Decisions>,
) -> Result<Response, Problem> {
    if wants_events(&headers) {
        let (limit, place) = (state.limits.turn_time, state.room.stream()?);
        let turn = |watch: Watch| async move { state.chat.resume(id, decisions, &*watch).await }.boxed();
        return stream::follow(limit, place, turn).await;
    }
    Ok(Json(state.chat.resume(id, decisions, &()).await?).into_response())
}
