//! Requests for sessions that another server has: sent on to it, and its answer handed back as it comes.
//!
//! Only what was refused for that reason is sent on, so nothing was done here; and once, so that two servers which are of
//! different opinions do not ask each other in circles.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, Uri, uri::PathAndQuery};
use axum::response::{IntoResponse, Response};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::problem::{Code, HeldAt, Problem};

/// Says that a request was sent on already.
const FORWARDED: HeaderName = HeaderName::from_static("lockyard-forwarded");

/// What holds between two ends of a connection and is not sent on (RFC 9110, section 7.6.1), and what each request is given
/// anew.
const OF_CONNECTION: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// Asks other servers.
#[derive(Clone)]
pub(super) struct Forwarder(Client<HttpConnector, Full<Bytes>>);

/// A request, kept until it is known whether it can be answered here.
pub(super) struct Kept {
    method: Method,
    path: Option<PathAndQuery>,
    headers: HeaderMap,
    body: Bytes,
}

impl Kept {
    /// Nothing of one that was sent on already.
    pub(super) fn of(request: &Request) -> Option<Self> {
        if request.headers().contains_key(FORWARDED) {
            return None;
        }
        let (method, path) = (request.method().clone(), request.uri().path_and_query().cloned());
        Some(Self { method, path, headers: request.headers().clone(), body: Bytes::new() })
    }

    /// With its body, which has come meanwhile.
    pub(super) fn with(self, body: Bytes) -> Self {
        Self { body, ..self }
    }
}

impl Forwarder {
    pub(super) fn new() -> Self {
        let mut connector = HttpConnector::new();
        // Requests are written whole.
        connector.set_nodelay(true);
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    /// Sends a request on; the answer, whose body comes as the other server sends it.
    pub(super) async fn forward(&self, kept: Kept, HeldAt(at): HeldAt) -> Response {
        let Kept { method, path, headers, body } = kept;
        let path = path.as_ref().map_or("/", PathAndQuery::as_str);
        let Ok(uri) = format!("{}{path}", at.trim_end_matches('/')).parse::<Uri>() else {
            return Problem::new(Code::HeldElsewhere, format!("it is held by `{at}`, which is no URL"))
                .into_response();
        };
        let mut request = hyper::Request::new(Full::new(body));
        (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, uri, headers);
        remove_those_of_connection(request.headers_mut());
        request.headers_mut().insert(FORWARDED, HeaderValue::from_static("1"));
        match self.0.request(request).await {
            Ok(answer) => {
                let (mut head, body) = answer.into_parts();
                remove_those_of_connection(&mut head.headers);
                Response::from_parts(head, Body::new(body))
            }
            Err(error) if error.is_connect() => {
                let detail = format!(
                    "it is held by {at}, which cannot be reached; nothing was done. Try again: when that \
                     server has gone, another one has it soon"
                );
                Problem::new(Code::HeldElsewhere, detail).into_response()
            }
            Err(error) => {
                let detail = format!(
                    "it is held by {at}, which did not answer: {error}. A change may have been made: look \
                     before it is repeated, or repeat it with its Idempotency-Key"
                );
                Problem::new(Code::TimedOut, detail).into_response()
            }
        }
    }
}

fn remove_those_of_connection(headers: &mut HeaderMap) {
    // What `Connection` names as well holds for the connection only.
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_for_a_connection_is_not_sent_on() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, x-own"),
            ("x-own", "1"),
            ("host", "a"),
            ("if-match", "\"1\""),
            ("te", "x"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        remove_those_of_connection(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["if-match"]);
    }

    #[test]
    fn a_request_is_sent_on_once() {
        let request = |forwarded: bool| {
            let request = Request::builder().uri("/v1/contexts?limit=1");
            let request = if forwarded { request.header(FORWARDED, "1") } else { request };
            request.body(Body::empty()).expect("it is one")
        };
        assert!(Kept::of(&request(true)).is_none());
        let kept = Kept::of(&request(false)).expect("it is kept");
        assert_eq!(kept.path.expect("it has one").as_str(), "/v1/contexts?limit=1");
    }
}
