//! `lockyard store` on a damaged file: what is whole comes out, what is not is named, and the exit code says so.

use std::path::Path;
use std::process::{Command, Output};

use lockyard::backend::chat::{ChatContext, ContextConfig, NewMessage, Role, Timestamp};
use lockyard::backend::store::{RedbStore, Store};
use lockyard::strategy::IdSource;

fn store(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lockyard")).arg("store").args(args).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A store of 200 contexts; what the last message of the hundredth says.
fn filled(path: &Path) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (store, ids) = (RedbStore::open(path).unwrap(), IdSource::seeded(5));
        for nth in 0..200 {
            let config = ContextConfig::new("gpt", "chat");
            let mut context = ChatContext::new(ids.next(), config, Timestamp(0)).unwrap();
            context.append(NewMessage::text(Role::User, format!("the message of {nth:03}")), None).unwrap();
            context.touch(Timestamp(1));
            store.write(context).await.unwrap();
        }
    });
    "the message of 100".to_owned()
}

#[test]
fn a_damaged_context_hides_none_of_the_others() {
    let place = tempfile::tempdir().unwrap();
    let [path, lines, copy] = ["store.redb", "export.jsonl", "copy.redb"].map(|name| place.path().join(name));
    let text = filled(&path);
    let mut bytes = std::fs::read(&path).unwrap();
    for at in 0..bytes.len() - text.len() {
        if bytes[at..].starts_with(text.as_bytes()) {
            bytes[at] ^= 4;
        }
    }
    std::fs::write(&path, &bytes).unwrap();
    let file = path.clone();
    let [path, lines, copy] = [&path, &lines, &copy].map(|path| path.to_str().unwrap());

    let checked = store(&["check", path]);
    assert_eq!(checked.status.code(), Some(4), "{}", stderr(&checked));
    let whole = String::from_utf8_lossy(&checked.stdout);
    assert!(whole.starts_with("199 contexts are whole, "), "{whole}{}", stderr(&checked));

    let exported = store(&["export", path, "--to", lines]);
    assert_eq!(exported.status.code(), Some(4));
    let words = stderr(&exported);
    assert!(
        words.contains("199 contexts were exported") && words.contains("checksum of message 0"),
        "{words}"
    );
    let names: Vec<_> =
        std::fs::read_dir(place.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing unfinished is left: {names:?}");
    assert!(std::fs::read(&file).unwrap() == bytes, "to look at a damaged file is not to change it");
    assert_eq!(store(&["import", copy, "--from", lines]).status.code(), Some(0));
    assert_eq!(store(&["check", copy]).stdout, b"199 contexts are whole, 0 faults.\n");
}

/// An export that fails leaves what had the name before.
#[test]
fn an_export_that_fails_replaces_nothing() {
    let place = tempfile::tempdir().unwrap();
    let [path, lines] = ["store.redb", "export.jsonl"].map(|name| place.path().join(name));
    std::fs::write(&path, "not a store, but long enough to be looked at\n".repeat(400)).unwrap();
    std::fs::write(&lines, "the last good one").unwrap();
    let exported = store(&["export", path.to_str().unwrap(), "--to", lines.to_str().unwrap()]);
    assert_eq!(exported.status.code(), Some(2), "{}", stderr(&exported));
    assert_eq!(std::fs::read(&lines).unwrap(), b"the last good one");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 2, "nothing unfinished is left");
}
