//! Reading requests: ids, queries, bodies and headers, each refused with a problem that says what would be right.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::{HeaderMap, header, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::backend::chat::{ContextId, NotAContextId};

use super::problem::{Code, Problem, nearest};
use super::state::AppState;

/// The context that the path names.
pub(super) struct Id(pub(super) ContextId);

impl FromRequestParts<AppState> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let malformed = |detail: String| Problem::new(Code::MalformedId, detail);
        let Path(given) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| malformed(rejection.body_text()))?;
        given.parse().map(Self).map_err(|error: NotAContextId| malformed(error.to_string()))
    }
}

/// The query, by the names of `T`'s fields.
pub(super) struct QueryParams<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => {
                let text = rejection.body_text();
                // A name that there is not is no fault of how the query is written.
                let code = if text.contains(UNKNOWN) { Code::Invalid } else { Code::MalformedRequest };
                Err(Problem::new(code, with_nearest(text)))
            }
        }
    }
}

/// The body, as JSON.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<AppState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        json(json_bytes(request).await?, state).await.map(Self)
    }
}

/// The body of a request that says it is JSON.
pub(super) async fn json_bytes(request: Request) -> Result<Bytes, Problem> {
    if !is_json(request.headers()) {
        let detail = "send the body as JSON, with the header Content-Type: application/json";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    if let Some(coding) = request.headers().get(header::CONTENT_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        let detail = "send the body as it is, without Content-Encoding";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    // It has been read already, and its size looked at.
    let bytes = to_bytes(request.into_body(), usize::MAX).await;
    bytes.map_err(|error| Problem::new(Code::MalformedRequest, error.to_string()))
}

/// A body of so many bytes may take tens of milliseconds to be read; a smaller one less than a small answer.
const LARGE: usize = 64 << 10;

/// What stands in a body.
pub(super) async fn json<T>(bytes: Bytes, state: &AppState) -> Result<T, Problem>
where
    T: DeserializeOwned + Send + 'static,
{
    if bytes.len() < LARGE {
        return read(&bytes);
    }
    // Beside the threads that answer requests, each of which would answer nobody meanwhile. Few at a time, so that they leave
    // these threads most of the machine; the others wait.
    let ending = |_| Problem::new(Code::ShuttingDown, "the server is ending");
    let place = state.room.large_body().await.map_err(ending)?;
    let read = tokio::task::spawn_blocking(move || {
        let _place = place;
        read(&bytes)
    });
    read.await.unwrap_or_else(|error| Err(Problem::new(Code::Internal, error.to_string())))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        // Deserializing from a slice fails for what stands in it, never for reading it.
        let code = match error.classify() {
            Category::Data => Code::Invalid,
            Category::Syntax | Category::Eof | Category::Io => Code::MalformedJson,
        };
        Problem::new(code, with_nearest(error.to_string()))
    })
}

/// How serde begins to speak of a name that a type does not have.
const UNKNOWN: &str = "unknown field `";

/// What serde says of an unknown name and those it knows, with the one that was most likely meant. If it should speak otherwise
/// one day, that is all that is missing.
fn with_nearest(text: String) -> String {
    // Names stand between backticks: first the unknown one, then the others.
    let names: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    match names.split_first() {
        Some((given, known)) if text.contains("unknown ") => match nearest(given, known.iter().copied()) {
            Some(nearest) => format!("{text}; did you mean `{nearest}`?"),
            None => text,
        },
        _ => text,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(given) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = given.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Whether the client wants to read along.
pub(super) fn wants_events(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = accepts.flat_map(|value| value.split(','));
    kinds.any(|kind| {
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/event-stream")
    })
}
