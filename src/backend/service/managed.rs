//! Backends as objects: the endpoints, and what stands behind them.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::backend::chat::{ChatContext, ContextId};
use crate::backend::session::{
    Env, ManagerStats, SessionCounts, SessionError, Sessions, StoreFailure, Traffic,
};
use crate::backend::store::{Store, StoreError};

use super::backend::{Backend, Endpoints};
use super::dynamic::DynChatService;
use super::model::{ModelClient, ToolRunner};

/// What operators are told of the sessions behind a service, in constant time and without waiting for anybody.
pub trait ServiceHealth: Send + Sync + 'static {
    /// What this process has done and holds.
    fn counts(&self) -> SessionCounts;

    /// Why the store takes no writes, if the last one has failed and none has succeeded since.
    fn store_failure(&self) -> Option<StoreFailure>;
}

impl<S: Sessions, M: Send + Sync + 'static> ServiceHealth for Endpoints<S, M> {
    fn counts(&self) -> SessionCounts {
        self.sessions().counts()
    }

    fn store_failure(&self) -> Option<StoreFailure> {
        self.sessions().store_failure()
    }
}

/// A [`Backend`] as an object: its endpoints, and what stands behind them.
pub trait DynBackend: DynChatService + ServiceHealth {
    /// The session whole, as memory has it.
    fn whole(&self, id: ContextId) -> BoxFuture<'_, Result<ChatContext, SessionError>>;

    /// The session whole, as the store has it.
    fn stored(&self, id: ContextId) -> BoxFuture<'_, Result<Option<ChatContext>, StoreError>>;

    /// Gives a session the messages back that `initial` has, unless a turn is at work in it, which would find its words
    /// gone.
    fn restore<'a>(
        &'a self,
        id: ContextId,
        initial: &'a ChatContext,
    ) -> BoxFuture<'a, Result<(), SessionError>>;

    /// Saves what is unsaved; the failures, if any.
    fn flush(&self) -> BoxFuture<'_, Vec<SessionError>>;

    /// Saves what is unsaved every `interval`, until dropped.
    fn auto_save(&self, interval: Duration) -> BoxFuture<'_, ()>;

    /// What the manager has done.
    fn traffic(&self) -> BoxFuture<'_, Traffic>;

    /// What the manager has done and holds. Waits for the cache's own lock, where it has one.
    fn stats(&self) -> BoxFuture<'_, ManagerStats>;
}

impl<E: Env, M: ModelClient + ToolRunner> DynBackend for Backend<E, M> {
    fn whole(&self, id: ContextId) -> BoxFuture<'_, Result<ChatContext, SessionError>> {
        self.manager().read(id, ChatContext::clone).boxed()
    }

    fn stored(&self, id: ContextId) -> BoxFuture<'_, Result<Option<ChatContext>, StoreError>> {
        self.manager().env().store().read(id).boxed()
    }

    fn restore<'a>(
        &'a self,
        id: ContextId,
        initial: &'a ChatContext,
    ) -> BoxFuture<'a, Result<(), SessionError>> {
        let restore = |context: &mut ChatContext| {
            if !context.state_kind().is_working() {
                context.restore(initial);
            }
            Ok(())
        };
        self.manager().write(id, restore).boxed()
    }

    fn flush(&self) -> BoxFuture<'_, Vec<SessionError>> {
        self.manager().flush().boxed()
    }

    fn auto_save(&self, interval: Duration) -> BoxFuture<'_, ()> {
        self.manager().auto_save(interval).boxed()
    }

    fn traffic(&self) -> BoxFuture<'_, Traffic> {
        self.manager().traffic().boxed()
    }

    fn stats(&self) -> BoxFuture<'_, ManagerStats> {
        self.manager().stats().boxed()
    }
}
