//! A service elsewhere: the endpoints of a server, asked over HTTP, as a [`ChatService`].
//!
//! Whoever asks a service through the trait asks a server by the same code. What HTTP adds is told by
//! [`ServiceError::Elsewhere`]: above all, that no answer came, which is no failure but an unknown outcome.

mod address;
mod http;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use parking_lot::RwLock;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::backend::chat::{
    AppendedDTO, ChatContextDTO, ContextId, ContextStateDTO, MessagesDTO, NewMessage, ToolDecision, Version,
};
use crate::backend::service::{
    ActionDTO, ChatService, ContextList, CreateContext, Elsewhere, MessagePage, ServiceError, UpdateContext,
};
use crate::backend::session::SessionError;

use self::http::{Http, Trouble};

pub use address::{Address, AddressError};

/// A server, asked over connections that are used again.
///
/// Its connections belong to the runtime that it is asked on; [`twin`](Self::twin) gives one for another runtime.
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

    /// The same server and the same aliases, with connections of its own.
    #[must_use]
    pub fn twin(&self) -> Self {
        Self { http: self.http.twin(), aliases: self.aliases.clone(), unanswered: AtomicU64::new(0) }
    }

    /// From now on, whoever asks for `alias` means `id`. A server gives its own ids; so its clients need not know them.
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
        self.answered(None, Method::GET, "/readyz".to_owned(), None).await.map(drop)
    }

    /// The answer to one request about `id`, if that is what it is about.
    async fn answered(
        &self,
        id: Option<ContextId>,
        method: Method,
        path: String,
        body: Option<Vec<u8>>,
    ) -> Result<Bytes, ServiceError> {
        let (status, bytes) = self.http.ask(method, &path, body).await.map_err(|trouble| {
            self.unanswered.fetch_add(1, Relaxed);
            let (outcome, reason) = match trouble {
                Trouble::NotSent(reason) => (Elsewhere::Unreachable, reason),
                Trouble::NoAnswer(reason) => (Elsewhere::Unanswered, reason),
            };
            ServiceError::Elsewhere { outcome, reason }
        })?;
        if status.is_success() { Ok(bytes) } else { Err(refusal(id, status, &bytes)) }
    }

    async fn get<T: DeserializeOwned>(&self, id: ContextId, what: &str) -> Result<T, ServiceError> {
        read(&self.answered(Some(id), Method::GET, self.path(id, what), None).await?)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        id: ContextId,
        method: Method,
        what: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, ServiceError> {
        read(&self.answered(Some(id), method, self.path(id, what), Some(json(body)?)).await?)
    }

    fn path(&self, id: ContextId, what: &str) -> String {
        format!("{CONTEXTS}/{}{what}", self.named(id))
    }
}

const CONTEXTS: &str = "/v1/contexts";

/// A change that was made, by its version.
#[derive(Deserialize)]
struct Changed {
    version: Version,
}

/// A session that was made.
#[derive(Deserialize)]
struct Created {
    id: ContextId,
}

/// A message with the branch it goes to.
#[derive(Serialize)]
struct Append {
    #[serde(flatten)]
    message: NewMessage,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
}

/// What a person says to tool calls.
#[derive(Serialize)]
struct Decisions {
    decisions: Vec<ToolDecision>,
}

impl ChatService for Remote {
    async fn create_context(&self, request: CreateContext) -> Result<ContextId, ServiceError> {
        let body = Some(json(&request)?);
        let Created { id } = read(&self.answered(None, Method::POST, CONTEXTS.to_owned(), body).await?)?;
        Ok(id)
    }

    async fn list_contexts(
        &self,
        after: Option<ContextId>,
        limit: usize,
    ) -> Result<ContextList, ServiceError> {
        let cursor = after.map(|after| format!("&cursor={}", self.named(after))).unwrap_or_default();
        let path = format!("{CONTEXTS}?limit={limit}{cursor}");
        read(&self.answered(None, Method::GET, path, None).await?)
    }

    async fn get_context(&self, id: ContextId) -> Result<ChatContextDTO, ServiceError> {
        self.get(id, "").await
    }

    async fn get_context_messages(
        &self,
        id: ContextId,
        page: MessagePage,
    ) -> Result<MessagesDTO, ServiceError> {
        let MessagePage { branch, limit, offset } = page;
        let branch = branch.map(|branch| format!("&branch={}", escaped(&branch))).unwrap_or_default();
        self.get(id, &format!("/messages?limit={limit}&offset={offset}{branch}")).await
    }

    async fn get_context_state(&self, id: ContextId) -> Result<ContextStateDTO, ServiceError> {
        self.get(id, "/state").await
    }

    async fn update_context(&self, id: ContextId, request: UpdateContext) -> Result<Version, ServiceError> {
        let Changed { version } = self.send(id, Method::PUT, "", &request).await?;
        Ok(version)
    }

    async fn delete_context(&self, id: ContextId) -> Result<(), ServiceError> {
        self.answered(Some(id), Method::DELETE, self.path(id, ""), None).await.map(drop)
    }

    async fn add_context_message(
        &self,
        id: ContextId,
        message: NewMessage,
        branch: Option<String>,
    ) -> Result<AppendedDTO, ServiceError> {
        self.send(id, Method::POST, "/messages", &Append { message, branch }).await
    }

    async fn approve_context_tools(
        &self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
    ) -> Result<Version, ServiceError> {
        let Changed { version } =
            self.send(id, Method::POST, "/tools/approve", &Decisions { decisions }).await?;
        Ok(version)
    }

    async fn send_message_action(
        &self,
        id: ContextId,
        message: NewMessage,
    ) -> Result<ActionDTO, ServiceError> {
        self.send(id, Method::POST, "/actions/send_message", &message).await
    }

    async fn approve_tools_action(
        &self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
    ) -> Result<ActionDTO, ServiceError> {
        self.send(id, Method::POST, "/actions/approve_tools", &Decisions { decisions }).await
    }
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
        (StatusCode::CONFLICT, _) => Elsewhere::Conflict,
        _ if status.is_server_error() => Elsewhere::Failed,
        _ => Elsewhere::Refused,
    };
    ServiceError::Elsewhere { outcome, reason: format!("{status} {code}: {detail}") }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let reason = format!("the answer is not what this route answers: {error}");
        ServiceError::Elsewhere { outcome: Elsewhere::Failed, reason }
    })
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, ServiceError> {
    serde_json::to_vec(body).map_err(|error| ServiceError::Invalid { reason: error.to_string() })
}

/// A text as a query carries it.
fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
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
            (404, "no_such_route", Elsewhere::Refused),
            (409, "busy", Elsewhere::Conflict),
            (422, "invalid", Elsewhere::Refused),
            (429, "too_many_requests", Elsewhere::Refused),
            (503, "store_unavailable", Elsewhere::Failed),
        ] {
            let ServiceError::Elsewhere { outcome, reason } = problem(status, code) else { panic!("{code}") };
            assert_eq!(outcome, expected, "{code}");
            assert!(reason.contains(code) && reason.ends_with("because"), "{reason}");
        }
        let proxy = refusal(None, StatusCode::BAD_GATEWAY, b"<html>no</html>");
        assert!(proxy.to_string().starts_with("502 Bad Gateway"), "{proxy}");
    }

    #[test]
    fn a_query_carries_any_text() {
        assert_eq!(escaped("a b&c=ä~1"), "a%20b%26c%3D%C3%A4~1");
    }

    #[test]
    fn an_alias_is_shared_with_twins_and_another_id_is_itself() {
        let [alias, id, other] = [1, 2, 3].map(|nth| ContextId(uuid::Uuid::from_u128(nth)));
        let remote = Remote::new(&Address::parse("http://127.0.0.1:1", None).unwrap());
        let twin = remote.twin();
        remote.alias(alias, id);
        assert_eq!((twin.named(alias), twin.named(other)), (id, other));
        assert_eq!(twin.aliased(), [id]);
    }
}
