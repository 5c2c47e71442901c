//! The house rules, held by tests: what may know what, and what no file may contain.
//!
//! Every rule is also tried on a snippet that breaks it, so that none can pass by looking at nothing.

mod house_rules;

use std::fs;
use std::path::Path;

use house_rules::source::Source;
use house_rules::{Complaint, *};

/// Every file below these folders with one of these endings.
fn sources(folders: &[&str], endings: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        // A folder that does not exist yet has nothing to break a rule with.
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| path.extension().is_some_and(|found| found == *ending)) {
                let parts = path.strip_prefix(root).unwrap().iter().map(|part| part.to_string_lossy());
                let name = parts.collect::<Vec<_>>().join("/");
                found.push(Source::new(name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

fn product() -> Vec<Source> {
    let sources = sources(&["src"], &["rs"]);
    assert!(sources.len() > 30, "only {} files were found", sources.len());
    sources
}

fn all_code() -> Vec<Source> {
    let models = ["loom-tests/src", "loom-tests/tests", "shuttle-tests/src", "shuttle-tests/tests"];
    sources(&[&["src", "tests", "benches"], &models[..]].concat(), &["rs"])
}

fn hold(sources: &[Source], rule: impl Fn(&Source) -> Vec<Complaint>) {
    let complaints = sources.iter().flat_map(|source| {
        let complaints = rule(source).into_iter();
        complaints.map(move |(line, what)| format!("{}:{line}: {what}", source.path))
    });
    let complaints: Vec<_> = complaints.collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// The lines at which `rule` finds something in this text, as if it stood at `path`.
fn lines_found(rule: impl Fn(&Source) -> Vec<Complaint>, path: &str, text: &str) -> Vec<usize> {
    rule(&Source::new(path, text)).into_iter().map(|(line, _)| line).collect()
}

#[test]
fn the_conversation_is_pure() {
    hold(&product(), impurities);

    let planted =
        "//! Says tokio.\nuse std::sync::{Arc, Mutex};\n\nasync fn f() { tokio::spawn(g()).await }\n";
    assert_eq!(lines_found(impurities, "src/chat/planted.rs", planted), [2, 4, 4, 4]);
    assert_eq!(lines_found(impurities, "src/lock/planted.rs", planted), [0; 0]);
    let in_tests = "fn f() {}\n#[cfg(test)]\nmod tests { use std::thread; }\nuse std::time::Instant;\n";
    assert_eq!(lines_found(impurities, "src/chat/planted.rs", in_tests), [4]);
    assert_eq!(lines_found(impurities, "src/chat/tests/planted.rs", planted), [0; 0]);
}

#[test]
fn session_and_service_name_no_lock_and_no_runtime() {
    let product = product();
    let room = product.iter().find(|source| source.path == "src/lock/mod.rs").unwrap();
    let families = lock_families(room);
    assert!(families.iter().any(|family| family == "TokioRwLock"), "{families:?}");
    let families: Vec<_> = families.iter().map(String::as_str).collect();
    let rule = |source: &Source| concrete_things(source, &families);
    hold(&product, rule);

    let planted =
        "use parking_lot::Mutex;\nuse crate::lock::{LockFamily, TokioRwLock};\nlet x = \"tokio\";\n";
    assert_eq!(lines_found(rule, "src/session/planted.rs", planted), [1, 1, 2]);
    assert_eq!(lines_found(rule, "src/service/planted.rs", planted), [1, 1, 2]);
    assert_eq!(lines_found(rule, "src/session/store/mod.rs", planted), [1, 1, 2]);
    assert_eq!(lines_found(rule, "src/session/store/memory.rs", planted), [0; 0]);
    assert_eq!(lines_found(rule, "src/session/store/redb/mod.rs", planted), [0; 0]);
    assert_eq!(lines_found(rule, "src/strategy/host.rs", planted), [0; 0]);
}

#[test]
fn rooms_know_only_what_they_may() {
    hold(&product(), strange_rooms);

    let planted = "use crate::chat::{A, B};\nuse crate::{\n    lock::C,\n    service::{D, E},\n};\n";
    assert_eq!(lines_found(strange_rooms, "src/session/planted.rs", planted), [2]);
    assert_eq!(lines_found(strange_rooms, "src/chat/planted.rs", planted), [2, 2]);
    assert_eq!(lines_found(strange_rooms, "src/cli/planted.rs", planted), [0; 0]);
    assert_eq!(lines_found(strange_rooms, "src/attic/planted.rs", planted), [1]);
    let inline = "fn f() { let x = crate::session::GATE; }\n";
    assert_eq!(lines_found(strange_rooms, "src/stats/planted.rs", inline), [1]);

    let upwards = "use super::super::service::X;\nuse super::service::Y;\n";
    assert_eq!(lines_found(strange_rooms, "src/session/planted.rs", upwards), [1]);
    assert_eq!(lines_found(strange_rooms, "src/session/mod.rs", upwards), [2]);
}

#[test]
fn every_file_says_why_it_exists() {
    hold(&product(), no_reason_given);

    assert_eq!(lines_found(no_reason_given, "src/planted.rs", "use std::fmt;\n//! Late.\n"), [1]);
    assert_eq!(lines_found(no_reason_given, "src/planted.rs", "//! Because.\n"), [0; 0]);
}

#[test]
fn no_file_is_too_long() {
    hold(&all_code(), too_long);

    assert_eq!(lines_found(too_long, "src/planted.rs", &"\n".repeat(501)), [501]);
    assert_eq!(lines_found(too_long, "src/planted.rs", &"\n".repeat(500)), [0; 0]);
}

#[test]
fn unsafe_code_stands_in_the_allocator_alone() {
    hold(&all_code(), unsafe_code);

    let planted = "// unsafe\n#![deny(unsafe_code)]\nunsafe fn f() {}\n";
    assert_eq!(lines_found(unsafe_code, "src/lock/planted.rs", planted), [3]);
    assert_eq!(lines_found(unsafe_code, "src/alloc.rs", planted), [0; 0]);
}

#[test]
fn nothing_is_left_for_later() {
    hold(&all_code(), unfinished);

    let planted =
        "let s = \"todo!()\";\ntodo!();\n// dbg!(x)\ndbg!(x);\n#[ignore = \"slow\"]\nunimplemented!()\n";
    assert_eq!(lines_found(unfinished, "tests/planted.rs", planted), [2, 4, 5, 6]);
}

#[test]
fn nothing_names_a_folder_of_one_machine() {
    let folders = ["src", "tests", "benches", "loom-tests", "shuttle-tests", "scripts", "docs"];
    hold(&sources(&folders, &["rs", "sh", "md", "toml"]), machine_paths);

    let planted =
        format!("// see /{}/me\nlet a = \"http://x.org/{}/\";\nlet b = \"/{}/x\";\n", "home", "work", "tmp");
    assert_eq!(lines_found(machine_paths, "src/planted.rs", &planted), [1, 3]);
}

/// Strings, characters, lifetimes and comments inside each other are told apart.
#[test]
fn code_is_told_from_words() {
    let code = |text: &str| {
        let source = Source::new("x.rs", text);
        assert_eq!(source.code().len(), text.len(), "lines and columns stay");
        source.code().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(code(r#"f("a // b", c); // d"#), r#"f(" , c);"#);
    assert_eq!(code(r##"f(r#"a "b" c"#, d)"##), r#"f(r#" , d)"#);
    assert_eq!(code(r#"f("a\"b", c)"#), r#"f(" , c)"#);
    assert_eq!(code(r"f('\'', '/', x::<'a>())"), r"f(' , ' , x::<'a>())");
    assert_eq!(code("a /* b\nc // d */ e"), "a e");
}

#[cfg(unix)]
#[test]
fn scripts_can_be_run() {
    use std::os::unix::fs::PermissionsExt;

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scripts = sources(&["scripts"], &["sh"]);
    assert!(!scripts.is_empty(), "no scripts were found");
    for script in scripts {
        let mode = fs::metadata(root.join(&script.path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{} cannot be run: chmod +x it", script.path);
        assert!(script.text.starts_with("#!"), "{} does not say what runs it", script.path);
        assert!(
            script.text.lines().any(|line| line.starts_with("set -eu")),
            "{} goes on after a failure",
            script.path
        );
    }
}
