//! Servers of one group, in this process.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Method;
use lockyard::backend::http::{App, Limits, ServerOptions, serve};
use lockyard::backend::postgres::{BootClock, PostgresDatabase, PostgresOptions};
use lockyard::backend::service::{DtoPolicy, Endpoints, Prompts};
use lockyard::backend::session::SessionLimits;
use lockyard::backend::shared::{
    AdvisoryLock, ClockTerm, CompareAndSet, Guard, GuardKind, HeldLease, Lease, Owner, RowLock, ServerEntry,
    SharedOptions, SharedSession, SharedSessions,
};
use lockyard::cluster::{DynSharedBackend, LocalLocks, SharedHost};
use lockyard::strategy::IdSource;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::private_server::PrivateServer;
use crate::support::http::{Got, json as json_request, request, send};
use crate::support::model::ScriptedModel;

/// Leases and turns of servers that are to be taken over while a test waits.
pub const SHORT: Duration = Duration::from_millis(300);
/// Those of servers that are not.
pub const LONG: Duration = Duration::from_mins(1);

/// A server of the group. What it does beside its requests, it does when it is told.
pub struct Member {
    pub model: ScriptedModel,
    pub backend: Arc<dyn DynSharedBackend>,
    router: Router,
    listening: tokio::task::JoinHandle<()>,
}

/// What a member is made with.
#[derive(Clone, Copy)]
pub struct Times {
    pub lease: Duration,
    pub turn: Duration,
}

impl Times {
    /// Of servers that others wait for.
    pub const SHORT: Self = Self { lease: SHORT, turn: SHORT };
    /// Of servers whose sessions and turns stay theirs.
    pub const LONG: Self = Self { lease: LONG, turn: LONG };
}

impl Member {
    /// Two over this database.
    pub async fn join_two(server: &PrivateServer, guard: GuardKind, times: Times) -> (Self, Self) {
        (Self::join(server, guard, times).await, Self::join(server, guard, times).await)
    }

    /// Joins those over this database.
    pub async fn join(server: &PrivateServer, guard: GuardKind, times: Times) -> Self {
        Self::join_within(server, guard, times, SessionLimits::default()).await
    }

    /// One whose sessions may take so much.
    pub async fn join_within(
        server: &PrivateServer,
        guard: GuardKind,
        times: Times,
        limits: SessionLimits,
    ) -> Self {
        let opened = PostgresDatabase::open(&server.url("postgres"), PostgresOptions::default()).await;
        let (database, model) = (opened.expect("it can be used"), ScriptedModel::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it has one"));
        let owner = Owner(IdSource::Unique.next().0);
        let entry = ServerEntry { owner, url, version: "test".to_owned() };
        let options = SharedOptions {
            server: entry,
            capacity: 100.try_into().unwrap(),
            limits,
            turn_deadline: times.turn,
        };
        let model_of_it = model.clone();
        let backend = match guard {
            GuardKind::RowLock => over(RowLock::new(database), options, model_of_it),
            GuardKind::AdvisoryLock => over(AdvisoryLock::new(database), options, model_of_it),
            GuardKind::CompareAndSet => {
                let guard = CompareAndSet::<_, Mutex<Option<Arc<SharedSession>>>>::new(database);
                over(guard, options, model_of_it)
            }
            GuardKind::Lease => {
                let term =
                    ClockTerm::new(BootClock, times.lease, times.lease / 5).expect("less than the lease");
                let guard = Lease::<_, LocalLocks, Mutex<Option<HeldLease>>, _>::new(database, owner, term);
                over(guard, options, model_of_it)
            }
        };
        backend.announce().await.expect("it is written down");
        let forwarding = ServerOptions { forward: true, ..ServerOptions::default() };
        let (service, health) = (backend.clone(), backend.clone());
        let app = App::with_options(service, Some(health), Limits::default(), None, forwarding);
        let router = app.router();
        let listening = tokio::spawn(async move {
            serve(app, listener, std::future::pending(), Duration::ZERO).await;
        });
        Self { model, backend, router, listening }
    }

    pub async fn get(&self, path: &str) -> Got {
        send(&self.router, request(Method::GET, path, &[], "")).await
    }

    pub async fn delete(&self, path: &str) -> Got {
        send(&self.router, request(Method::DELETE, path, &[], "")).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Got {
        self.send(Method::POST, path, &[], body).await
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Got {
        send(&self.router, json_request(method, path, headers, body)).await
    }

    /// Creates a context; its path.
    pub async fn create(&self) -> String {
        let id = self.post("/v1/contexts", &new_context()).await.ok(201)["id"].clone();
        format!("/v1/contexts/{}", id.as_str().unwrap())
    }

    /// The texts of all messages.
    pub async fn texts(&self, path: &str) -> Vec<String> {
        let page = self.get(&format!("{path}/messages?limit=1000")).await.ok(200);
        let text = |message: &Value| message["content"][0]["text"].as_str().unwrap_or_default().to_owned();
        page["messages"].as_array().expect("a list").iter().map(text).collect()
    }

    /// Nothing reaches it any more.
    pub async fn cut_off(&self) {
        self.listening.abort();
        while !self.listening.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    /// Starts what it does from time to time.
    pub fn start_upkeep(&self, interval: Duration) -> tokio::task::JoinHandle<()> {
        let backend = self.backend.clone();
        tokio::spawn(async move { backend.upkeep(interval).await })
    }
}

fn over<G: Guard<Database = PostgresDatabase>>(
    guard: G,
    options: SharedOptions,
    model: ScriptedModel,
) -> Arc<dyn DynSharedBackend> {
    let sessions = SharedSessions::new(SharedHost::new(guard, Handle::current()), options);
    let prompts = Prompts::new([("polite".to_owned(), "Be polite.".to_owned())]);
    Arc::new(Endpoints::new(Arc::new(sessions), model, prompts, DtoPolicy::Borrowed))
}

pub fn new_context() -> Value {
    json!({ "model_id": "gpt", "mode": "chat" })
}

pub fn says(text: &str) -> Value {
    json!({ "role": "user", "content": text })
}

/// Runs a test with a private database under each guard.
pub async fn under_each_guard(test: impl AsyncFn(&PrivateServer, GuardKind)) {
    let Some(server) = PrivateServer::start() else { return };
    for guard in GuardKind::ALL {
        println!("under {guard}");
        test(&server, *guard).await;
    }
}
