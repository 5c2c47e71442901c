//! The routes in this process: requests go straight to the router, answers come back as JSON.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use lockyard::backend::http::{App, Limits, ServerOptions, Token};
use lockyard::backend::service::{ChatService, DtoPolicy};
use lockyard::backend::session::{AfterUnlock, SessionLimits};
use lockyard::lock::TokioRwLock;
use serde_json::Value;
use tower::ServiceExt;

use super::service::World;
use super::store::ScriptedStore;

/// A server without a network, over a scripted store and a scripted model.
pub struct Site {
    pub world: World<TokioRwLock, AfterUnlock>,
    pub app: App,
    pub router: Router,
}

/// What came back.
#[derive(Debug)]
pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// It went well; what it says.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        if self.bytes.is_empty() { Value::Null } else { self.json() }
    }

    /// It is this problem, in the form that problems have. Its detail.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> String {
        let text = self.text();
        assert_eq!(self.status.as_u16(), status, "{text}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{text}");
        let problem = self.json();
        assert_eq!(problem["status"], status, "{text}");
        assert_eq!(problem["code"], code, "{text}");
        assert!(!problem["title"].as_str().unwrap().is_empty(), "{text}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(!detail.is_empty(), "{text}");
        detail.to_owned()
    }
}

impl Site {
    /// To be called on a runtime.
    pub fn new() -> Self {
        Self::with(Limits::default(), None)
    }

    pub fn with(limits: Limits, token: Option<&str>) -> Self {
        Self::with_options(limits, token, ServerOptions::default())
    }

    /// Another server over the same store.
    pub fn over(store: &ScriptedStore) -> Self {
        let world = World::over(store.clone(), 100, DtoPolicy::Borrowed, SessionLimits::default());
        Self::of(world, Limits::default(), None, ServerOptions::default())
    }

    /// One of which sessions may take so much.
    pub fn within(sessions: SessionLimits) -> Self {
        let world = World::within(100, DtoPolicy::Borrowed, sessions);
        Self::of(world, Limits::default(), None, ServerOptions::default())
    }

    pub fn with_options(limits: Limits, token: Option<&str>, options: ServerOptions) -> Self {
        Self::of(World::new(100, DtoPolicy::Borrowed), limits, token, options)
    }

    fn of(
        world: World<TokioRwLock, AfterUnlock>,
        limits: Limits,
        token: Option<&str>,
        options: ServerOptions,
    ) -> Self {
        let token = token.map(|token| Token::new(token).unwrap());
        let service = world.service.clone();
        let app = App::with_options(service.clone(), Some(service), limits, token, options);
        let router = app.router();
        Self { world, app, router }
    }

    pub async fn send(&self, request: Request<Body>) -> Got {
        send(&self.router, request).await
    }

    pub async fn get(&self, path: &str) -> Got {
        self.send(request(Method::GET, path, &[], "")).await
    }

    pub async fn delete(&self, path: &str) -> Got {
        self.send(request(Method::DELETE, path, &[], "")).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Got {
        self.send(json(Method::POST, path, &[], body)).await
    }

    pub async fn put(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Got {
        self.send(json(Method::PUT, path, headers, body)).await
    }

    /// Creates a context; its path.
    pub async fn create(&self) -> String {
        let body = serde_json::json!({ "model_id": "gpt", "mode": "chat" });
        let id = self.post("/v1/contexts", &body).await.ok(201)["id"].clone();
        format!("/v1/contexts/{}", id.as_str().unwrap())
    }
}

/// The routes over any other service.
pub fn router_over<S: ChatService>(service: Arc<S>) -> Router {
    App::new(service, None, Limits::default(), None).router()
}

pub async fn send(router: &Router, request: Request<Body>) -> Got {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Got { status: parts.status, headers: parts.headers, bytes }
}

pub fn request(method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

pub fn json(method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Request<Body> {
    let mut request = request(method, path, headers, body.to_string());
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    request
}
