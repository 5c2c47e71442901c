//! The house rules, held by tests: what may know what, and what no file may contain.
//!
//! Every rule is also tried on a snippet that breaks it, so that none can pass by looking at nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::rules::cycles::{cycles, excuse, idle_excuses};
use crate::rules::documents::{documented_rooms, instruments_listed, instruments_used, missing_files};
use crate::rules::patches::misfits;
use crate::rules::rooms::{PROGRAM, ROOMS, known_rooms, not_an_instrument, strange_rooms};
use crate::rules::source::{Source, WINGS};
use crate::rules::{Complaint, *};

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

/// The system under test and the program.
fn product() -> Vec<Source> {
    let sources = sources(&["src"], &["rs"]);
    assert!(sources.len() > 30, "only {} files were found", sources.len());
    sources
}

/// All code there is.
fn all_code() -> Vec<Source> {
    let folders = ["src", "crates", "tests", "benches", "examples", "scripts"];
    let packages = ["loom-tests", "shuttle-tests", "track-rivals", "tokio-pitfalls", "real-code"];
    let packages = packages.iter().flat_map(|package| [format!("{package}/src"), format!("{package}/tests")]);
    let packages: Vec<_> = packages.collect();
    let all: Vec<_> = folders.into_iter().chain(packages.iter().map(String::as_str)).collect();
    sources(&all, &["rs"])
}

/// A file of the project's root or below it.
fn document(path: &str) -> Source {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Source::new(path, fs::read_to_string(root.join(path)).unwrap())
}

/// The modules that stand in files below that of `source`.
fn children(sources: &[Source], source: &Source) -> Vec<String> {
    let module = source.module();
    let below = sources.iter().filter(|it| it.crate_folder() == source.crate_folder()).map(Source::module);
    let children = below.filter(|it| it.len() == module.len() + 1 && it.starts_with(&module));
    children.filter_map(|mut it| it.pop()).collect()
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
    assert_eq!(lines_found(impurities, "src/backend/chat/planted.rs", planted), [2, 4, 4, 4]);
    assert_eq!(lines_found(impurities, "src/backend/session/planted.rs", planted), [0; 0]);
    let in_tests = "fn f() {}\n#[cfg(test)]\nmod tests { use std::thread; }\nuse std::time::Instant;\n";
    assert_eq!(lines_found(impurities, "src/backend/chat/planted.rs", in_tests), [4]);
    assert_eq!(lines_found(impurities, "src/backend/chat/tests/planted.rs", planted), [0; 0]);
}

#[test]
fn session_and_service_name_no_lock_and_no_runtime() {
    let locks = document("crates/lockyard-lock/src/lib.rs");
    let families = lock_families(&locks);
    assert!(families.iter().any(|family| family == "TokioRwLock"), "{families:?}");
    let families: Vec<_> = families.iter().map(String::as_str).collect();
    let rule = |source: &Source| concrete_things(source, &families);
    hold(&product(), rule);

    let planted =
        "use parking_lot::Mutex;\nuse lockyard_lock::{LockFamily, TokioRwLock};\nlet x = \"tokio\";\n";
    assert_eq!(lines_found(rule, "src/backend/session/planted.rs", planted), [1, 1, 2]);
    assert_eq!(lines_found(rule, "src/backend/service/planted.rs", planted), [1, 1, 2]);
    assert_eq!(lines_found(rule, "src/backend/store/mod.rs", planted), [1, 1, 2]);
    assert_eq!(lines_found(rule, "src/backend/store/memory.rs", planted), [0; 0]);
    assert_eq!(lines_found(rule, "src/backend/store/redb/mod.rs", planted), [0; 0]);
    assert_eq!(lines_found(rule, "src/strategy/host.rs", planted), [0; 0]);
}

#[test]
fn rooms_know_only_what_they_may() {
    let product = product();
    hold(&product, |source| strange_rooms(source, &children(&product, source)));
    let there: BTreeSet<_> = product.iter().filter_map(Source::room).collect();
    for (room, _) in ROOMS {
        assert!(there.contains(*room), "there is no room `{room}`");
    }
    let known = |room: &str| -> BTreeSet<_> {
        let files = product.iter().filter(|source| source.room().as_deref() == Some(room));
        let known = files.flat_map(|source| known_rooms(source, &children(&product, source)));
        known.map(|(_, known)| known).collect()
    };
    for (room, allowed) in ROOMS {
        let known = known(room);
        let idle: Vec<_> = allowed.iter().filter(|it| !known.contains(**it)).collect();
        assert!(idle.is_empty(), "`{room}` may know {idle:?}, and does not");
    }

    let rule = |source: &Source| strange_rooms(source, &["inner".to_owned()]);
    let planted =
        "use crate::backend::chat::{A, B};\nuse crate::{\n    lock::C,\n    backend::service::{D, E},\n};\n";
    assert_eq!(lines_found(rule, "src/backend/session/planted.rs", planted), [2, 2]);
    assert_eq!(lines_found(rule, "src/backend/chat/planted.rs", planted), [2, 2, 2]);
    assert_eq!(lines_found(rule, "src/cli/planted.rs", planted), [0; 0]);
    assert_eq!(lines_found(rule, "src/attic/planted.rs", planted), [1]);
    let inline =
        "fn f() { let x = crate::backend::session::GATE; }\nfn g() -> lockyard_track::Kind { h() }\n";
    assert_eq!(lines_found(rule, "src/workload/planted.rs", inline), [1, 2]);
    assert_eq!(lines_found(rule, "src/subjects/planted.rs", inline), [0; 0]);

    let upwards = "use super::super::service::X;\nuse super::service::Y;\n";
    assert_eq!(lines_found(rule, "src/backend/session/planted.rs", upwards), [1]);
    assert_eq!(lines_found(rule, "src/backend/session/mod.rs", upwards), [2]);
    let inside =
        "mod inner {\n    use super::super::service::X;\n    use super::super::super::service::Y;\n}\n";
    assert_eq!(lines_found(rule, "src/backend/session/planted.rs", inside), [3]);
    let below = "use inner::X;\nfn f() { inner::g() }\nfn h() { outer::session::g() }\n";
    assert_eq!(lines_found(rule, "src/backend/session/mod.rs", below), [0; 0]);
}

#[test]
fn the_rooms_are_those_of_the_document() {
    let rooms = documented_rooms(&document("docs/ARCHITECTURE.md"));
    let set = |known: &[&str]| known.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
    let rooms = by_name(rooms);
    let mut held: BTreeMap<_, _> =
        ROOMS.iter().map(|(room, known)| ((*room).to_owned(), set(known))).collect();
    held.insert(PROGRAM.to_owned(), BTreeSet::new());
    assert_eq!(rooms, held, "docs/ARCHITECTURE.md, on the left, differs from ROOMS, on the right");

    let planted =
        "# A\n## The modules\n| room | is | may know |\n| `a` | `x` | `b`, `c` |\n## B\n| `d` | | `e` |\n";
    let rooms = documented_rooms(&Source::new("planted.md", planted));
    assert_eq!(rooms, [("a".to_owned(), vec!["b".to_owned(), "c".to_owned()])]);
}

/// Rows of a table by their names.
fn by_name(rows: Vec<(String, Vec<String>)>) -> BTreeMap<String, BTreeSet<String>> {
    rows.into_iter().map(|(name, known)| (name, known.into_iter().collect())).collect()
}

/// The names of the folders in this one.
fn folders(path: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn the_table_of_rooms_has_each_folder_of_the_sources_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = by_name(documented_rooms(&document("docs/ARCHITECTURE.md")));
    for room in listed.keys() {
        let (folder, file) = (root.join("src").join(room), root.join(format!("src/{room}.rs")));
        assert!(folder.is_dir() || file.is_file(), "src/{room} is in the table and is not there");
    }
    let of_a_wing = |wing: &String| {
        folders(&format!("src/{wing}")).into_iter().map(|it| format!("{wing}/{it}")).collect::<Vec<_>>()
    };
    let (wings, rooms): (Vec<_>, Vec<_>) =
        folders("src").into_iter().partition(|it| WINGS.contains(&it.as_str()));
    assert_eq!(wings, WINGS, "folders that hold several rooms");
    for folder in wings.iter().flat_map(of_a_wing).chain(rooms) {
        assert!(
            listed.contains_key(&folder),
            "src/{folder} is not in the table of rooms of docs/ARCHITECTURE.md"
        );
    }
}

#[test]
fn the_table_of_instruments_has_each_crate_with_what_it_depends_on() {
    let listed = by_name(instruments_listed(&document("docs/ARCHITECTURE.md")));
    let used = |name: &String| instruments_used(&document(&format!("crates/{name}/Cargo.toml")));
    let there = by_name(folders("crates").into_iter().map(|name| (name.clone(), used(&name))).collect());
    assert_eq!(
        listed, there,
        "docs/ARCHITECTURE.md says on the left what crates/ on the right says otherwise"
    );

    let manifest = "[package]\nname = \"lockyard-x\"\n[dependencies]\nlockyard-a.workspace = true\nrand = \"1\"\nlockyard-b = { path = \"b\" }\n[dev-dependencies]\nlockyard-c.workspace = true\n";
    assert_eq!(instruments_used(&Source::new("planted.toml", manifest)), ["lockyard-a", "lockyard-b"]);
}

#[test]
fn the_examples_of_instruments_are_named_and_run() {
    let code = sources(&["crates"], &["rs"]);
    for example in code.iter().filter(|it| it.path.contains("/examples/")) {
        let (folder, file) = example.path.split_once("/examples/").unwrap();
        let named = document(&format!("{folder}/README.md"));
        let name = file.trim_end_matches(".rs");
        assert!(named.text.contains(&format!("--example {name}")), "{file}");
        // As a module of a test (`../examples/…`), or as a program.
        let is_run =
            |it: &Source| it.path.starts_with(folder) && it.text.contains(&format!("examples/{name}"));
        assert!(code.iter().any(is_run) || example.text.contains("../tests/"), "no test runs {file}");
    }
}

#[test]
fn instruments_know_nothing_of_the_system_under_test() {
    hold(&sources(&["crates"], &["rs", "md", "toml"]), not_an_instrument);

    let planted = "// A session.\nlet bytes_per_session = 1;\nstruct ChatLock;\n";
    assert_eq!(lines_found(not_an_instrument, "crates/lockyard-x/src/planted.rs", planted), [1, 3]);
    assert_eq!(lines_found(not_an_instrument, "crates/lockyard-x/tests/planted.rs", planted), [3]);
    let sample = "let at = \"src/session/mod.rs\";\nlet session = 1;\n";
    assert_eq!(lines_found(not_an_instrument, "crates/lockyard-x/tests/planted.rs", sample), [2]);
    assert_eq!(lines_found(not_an_instrument, "crates/lockyard-x/examples/planted.rs", planted), [0; 0]);
    assert_eq!(lines_found(not_an_instrument, "src/backend/planted.rs", planted), [0; 0]);
}

#[test]
fn no_files_import_each_other_in_a_cycle() {
    let knots = cycles(&sources(&["src", "crates"], &["rs"]));
    let strange: Vec<_> = knots.iter().filter(|knot| excuse(knot).is_none()).collect();
    assert!(strange.is_empty(), "these import each other in a cycle: {strange:#?}");
    let idle = idle_excuses(&knots);
    assert!(idle.is_empty(), "these are excused and are no cycle any more: {idle:#?}");

    let knots = |files: &[(&str, &str)]| {
        let files: Vec<_> = files.iter().map(|(path, text)| Source::new(*path, *text)).collect();
        cycles(&files)
    };
    let two = |a, b| knots(&[("src/lib.rs", "mod a;\nmod b;\n"), ("src/a.rs", a), ("src/b.rs", b)]);
    let cycle = [["src/a.rs", "src/b.rs"]];
    assert_eq!(two("use super::b::B;\nstruct A(B);\n", "use crate::a::A;\nstruct B(A);\n"), cycle);
    assert_eq!(two("fn f() { super::b::g() }\n", "use crate::a;\nfn g() { a::f() }\n"), cycle);
    assert_eq!(two("use super::b::*;\n", "fn g() -> super::a::A { h() }\n"), cycle);
    assert!(two("use super::b::B;\nstruct A(B);\n", "// use crate::a::A;\nstruct B;\n").is_empty());
    let tests = "struct B;\n#[cfg(test)]\nmod tests {\n    use super::super::a::A;\n    fn f(_: A) {}\n}\n";
    assert!(two("use super::b::B;\nstruct A(B);\n", tests).is_empty());

    let room = |map, a, b| knots(&[("src/x/mod.rs", map), ("src/x/a.rs", a), ("src/x/b.rs", b)]);
    let map = "mod a;\nmod b;\npub use a::A;\npub use b::B;\n";
    let (a, b) = ("use super::B;\npub struct A(B);\n", "use super::A;\npub struct B(A);\n");
    assert_eq!(room(map, a, b), [["src/x/a.rs", "src/x/b.rs"]], "what a map hands on is followed");
    assert!(room(map, a, "pub struct B;\n").is_empty(), "a map knows nothing of what it hands on");
    let knowing = "mod a;\nmod b;\npub use a::A;\npub trait T { fn a() -> A; }\n";
    assert_eq!(
        room(knowing, "use super::T;\npub struct A;\nimpl T for A {}\n", ""),
        [["src/x/a.rs", "src/x/mod.rs"]]
    );
}

#[test]
fn documents_name_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documents =
        sources(&["docs"], &["md"]).into_iter().chain(["README.md", "CONTRIBUTING.md"].map(document));
    let documents: Vec<_> = documents.collect();
    hold(&documents, |source| missing_files(source, |path| root.join(path).exists()));

    let there = |path: &str| ["src/a.rs", "docs/b.md", "crates"].contains(&path);
    let rule = |source: &Source| missing_files(source, there);
    let planted = "`src/a.rs` [b](b.md#part)\n`src/z.rs::f`\n[z](../src/z.rs)\n`x/y` [web](https://x.org/z)\n`crates/NAME`\n";
    assert_eq!(lines_found(rule, "docs/planted.md", planted), [2, 3]);
}

#[test]
fn patches_fit_the_sources_that_they_change() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let patches = sources(&["scripts"], &["patch"]);
    assert!(!patches.is_empty(), "no patches were found");
    hold(&patches, |patch| misfits(patch, |file| fs::read_to_string(root.join(file)).ok()));

    let text = |file: &str| (file == "a.rs").then(|| "one\ntwo\nthree\n".to_owned());
    let rule = |source: &Source| misfits(source, text);
    let patch = "--- a/a.rs\n+++ b/a.rs\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n@@ -3 +3 @@\n-four\n+4\n--- a/b.rs\n+++ b/b.rs\n";
    assert_eq!(lines_found(rule, "planted.patch", patch), [7, 10]);
}

#[test]
fn every_file_says_why_it_exists() {
    hold(&all_code(), no_reason_given);

    assert_eq!(lines_found(no_reason_given, "src/planted.rs", "use std::fmt;\n//! Late.\n"), [1]);
    assert_eq!(lines_found(no_reason_given, "src/planted.rs", "//! Because.\n"), [0; 0]);
}

#[test]
fn no_file_is_too_long() {
    hold(&all_code(), too_long);

    assert_eq!(lines_found(too_long, "src/planted.rs", &"\n".repeat(401)), [401]);
    assert_eq!(lines_found(too_long, "src/planted.rs", &"\n".repeat(400)), [0; 0]);
}

#[test]
fn unsafe_code_stands_where_it_must_alone() {
    hold(&all_code(), unsafe_code);

    let planted = "// unsafe\n#![deny(unsafe_code)]\nunsafe fn f() {}\n";
    assert_eq!(lines_found(unsafe_code, "crates/lockyard-lock/src/planted.rs", planted), [3]);
    assert!(UNSAFE.iter().all(|path| lines_found(unsafe_code, path, planted).is_empty()));
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
    let folders = ["src", "crates", "tests", "benches", "loom-tests", "shuttle-tests", "scripts", "docs"];
    hold(&sources(&folders, &["rs", "sh", "md", "toml"]), machine_paths);

    let planted =
        format!("// see /{}/me\nlet a = \"http://x.org/{}/\";\nlet b = \"/{}/x\";\n", "home", "work", "tmp");
    assert_eq!(lines_found(machine_paths, "src/planted.rs", &planted), [1, 3]);
}

/// Strings, characters, lifetimes and comments inside each other are distinguished.
#[test]
fn code_is_distinguished_from_words() {
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
            "{} continues after a failure",
            script.path
        );
    }
}
