//! Every endpoint stands in one list, and what is derived from it names none.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lockyard::backend::operation::Operation;

/// The most files that may have to say something about one endpoint: the list; how the backend serves it, a server
/// answers it, and a client of a server asks it; what a client asks that is measured, one that is recorded, and the
/// limit's.
const MOST: usize = 7;

/// An endpoint that nothing else speaks of: neither the specification nor a pitfall.
const PLAIN: Operation = Operation::ListContexts;

/// Where services, workloads and clients stand.
const ROOMS: [&str; 3] = ["backend", "workload", "subjects"];

/// Every source of these rooms without its comments and its tests.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut left: Vec<PathBuf> = ROOMS.iter().map(|room| root.join(room)).collect();
    let mut found = Vec::new();
    while let Some(path) = left.pop() {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") && !name.contains("tests") {
            let text = fs::read_to_string(&path).unwrap();
            let product = text.split("#[cfg(test)]").next().unwrap();
            let code = product.lines().filter(|line| !line.trim_start().starts_with("//"));
            found.push((name, code.collect::<Vec<_>>().join("\n")));
        }
    }
    assert!(found.len() > 50, "only {} files were found", found.len());
    found
}

/// The words of a text that may be names.
fn words(code: &str) -> BTreeSet<&str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').collect()
}

/// A file that says what becomes of an endpoint names its request, or defines a function of its name.
fn speaks_of(code: &str, operation: Operation) -> bool {
    let request = format!("{operation:?}");
    words(code).contains(request.as_str()) || code.contains(&format!("fn {operation}("))
}

#[test]
fn an_endpoint_is_added_in_seven_files_at_most() {
    let sources = sources();
    let files: Vec<_> =
        sources.iter().filter(|(_, code)| speaks_of(code, PLAIN)).map(|(name, _)| name).collect();
    assert!(files.len() <= MOST, "{PLAIN} stands in {}: {files:#?}", files.len());
    assert!(files.len() >= 4, "the search sees nothing: {files:#?}");
}

#[test]
fn what_is_derived_from_the_list_names_no_endpoint() {
    let derived = [
        "backend/operation.rs",
        "backend/service/request.rs",
        "backend/service/serve.rs",
        "backend/service/dynamic.rs",
        "backend/service/short_names.rs",
        "backend/service/layer.rs",
    ];
    let sources = sources();
    for file in derived {
        let (_, code) = sources.iter().find(|(name, _)| name == file).unwrap_or_else(|| panic!("{file}"));
        let words = words(code);
        for operation in Operation::ALL {
            let request = format!("{operation:?}");
            let named = [operation.name(), &request].into_iter().find(|name| words.contains(name));
            assert_eq!(named, None, "{file}");
        }
    }
}
