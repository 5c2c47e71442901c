//! A server that is asked over HTTP: its connections, the ids it gives, and what its answers mean.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use parking_lot::RwLock;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::backend::chat::ContextId;
use crate::backend::service::{RemoteFailure, ServiceError};
use crate::backend::session::SessionError;

use super::address::Address;
use super::http::{ANY, Http, Response, SendError, Terms};

/// A server, asked over connections that are used again.
///
/// Its connections belong to the runtime that it is asked on; [`with_own_connections`](Self::with_own_connections) gives one for another runtime.
pub struct Remote {
    http: Http,
    aliases: Aliases,
    unanswered: AtomicU64,
}

type Aliases = Arc<RwLock<HashMap<ContextId, ContextId>>>;

impl Remote {
    /// The server there. Connects when it is asked.
    pub fn new(address: &Address) -> Self {
        Self { http: Http::new(address), aliases: Aliases::default(), unanswered: AtomicU64::new(0) }
    }

    /// Another server, there, that keeps the same sessions: an alias for one is one for both.
    #[must_use]
    pub fn beside(&self, address: &Address) -> Self {
        Self { http: Http::new(address), aliases: self.aliases.clone(), unanswered: AtomicU64::new(0) }
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        self.http.address()
    }

    /// The same server and the same aliases, with connections of its own.
    #[must_use]
    pub fn with_own_connections(&self) -> Self {
        Self {
            http: self.http.with_own_connections(),
            aliases: self.aliases.clone(),
            unanswered: AtomicU64::new(0),
        }
    }

    /// From now on, requests for `alias` mean `id`. A server gives its own ids; so its clients need not know them.
    pub fn alias(&self, alias: ContextId, id: ContextId) {
        self.aliases.write().insert(alias, id);
    }

    /// What the server calls this session.
    pub fn named(&self, id: ContextId) -> ContextId {
        self.aliases.read().get(&id).copied().unwrap_or(id)
    }

    /// All sessions that have an alias, as the server calls them.
    pub fn aliased(&self) -> Vec<ContextId> {
        self.aliases.read().values().copied().collect()
    }

    /// How many requests had no answer.
    pub fn unanswered(&self) -> u64 {
        self.unanswered.load(Relaxed)
    }

    /// Whether it takes requests.
    ///
    /// # Errors
    /// Why not.
    pub async fn ready(&self) -> Result<(), ServiceError> {
        self.answered(None, Method::GET, "/readyz".to_owned(), &ANY, None).await.map(drop)
    }

    /// The time by its clock, as the `Date` of an answer has it (RFC 9110, 6.6.1); nothing where it does not say.
    ///
    /// # Errors
    /// It cannot be reached, or does not answer.
    pub async fn date(&self) -> Result<Option<String>, ServiceError> {
        Ok(self.response(Method::GET, "/healthz", &ANY, None).await?.date)
    }

    /// What the server is, and in which version, as its own document of its routes says; nothing where it shows none, as behind a
    /// proxy that does not pass it on.
    ///
    /// # Errors
    /// It cannot be reached, or does not answer.
    pub async fn identity(&self) -> Result<Option<String>, ServiceError> {
        let document = self.answered(None, Method::GET, "/openapi.json".to_owned(), &ANY, None).await;
        match document {
            Ok(document) => {
                let Document { info: Info { title, version } } =
                    serde_json::from_slice(&document).unwrap_or_default();
                Ok((!version.is_empty()).then(|| format!("{title} {version}")))
            }
            Err(error) if error.is_unanswered() => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// The answer to one request about `id`, if that is what it is about.
    pub(super) async fn answered(
        &self,
        id: Option<ContextId>,
        method: Method,
        path: String,
        terms: &Terms,
        body: Option<Vec<u8>>,
    ) -> Result<Bytes, ServiceError> {
        let Response { status, body, .. } = self.response(method, &path, terms, body).await?;
        if status.is_success() { Ok(body) } else { Err(refusal(id, status, &body)) }
    }

    /// Whatever is answered to one request.
    async fn response(
        &self,
        method: Method,
        path: &str,
        terms: &Terms,
        body: Option<Vec<u8>>,
    ) -> Result<Response, ServiceError> {
        self.http.ask(method, path, terms, body).await.map_err(|error| {
            self.unanswered.fetch_add(1, Relaxed);
            let (outcome, reason) = match error {
                SendError::NotSent(reason) => (RemoteFailure::Unreachable, reason),
                SendError::NoAnswer(reason) => (RemoteFailure::Unanswered, reason),
            };
            ServiceError::RemoteFailure { outcome, reason }
        })
    }

    /// What the server says of a session.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        id: ContextId,
        what: &str,
    ) -> Result<T, ServiceError> {
        read(&self.answered(Some(id), Method::GET, self.path(id, what), &ANY, None).await?)
    }

    /// What the server says to something that is sent about a session.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        id: ContextId,
        method: Method,
        what: &str,
        terms: Terms,
        body: &(impl Serialize + Sync),
    ) -> Result<T, ServiceError> {
        read(&self.answered(Some(id), method, self.path(id, what), &terms, Some(json(body)?)).await?)
    }

    /// Where the server keeps this session, or something of it.
    pub(super) fn path(&self, id: ContextId, what: &str) -> String {
        format!("{CONTEXTS}/{}{what}", self.named(id))
    }
}

/// Where a server keeps its sessions.
pub(super) const CONTEXTS: &str = "/v1/contexts";

/// What a server says of itself.
#[derive(Default, Deserialize)]
struct Document {
    info: Info,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    title: String,
    version: String,
}

/// What a problem says; a proxy between may answer otherwise.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    detail: String,
}

fn refusal(id: Option<ContextId>, status: StatusCode, bytes: &[u8]) -> ServiceError {
    let Problem { code, detail } = serde_json::from_slice(bytes).unwrap_or_default();
    let outcome = match (status, id) {
        (StatusCode::NOT_FOUND, Some(id)) if code == "context_not_found" => {
            return SessionError::NotFound { id }.into();
        }
        (StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED, _) => RemoteFailure::Conflict,
        _ if status.is_server_error() => RemoteFailure::Failed,
        _ => RemoteFailure::Refused,
    };
    ServiceError::RemoteFailure { outcome, reason: format!("{status} {code}: {detail}") }
}

/// An answer, as JSON.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let reason = format!("the answer is not what this route answers: {error}");
        ServiceError::RemoteFailure { outcome: RemoteFailure::Failed, reason }
    })
}

/// A body, as JSON.
pub(super) fn json(body: &impl Serialize) -> Result<Vec<u8>, ServiceError> {
    serde_json::to_vec(body).map_err(|error| ServiceError::Invalid { reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(status: u16, code: &str) -> ServiceError {
        let id = Some(ContextId(uuid::Uuid::nil()));
        let body = format!(r#"{{"status":{status},"code":"{code}","title":"","detail":"because"}}"#);
        refusal(id, StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn problems_become_what_they_were() {
        let id = ContextId(uuid::Uuid::nil());
        assert_eq!(problem(404, "context_not_found"), SessionError::NotFound { id }.into());
        for (status, code, expected) in [
            (404, "no_such_route", RemoteFailure::Refused),
            (409, "busy", RemoteFailure::Conflict),
            (412, "precondition_failed", RemoteFailure::Conflict),
            (422, "invalid", RemoteFailure::Refused),
            (429, "too_many_requests", RemoteFailure::Refused),
            (503, "store_unavailable", RemoteFailure::Failed),
        ] {
            let ServiceError::RemoteFailure { outcome, reason } = problem(status, code) else {
                panic!("{code}")
            };
            assert_eq!(outcome, expected, "{code}");
            assert!(reason.contains(code) && reason.ends_with("because"), "{reason}");
        }
        let proxy = refusal(None, StatusCode::BAD_GATEWAY, b"<html>no</html>");
        assert!(proxy.to_string().starts_with("502 Bad Gateway"), "{proxy}");
    }

    #[test]
    fn an_alias_is_shared_with_clones_and_another_id_is_itself() {
        let [alias, id, other] = [1, 2, 3].map(|nth| ContextId(uuid::Uuid::from_u128(nth)));
        let remote = Remote::new(&Address::parse("http://127.0.0.1:1", None).unwrap());
        let with_own_connections = remote.with_own_connections();
        remote.alias(alias, id);
        assert_eq!((with_own_connections.named(alias), with_own_connections.named(other)), (id, other));
        assert_eq!(with_own_connections.aliased(), [id]);
    }
}
