//! What must hold in every order of events, one file per property; here is what they share.

mod appends;
mod deadlocks;
mod deletions;
mod loads;
mod turns;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use lockyard::backend::chat::{
    ChatContext, ContextConfig, ContextId, Message, NewMessage, Role, Timestamp, Version,
};
use lockyard::backend::session::{ChatSessionManager, Durability, Env, ManagerStats, SaveMode, SessionError};
use lockyard::lock::AwaitFamily;

use crate::hand_polled::env::{Caches, ToyEnv, id};
use crate::hand_polled::executor::Executor;
use crate::hand_polled::store::ToyStore;

/// How many seeds each property is tried with.
const RUNS: u64 = 2_000;
/// Write-behind, with so little patience that back-pressure occurs.
const WRITE_BEHIND: Durability = Durability::WriteBehind { max_unsaved: 1, within: Duration::MAX };

type Manager<F, G, C, S> = Arc<ChatSessionManager<ToyEnv<F, G, C, S>>>;

/// A manager whose cache has room for one session, over a store that holds the sessions 0 to `sessions`.
fn manager<F: AwaitFamily, G: AwaitFamily, C: Caches, S: SaveMode<F>>(
    sessions: u64,
    fail_once_in: usize,
    durability: Durability,
) -> Manager<F, G, C, S> {
    let context = |number| ChatContext::new(id(number), ContextConfig::new("toy", "chat"), Timestamp(0));
    let contexts: Result<Vec<_>, _> = (0..sessions).map(context).collect();
    let env = ToyEnv::new(ToyStore::new(contexts.unwrap(), fail_once_in));
    Arc::new(ChatSessionManager::new(env, NonZeroUsize::MIN, durability))
}

/// Appends `text`; the version that this made.
async fn append<E: Env>(
    manager: &ChatSessionManager<E>,
    id: ContextId,
    text: &str,
) -> Result<Version, SessionError> {
    let append = |context: &mut ChatContext| {
        context.append(NewMessage::text(Role::User, text), None)?;
        Ok(context.version().next())
    };
    manager.write(id, append).await
}

/// All messages of the active branch, as text.
fn texts(context: &ChatContext) -> Vec<String> {
    context.messages(None).unwrap().map(Message::text).collect()
}

/// The manager's figures.
fn stats<E: Env>(run: &mut Executor, manager: &Arc<ChatSessionManager<E>>) -> ManagerStats {
    let manager = manager.clone();
    run.finish(async move { manager.stats().await })
}

/// The session as a reader sees it; `None` when it is gone. The store may fail meanwhile, but not indefinitely.
fn look<E: Env>(
    run: &mut Executor,
    manager: &Arc<ChatSessionManager<E>>,
    id: ContextId,
) -> Option<ChatContext> {
    let manager = manager.clone();
    run.finish(async move {
        loop {
            match manager.read(id, ChatContext::clone).await {
                Ok(context) => return Some(context),
                Err(SessionError::NotFound { .. }) => return None,
                Err(_) => {}
            }
        }
    })
}

/// What readers see is what is stored, except in sessions that are marked as unsaved; and in those too, once a flush
/// has met no failure. Returns what readers see of the sessions 0 to `sessions`.
fn memory_agrees_with_the_store<E: Env<Store = ToyStore>>(
    run: &mut Executor,
    manager: &Arc<ChatSessionManager<E>>,
    sessions: u64,
) -> Vec<Option<ChatContext>> {
    let unsaved = stats(run, manager).unsaved;
    let memory: Vec<_> = (0..sessions).map(|number| look(run, manager, id(number))).collect();
    let behind = || {
        let differs =
            |(number, seen): (u64, &Option<ChatContext>)| manager.env().store().stored(id(number)) != *seen;
        (0..).zip(&memory).filter(|session| differs(*session)).count()
    };
    let newer = behind();
    assert!(newer <= unsaved, "{newer} sessions are newer than the store, {unsaved} are marked as unsaved");

    let flusher = manager.clone();
    run.finish(async move { while !flusher.flush().await.is_empty() {} });
    assert_eq!(behind(), 0, "a flush has left something unsaved");
    assert_eq!(stats(run, manager).unsaved, 0, "what is saved is still marked as unsaved");
    memory
}
