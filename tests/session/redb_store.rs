//! The durable store: what it was given is there after reopening, whole, and a file that is not its own is refused
//! with words that help, and left as it was.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use lockyard::backend::chat::{ChatContext, ContextSummary, StateKind, Timestamp};
use lockyard::backend::service::{Backend, ChatService, DtoPolicy, Prompts};
use lockyard::backend::session::{AfterUnlock, ChatSessionManager, Durability, Env, Locked};
use lockyard::backend::store::{RedbStore, Store, StoreError};
use lockyard::lock::TokioMutex;
use lockyard::lock::TokioRwLock;
use lockyard::strategy::{Host, IdSource, family};
use redb::{Database, MultimapTableDefinition, TableDefinition, WriteTransaction};
use tokio::runtime::Handle;

use crate::support::model::{Answer, ScriptedModel, call};
use crate::support::service::{page, request};
use crate::support::{assert_well_formed, config, expect_waiting, poll, user};

type Durable =
    Backend<Host<TokioRwLock, family::MutexLru<TokioMutex>, AfterUnlock, Locked, RedbStore>, ScriptedModel>;

fn service(path: &Path, model: ScriptedModel) -> Arc<Durable> {
    let host = Host::new(RedbStore::open(path).unwrap(), Handle::current(), IdSource::Unique);
    let manager = ChatSessionManager::new(host, NonZeroUsize::new(2).unwrap(), Durability::WriteThrough);
    Arc::new(Backend::new(Arc::new(manager), model, Prompts::default(), DtoPolicy::Borrowed))
}

#[tokio::test]
async fn a_whole_conversation_survives_reopening() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    let model = ScriptedModel::new([Answer::Full("let me look", vec![call("c1")])]);
    let first = service(&path, model.clone());
    let id = first.create_context(request()).await.unwrap();
    let deleted = first.create_context(request()).await.unwrap();
    first.add_context_message(id, user("first"), None).await.unwrap();
    first.send_message_action(id, user("hello")).await.unwrap();
    first.delete_context(deleted).await.unwrap();
    let (context, messages) = (first.get_context(id).await, first.get_context_messages(id, page(9, 0)).await);
    assert_eq!(messages.as_ref().unwrap().total, 3);
    drop(first);

    let again = service(&path, model);
    assert_eq!(again.get_context(id).await, context);
    assert_eq!(again.get_context_messages(id, page(9, 0)).await, messages);
    let listed = again.list_contexts(None, 9).await.unwrap().contexts;
    assert_eq!(listed.iter().map(|context| context.id).collect::<Vec<_>>(), [id]);
    assert!(again.get_context(deleted).await.is_err());
    let decision = crate::support::service::allow("c1", true);
    let action = again.approve_tools_action(id, vec![decision]).await.unwrap();
    assert_eq!(action.context.state.kind, StateKind::Idle, "the turn resumes where it was left");
}

#[tokio::test]
async fn a_turn_cut_off_is_rolled_back_when_the_store_is_opened_again() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    let model = ScriptedModel::default();
    let first = service(&path, model.clone());
    let id = first.create_context(request()).await.unwrap();
    model.requests.shut();
    let mut turn = Box::pin(first.send_message_action(id, user("hello")));
    while model.requests.asked() == 0 {
        expect_waiting(&mut turn);
        tokio::task::yield_now().await;
    }
    first.add_context_message(id, user("stored in mid-turn"), None).await.unwrap();
    // As a crash would: nothing of the turn runs any more, and neither does its roll-back. What the file has then is what the
    // next process finds; this one keeps it open, for the turn has a handle to its sessions.
    std::mem::forget(turn);
    let left = first.manager().env().store().read(id).await.unwrap().unwrap();
    assert!(left.state_kind().is_working());
    let found = place.path().join("found.redb");
    std::fs::copy(&path, &found).unwrap();

    let again = service(&found, ScriptedModel::default());
    let context = again.get_context(id).await.unwrap();
    assert_eq!((context.state.kind, context.version), (StateKind::Idle, left.version().next()));
    let listed = again.list_contexts(None, 9).await.unwrap().contexts;
    assert_eq!((listed[0].state, listed[0].version), (StateKind::Idle, left.version().next()));
    assert_well_formed(&again.manager().read(id, ChatContext::clone).await.unwrap());
}

#[tokio::test]
async fn a_context_and_its_summary_are_stored_together() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    let store = RedbStore::open(&path).unwrap();
    let ids = IdSource::seeded(5);
    let mut contexts: Vec<_> =
        (0..40).map(|_| ChatContext::new(ids.next(), config(), Timestamp(0)).unwrap()).collect();
    for round in 0..3 {
        for context in &mut contexts {
            context.append(user(&format!("round {round}")), None).unwrap();
            context.touch(Timestamp(round));
        }
        // Half of the last round is given up: which of these happened is unknown, but none did by half.
        let mut puts: Vec<_> =
            contexts.iter().map(|context| Box::pin(store.write(context.clone()))).collect();
        for put in &mut puts {
            let _ = poll(put);
        }
        if round == 2 {
            puts.truncate(20);
        }
        assert!(join_all(puts).await.into_iter().all(|put| put.is_ok()));
    }
    store.delete(contexts[0].id()).await.unwrap();
    drop(store);

    let store = RedbStore::open(&path).unwrap();
    let listed = store.list(None, 100).await.unwrap();
    assert_eq!(listed.len(), 39);
    for summary in listed {
        let context = store.read(summary.id).await.unwrap().unwrap();
        assert_eq!(ContextSummary::from(&context), summary);
        assert_eq!(context.message_count(None).unwrap() as u64, context.version().0);
    }
    assert_eq!(store.read(contexts[0].id()).await, Ok(None));
}

#[tokio::test]
async fn what_has_queued_up_is_finished_before_the_store_is_closed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    let store = RedbStore::open(&path).unwrap();
    let ids = IdSource::seeded(5);
    for _ in 0..50 {
        let context = ChatContext::new(ids.next(), config(), Timestamp(0)).unwrap();
        drop(poll(&mut Box::pin(store.write(context))));
    }
    drop(store);
    assert_eq!(RedbStore::open(&path).unwrap().list(None, 100).await.unwrap().len(), 50);
}

#[tokio::test]
async fn after_a_crash_everything_acknowledged_is_there() {
    let place = tempfile::tempdir().unwrap();
    let [path, crashed] = ["store.redb", "crashed.redb"].map(|name| place.path().join(name));
    let store = RedbStore::open(&path).unwrap();
    let ids = IdSource::seeded(5);
    for _ in 0..10 {
        store.write(ChatContext::new(ids.next(), config(), Timestamp(0)).unwrap()).await.unwrap();
    }
    // What a crash would leave now: this file was never closed.
    std::fs::copy(&path, &crashed).unwrap();
    assert_eq!(RedbStore::open(&crashed).unwrap().list(None, 100).await, store.list(None, 100).await);
}

#[test]
fn an_empty_file_becomes_a_store() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    std::fs::write(&path, "").unwrap();
    for _ in 0..2 {
        drop(RedbStore::open(&path).unwrap());
    }
}

/// Opens `path`, which must be refused. What the refusal says.
fn refusal(path: &Path) -> String {
    let before = path.is_file().then(|| std::fs::read(path).unwrap());
    let refused = RedbStore::open(path).map(drop).unwrap_err();
    assert!(matches!(refused, StoreError::Unusable { .. }), "{refused}");
    let words = refused.to_string();
    assert!(words.contains(&path.display().to_string()), "{words}");
    let after = path.is_file().then(|| std::fs::read(path).unwrap());
    assert!(before == after, "the file was changed: {words}");
    words
}

#[test]
fn a_directory_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let words = refusal(place.path());
    assert!(words.contains("directory") && words.contains("name a file"), "{words}");
}

#[test]
fn a_path_into_nowhere_is_refused() {
    let place = tempfile::tempdir().unwrap();
    refusal(&place.path().join("no/such/place/store.redb"));
}

#[test]
fn a_text_file_is_refused_and_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("notes.txt");
    for text in ["not a store\n".to_owned(), "a longer text, of several pages\n".repeat(4096)] {
        std::fs::write(&path, text).unwrap();
        let words = refusal(&path);
        assert!(words.contains("name a file written by this program, or a new one"), "{words}");
    }
}

#[test]
fn another_programs_redb_file_is_refused_and_left_alone() {
    const PLAIN: TableDefinition<'_, &str, u64> = TableDefinition::new("their table");
    const NAMESAKE: TableDefinition<'_, u64, u64> = TableDefinition::new("lockyard");
    const MULTIMAP: MultimapTableDefinition<'_, u64, u64> = MultimapTableDefinition::new("their multimap");
    let makers: [fn(&WriteTransaction); 3] = [
        |theirs| drop(theirs.open_table(PLAIN).unwrap().insert("answer", 42).unwrap()),
        |theirs| drop(theirs.open_table(NAMESAKE).unwrap().insert(1, 42).unwrap()),
        |theirs| assert!(!theirs.open_multimap_table(MULTIMAP).unwrap().insert(1, 42).unwrap()),
    ];
    for make in makers {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("theirs.redb");
        let database = Database::create(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        make(&transaction);
        transaction.commit().unwrap();
        drop(database);
        let words = refusal(&path);
        assert!(words.contains("another program") && words.contains("name a new file"), "{words}");
    }
}

#[test]
fn a_file_in_a_newer_format_is_refused_and_left_alone() {
    const META: TableDefinition<'_, &str, u64> = TableDefinition::new("lockyard");
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    drop(RedbStore::open(&path).unwrap());
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert("format", 3).unwrap();
    transaction.commit().unwrap();
    drop(database);

    let words = refusal(&path);
    assert!(words.contains("format 3") && words.contains("newer program"), "{words}");
}

#[test]
fn a_store_that_is_open_already_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    let _open = RedbStore::open(&path).unwrap();
    let words = refusal(&path);
    assert!(words.contains("open"), "{words}");
}
