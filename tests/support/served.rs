//! A server in this process, on a runtime of its own, so that a test may block.

use std::net::SocketAddr;
use std::sync::Arc;

use lockyard::backend::http::{App, Limits, Token, serve};
use lockyard::backend::service::{DynBackend, SimulatorConfig};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::client::Client;
use super::service::service_of;
use super::store::ScriptedStore;

pub struct Served {
    pub runtime: Runtime,
    pub backend: Arc<dyn DynBackend>,
    pub address: SocketAddr,
}

impl Served {
    /// A strategy, by its name, over this store.
    pub fn strategy(name: &str, store: &ScriptedStore, token: Option<&str>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let guard = runtime.enter();
        let backend = service_of(name, store, 100, SimulatorConfig::default());
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let token = token.map(|token| Token::new(token).unwrap());
        let app = App::new(backend.clone(), Some(backend.clone()), Limits::default(), token);
        runtime.spawn(serve(app, listener, std::future::pending(), std::time::Duration::ZERO));
        drop(guard);
        Self { runtime, backend, address }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn client(&self) -> Client {
        Client::new(self.address)
    }
}
