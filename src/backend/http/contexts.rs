//! The routes of the endpoints that answer at once.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::backend::chat::{AppendedDTO, ChatContextDTO, ContextId, ContextStateDTO, MessagesDTO, Version};
use crate::backend::service::{ContextList, CreateContext, MessagePage, UpdateContext};
use crate::backend::wire::{Append, Changed, Created, Decisions};

use super::extract::{Body, Id, IfMatch, QueryParams};
use super::openapi::{OfContext, OfList, OfWrite};
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
    post, path = "/v1/contexts", tag = "contexts", request_body = CreateContext,
    responses(
        (status = 201, body = Created, description = "Created, and stored",
            headers(("Location" = String, description = "Its path"))),
        OfList,
    ),
)]
async fn create_context(
    State(state): State<AppState>,
    Body(request): Body<CreateContext>,
) -> Result<Response, Problem> {
    let id = state.chat.create(request).await?;
    let location = [(header::LOCATION, format!("/v1/contexts/{id}"))];
    Ok((StatusCode::CREATED, location, Json(Created { id })).into_response())
}

/// Which contexts.
#[derive(Deserialize, IntoParams)]
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
    get, path = "/v1/contexts/{id}", tag = "contexts", params(("id" = ContextId, Path)),
    responses(
        (status = 200, body = ChatContextDTO, description = "The context",
            headers(("ETag" = String, description = "Its version, in quotes"))),
        OfContext,
    ),
)]
async fn get_context(State(state): State<AppState>, Id(id): Id) -> Result<Response, Problem> {
    let context = state.chat.context(id).await?;
    Ok((etag(context.version), Json(context)).into_response())
}

/// Change a context's settings
///
/// What is absent stays as it is. With `If-Match`, or `expected_version` in the body, only if the context is at that
/// version.
#[utoipa::path(
    put, path = "/v1/contexts/{id}", tag = "contexts", request_body = UpdateContext,
    params(
        ("id" = ContextId, Path),
        ("If-Match" = Option<String>, Header, description = "The version expected, in quotes, or *"),
    ),
    responses(
        (status = 200, body = Changed, description = "Changed, and stored",
            headers(("ETag" = String, description = "Its version, in quotes"))),
        OfWrite,
    ),
)]
async fn update_context(
    State(state): State<AppState>,
    Id(id): Id,
    IfMatch(in_header): IfMatch,
    Body(mut request): Body<UpdateContext>,
) -> Result<Response, Problem> {
    if let (Some(header), Some(body)) = (in_header, request.expected_version)
        && header != body
    {
        let detail = format!("If-Match expects version {header} and the body expects {body}; send one");
        return Err(Problem::new(Code::Invalid, detail));
    }
    request.expected_version = request.expected_version.or(in_header);
    let version = state.chat.update(id, request).await?;
    Ok((etag(version), Json(Changed { version })).into_response())
}

/// Delete a context
///
/// For good.
#[utoipa::path(
    delete, path = "/v1/contexts/{id}", tag = "contexts", params(("id" = ContextId, Path)),
    responses((status = 204, description = "Deleted"), OfContext),
)]
async fn delete_context(State(state): State<AppState>, Id(id): Id) -> Result<StatusCode, Problem> {
    state.chat.delete(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which messages.
#[derive(Deserialize, IntoParams)]
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
    params(("id" = ContextId, Path), MessagesQuery),
    responses((status = 200, body = MessagesDTO, description = "The page"), OfContext),
)]
async fn get_context_messages(
    State(state): State<AppState>,
    Id(id): Id,
    QueryParams(query): QueryParams<MessagesQuery>,
) -> Result<Json<MessagesDTO>, Problem> {
    let MessagesQuery { branch, limit, offset } = query;
    let page = MessagePage { branch, limit: limit.unwrap_or(PAGE), offset: offset.unwrap_or(0) };
    Ok(Json(state.chat.messages(id, page).await?))
}

/// Append a message
///
/// In any state; it starts no turn.
#[utoipa::path(
    post, path = "/v1/contexts/{id}/messages", tag = "messages", request_body = Append,
    params(("id" = ContextId, Path)),
    responses((status = 201, body = AppendedDTO, description = "Appended, and stored"), OfContext),
)]
async fn add_context_message(
    State(state): State<AppState>,
    Id(id): Id,
    Body(Append { message, branch }): Body<Append>,
) -> Result<Response, Problem> {
    let appended = state.chat.append(id, message, branch).await?;
    Ok((StatusCode::CREATED, etag(appended.version), Json(appended)).into_response())
}

/// Get a context's state
///
/// State and version: the cheapest question, for polling.
#[utoipa::path(
    get, path = "/v1/contexts/{id}/state", tag = "contexts", params(("id" = ContextId, Path)),
    responses((status = 200, body = ContextStateDTO, description = "Its state"), OfContext),
)]
async fn get_context_state(
    State(state): State<AppState>,
    Id(id): Id,
) -> Result<Json<ContextStateDTO>, Problem> {
    Ok(Json(state.chat.state(id).await?))
}

/// Decide tool calls
///
/// And leave it at that: the action of the same kind continues the turn.
#[utoipa::path(
    post, path = "/v1/contexts/{id}/tools/approve", tag = "tools", request_body = Decisions,
    params(("id" = ContextId, Path)),
    responses((status = 200, body = Changed, description = "Decided, and stored"), OfWrite),
)]
async fn approve_context_tools(
    State(state): State<AppState>,
    Id(id): Id,
    Body(Decisions { decisions }): Body<Decisions>,
) -> Result<Response, Problem> {
    let version = state.chat.decide(id, decisions).await?;
    Ok((etag(version), Json(Changed { version })).into_response())
}

fn etag(version: Version) -> [(header::HeaderName, HeaderValue); 1] {
    // Digits in quotes are a header's value, always.
    let value = HeaderValue::from_str(&format!("\"{version}\""));
    [(header::ETAG, value.unwrap_or_else(|_| HeaderValue::from_static("\"\"")))]
}
