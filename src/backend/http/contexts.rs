//! The routes of the endpoints that answer at once.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::backend::chat::{
    AppendedDTO, ChatContextDTO, ContextId, ContextStateDTO, MessagesDTO, VersionCondition,
};
use crate::backend::service::{ContextList, CreateContext, MessagePage, request};
use crate::backend::wire::{Append, Changed, Created, Decisions};

use super::bodies::{NoQuery, Update};
use super::conditions::{Conditions, etag};
use super::extract::{Body, Id, QueryParams};
use super::keyed::{KeyHeader, KeyedBody};
use super::openapi::{ChangeConditions, OfChange, OfContext, OfCreation, OfDecision, OfList, ReadConditions};
use super::problem::{Code, Problem};
use super::state::AppState;

/// How much of a list is answered if the request does not say.
const PAGE: usize = 50;

/// All of them.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_contexts, create_context))
        .routes(routes!(get_context, update_context, delete_context))
        .routes(routes!(get_context_messages, add_context_message))
        .routes(routes!(get_context_state))
        .routes(routes!(approve_context_tools))
}

/// Create a context
///
/// It is stored when the answer comes.
#[utoipa::path(
    post, path = "/v1/contexts", tag = "contexts", request_body = CreateContext, params(KeyHeader),
    responses(
        (status = 201, body = Created, description = "Created, and stored",
            headers(("Location" = String, description = "Its path"))),
        OfCreation,
    ),
)]
async fn create_context(
    State(state): State<AppState>,
    _: QueryParams<NoQuery>,
    KeyedBody(body, key): KeyedBody<CreateContext>,
) -> Result<Response, Problem> {
    let id = state.chat.serve_boxed(request::CreateContext { body, key }).await?;
    let location = [(header::LOCATION, format!("/v1/contexts/{id}"))];
    Ok((StatusCode::CREATED, location, Json(Created { id })).into_response())
}

/// Which contexts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// How many at most.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    limit: Option<usize>,
    /// The `next` of the page before.
    #[param(format = Uuid)]
    cursor: Option<String>,
}

/// List contexts
///
/// A page of all contexts by ascending id. `next` is the cursor of the page after it, null on the last one.
#[utoipa::path(
    get, path = "/v1/contexts", tag = "contexts", params(ListQuery),
    responses((status = 200, body = ContextList, description = "The page"), OfList),
)]
async fn list_contexts(
    State(state): State<AppState>,
    QueryParams(ListQuery { limit, cursor }): QueryParams<ListQuery>,
) -> Result<Json<ContextList>, Problem> {
    let after = cursor.map(|cursor| cursor.parse()).transpose().map_err(|_| {
        Problem::new(Code::MalformedRequest, "the cursor is not one; send the `next` of the page before")
    })?;
    Ok(Json(state.chat.list(after, limit.unwrap_or(PAGE)).await?))
}

/// Get a context
///
/// Without its messages. The `ETag` is its version, for `If-Match`.
#[utoipa::path(
    get, path = "/v1/contexts/{id}", tag = "contexts", params(("id" = ContextId, Path), ReadConditions),
    responses(
        (status = 200, body = ChatContextDTO, description = "The context",
            headers(("ETag" = String, description = "Its version, in quotes"))),
        (status = 304, description = "The client has it at this version"),
        OfContext,
    ),
)]
async fn get_context(
    State(state): State<AppState>,
    Id(id): Id,
    _: QueryParams<NoQuery>,
    conditions: Conditions,
) -> Result<Response, Problem> {
    let context = state.chat.context(id).await?;
    conditions.answer(context.version, context)
}

/// Change a context's settings
///
/// What is absent stays as it is; something must be there. With `If-Match`, or `expected_version` in the body, only if the
/// context is at that version.
#[utoipa::path(
    put, path = "/v1/contexts/{id}", tag = "contexts", request_body = Update,
    params(("id" = ContextId, Path), ChangeConditions),
    responses(
        (status = 200, body = Changed, description = "Changed, and stored",
            headers(("ETag" = String, description = "Its version, in quotes"))),
        OfDecision,
    ),
)]
async fn update_context(
    State(state): State<AppState>,
    Id(id): Id,
    _: QueryParams<NoQuery>,
    conditions: Conditions,
    Body(update): Body<Update>,
) -> Result<Response, Problem> {
    let condition = conditions.for_change()?;
    let Some(body) = update.into_update() else {
        let detail = "nothing would change; send model_id, mode, parameters or active_branch";
        return Err(Problem::new(Code::Invalid, detail));
    };
    if let (VersionCondition::OneOf(wanted), Some(expected)) = (&condition, body.expected_version)
        && !wanted.contains(&expected)
    {
        let detail = format!("expected_version is {expected}, which If-Match excludes; send one of the two");
        return Err(Problem::new(Code::Invalid, detail));
    }
    let version = state.chat.serve_boxed(request::UpdateContext { id, body, condition }).await?;
    Ok((etag(version), Json(Changed { version })).into_response())
}

/// Delete a context
///
/// For good. With `If-Match`, only if the context is at that version.
#[utoipa::path(
    delete, path = "/v1/contexts/{id}", tag = "contexts", params(("id" = ContextId, Path), ChangeConditions),
    responses((status = 204, description = "Deleted"), OfChange),
)]
async fn delete_context(
    State(state): State<AppState>,
    Id(id): Id,
    _: QueryParams<NoQuery>,
    conditions: Conditions,
) -> Result<StatusCode, Problem> {
    let condition = conditions.for_change()?;
    state.chat.serve_boxed(request::DeleteContext { id, condition }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MessagesQuery {
    /// The branch; the active one where none is named.
    branch: Option<String>,
    /// How many at most.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    limit: Option<usize>,
    /// How many to skip from the beginning.
    #[param(minimum = 0, default = 0)]
    offset: Option<usize>,
}

/// Get messages
///
/// A page of a branch, oldest first.
#[utoipa::path(
    get, path = "/v1/contexts/{id}/messages", tag = "messages",
    params(("id" = ContextId, Path), MessagesQuery, ReadConditions),
    responses(
        (status = 200, body = MessagesDTO, description = "The page",
            headers(("ETag" = String, description = "The context's version, in quotes"))),
        (status = 304, description = "The client has it at this version"),
        OfContext,
    ),
)]
async fn get_context_messages(
    State(state): State<AppState>,
    Id(id): Id,
    QueryParams(query): QueryParams<MessagesQuery>,
    conditions: Conditions,
) -> Result<Response, Problem> {
    let MessagesQuery { branch, limit, offset } = query;
    let page = MessagePage { branch, limit: limit.unwrap_or(PAGE), offset: offset.unwrap_or(0) };
    let page = state.chat.messages(id, page).await?;
    conditions.answer(page.version, page)
}

/// Append a message
///
/// In any state; it starts no turn. With `If-Match`, only if the context is at that version.
#[utoipa::path(
    post, path = "/v1/contexts/{id}/messages", tag = "messages", request_body = Append,
    params(("id" = ContextId, Path), ChangeConditions, KeyHeader),
    responses(
        (status = 201, body = AppendedDTO, description = "Appended, and stored",
            headers(("ETag" = String, description = "The context's version, in quotes"))),
        OfDecision,
    ),
)]
async fn add_context_message(
    State(state): State<AppState>,
    Id(id): Id,
    _: QueryParams<NoQuery>,
    conditions: Conditions,
    KeyedBody(append, key): KeyedBody<Append>,
) -> Result<Response, Problem> {
    let condition = conditions.for_change()?;
    let (message, branch) = append.into_parts();
    let request = request::AddContextMessage { id, message, branch, condition, key };
    let appended = state.chat.serve_boxed(request).await?;
    Ok((StatusCode::CREATED, etag(appended.version), Json(appended)).into_response())
}

/// Get a context's state
///
/// State and version: the cheapest question, for polling.
#[utoipa::path(
    get, path = "/v1/contexts/{id}/state", tag = "contexts", params(("id" = ContextId, Path), ReadConditions),
    responses(
        (status = 200, body = ContextStateDTO, description = "Its state",
            headers(("ETag" = String, description = "The context's version, in quotes"))),
        (status = 304, description = "The client has it at this version"),
        OfContext,
    ),
)]
async fn get_context_state(
    State(state): State<AppState>,
    Id(id): Id,
    _: QueryParams<NoQuery>,
    conditions: Conditions,
) -> Result<Response, Problem> {
    let found = state.chat.state(id).await?;
    conditions.answer(found.version, found)
}

/// Decide tool calls
///
/// And leave it at that: the action of the same kind continues the turn. With `If-Match`, only if the context is at that
/// version.
#[utoipa::path(
    post, path = "/v1/contexts/{id}/tools/approve", tag = "tools", request_body = Decisions,
    params(("id" = ContextId, Path), ChangeConditions, KeyHeader),
    responses(
        (status = 200, body = Changed, description = "Decided, and stored",
            headers(("ETag" = String, description = "The context's version, in quotes"))),
        OfDecision,
    ),
)]
async fn approve_context_tools(
    State(state): State<AppState>,
    Id(id): Id,
    _: QueryParams<NoQuery>,
    conditions: Conditions,
    KeyedBody(Decisions { decisions }, key): KeyedBody<Decisions>,
) -> Result<Response, Problem> {
    let condition = conditions.for_change()?;
    let request = request::ApproveContextTools { id, decisions, condition, key };
    let version = state.chat.serve_boxed(request).await?;
    Ok((etag(version), Json(Changed { version })).into_response())
}
