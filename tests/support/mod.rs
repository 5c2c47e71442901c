//! What the tests of the session manager and the service share: a store and a model that do nothing before they are
//! let, and ways to poll a future by hand. Nothing here waits for time to pass.

#![allow(dead_code, reason = "every test file compiles its own copy and uses its own part of it")]

pub mod client;
#[cfg(feature = "redb")]
pub mod disk;
#[cfg(feature = "http")]
pub mod http;
pub mod model;
#[cfg(feature = "cli")]
pub mod program;
pub mod proxy;
#[cfg(all(feature = "bench", feature = "http"))]
pub mod served;
pub mod service;
pub mod store;

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};

use lockyard::backend::chat::{ChatContext, ChatError, ContextConfig, NewMessage, Role, StateKind};
use lockyard::backend::session::{ChatSessionManager, Durability, Locked, SaveMode, SessionLimits};
use lockyard::lock::{LockFamily, TokioMutex};
use lockyard::strategy::{Host, IdSource, family};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;

use store::ScriptedStore;

/// Real locks on tokio over the scripted store.
pub type TestHost<F, S> = Host<F, family::MutexLru<TokioMutex>, S, Locked, ScriptedStore>;
pub type Manager<F, S> = Arc<ChatSessionManager<TestHost<F, S>>>;

pub fn manager_in<F: LockFamily, S: SaveMode<F>>(
    store: &ScriptedStore,
    capacity: usize,
    durability: Durability,
) -> Manager<F, S> {
    let host = Host::new(store.clone(), Handle::current(), IdSource::seeded(1));
    Arc::new(ChatSessionManager::new(host, NonZeroUsize::new(capacity).unwrap(), durability))
}

/// A manager whose sessions may take so much.
pub fn manager_within<F: LockFamily, S: SaveMode<F>>(
    store: &ScriptedStore,
    capacity: usize,
    limits: SessionLimits,
) -> Manager<F, S> {
    let manager = manager_in::<F, S>(store, capacity, Durability::WriteThrough);
    Arc::new(Arc::into_inner(manager).unwrap().within(limits))
}

/// A manager in the default durability mode; to be called on a runtime.
pub fn manager<F: LockFamily, S: SaveMode<F>>(store: &ScriptedStore, capacity: usize) -> Manager<F, S> {
    manager_in(store, capacity, Durability::WriteThrough)
}

pub fn config() -> ContextConfig {
    ContextConfig::new("gpt", "chat")
}

pub fn user(text: &str) -> NewMessage {
    NewMessage::text(Role::User, text)
}

/// A change that appends one message.
pub fn say(text: &str) -> impl FnOnce(&mut ChatContext) -> Result<(), ChatError> + Send + 'static {
    let message = user(text);
    move |context| context.append(message, None).map(drop)
}

/// All messages of the active branch, as text.
pub fn texts(context: &ChatContext) -> Vec<String> {
    context.messages(None).unwrap().map(lockyard::backend::chat::Message::text).collect()
}

/// A place to wait at: open until it is shut, then passed by as many as are let through.
pub struct Valve {
    permits: Semaphore,
    asked: AtomicUsize,
}

const OPEN: usize = 1 << 40;

impl Default for Valve {
    fn default() -> Self {
        Self { permits: Semaphore::new(OPEN), asked: AtomicUsize::new(0) }
    }
}

impl Valve {
    pub fn shut(&self) {
        self.permits.forget_permits(usize::MAX);
    }

    pub fn open(&self) {
        self.permits.add_permits(OPEN);
    }

    pub fn let_through(&self, count: usize) {
        self.permits.add_permits(count);
    }

    /// How many have come to the valve, through or not.
    pub fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }

    pub async fn pass(&self) {
        self.asked.fetch_add(1, SeqCst);
        self.permits.acquire().await.unwrap().forget();
    }
}

/// Lets everything else go first, once.
pub async fn step_aside() {
    let mut been_here = false;
    poll_fn(|context| {
        if been_here {
            return Poll::Ready(());
        }
        been_here = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// What comes of a future that has nothing to wait for but others on this thread; a panic instead of a hang when it
/// does not come.
pub async fn soon<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    for _ in 0..100 {
        if let Poll::Ready(output) = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
            return output;
        }
        step_aside().await;
    }
    panic!("this waits for something that does not come")
}

/// Polls once, by hand.
pub fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls once and expects to be kept waiting.
pub fn expect_waiting<F: Future + ?Sized>(future: &mut Pin<Box<F>>) {
    assert!(poll(future).is_pending(), "this should have had to wait");
}

/// Polls until it is done. To be called outside a task: inside one, tokio's own locks stop after a while to let other
/// tasks run.
pub fn finish<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> F::Output {
    for _ in 0..10_000 {
        if let Poll::Ready(output) = poll(future) {
            return output;
        }
    }
    panic!("nothing is in its way, and it does not get anywhere")
}

/// A runtime on this thread whose clock stands still until it is advanced.
pub fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Waits until no task is left on the runtime: all requests have ended and the background work is drained.
pub async fn drained() {
    while Handle::current().metrics().num_alive_tasks() > 0 {
        tokio::task::yield_now().await;
    }
}

/// A conversation that a model would accept and a store would take back: no turn is at work on it, and every tool call
/// that is not pending has exactly one result.
pub fn assert_well_formed(context: &ChatContext) {
    let json = serde_json::to_string(context).unwrap();
    let read_back: ChatContext = serde_json::from_str(&json).expect("it can be read back");
    assert_eq!(read_back, *context);
    let state = context.state_kind();
    assert!(!state.is_working(), "left in state {state}");

    let messages: Vec<_> = context.messages(None).unwrap().collect();
    for (at, message) in messages.iter().enumerate() {
        let later = messages[at + 1..].iter();
        let answered: Vec<_> = later
            .take_while(|later| later.tool_calls.is_empty())
            .flat_map(|later| later.tool_results.iter().map(|result| &result.call_id))
            .collect();
        let once: BTreeSet<_> = answered.iter().copied().collect();
        assert_eq!(once.len(), answered.len(), "a call is answered twice: {json}");
        let awaited = state == StateKind::AwaitingToolApproval && answered.is_empty();
        let calls: BTreeSet<_> = message.tool_calls.iter().map(|call| &call.id).collect();
        assert!(awaited || calls.is_subset(&once), "a call has no result: {json}");
    }
}
