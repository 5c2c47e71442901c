//! Whatever tokio hands out, this crate hands out, with the same signatures; what is left out is in the README.
//!
//! The sources of both are compared: of the tokio that this crate is built with, and our own.

mod parity {
    pub mod macros;
    pub mod shape;
    pub mod surface;
    pub mod tree;
}
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use parity::macros;
use parity::shape::Shape;
use parity::surface::Surface;
use parity::tree::Tree;

/// The modules that are written anew here, and how many things there are at least: a test that finds none says nothing.
/// All others are tokio's own, by a glob.
const OURS: [(&str, usize); 4] = [("sync", 300), ("task", 40), ("time", 40), ("runtime", 40)];

/// The folders of tokio's sources and of ours.
fn sources() -> [PathBuf; 2] {
    support::packages(["tokio", "lockyard-tokio"]).map(|package| {
        let manifest = package["manifest_path"].as_str().unwrap();
        Path::new(manifest).parent().unwrap().join("src")
    })
}

/// What the README says is left out: paths by what it says of them.
fn left_out(readme: &str) -> BTreeMap<String, String> {
    let section = readme.split_once("## What is left out").expect("there is such a section").1;
    let rows = section.lines().filter_map(|line| {
        let (path, why) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((path.to_owned(), why.trim_end_matches(" |").to_owned()))
    });
    rows.collect()
}

#[test]
fn all_that_tokio_hands_out_is_handed_out() {
    let [theirs, ours] = sources();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let left_out = left_out(&readme);
    let mut wrong = Vec::new();
    let mut lacking = Vec::new();
    let [theirs, ours] = [theirs, ours].map(|sources| Tree::read(&sources, OURS.map(|(module, _)| module)));
    for (module, least) in OURS {
        let theirs = Surface::of(&theirs, module);
        let ours = Surface::of(&ours, module);
        assert!(theirs.things.len() > least, "only {} things were found", theirs.things.len());
        for (path, what) in ours.lacks(&theirs) {
            if !left_out.contains_key(&path) {
                wrong.push(format!("{path} {what}"));
            }
            lacking.push(path);
        }
    }
    let idle = left_out.keys().filter(|path| !lacking.contains(path));
    wrong.extend(idle.map(|path| format!("{path} is not left out, and the README says so")));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_is_missing_or_differs_is_named() {
    let [theirs, _] = sources();
    let theirs = Surface::of(&Tree::read(&theirs, ["sync"]), "sync");
    let mut ours = Surface::of(&Tree::read(&sources()[1], ["sync"]), "sync");
    ours.things.remove("sync::Mutex::lock");
    ours.things.remove("sync::mpsc::WeakSender: Clone");
    let lossy = ours.things.get_mut("sync::RwLock::const_new").unwrap();
    *lossy = lossy.replacen("const ", "", 1);
    ours.elsewhere.retain(|path| path != "sync::oneshot::error");
    let lacks = ours.lacks(&theirs);
    let named: Vec<_> = lacks.keys().filter(|path| !path.starts_with("sync::oneshot::error::")).collect();
    assert_eq!(named, ["sync::Mutex::lock", "sync::RwLock::const_new", "sync::mpsc::WeakSender: Clone"]);
    assert!(lacks.contains_key("sync::oneshot::error::RecvError: Clone"));
    assert!(lacks["sync::RwLock::const_new"].starts_with("differs"));
}

/// The shape of one function.
fn shape(text: &str) -> String {
    Shape::default().function(&syn::parse_str::<syn::ItemFn>(text).unwrap().sig)
}

#[test]
fn shapes_are_what_callers_see() {
    let same = [
        ("async fn f(mut a: u8) -> b::C<u8> {}", "fn f(x: u8) -> impl Future<Output = C<u8>> {}"),
        ("fn f<'a, T: A + B>(t: &'a T) {}", "fn g<'x, U>(u: &'x U) -> () where U: m::B, U: A {}"),
        ("fn f<T>(t: impl Fn(&T) -> bool,) {}", "fn f<U>(u: impl Fn(&U) -> bool) {}"),
    ];
    for (one, other) in same {
        assert_eq!(shape(one), shape(other));
    }
    let different = [
        "fn f<T: A, U>(t: T) -> U {}",
        "fn f<U, T: A>(t: T) -> U {}",
        "fn f<T, U>(t: T) -> U {}",
        "async fn f<T: A, U>(t: T) -> U {}",
        "const fn f<T: A, U>(t: T) -> U {}",
        "fn f<T: A, U>(t: &T) -> U {}",
        "fn f<'a, 'b, T: A, U>(t: &'a T, u: &'b T) -> &'a U {}",
        "fn f<'a, 'b, T: A, U>(t: &'a T, u: &'b T) -> &'b U {}",
        "fn f<T: A, U>(t: T) {}",
    ];
    let shapes: BTreeSet<_> = different.iter().map(|text| shape(text)).collect();
    assert_eq!(shapes.len(), different.len(), "{shapes:#?}");
}

/// Each of these is there by our name, or this does not compile.
macro_rules! there {
    ($($name:ident)*) => {
        mod there {
            $(
                #[expect(unused_imports, reason = "that there is such a thing is all that is asked")]
                pub use lockyard_tokio::$name;
            )*
        }
        const THERE: &[&str] = &[$(stringify!($name)),*];
    };
}
there! {
    __task_local_inner count count_field join main pin select select_priv_clean_pattern select_priv_declare_output_enum
    select_variant task_local test try_join
}

#[test]
fn the_macros_are_tokios() {
    let [theirs, ours] = sources().map(|sources| macros::exported(&sources));
    assert_eq!(theirs.iter().map(String::as_str).collect::<Vec<_>>(), THERE);
    // Besides, there are those that our own are made of.
    let more: Vec<_> = ours.difference(&theirs).filter(|name| !name.starts_with("__")).collect();
    assert_eq!(more, [""; 0]);
    assert!(ours.contains("select"), "{ours:?}");
}

#[test]
fn all_else_is_tokios_own() {
    let lib = std::fs::read_to_string(sources()[1].join("lib.rs")).unwrap();
    assert!(lib.contains("\npub use real::*;\n"), "the modules that are not written anew");
    for (module, _) in OURS {
        assert!(lib.contains(&format!("\npub mod {module};\n")));
    }
}
