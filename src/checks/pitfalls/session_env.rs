//! What programs of sessions stand on: model parts where every order is tried, or real ones where one order comes
//! about.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use crate::backend::chat::ChatContext;
use crate::backend::session::Env;
use crate::checks::explored::{CacheModel, ModelEnv, ModelStore};
use lockyard_explore::look;
use lockyard_lock::LockFamily;

use super::host::Host;
use super::program::take_turns;

/// A back end that a program of sessions can stand on.
pub(super) trait SessionEnv: Env {
    /// A back end whose store holds these.
    fn over(contexts: Vec<ChatContext>) -> Self;

    /// Runs a future to its end before anything is a step.
    fn first<R>(future: impl Future<Output = R>) -> R;

    /// Lets the others go on as far as they can; nothing where every order is tried.
    fn yield_now() -> impl Future<Output = ()> + Send;

    /// Has the store refuse the next put; nothing where every fault is tried.
    fn spoil_next_put(&self);

    /// How many loads there were.
    fn loads(&self) -> usize;

    /// Runs a client that is cancelled in the middle; to its end where cancelling is tried at every await.
    fn giving_up(client: impl Future<Output = ()>) -> impl Future<Output = ()>;
}

impl SessionEnv for ModelEnv {
    fn over(contexts: Vec<ChatContext>) -> Self {
        Self::new(ModelStore::new(contexts), CacheModel::default())
    }

    fn first<R>(future: impl Future<Output = R>) -> R {
        look(future).expect("nothing is locked before the first step")
    }

    async fn yield_now() {}

    fn spoil_next_put(&self) {}

    fn loads(&self) -> usize {
        self.store().loads()
    }

    async fn giving_up(client: impl Future<Output = ()>) {
        client.await;
    }
}

/// How often a client is polled before it is cancelled: long enough for a save or two, not for a model's answer as well.
const POLLS: usize = 24;

impl<L: LockFamily> SessionEnv for Host<L> {
    fn over(contexts: Vec<ChatContext>) -> Self {
        Self::new(contexts)
    }

    fn first<R>(future: impl Future<Output = R>) -> R {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime without drivers").block_on(future)
    }

    async fn yield_now() {
        take_turns().await;
    }

    fn spoil_next_put(&self) {
        self.store().spoil_next_put();
    }

    fn loads(&self) -> usize {
        self.store().loads()
    }

    async fn giving_up(client: impl Future<Output = ()>) {
        let mut client = pin!(client);
        for _ in 0..POLLS {
            let ready = poll_fn(|context| Poll::Ready(client.as_mut().poll(context).is_ready())).await;
            if ready {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}
