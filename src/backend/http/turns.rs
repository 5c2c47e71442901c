//! The routes that run a turn: one answer at its end, or events while it runs.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::backend::chat::{ContextId, NewMessage};
use crate::backend::service::{ActionDTO, request};
use crate::backend::wire::Decisions;

use super::bodies::NoQuery;
use super::conditions::Conditions;
use super::extract::{Id, QueryParams, wants_events};
use super::keyed::{KeyHeader, KeyedBody};
use super::openapi::{ChangeConditions, OfDecision};
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
    params(("id" = ContextId, Path), ChangeConditions, KeyHeader),
    responses(
        (status = 200, description = "How the turn ended, or what happens until it does",
            content((ActionDTO = "application/json"), (String = "text/event-stream"))),
        OfDecision,
    ),
)]
async fn send_message_action(
    State(state): State<AppState>,
    Id(id): Id,
    _: QueryParams<NoQuery>,
    conditions: Conditions,
    headers: HeaderMap,
    KeyedBody(message, key): KeyedBody<NewMessage>,
) -> Result<Response, Problem> {
    let condition = conditions.for_change()?;
    if wants_events(&headers) {
        let (limit, place) = (state.limits.turn_time, state.room.stream()?);
        let turn = |watch: Watch| {
            let run = async move {
                state
                    .chat
                    .serve_boxed(request::SendMessageAction { id, message, condition, key, watch: &*watch })
                    .await
            };
            run.boxed()
        };
        return stream::follow(limit, place, turn).await;
    }
    let request = request::SendMessageAction { id, message, condition, key, watch: &() };
    Ok(Json(state.chat.serve_boxed(request).await?).into_response())
}

/// Decide tool calls and continue the turn
///
/// Once none is pending, the approved ones are run and the model continues. Answers as `send_message` does.
#[utoipa::path(
    post, path = "/v1/contexts/{id}/actions/approve_tools", tag = "turns", request_body = Decisions,
    params(("id" = ContextId, Path), ChangeConditions, KeyHeader),
    responses(
        (status = 200, description = "How the turn ended, or what happens until it does",
            content((ActionDTO = "application/json"), (String = "text/event-stream"))),
        OfDecision,
    ),
)]
async fn approve_tools_action(
    State(state): State<AppState>,
    Id(id): Id,
    _: QueryParams<NoQuery>,
    conditions: Conditions,
    headers: HeaderMap,
    KeyedBody(Decisions { decisions }, key): KeyedBody<Decisions>,
) -> Result<Response, Problem> {
    let condition = conditions.for_change()?;
    if wants_events(&headers) {
        let (limit, place) = (state.limits.turn_time, state.room.stream()?);
        let turn = |watch: Watch| {
            let run = async move {
                state
                    .chat
                    .serve_boxed(request::ApproveToolsAction {
                        id,
                        decisions,
                        condition,
                        key,
                        watch: &*watch,
                    })
                    .await
            };
            run.boxed()
        };
        return stream::follow(limit, place, turn).await;
    }
    let request = request::ApproveToolsAction { id, decisions, condition, key, watch: &() };
    Ok(Json(state.chat.serve_boxed(request).await?).into_response())
}
