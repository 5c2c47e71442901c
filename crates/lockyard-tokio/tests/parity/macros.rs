//! The macros that a crate exports, read from its sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of macros in this text that others may use. Some of tokio's are wrapped in one that holds their documentation.
fn written(text: &str, names: &mut BTreeSet<String>) {
    let mut is_exported = false;
    let mut wraps = false;
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        let named =
            |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_owned();
        if line.starts_with("#[macro_export]") {
            is_exported = true;
        } else if line.starts_with("macro_rules! doc ") {
            wraps = true;
        } else if let Some(rest) = line.strip_prefix("doc! {macro_rules! ") {
            assert!(wraps, "{line}");
            names.insert(named(rest));
            is_exported = false;
        } else if let Some(rest) = line.strip_prefix("macro_rules! ") {
            if std::mem::take(&mut is_exported) {
                names.insert(named(rest));
            }
        } else if let Some(rest) = line.strip_prefix("pub use tokio_macros::") {
            // Those of fewer features have the same names.
            let name = rest.trim_end_matches(';').rsplit(" as ").next().unwrap();
            names.insert(name.to_owned());
        }
    }
}

/// The names of all macros that the crate with these sources exports by itself.
pub fn exported(sources: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders = vec![sources.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                written(&fs::read_to_string(path).unwrap(), &mut names);
            }
        }
    }
    names
}
