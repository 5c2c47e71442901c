//! Nothing slips by: each public method of `sync` reports what it does, or is known to do nothing that others could see.
//!
//! What is called is found by its name, in the source; a call on tokio's own, which is always `inner`, does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{FnArg, ImplItem, Item, Visibility};

/// The calls by which something is reported.
const REPORTS: [&str; 13] = [
    "access",
    "acquire",
    "acquired",
    "block",
    "block_event",
    "downgrade",
    "event",
    "forget",
    "merge",
    "serve",
    "split",
    "unseen",
    "used",
];

/// Methods that report nothing, and why that is right.
const SILENT: [(&str, &str); 6] = [
    ("get_mut into_inner take", "nobody else has it"),
    ("max_capacity same_channel same_channel_as_sender semaphore num_permits", "it never changes"),
    ("is_terminated has_changed mark_changed size_hint", "it is the caller's own"),
    ("map try_map into_mapped", "it is held as before"),
    ("mutex rwlock", "it never changes"),
    ("downgrade", "of a sender: one that keeps nothing open"),
];

#[derive(Default)]
struct Method {
    public: bool,
    /// The names in it, each with the one before: a call on tokio's own has `inner` there.
    pairs: Vec<(String, String)>,
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

impl Method {
    fn new(public: bool, body: &impl ToTokens) -> Self {
        let text = body.to_token_stream().to_string();
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let words: Vec<_> = text.split(|c| !is_name(c)).filter(|word| !word.is_empty()).collect();
        let pairs = words.windows(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned()));
        Self { public, pairs: pairs.collect() }
    }

    /// Whether it reports, by itself or through one of those.
    fn reports(&self, through: &BTreeSet<String>) -> bool {
        self.pairs.iter().any(|(on, name)| {
            let own = ["self", "Self", "channel", "sender", "making"].contains(&on.as_str());
            (on != "inner" && REPORTS.contains(&name.as_str())) || (own && through.contains(name))
        })
    }
}

/// The methods in this text, by the names of their types and their own.
fn methods(text: &str, file: &str) -> BTreeMap<String, Method> {
    let mut methods = BTreeMap::new();
    for item in syn::parse_file(text).unwrap().items {
        match item {
            Item::Impl(it) if it.trait_.is_none() => {
                let of = it.self_ty.to_token_stream().to_string();
                let of = of.split([' ', '<']).next().unwrap();
                for item in it.items {
                    let ImplItem::Fn(it) = item else { continue };
                    let named = format!("{file} {of} {}", it.sig.ident);
                    let has_self = it.sig.inputs.iter().any(|argument| match argument {
                        FnArg::Receiver(_) => true,
                        FnArg::Typed(it) => it.pat.to_token_stream().to_string() == "this",
                    });
                    let public = matches!(it.vis, Visibility::Public(_)) && has_self;
                    methods.insert(named, Method::new(public, &it.block));
                }
            }
            Item::Fn(it) => {
                let named = format!("{file} - {}", it.sig.ident);
                methods.insert(named, Method::new(false, &it.block));
            }
            _ => {}
        }
    }
    methods
}

/// The public methods that neither report nor call what does.
fn silent(methods: &BTreeMap<String, Method>) -> Vec<&String> {
    let own_name = |named: &str| named.rsplit(' ').next().unwrap().to_owned();
    let mut through = BTreeSet::new();
    loop {
        let reporting = methods.iter().filter(|(_, method)| method.reports(&through));
        let names: BTreeSet<_> = reporting.map(|(named, _)| own_name(named)).collect();
        if names == through {
            break;
        }
        through = names;
    }
    let known = |name: &str| SILENT.iter().any(|(names, _)| names.split(' ').any(|it| it == name));
    let silent = methods
        .iter()
        .filter(|(named, method)| method.public && !method.reports(&through) && !known(&own_name(named)));
    silent.map(|(named, _)| named).collect()
}

#[test]
fn each_method_reports() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sync");
    let mut found = Vec::new();
    files(&folder, &mut found);
    let methods: BTreeMap<_, _> = found
        .iter()
        .flat_map(|path| {
            let file = path.strip_prefix(&folder).unwrap().display().to_string();
            methods(&fs::read_to_string(path).unwrap(), &file)
        })
        .collect();
    let public = methods.values().filter(|method| method.public).count();
    assert!(public > 200, "only {public} methods were found");
    assert_eq!(silent(&methods), [""; 0]);

    let planted = "impl<T> Lock<T> {
        pub fn one(&self) { self.resource.access(true); self.inner.one() }
        pub fn two(&self) { self.inner.access(true) }
        pub fn three(&self) { self.helped() }
        fn helped(&self) { self.hold.used() }
        pub fn four(&self) -> u8 { self.inner.four() }
        pub fn get_mut(&mut self) { self.inner.get_mut() }
    }";
    assert_eq!(silent(&self::methods(planted, "x")), ["x Lock four", "x Lock two"]);
}
