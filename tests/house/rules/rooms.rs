//! The rooms of the house, and what each may know: which other rooms, and which of the instruments.
//!
//! `docs/ARCHITECTURE.md` has the same table with what each room is, and a test compares the two. Between the crates
//! Cargo holds the order.

use super::Complaint;
use super::paths::paths;
use super::source::{Source, room_of};

/// What a room may know: other rooms by their paths, instruments by the names of their crates. A room that is not listed
/// is refused until that is decided.
pub const ROOMS: &[(&str, &[&str])] = &[
    ("backend/byte_sum", &[]),
    ("backend/shared_vec", &["lockyard-lock"]),
    ("backend/chat", &["backend/shared_vec"]),
    ("backend/clock", &["backend/chat"]),
    ("backend/store", &["backend/clock", "backend/chat", "backend/byte_sum"]),
    (
        "backend/session",
        &["backend/store", "backend/clock", "backend/chat", "backend/byte_sum", "lockyard-lock"],
    ),
    // What a server's own tasks share, as the manager's do.
    (
        "backend/shared",
        &["backend/session", "backend/store", "backend/clock", "backend/chat", "lockyard-lock"],
    ),
    ("backend/postgres", &["backend/shared", "backend/chat"]),
    ("backend/endpoints", &[]),
    ("backend/operation", &["backend/endpoints"]),
    // A store only to list what is in it.
    (
        "backend/service",
        &[
            "backend/endpoints",
            "backend/operation",
            "backend/session",
            "backend/store",
            "backend/clock",
            "backend/chat",
        ],
    ),
    ("backend/wire", &["backend/chat"]),
    // Waits and holds are reported on the page of metrics.
    (
        "backend/http",
        &[
            "backend/wire",
            "backend/service",
            "backend/session",
            "backend/store",
            "backend/chat",
            "unknown",
            "lockyard-track",
        ],
    ),
    ("backend/remote", &["backend/wire", "backend/service", "backend/session", "backend/chat"]),
    ("unknown", &[]),
    // What a mix is of; and what the instruments call a workload.
    ("workload", &["unknown", "backend/operation", "lockyard-bench"]),
    (
        "strategy",
        // The tracker for presets over tracked locks: other types.
        &[
            "unknown",
            "backend/service",
            "backend/session",
            "backend/store",
            "backend/chat",
            "lockyard-lock",
            "lockyard-track",
        ],
    ),
    (
        "cluster",
        // What a server of either kind stands on: the clock, and where ids come from.
        &[
            "strategy",
            "backend/postgres",
            "backend/service",
            "backend/shared",
            "backend/session",
            "backend/store",
            "backend/chat",
            "lockyard-lock",
        ],
    ),
    (
        "checks/explored",
        &["backend/session", "backend/store", "backend/chat", "lockyard-explore", "lockyard-lock"],
    ),
    ("checks/spec", &["backend/chat", "lockyard-history"]),
    ("checks/invariants", &["checks/spec", "backend/chat"]),
    (
        "checks/sessions",
        &[
            "checks/explored",
            "checks/invariants",
            "checks/spec",
            "backend/chat",
            "lockyard-explore",
            "lockyard-history",
        ],
    ),
    (
        "checks/shared",
        &[
            "checks/explored",
            "backend/shared",
            "backend/session",
            "backend/chat",
            "lockyard-explore",
            "lockyard-history",
        ],
    ),
    (
        "checks/pitfalls",
        &[
            "checks/explored",
            "checks/invariants",
            "checks/sessions",
            "checks/spec",
            "backend/service",
            "backend/session",
            "backend/store",
            "backend/chat",
            "lockyard-explore",
            "lockyard-history",
            "lockyard-lock",
            "lockyard-track",
        ],
    ),
    // Strategies by name, and their verdicts in the record's words.
    (
        "checks/models",
        &[
            "checks/explored",
            "checks/pitfalls",
            "checks/sessions",
            "checks/spec",
            "strategy",
            "backend/service",
            "backend/session",
            "backend/chat",
            "lockyard-bench",
            "lockyard-explore",
            "lockyard-lock",
        ],
    ),
    (
        "subjects",
        &[
            "workload",
            "strategy",
            "checks/invariants",
            "checks/pitfalls",
            "checks/spec",
            "backend/remote",
            "backend/service",
            "backend/session",
            "backend/store",
            "backend/chat",
            "lockyard-bench",
            "lockyard-history",
            "lockyard-lock",
            "lockyard-track",
        ],
    ),
];

/// The room that may know all the others: it starts them.
pub const PROGRAM: &str = "cli";

/// What the crate's root calls the instruments.
fn instrument(name: &str, own: bool) -> Option<String> {
    const ALIASES: [&str; 6] = ["bench", "evidence", "explore", "history", "lock", "track"];
    if own {
        ALIASES.contains(&name).then(|| format!("lockyard-{name}"))
    } else {
        name.starts_with("lockyard_").then(|| name.replace('_', "-"))
    }
}

/// The other rooms and the instruments that a file knows, each with the line. `children` are the modules that stand in files
/// below it.
pub fn known_rooms(source: &Source, children: &[String]) -> Vec<(usize, String)> {
    let Some(own) = source.room() else { return Vec::new() };
    let mut known = Vec::new();
    for path in paths(source, children) {
        let first = path.names.first().map_or("", String::as_str);
        let found = instrument(first, path.own).or_else(|| {
            let other = room_of(&path.names).filter(|_| path.own)?;
            (other == PROGRAM || ROOMS.iter().any(|(room, _)| *room == other)).then_some(other)
        });
        known.extend(found.filter(|found| *found != own).map(|found| (path.line, found)));
    }
    known
}

/// A room knows only what it may. `children` are the modules that stand in files below this one.
pub fn strange_rooms(source: &Source, children: &[String]) -> Vec<Complaint> {
    let Some(room) = source.room().filter(|room| room != PROGRAM) else { return Vec::new() };
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![(1, format!("it is not decided what the room `{room}` may know: see ROOMS"))];
    };
    let known = known_rooms(source, children).into_iter();
    let strange = known.filter(|(_, known)| !allowed.contains(&known.as_str()));
    strange.map(|(line, known)| (line, format!("`{room}` may not know `{known}`"))).collect()
}

/// The words of the system under test.
const SYSTEM: [&str; 2] = ["chat", "session"];

/// Names in records that others rely on, and what the records of schema 1 counted bytes for.
const CONTRACT: [&str; 3] = ["per_session", "PerSession", r#"Some("session".to_owned())"#];

/// No instrument knows chat or sessions: in code and in words. Examples may be of anything, and so may the records be that
/// tests read as samples, and comments in tests say where they come from.
pub fn not_an_instrument(source: &Source) -> Vec<Complaint> {
    if !source.path.starts_with("crates/") || source.path.contains("/examples/") {
        return Vec::new();
    }
    if source.path.contains("/tests/golden/") {
        return Vec::new();
    }
    let text = if source.path.contains("/tests/") { source.code() } else { &source.text };
    let lines = (1..).zip(text.lines());
    let words = lines.flat_map(|(line, text)| {
        let text = CONTRACT.iter().fold(text.to_owned(), |text, name| text.replace(name, "")).to_lowercase();
        SYSTEM.into_iter().filter(move |word| text.contains(word)).map(move |word| (line, word))
    });
    words.map(|(line, word)| (line, format!("`{word}`: an instrument is for any system"))).collect()
}
