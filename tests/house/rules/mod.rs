//! The rules, each a function from one source file to what is wrong with it.

pub mod cycles;
pub mod documents;
pub mod patches;
pub mod paths;
pub mod rooms;
pub mod source;

use source::Source;

/// A line and what is wrong there.
pub type Complaint = (usize, String);

/// Past this, a person looks for a second subject in a file.
const MANY_LINES: usize = 400;

/// What a conversation must not know, being plain data and functions.
const IMPURE: &[&str] = &[
    "tokio",
    "parking_lot",
    "async_lock",
    "async",
    "await",
    "thread",
    "Mutex",
    "RwLock",
    "Condvar",
    "OnceLock",
    "atomic",
    "Instant",
    "SystemTime",
];

/// What the session manager and the service must not know, besides the families of locks.
const CONCRETE: &[&str] = &[
    "tokio",
    "parking_lot",
    "async_lock",
    "arc_swap",
    "thread",
    "Mutex",
    "RwLock",
    "Condvar",
    "Instant",
    "SystemTime",
];

/// What stores have in common. They themselves are back ends, each with the locks and threads that its job needs.
const STORES: &str = "src/backend/store/mod.rs";

/// What cannot be written without `unsafe`: an allocator, and guards that are kept beside what they borrow from.
pub const UNSAFE: &[&str] =
    &["crates/lockyard-bench/src/alloc.rs", "crates/lockyard-tokio/src/sync/extend.rs"];

const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "dbg!", "#[ignore"];

/// The conversation is pure.
pub fn impurities(source: &Source) -> Vec<Complaint> {
    if source.room().as_deref() != Some("backend/chat") {
        return Vec::new();
    }
    let complain =
        |(line, name)| (line, format!("`{name}`: a conversation waits for nothing and locks nothing"));
    Source::uses_of(&source.production(), IMPURE).into_iter().map(complain).collect()
}

/// The session manager, the service and the trait of the stores are generic: `families` are the concrete locks that they must not name.
pub fn concrete_things(source: &Source, families: &[&str]) -> Vec<Complaint> {
    let generic = matches!(source.room().as_deref(), Some("backend/session" | "backend/service"));
    if !generic && source.path != STORES {
        return Vec::new();
    }
    let forbidden: Vec<_> = CONCRETE.iter().chain(families).copied().collect();
    let uses = Source::uses_of(&source.production(), &forbidden);
    uses.into_iter()
        .map(|(line, name)| (line, format!("`{name}`: locks and runtime come through `Env`")))
        .collect()
}

/// The names of the concrete lock families, from what the crate of locks hands out.
pub fn lock_families(locks: &Source) -> Vec<String> {
    let exports = locks.code().lines().filter_map(|line| line.strip_prefix("pub use "));
    exports.filter_map(|path| Some(path.split_once("::")?.1.trim_end_matches(';').to_owned())).collect()
}

/// The first paragraph says why the file exists.
pub fn no_reason_given(source: &Source) -> Vec<Complaint> {
    // A crate may begin with its README, which says it.
    let given = ["//! ", "#![doc = include_str!("].iter().any(|start| source.text.starts_with(start));
    let missing = !given;
    missing.then(|| (1, "the file does not begin by saying why it exists".to_owned())).into_iter().collect()
}

/// One subject a file.
pub fn too_long(source: &Source) -> Vec<Complaint> {
    let lines = source.text.lines().count();
    let complaint = || (lines, format!("{lines} lines: look for a second subject in it"));
    (lines > MANY_LINES).then(complaint).into_iter().collect()
}

/// Little cannot be written without it.
pub fn unsafe_code(source: &Source) -> Vec<Complaint> {
    if UNSAFE.contains(&source.path.as_str()) {
        return Vec::new();
    }
    let uses = Source::uses_of(source.code(), &["unsafe"]);
    uses.into_iter().map(|(line, name)| (line, format!("`{name}` outside {UNSAFE:?}"))).collect()
}

/// Nothing is left for later.
pub fn unfinished(source: &Source) -> Vec<Complaint> {
    let lines = (1..).zip(source.code().lines());
    let marks = lines.flat_map(|(line, code)| {
        UNFINISHED.iter().filter(|mark| code.contains(**mark)).map(move |mark| (line, format!("`{mark}`")))
    });
    marks.collect()
}

/// Nothing names a folder of a developer's machine, in comments and strings neither.
pub fn machine_paths(source: &Source) -> Vec<Complaint> {
    let roots = ["home", "root", "Users", "work", "tmp"].map(|root| format!("/{root}/"));
    let is_absolute = |line: &str, root: &str| {
        line.match_indices(root)
            .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-}".contains(c)))
    };
    let lines = (1..).zip(source.text.lines());
    let paths = lines.flat_map(|(line, text)| {
        let roots = roots.iter().filter(move |root| is_absolute(text, root));
        roots.map(move |root| (line, format!("{root} is a path of one machine")))
    });
    paths.collect()
}
