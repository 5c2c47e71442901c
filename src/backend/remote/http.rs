//! One request and its answer, over connections that are used again.
//!
//! Whether a request was sent is always known here: hyper gives one back that was not. So what is repeated on another
//! connection was never seen by the server, and what is not answered is of unknown outcome, and never repeated.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpStream;

use crate::backend::chat::{IdempotencyKey, Version, VersionCondition};

use super::address::Address;

/// Connections that have idled for longer are not used again: the server may be about to close them.
const LONGEST_IDLE: Duration = Duration::from_secs(20);

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a request is subject to.
pub(super) struct Terms {
    pub(super) condition: VersionCondition,
    pub(super) key: Option<IdempotencyKey>,
}

/// What is asked of a session at any version, and may be asked again.
pub(super) const ANY: Terms = Terms { condition: VersionCondition::Any, key: None };

/// What was answered.
pub(super) struct Response {
    pub(super) status: StatusCode,
    /// When, by the server's clock, as it wrote that.
    pub(super) date: Option<String>,
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum SendError {
    /// The server has not seen the request.
    NotSent(String),
    /// It may have.
    NoAnswer(String),
}

/// Versions as a condition's header names them. No version has the empty tag, which stands for none of them.
fn tags(versions: &[Version]) -> String {
    let tags: Vec<String> = versions.iter().map(|version| format!("\"{version}\"")).collect();
    if tags.is_empty() { "\"\"".to_owned() } else { tags.join(", ") }
}

type Connection = SendRequest<Full<Bytes>>;

/// A server's connections.
pub(super) struct Http {
    address: Address,
    host: HeaderValue,
    /// The one that was used last stands last, and is used next.
    idle: Mutex<Vec<(Instant, Connection)>>,
}

impl Http {
    pub(super) fn new(address: &Address) -> Self {
        let host = format!("{}:{}", address.host, address.port);
        // A host that was read from a URL is always a header's value.
        let host = HeaderValue::from_str(&host).unwrap_or(HeaderValue::from_static("localhost"));
        Self { address: address.clone(), host, idle: Mutex::default() }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn with_own_connections(&self) -> Self {
        Self { address: self.address.clone(), host: self.host.clone(), idle: Mutex::default() }
    }

    /// Asks once. **Cancellation:** closes the connection, which the server takes as cancellation.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        terms: &Terms,
        body: Option<Vec<u8>>,
    ) -> Result<Response, SendError> {
        let mut request = self.request(method, path, terms, body)?;
        loop {
            let (mut connection, fresh) = match self.used() {
                Some(connection) => (connection, false),
                None => (self.connect().await?, true),
            };
            if let Err(error) = connection.ready().await {
                if fresh {
                    return Err(SendError::NotSent(format!("{} closed at once: {error}", self.address)));
                }
                continue;
            }
            let response = match connection.try_send_request(request).await {
                Ok(response) => response,
                Err(mut refused) => match refused.take_message() {
                    Some(unsent) if !fresh => {
                        request = unsent;
                        continue;
                    }
                    Some(_) => return Err(SendError::NotSent(refused.into_error().to_string())),
                    None => return Err(SendError::NoAnswer(refused.into_error().to_string())),
                },
            };
            let status = response.status();
            let date =
                response.headers().get(header::DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
            let body = response.into_body().collect().await;
            let body = body.map_err(|error| SendError::NoAnswer(format!("the answer broke off: {error}")))?;
            if !connection.is_closed() {
                self.idle.lock().push((Instant::now(), connection));
            }
            return Ok(Response { status, date, body: body.to_bytes() });
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        Terms { condition, key }: &Terms,
        body: Option<Vec<u8>>,
    ) -> Result<Request<Full<Bytes>>, SendError> {
        let mut request = Request::builder().method(method).header(header::HOST, self.host.clone());
        request = match &*self.address.prefix {
            "" => request.uri(path),
            prefix => request.uri(format!("{prefix}{path}")),
        };
        if let Some(token) = &self.address.authorization {
            request = request.header(header::AUTHORIZATION, token.clone());
        }
        request = match condition {
            VersionCondition::Any => request,
            VersionCondition::OneOf(versions) => request.header(header::IF_MATCH, tags(versions)),
            VersionCondition::NoneOf(versions) => request.header(header::IF_NONE_MATCH, tags(versions)),
        };
        if let Some(IdempotencyKey { key, .. }) = key {
            request = request.header("Idempotency-Key", key.to_string());
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, JSON);
        }
        let body = body.map(Bytes::from).unwrap_or_default();
        request.body(Full::new(body)).map_err(|error| SendError::NotSent(error.to_string()))
    }

    /// A connection that was used before and is still open.
    fn used(&self) -> Option<Connection> {
        let mut idle = self.idle.lock();
        while let Some((since, connection)) = idle.pop() {
            if since.elapsed() > LONGEST_IDLE {
                // Those before it have idled for longer still.
                idle.clear();
                return None;
            }
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    async fn connect(&self) -> Result<Connection, SendError> {
        let not_sent =
            |error: &dyn std::fmt::Display| SendError::NotSent(format!("{}: {error}", self.address));
        let host = self.address.host.trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.address.port)).await.map_err(|error| not_sent(&error))?;
        // Requests are written whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let (connection, driven) = handshake(TokioIo::new(stream)).await.map_err(|error| not_sent(&error))?;
        tokio::spawn(async move {
            // The request that waits for an answer gets the error as well.
            if let Err(error) = driven.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
        Ok(connection)
    }
}
