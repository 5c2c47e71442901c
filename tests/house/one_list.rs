//! Closed sets stand in one list each: a lock or a cache that is added is named in its file, in the list, and where it is
//! exported, and all else follows.

use std::fs;
use std::path::{Path, PathBuf};

use lockyard::lock::{AsyncLockRwLock, LockFamily, StdRwLock};

/// Where code is. A record that tests read as a sample says the locks' names as any record does.
const FOLDERS: [&str; 10] = [
    "src",
    "crates",
    "benches",
    "tests",
    "loom-tests",
    "shuttle-tests",
    "track-rivals",
    "tokio-pitfalls",
    "real-code",
    "scripts",
];
const RECORDS: &str = "crates/lockyard-bench/tests";
/// What wraps the types of other libraries, whichever families there are.
const DROP_IN: &str = "crates/lockyard-tokio";
const THIS: &str = "tests/house/one_list.rs";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source and manifest below these folders, by its path from the root.
fn code() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let from_root = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            let is_code =
                path.extension().is_some_and(|ending| ["rs", "toml", "sh"].iter().any(|it| ending == *it));
            if path.is_dir()
                && ![RECORDS, DROP_IN].contains(&from_root.as_str())
                && !from_root.ends_with("target")
            {
                folders.push(path);
            } else if is_code && from_root != THIS {
                found.push((from_root, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 200, "only {} files were found", found.len());
    found
}

/// The files whose code names one of these. What comments say is no work for the author of a lock.
fn naming(names: &[&str]) -> Vec<String> {
    let is_named = |line: &str| {
        let comment = ["//", "#"].iter().any(|start| line.trim_start().starts_with(start));
        !comment && names.iter().any(|name| line.contains(name))
    };
    let mut files: Vec<_> =
        code().into_iter().filter(|(_, text)| text.lines().any(is_named)).map(|(path, _)| path).collect();
    files.sort();
    files
}

/// Those that no preset of our own names.
#[test]
fn a_lock_is_named_in_four_files_at_most() {
    let families = [("AsyncLockRwLock", AsyncLockRwLock::NAME), ("StdRwLock", StdRwLock::NAME)];
    for (family, name) in families {
        let files = naming(&[family, name, &name.replace('-', "_")]);
        assert!(files.contains(&"crates/lockyard-lock/src/list.rs".to_owned()), "{files:?}");
        assert!(files.len() <= 4, "{family} is named in {files:#?}");
    }
}

#[test]
fn a_cache_is_named_in_four_files_at_most() {
    let files = naming(&["QuickCache", "quick-cache", "quick_cache:"]);
    assert!(files.contains(&"src/strategy/cache/list.rs".to_owned()), "{files:?}");
    assert!(files.len() <= 4, "QuickCache is named in {files:#?}");
}
