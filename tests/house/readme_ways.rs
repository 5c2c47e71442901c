//! The code that the README shows stands in the file that it names, which is compiled and run by other tests.

use std::fs;
use std::path::Path;

/// The blocks of Rust, each with the file that was linked last before it.
fn blocks(readme: &str) -> Vec<(String, String)> {
    let mut parts = readme.split("```rust\n");
    let mut before = parts.next().unwrap().to_owned();
    let mut found = Vec::new();
    for part in parts {
        let (code, after) = part.split_once("```").expect("a block ends");
        let links = before.split("](").skip(1).filter_map(|it| it.split_once(')')).map(|(path, _)| path);
        let file = links
            .filter(|path| Path::new(path).extension().is_some_and(|it| it == "rs"))
            .last()
            .expect("the file is named before its code");
        found.push((file.to_owned(), code.to_owned()));
        before = format!("{before}{after}");
    }
    found
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

#[test]
fn code_is_that_of_the_file_beside_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let blocks = blocks(&readme);
    let files: Vec<_> = blocks.iter().map(|(file, _)| file.as_str()).collect();
    let ways = [
        "examples/own_lock.rs",
        "crates/lockyard-bench/examples/own_service.rs",
        "crates/lockyard-tokio/examples/own_async.rs",
    ];
    assert!(ways.iter().all(|way| files.contains(way)), "a way in has no code: {files:?}");
    for (file, code) in &blocks {
        let there = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut rest = lines(&there);
        for line in lines(code) {
            assert!(rest.any(|it| it == line), "{file} has no such line, or not in this order: {line}");
        }
    }
}
