//! Endpoints over shared sessions as an object, for callers that do not depend on the guard inside.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::backend::service::{DynChatService, Endpoints, ModelClient, ServiceHealth, ToolRunner};
use crate::backend::shared::{ServerEntry, SharedEnv, SharedSessions};
use crate::backend::store::StoreError;

/// Endpoints over shared sessions as an object.
pub trait DynSharedBackend: DynChatService + ServiceHealth {
    /// Announces the server, so that others know where to find it.
    fn announce(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The servers that have announced themselves within this time.
    fn servers(&self, within: Duration) -> BoxFuture<'_, Result<Vec<ServerEntry>, StoreError>>;

    /// Does what is to be done every `interval`, until dropped.
    fn upkeep(&self, interval: Duration) -> BoxFuture<'_, ()>;

    /// Waits for turns that are rolled back, for so long at most, and gives up what is had for a time, so that others need not
    /// wait.
    fn leave(&self, patience: Duration) -> BoxFuture<'_, ()>;
}

impl<E: SharedEnv, M: ModelClient + ToolRunner> DynSharedBackend for Endpoints<SharedSessions<E>, M> {
    fn announce(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.sessions().announce().boxed()
    }

    fn servers(&self, within: Duration) -> BoxFuture<'_, Result<Vec<ServerEntry>, StoreError>> {
        self.sessions().servers(within).boxed()
    }

    fn upkeep(&self, interval: Duration) -> BoxFuture<'_, ()> {
        self.sessions().upkeep(interval).boxed()
    }

    fn leave(&self, patience: Duration) -> BoxFuture<'_, ()> {
        self.sessions().leave(patience).boxed()
    }
}
