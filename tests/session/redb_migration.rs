//! Files of format 1, in which each context was one piece of JSON: they are migrated, and the old file is kept.

use std::path::{Path, PathBuf};

use lockyard::backend::chat::{ChatContext, ContextSummary, Timestamp};
use lockyard::backend::store::{RedbStore, Store};
use lockyard::strategy::IdSource;
use redb::{Database, TableDefinition};

use crate::support::{config, user};

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("lockyard");
const CONTEXTS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("contexts");
const SUMMARIES: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("summaries");

fn contexts() -> Vec<ChatContext> {
    let ids = IdSource::seeded(5);
    let context = |messages| {
        let mut context = ChatContext::new(ids.next(), config(), Timestamp(3)).unwrap();
        context.set_system_prompt("be polite");
        for nth in 0..messages {
            context.append(user(&format!("message {nth}")), None).unwrap();
            context.touch(Timestamp(4));
        }
        context.fork_branch("draft", "main").unwrap();
        context.append(user("a draft"), Some("draft")).unwrap();
        context.touch(Timestamp(5));
        context
    };
    (0..40).map(context).collect()
}

/// A file as the program wrote it before, with these contexts.
fn old_file(path: &Path, contexts: &[ChatContext]) -> Database {
    let database = Database::create(path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert("format", 1).unwrap();
    for context in contexts {
        let (key, json) = (context.id().0.as_u128(), serde_json::to_vec(context).unwrap());
        transaction.open_table(CONTEXTS).unwrap().insert(key, &*json).unwrap();
        let summary = serde_json::to_vec(&ContextSummary::from(context)).unwrap();
        transaction.open_table(SUMMARIES).unwrap().insert(key, &*summary).unwrap();
    }
    transaction.commit().unwrap();
    database
}

fn kept(path: &Path) -> PathBuf {
    path.with_file_name(format!("{}.format-1", path.file_name().unwrap().to_str().unwrap()))
}

async fn assert_holds(path: &Path, contexts: &[ChatContext]) {
    let store = RedbStore::open(path).unwrap();
    for context in contexts {
        assert_eq!(store.read(context.id()).await.unwrap().as_ref(), Some(context));
    }
    let summaries: Vec<ContextSummary> = contexts.iter().map(ContextSummary::from).collect();
    assert_eq!(store.list(None, 100).await.unwrap(), summaries);
}

#[tokio::test]
async fn a_file_of_format_1_is_migrated_and_kept() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    let contexts = contexts();
    drop(old_file(&path, &contexts));
    let before = std::fs::read(&path).unwrap();
    assert_holds(&path, &contexts).await;
    assert_holds(&path, &contexts).await;
    assert_eq!(RedbStore::check(&path).unwrap().contexts, 40);

    let old = kept(&path);
    assert_eq!(std::fs::read(&old).unwrap().len(), before.len());
    let files = std::fs::read_dir(place.path()).unwrap().count();
    assert_eq!(files, 2, "the store and the old file");
    // And the old file is one that can be migrated again, by another name.
    let again = place.path().join("again.redb");
    std::fs::copy(&old, &again).unwrap();
    assert_holds(&again, &contexts).await;
}

#[tokio::test]
async fn a_file_of_format_1_that_was_never_closed_is_repaired_first() {
    let place = tempfile::tempdir().unwrap();
    let [path, crashed] = ["store.redb", "crashed.redb"].map(|name| place.path().join(name));
    let contexts = contexts();
    let open = old_file(&path, &contexts);
    std::fs::copy(&path, &crashed).unwrap();
    assert_holds(&crashed, &contexts).await;
    drop(open);
}

/// What an interrupted migration leaves is not the store's: until the end the old file has the name.
#[tokio::test]
async fn an_interrupted_migration_is_begun_again() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    let contexts = contexts();
    drop(old_file(&path, &contexts));
    std::fs::write(path.with_file_name("store.redb.migrating"), "half a file").unwrap();
    std::fs::copy(&path, kept(&path)).unwrap();
    assert_holds(&path, &contexts).await;
    let names: Vec<_> =
        std::fs::read_dir(place.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "nothing that was there before is lost: {names:?}");
}

/// One that cannot be read keeps none from being migrated, and stays in the old file.
#[tokio::test]
async fn what_cannot_be_read_is_left_out() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    let contexts = contexts();
    let old = old_file(&path, &contexts);
    let transaction = old.begin_write().unwrap();
    let key = contexts[7].id().0.as_u128();
    transaction.open_table(CONTEXTS).unwrap().insert(key, b"{\"id\":".as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(old);
    let whole: Vec<_> = contexts.iter().filter(|it| it.id() != contexts[7].id()).cloned().collect();
    assert_holds(&path, &whole).await;
    assert!(kept(&path).is_file());
}
