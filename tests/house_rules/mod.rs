//! The rules, each a function from one source file to what is wrong with it.

pub mod source;

use source::Source;

/// A line and what is wrong there.
pub type Complaint = (usize, String);

/// No file is longer: past this there are two subjects in it.
const MAX_LINES: usize = 500;

/// What each room may take from the others. A room that is not listed is refused until somebody has decided.
const ROOMS: &[(&str, &[&str])] = &[
    ("alloc", &[]),
    // The real primitives, or a model checker's.
    ("sync", &[]),
    ("lock", &["sync"]),
    // A data structure: it fills slots once, and never waits but for another who is filling the same one.
    ("shared_vec", &["sync"]),
    ("chat", &["shared_vec"]),
    ("session", &["lock", "chat", "sync"]),
    ("service", &["session", "lock", "chat"]),
    ("http", &["service", "session", "chat", "track"]),
    ("remote", &["service", "session", "chat"]),
    ("workload", &["chat"]),
    // `track` for the presets with tracked locks: other types.
    ("strategy", &["service", "session", "lock", "chat", "sync", "track"]),
    // `session` for the bounds in the signatures that `strategy` and `service` hand it, `alloc` to count with.
    (
        "driver",
        &[
            "workload", "strategy", "remote", "service", "session", "chat", "stats", "record", "alloc",
            "verify", "track", "pitfalls",
        ],
    ),
    // A verdict is computed here alone, and named in the record's words.
    ("stats", &["record"]),
    ("record", &[]),
    ("gate", &["record", "stats"]),
    ("report", &["record"]),
    ("track", &["lock", "sync"]),
    ("explore", &["session", "lock", "chat"]),
    // Generic, but for the specification of this backend's own sessions.
    ("verify", &["chat"]),
    ("pitfalls", &["explore", "verify", "track", "service", "session", "lock", "chat"]),
    (
        "suite",
        &[
            "pitfalls", "explore", "verify", "track", "strategy", "service", "session", "lock", "chat",
            "record",
        ],
    ),
];

/// The room that may know all the others: it starts them.
const PROGRAM: &str = "cli";

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

/// What the session manager and the service must not know, besides the families in `lock`.
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

/// Stores are back ends, each with the locks and threads that its job needs.
const BACK_ENDS: &str = "src/session/store/";

const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "dbg!", "#[ignore"];

/// The conversation is pure.
pub fn impurities(source: &Source) -> Vec<Complaint> {
    if source.room() != Some("chat") {
        return Vec::new();
    }
    let complain =
        |(line, name)| (line, format!("`{name}`: a conversation waits for nothing and locks nothing"));
    Source::uses_of(&source.production(), IMPURE).into_iter().map(complain).collect()
}

/// The session manager and the service are generic: `families` are the concrete locks that they must not name.
pub fn concrete_things(source: &Source, families: &[&str]) -> Vec<Complaint> {
    let generic = matches!(source.room(), Some("session" | "service"));
    // What they have in common, the trait, is none of them.
    let in_common = source.path.strip_prefix(BACK_ENDS) == Some("mod.rs");
    if !generic || (source.path.starts_with(BACK_ENDS) && !in_common) {
        return Vec::new();
    }
    let forbidden: Vec<_> = CONCRETE.iter().chain(families).copied().collect();
    let uses = Source::uses_of(&source.production(), &forbidden);
    uses.into_iter()
        .map(|(line, name)| (line, format!("`{name}`: locks and runtime come through `Env`")))
        .collect()
}

/// The names of the concrete lock families, from the list of what `lock` hands out.
pub fn lock_families(lock_room: &Source) -> Vec<String> {
    let exports = lock_room.code().lines().filter_map(|line| line.strip_prefix("pub use "));
    exports.filter_map(|path| Some(path.split_once("::")?.1.trim_end_matches(';').to_owned())).collect()
}

/// A room knows only the rooms that it may.
pub fn strange_rooms(source: &Source) -> Vec<Complaint> {
    let Some(room) = source.room().filter(|room| *room != PROGRAM) else { return Vec::new() };
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![(1, format!("nobody has decided what the room `{room}` may know: see ROOMS"))];
    };
    let strange = source.names_from_the_root().into_iter().filter(|(_, name)| {
        let is_room = name == PROGRAM || ROOMS.iter().any(|(room, _)| room == name);
        name != room && is_room && !allowed.contains(&name.as_str())
    });
    strange.map(|(line, name)| (line, format!("`{room}` may not know `{name}`"))).collect()
}

/// The first paragraph says why the file exists.
pub fn no_reason_given(source: &Source) -> Vec<Complaint> {
    let missing = source.path.starts_with("src/") && !source.text.starts_with("//! ");
    missing.then(|| (1, "the file does not begin by saying why it exists".to_owned())).into_iter().collect()
}

/// One subject a file.
pub fn too_long(source: &Source) -> Vec<Complaint> {
    let lines = source.text.lines().count();
    let long = lines > MAX_LINES;
    long.then(|| (lines, format!("{lines} lines: there are two subjects in it"))).into_iter().collect()
}

/// Only an allocator cannot be written without it.
pub fn unsafe_code(source: &Source) -> Vec<Complaint> {
    let uses = match source.path.as_str() {
        "src/alloc.rs" => Vec::new(),
        _ => Source::uses_of(source.code(), &["unsafe"]),
    };
    uses.into_iter().map(|(line, name)| (line, format!("`{name}` outside src/alloc.rs"))).collect()
}

/// Nothing is left for later.
pub fn unfinished(source: &Source) -> Vec<Complaint> {
    let lines = (1..).zip(source.code().lines());
    let marks = lines.flat_map(|(line, code)| {
        UNFINISHED.iter().filter(|mark| code.contains(**mark)).map(move |mark| (line, format!("`{mark}`")))
    });
    marks.collect()
}

/// Nothing names a folder of somebody's machine, in comments and strings neither.
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
