//! Every route that there is, and the document of them: put together from the handlers, which know nothing of it.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::problem::{Code, Problem};
use super::state::AppState;
use super::{contexts, openapi, probes, turns};

/// Every route, and the document of them.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::frame())
        .merge(contexts::routes())
        .merge(turns::routes())
        .merge(probes::routes())
}

/// The OpenAPI document of all routes.
pub fn document() -> OpenApi {
    routes().split_for_parts().1
}

/// Answers what asks for a path that no route has.
pub(super) async fn no_such_route(request: Request) -> Response {
    let detail = format!("there is nothing at {}; see /openapi.json for what there is", request.uri().path());
    Problem::new(Code::NoSuchRoute, detail).into_response()
}

/// Answers what asks a route by a method that it has not.
pub(super) async fn method_not_allowed(request: Request) -> Response {
    let detail = format!("{} is not for {}; see /openapi.json", request.method(), request.uri().path());
    Problem::new(Code::MethodNotAllowed, detail).into_response()
}
