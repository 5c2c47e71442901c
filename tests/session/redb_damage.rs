//! A store's file that is damaged: what is wrong is never served for what was stored, and what is whole is not lost.
//!
//! `LOCKYARD_FLIPS` says how many bits are flipped, one at a time (200 by default).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Once;

use futures_util::future::{join, join_all};
use lockyard::backend::chat::{
    ChatContext, ContextId, ContextSummary, ContextUpdate, IdempotencyKey, Timestamp,
};
use lockyard::backend::store::{RedbStore, Store, StoreCheck, StoreError};
use lockyard::strategy::IdSource;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use redb::{Database, ReadableTable, TableDefinition, WriteTransaction};

use crate::support::{config, user};

const PAGE: usize = 4096;

type Contexts = BTreeMap<ContextId, ChatContext>;

/// Where redb checks itself it panics at a damaged page, in a debug build; that is expected here, and not worth a print.
fn expect_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map(|place| place.file().to_owned()).unwrap_or_default();
            if !place.contains("redb") || place.contains("tests") {
                print(panic);
            }
        }));
    });
}

/// A store at `path` that has been in use: contexts of several sizes, changed and deleted.
async fn filled(path: &Path, count: usize, longest: usize) -> Contexts {
    let store = RedbStore::open(path).unwrap();
    let ids = IdSource::seeded(5);
    let mut contexts = Contexts::new();
    for nth in 0..count {
        let mut context = ChatContext::new(ids.next(), config(), Timestamp(0)).unwrap();
        let mut stored = None;
        for round in 0..=nth * longest / count {
            context.append(user(&format!("message {round} of {nth}: {}", "x".repeat(78))), None).unwrap();
            context.touch(Timestamp(round as u64));
            if round % 7 == 0 {
                store.put(context.clone(), &mut stored).await.unwrap();
            }
        }
        let mode = Some(format!("mode {nth}"));
        context.update(&ContextUpdate { mode, ..Default::default() }).unwrap();
        let key = context.id().0;
        context.remember(Some(IdempotencyKey { key, request: key }), None, Timestamp(99));
        context.touch(Timestamp(99));
        store.put(context.clone(), &mut stored).await.unwrap();
        if nth % 10 == 9 {
            store.delete(context.id()).await.unwrap();
        } else {
            contexts.insert(context.id(), context);
        }
    }
    contexts
}

/// What came of asking a damaged store for everything.
#[derive(Debug, Default)]
struct Seen {
    /// Errors that name what is wrong.
    named: usize,
    /// Answers that are not what was stored.
    wrong: Vec<String>,
}

async fn ask_for_all(path: &Path, contexts: &Contexts) -> Seen {
    let mut seen = Seen::default();
    let store = match RedbStore::open(path) {
        Ok(store) => store,
        Err(StoreError::Unusable { .. }) => return Seen { named: 1, ..seen },
        Err(other) => panic!("{other}"),
    };
    for (id, context) in contexts {
        match store.read(*id).await {
            Ok(found) if found.as_ref() == Some(context) => {}
            Ok(Some(_)) => seen.wrong.push(format!("{id} is another one")),
            Ok(None) => seen.wrong.push(format!("{id} is not there")),
            Err(_) => seen.named += 1,
        }
    }
    match store.list(None, usize::MAX).await {
        Ok(list)
            if list.iter().eq(contexts.values().map(ContextSummary::from).collect::<Vec<_>>().iter()) => {}
        Ok(_) => seen.wrong.push("the list is another one".to_owned()),
        Err(_) => seen.named += 1,
    }
    seen
}

/// Exports what can be read; each context that comes out is one that was stored, or is named as doubtful.
fn export(path: &Path, contexts: &Contexts) -> Option<StoreCheck> {
    let mut out = Vec::new();
    let Ok(exported) = RedbStore::export(path, &mut out) else { return None };
    let lines = String::from_utf8(out).unwrap();
    let mut right = 0;
    for line in lines.lines().skip(1) {
        let context: ChatContext = serde_json::from_str(line).unwrap();
        let doubtful = exported.faults.iter().any(|fault| fault.contains(&context.id().to_string()));
        let as_stored = contexts.get(&context.id()) == Some(&context);
        assert!(as_stored || doubtful, "{context:?} was exported, and {:?}", exported.faults);
        right += usize::from(as_stored);
    }
    assert!(
        right == contexts.len() || !exported.faults.is_empty(),
        "{right} were exported, and no word of the others"
    );
    Some(exported)
}

#[tokio::test]
async fn no_flipped_bit_is_served() {
    expect_panics();
    let flips = std::env::var("LOCKYARD_FLIPS").map_or(200, |given| given.parse().unwrap());
    let place = tempfile::tempdir().unwrap();
    let [path, damaged] = ["store.redb", "damaged.redb"].map(|name| place.path().join(name));
    let contexts = filled(&path, 40, 60).await;
    let whole = std::fs::read(&path).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut named, mut harmless, mut wrong) = (0, 0, Vec::new());
    let used: Vec<usize> = (0..whole.len())
        .step_by(PAGE)
        .filter(|at| whole[*at..*at + PAGE].iter().any(|byte| *byte != 0))
        .collect();
    for nth in 0..flips {
        let at = used[random.random_range(0..used.len())] + random.random_range(0..PAGE);
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << random.random_range(0..8);
        std::fs::write(&damaged, &bytes).unwrap();
        let seen = ask_for_all(&damaged, &contexts).await;
        wrong.extend(seen.wrong.into_iter().map(|what| format!("flip {nth} at {at}: {what}")));
        if seen.named > 0 {
            named += 1;
        } else {
            harmless += 1;
        }
        std::fs::write(&damaged, &bytes).unwrap();
        export(&damaged, &contexts);
        assert!(std::fs::read(&damaged).unwrap() == bytes, "an export changes nothing");
    }
    println!(
        "{flips} flips in {} pages: {named} named, {harmless} harmless, {} wrong",
        used.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(named > 0, "no flip was noticed");
}

/// A whole page of noise, at each place in turn: what stands elsewhere comes out all the same.
#[tokio::test]
async fn a_damaged_page_takes_no_more_with_it_than_it_held() {
    expect_panics();
    let place = tempfile::tempdir().unwrap();
    let [path, damaged] = ["store.redb", "damaged.redb"].map(|name| place.path().join(name));
    let contexts = filled(&path, 200, 9).await;
    let whole = std::fs::read(&path).unwrap();
    let (mut pages, mut nearly_all, mut untouched) = (0, 0, 0);
    for at in (0..whole.len()).step_by(PAGE).filter(|at| whole[*at..*at + PAGE].iter().any(|byte| *byte != 0))
    {
        let mut bytes = whole.clone();
        bytes[at..at + PAGE]
            .iter_mut()
            .enumerate()
            .for_each(|(nth, byte)| *byte ^= (nth as u8).wrapping_mul(37) | 1);
        std::fs::write(&damaged, &bytes).unwrap();
        let seen = ask_for_all(&damaged, &contexts).await;
        assert!(seen.wrong.is_empty(), "page {at}: {:#?}", seen.wrong);
        std::fs::write(&damaged, &bytes).unwrap();
        let exported = export(&damaged, &contexts);
        pages += 1;
        match exported {
            Some(exported) if exported.faults.is_empty() => untouched += 1,
            Some(exported) if exported.contexts as usize + 12 >= contexts.len() => nearly_all += 1,
            other => println!(
                "page {}: {:?}",
                at / PAGE,
                other.map(|it| (it.contexts, it.faults.first().cloned()))
            ),
        }
    }
    println!("{pages} pages: {untouched} of no account, {nearly_all} with all but a few contexts exported");
    assert_eq!(nearly_all + untouched, pages, "a page has taken more with it than it held");
    assert!(nearly_all > 20);
}

/// What cannot be read is named as such, can be deleted, and keeps nobody from the rest.
#[tokio::test]
async fn a_context_that_is_damaged_can_be_deleted_and_put_again() {
    expect_panics();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    let contexts = filled(&path, 20, 9).await;
    let mut bytes = std::fs::read(&path).unwrap();
    let victim = contexts.values().nth(10).unwrap();
    let text = victim.messages(None).unwrap().next_back().unwrap().text();
    let text = text.as_bytes();
    for at in (0..bytes.len() - text.len()).filter(|at| bytes[*at..].starts_with(text)).collect::<Vec<_>>() {
        bytes[at] ^= 1;
    }
    std::fs::write(&path, &bytes).unwrap();

    let store = RedbStore::open(&path).unwrap();
    let refused = store.read(victim.id()).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Corrupt { id, .. } if *id == victim.id()), "{refused}");
    assert!(refused.to_string().contains("checksum of message"), "{refused}");
    for (id, context) in contexts.iter().filter(|(id, _)| **id != victim.id()) {
        assert_eq!(store.read(*id).await.unwrap().as_ref(), Some(context));
    }
    store.delete(victim.id()).await.unwrap();
    assert_eq!(store.read(victim.id()).await, Ok(None));
    store.write(victim.clone()).await.unwrap();
    assert_eq!(store.read(victim.id()).await.unwrap().as_ref(), Some(victim));
    drop(store);
    let check = RedbStore::check(&path).unwrap();
    assert_eq!((check.contexts, check.faults), (18, vec![]));
}

/// Calls that share a commit with one that meets a damaged page are done all the same.
#[tokio::test]
async fn a_damaged_page_fails_those_alone_who_need_it() {
    expect_panics();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    let contexts = filled(&path, 100, 9).await;
    let whole = std::fs::read(&path).unwrap();
    let victim = contexts.values().nth(50).unwrap();
    let text = victim.messages(None).unwrap().next_back().unwrap().text();
    let holds_it = |at: &usize| whole[*at..*at + PAGE].windows(text.len()).any(|it| it == text.as_bytes());
    let mut in_use = 0;
    // It stands in pages that are free as well.
    for at in (0..whole.len()).step_by(PAGE).filter(holds_it) {
        let mut bytes = whole.clone();
        // The kind of page stays: a debug build of redb looks at that of every page when it opens a file.
        bytes[at + 1..at + PAGE].fill(0xEE);
        std::fs::write(&path, &bytes).unwrap();
        let store = RedbStore::open(&path).unwrap();
        let newcomer = ChatContext::new(IdSource::seeded(77).next(), config(), Timestamp(0)).unwrap();
        let reads = join_all(contexts.keys().map(|id| store.read(*id)));
        let (reads, put) = join(reads, store.write(newcomer.clone())).await;
        if reads.iter().all(Result::is_ok) {
            continue;
        }
        in_use += 1;
        assert_eq!(put, Ok(()));
        let failed: Vec<_> = reads.iter().filter_map(|read| read.as_ref().err()).collect();
        assert!(failed.len() <= 12, "{failed:?}");
        assert!(failed.iter().all(|error| matches!(error, StoreError::Corrupt { .. })), "{failed:?}");
        for (read, context) in reads.iter().zip(contexts.values()).filter(|(read, _)| read.is_ok()) {
            assert_eq!(read.as_ref().unwrap().as_ref(), Some(context));
        }
    }
    assert!(in_use > 0, "no page in use has the message");
}

/// Opens the file as redb has it, to change what no page's checksum would show.
fn behind_its_back(path: &Path, change: impl FnOnce(&WriteTransaction)) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
}

/// What is lost whole, or is an older state that was whole once, is not what was stored last.
#[tokio::test]
async fn rows_that_are_gone_or_have_come_back_are_found_out() {
    const ROWS: TableDefinition<'_, (u128, u32), &[u8]> = TableDefinition::new("rows");
    const CHECKSUMS: TableDefinition<'_, u128, u32> = TableDefinition::new("checksums");
    let changes: [fn(&WriteTransaction, u128); 5] = [
        |file, id| {
            let mut rows = file.open_table(ROWS).unwrap();
            rows.retain_in((id, 0)..=(id, u32::MAX), |_, _| false).unwrap();
        },
        |file, id| drop(file.open_table(CHECKSUMS).unwrap().remove(id).unwrap()),
        |file, id| drop(file.open_table(ROWS).unwrap().remove((id, 2)).unwrap()),
        // Its only receipt.
        |file, id| drop(file.open_table(ROWS).unwrap().remove((id, u32::MAX - 1024)).unwrap().unwrap()),
        |file, id| {
            // A row in the place of another.
            let mut rows = file.open_table(ROWS).unwrap();
            let row = rows.get((id, 1)).unwrap().unwrap().value().to_vec();
            rows.insert((id, 2), row.as_slice()).unwrap();
        },
    ];
    for change in changes {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("store.redb");
        let contexts = filled(&path, 20, 9).await;
        let (id, _) = contexts.iter().nth(10).unwrap();
        behind_its_back(&path, |file| change(file, id.0.as_u128()));
        assert_refused(&path, *id, &contexts).await;
    }
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.redb");
    let contexts = filled(&path, 20, 9).await;
    let (id, context) = contexts.iter().nth(10).unwrap();
    let mut older = Vec::new();
    let key = id.0.as_u128();
    behind_its_back(&path, |file| {
        let rows = file.open_table(ROWS).unwrap();
        for row in rows.range((key, 0)..=(key, u32::MAX)).unwrap() {
            let (key, bytes) = row.unwrap();
            older.push((key.value(), bytes.value().to_vec()));
        }
    });
    let mut newer = context.clone();
    newer.touch(Timestamp(100));
    RedbStore::open(&path).unwrap().write(newer).await.unwrap();
    behind_its_back(&path, |file| {
        let mut rows = file.open_table(ROWS).unwrap();
        for (key, bytes) in &older {
            rows.insert(*key, bytes.as_slice()).unwrap();
        }
    });
    assert_refused(&path, *id, &contexts).await;
}

/// This context is refused, the list with it, and all others are there.
async fn assert_refused(path: &Path, id: ContextId, contexts: &Contexts) {
    let store = RedbStore::open(path).unwrap();
    let refused = store.read(id).await;
    assert!(matches!(&refused, Err(StoreError::Corrupt { id: named, .. }) if *named == id), "{refused:?}");
    for (other, context) in contexts.iter().filter(|(other, _)| **other != id) {
        assert_eq!(store.read(*other).await.unwrap().as_ref(), Some(context));
    }
    drop(store);
    assert!(!RedbStore::check(path).unwrap().faults.is_empty());
    let store = RedbStore::open(path).unwrap();
    store.delete(id).await.unwrap();
    assert_eq!(store.list(None, 99).await.unwrap().len(), contexts.len() - 1);
}
