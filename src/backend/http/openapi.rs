//! What the OpenAPI document says besides its routes, and which problems a route may answer. The routes themselves are
//! made from the handlers, so that the document cannot describe any that are not there.

use std::collections::BTreeMap;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses, OpenApi as _};

use super::problem::{Code, Problem};

/// What the routes are put into.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "lockyard", description = "A chat-session backend whose every lock can be exchanged."),
    components(schemas(Problem)),
    tags(
        (name = "contexts", description = "Conversations, without their messages"),
        (name = "messages", description = "Messages of a conversation"),
        (name = "tools", description = "Tool calls that await approval"),
        (name = "turns", description = "Chat turns: a message, and the answer of the model"),
        (name = "operation", description = "For operators of the server"),
    ),
)]
struct Frame;

/// The document without routes.
pub(super) fn frame() -> OpenApi {
    let mut frame = Frame::openapi();
    let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    frame.components.get_or_insert_default().add_security_scheme("token", scheme);
    // The second one, which asks for nothing, says that a server may have no token.
    frame.security =
        Some(vec![SecurityRequirement::new::<_, _, String>("token", []), SecurityRequirement::default()]);
    frame
}

/// Codes that any route may answer.
const ANYWHERE: [Code; 9] = [
    Code::MalformedRequest,
    Code::Unauthorized,
    Code::WrongHost,
    Code::TooManyRequests,
    Code::Internal,
    Code::StoreUnavailable,
    Code::HeldElsewhere,
    Code::Contended,
    Code::MethodNotAllowed,
];

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident: $($code:ident),*;)*) => {
        $(
            $(#[$doc])*
            pub(super) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    responses(&[$(Code::$code),*])
                }
            }
        )*
    };
}

problems! {
    /// What routes of the server itself may answer besides.
    OfServer: ;
    /// What routes of all contexts may answer besides.
    OfList: Invalid;
    /// What creation of a context may answer besides.
    OfCreation: RequestTimeout, BodyTooLarge, UnsupportedMediaType, Invalid, KeyInUse, TooManyContexts;
    /// What reads of one context may answer besides.
    OfContext: ContextNotFound, PreconditionFailed, Invalid, MemoryFull;
    /// What changes of one context may answer besides.
    OfChange: ContextNotFound, PreconditionFailed, RequestTimeout, BodyTooLarge, UnsupportedMediaType, Invalid, ContextFull;
    /// What changes that may come at the wrong time may answer besides.
    OfDecision:
        ContextNotFound, Busy, PreconditionFailed, RequestTimeout, BodyTooLarge, UnsupportedMediaType, Invalid, ContextFull;
}

macro_rules! headers {
    ($($(#[$doc:meta])* $name:ident { $($(#[$header_doc:meta])* $header:ident = $text:literal,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(IntoParams)]
            #[into_params(parameter_in = Header)]
            #[allow(dead_code, reason = "it describes what `Conditions` reads")]
            pub(super) struct $name {
                $($(#[$header_doc])* #[param(rename = $text, pattern = r#"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$"#)] $header: Option<String>,)*
            }
        )*
    };
}

headers! {
    /// The conditions of a read.
    ReadConditions {
        /// Tags of versions, or `*`: at one of these the answer is 304.
        if_none_match = "If-None-Match",
        /// Tags of versions, or `*`: at another one the answer is 412.
        if_match = "If-Match",
    }
    /// The conditions of a change.
    ChangeConditions {
        /// Tags of versions, or `*`: at another one nothing is done, and the answer is 412.
        if_match = "If-Match",
        /// Tags of versions, or `*`: at one of these nothing is done, and the answer is 412.
        if_none_match = "If-None-Match",
    }
}

fn responses(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let problem = |code: &Code| {
        let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
        let response = ResponseBuilder::new()
            .description(Problem::new(*code, "").title)
            .content("application/problem+json", Content::new(Some(schema)))
            .build();
        (code.status().as_str().to_owned(), RefOr::T(response))
    };
    ANYWHERE.iter().chain(codes).map(problem).collect()
}
