//! What went wrong, for people and for programs: `application/problem+json` (RFC 9457) with a code that stays.

use std::fmt;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::backend::chat::ChatError;
use crate::backend::service::{RemoteFailure, ServiceError};
use crate::backend::session::{CapacityError, SessionError};
use crate::backend::store::StoreError;
use crate::unknown::Unknown;

/// The kinds of problem, as `code` names them. Codes are never renamed; new ones may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The id in the path is no UUID.
    MalformedId,
    /// The query, a header or the cursor cannot be read.
    MalformedRequest,
    /// The body is not JSON.
    MalformedJson,
    /// No token, or not the right one.
    Unauthorized,
    /// The server does not answer to the name in `Host`.
    WrongHost,
    /// No such context, or it was deleted.
    ContextNotFound,
    /// There is nothing at this path.
    NoSuchRoute,
    /// Not with this method.
    MethodNotAllowed,
    /// The request did not arrive in time.
    RequestTimeout,
    /// Another server has the context, and cannot be asked from here.
    HeldElsewhere,
    /// The turn was not continued in time, and was given up.
    TurnLost,
    /// Other servers keep changing the context. Nothing was changed.
    Contended,
    /// A turn is under way.
    Busy,
    /// The context is not at the version that the body expects.
    VersionConflict,
    /// The context is at a version that `If-Match` or `If-None-Match` excludes.
    PreconditionFailed,
    /// No tool call waits for approval.
    NoApprovalAwaited,
    /// These are not the calls at hand.
    UnknownToolCall,
    /// The call was decided the other way.
    AlreadyDecided,
    /// The state does not allow it.
    IllegalStep,
    /// The body is larger than is taken.
    BodyTooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// It is JSON, but not what this route takes.
    Invalid,
    /// A request with this `Idempotency-Key` is under way.
    KeyInUse,
    /// The `Idempotency-Key` was used for another request.
    KeyReused,
    /// What is said or set is larger than may be.
    TooLarge,
    /// The context holds as much as it may.
    ContextFull,
    /// There are as many contexts as may be.
    TooManyContexts,
    /// Contexts take as much memory as they may.
    MemoryFull,
    /// The context has no such branch.
    UnknownBranch,
    /// As many requests are served as may be at once.
    TooManyRequests,
    /// As many answers are streamed as may be at once.
    TooManyStreams,
    /// Clients have as much to read already as may be on its way at once. After a write: it was made.
    TooManyAnswers,
    /// The program has a mistake.
    Internal,
    /// The store cannot, now. After a write: it is unknown whether it will be stored.
    StoreUnavailable,
    /// What is stored cannot be read.
    StoredContextCorrupt,
    /// It took too long and was given up. After a write: it is unknown whether it will be stored.
    TimedOut,
    /// The server is ending.
    ShuttingDown,
}

impl Code {
    /// The status that goes with the code.
    pub fn status(self) -> StatusCode {
        match self {
            Self::MalformedId | Self::MalformedRequest | Self::MalformedJson => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::ContextNotFound | Self::NoSuchRoute => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Busy
            | Self::VersionConflict
            | Self::NoApprovalAwaited
            | Self::UnknownToolCall
            | Self::AlreadyDecided
            | Self::IllegalStep
            | Self::TurnLost
            | Self::KeyInUse => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::BodyTooLarge | Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid | Self::UnknownBranch | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests | Self::TooManyStreams => StatusCode::TOO_MANY_REQUESTS,
            Self::ContextFull | Self::TooManyContexts | Self::MemoryFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooManyAnswers
            | Self::StoreUnavailable
            | Self::StoredContextCorrupt
            | Self::HeldElsewhere
            | Self::Contended
            | Self::TimedOut
            | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What kind of problem it is, in a few words.
    fn title(self) -> &'static str {
        match self {
            Self::MalformedId => "The id is malformed",
            Self::MalformedRequest => "The request is malformed",
            Self::MalformedJson => "The body is not JSON",
            Self::Unauthorized => "A token is needed",
            Self::WrongHost => "Not a name of this server",
            Self::ContextNotFound => "No such context",
            Self::NoSuchRoute => "No such route",
            Self::MethodNotAllowed => "Not with this method",
            Self::RequestTimeout => "The request did not arrive in time",
            Self::HeldElsewhere => "Another server has the context",
            Self::TurnLost => "The turn was given up",
            Self::Contended => "Others keep changing the context",
            Self::Busy => "A turn is under way",
            Self::VersionConflict => "The context has changed",
            Self::PreconditionFailed => "The context is at another version",
            Self::NoApprovalAwaited => "No tool call waits for approval",
            Self::UnknownToolCall => "Not a tool call at hand",
            Self::AlreadyDecided => "Decided already",
            Self::IllegalStep => "Not in this state",
            Self::BodyTooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The body must be JSON",
            Self::Invalid => "Not what this route takes",
            Self::KeyInUse => "The request is under way",
            Self::KeyReused => "The key was used for another request",
            Self::TooLarge => "Larger than may be",
            Self::ContextFull => "The context is full",
            Self::TooManyContexts => "Too many contexts",
            Self::MemoryFull => "Contexts take all the memory they may",
            Self::UnknownBranch => "No such branch",
            Self::TooManyRequests => "Too many requests at once",
            Self::TooManyStreams => "Too many streams at once",
            Self::TooManyAnswers => "Too many answers at once",
            Self::Internal => "A mistake in the program",
            Self::StoreUnavailable => "The store cannot, now",
            Self::StoredContextCorrupt => "What is stored cannot be read",
            Self::TimedOut => "It took too long",
            Self::ShuttingDown => "The server is ending",
        }
    }

    /// Whether it makes sense to send the same again after a while.
    fn passes(self) -> bool {
        matches!(
            self,
            Self::TooManyRequests
                | Self::TooManyStreams
                | Self::TooManyAnswers
                | Self::MemoryFull
                | Self::KeyInUse
                | Self::HeldElsewhere
                | Self::Contended
                | Self::StoreUnavailable
                | Self::TimedOut
                | Self::ShuttingDown
        )
    }
}

/// The name, as it stands in an answer.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Where a context is, in the extensions of an answer that could not be given for that.
#[derive(Clone)]
pub(super) struct HeldAt(pub(super) String);

/// An error as it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// The HTTP status, once more.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// The kind of problem, for programs.
    pub code: Code,
    /// The kind of problem, for people.
    pub title: &'static str,
    /// What was wrong in this case, and what would be right.
    pub detail: String,
    /// The server that has the context, or runs its turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { status: code.status().as_u16(), code, title: code.title(), detail: detail.into(), at: None }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.code.status(), body).into_response();
        // For those who count and write down what was refused.
        response.extensions_mut().insert(self.code);
        if let (Code::HeldElsewhere, Some(at)) = (self.code, self.at) {
            response.extensions_mut().insert(HeldAt(at));
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.code.passes() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.code == Code::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let code = match &error {
            ServiceError::Invalid { .. } => Code::Invalid,
            ServiceError::UnknownPrompt { given, known } => {
                let known = known.iter().map(String::as_str);
                let near = nearest(given, known).map(|it| format!("; did you mean `{it}`?"));
                return Self::new(Code::Invalid, format!("{error}{}", near.unwrap_or_default()));
            }
            ServiceError::KeyInUse | ServiceError::Session(SessionError::RequestUnderWay { .. }) => {
                Code::KeyInUse
            }
            ServiceError::Session(SessionError::NotFound { .. }) => Code::ContextNotFound,
            ServiceError::Session(SessionError::Refused { source, .. }) => refused(source),
            ServiceError::Session(SessionError::Capacity(CapacityError::Sessions { .. })) => {
                Code::TooManyContexts
            }
            ServiceError::Session(SessionError::Capacity(CapacityError::Memory { .. })) => Code::MemoryFull,
            ServiceError::Session(SessionError::Elsewhere { .. }) => Code::HeldElsewhere,
            ServiceError::Session(SessionError::BusyElsewhere { .. }) => Code::Busy,
            ServiceError::Session(SessionError::TurnLost { .. }) => Code::TurnLost,
            ServiceError::Session(SessionError::Contended { .. }) => Code::Contended,
            ServiceError::Session(SessionError::Store { source, .. } | SessionError::Index(source))
            | ServiceError::Store(source) => match source {
                StoreError::Failed { .. } | StoreError::Unusable { .. } => Code::StoreUnavailable,
                StoreError::Corrupt { .. } => Code::StoredContextCorrupt,
            },
            // A service that stands behind this one.
            ServiceError::RemoteFailure { outcome, .. } => match outcome {
                RemoteFailure::Conflict => Code::IllegalStep,
                RemoteFailure::Refused => Code::Invalid,
                RemoteFailure::Failed | RemoteFailure::Unreachable => Code::StoreUnavailable,
                RemoteFailure::Unanswered => Code::TimedOut,
            },
        };
        let at = match &error {
            ServiceError::Session(
                SessionError::Elsewhere { at, .. } | SessionError::BusyElsewhere { at, .. },
            ) => at.clone(),
            _ => None,
        };
        Self { at, ..Self::new(code, error.to_string()) }
    }
}

/// The known name that was most likely meant, if any is near.
pub(super) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    Unknown::new("name", given, known).nearest().map(str::to_owned)
}

fn refused(error: &ChatError) -> Code {
    match error {
        ChatError::Busy { .. } => Code::Busy,
        ChatError::VersionConflict { .. } => Code::VersionConflict,
        ChatError::ConditionNotMet { .. } => Code::PreconditionFailed,
        ChatError::NoApprovalAwaited { .. } => Code::NoApprovalAwaited,
        ChatError::UnknownToolCall { .. } => Code::UnknownToolCall,
        ChatError::AlreadyDecided { .. } => Code::AlreadyDecided,
        ChatError::Illegal(_) | ChatError::StillPending { .. } => Code::IllegalStep,
        ChatError::UnknownBranch { .. } => Code::UnknownBranch,
        ChatError::NotAContextId(_) => Code::MalformedId,
        ChatError::BranchExists { .. }
        | ChatError::NotFromUser { .. }
        | ChatError::RepeatedToolCall { .. }
        | ChatError::MissingToolResult { .. }
        | ChatError::Empty { .. }
        | ChatError::UnsupportedUrl { .. }
        | ChatError::TooDeep { .. } => Code::Invalid,
        ChatError::TooLarge { .. } => Code::TooLarge,
        ChatError::Full { .. } => Code::ContextFull,
        // The service answers what was answered then.
        ChatError::Repeated { .. } => Code::Internal,
        ChatError::KeyReused => Code::KeyReused,
        ChatError::Damaged { .. } => Code::StoredContextCorrupt,
    }
}
