//! What must hold when a run is over and all has drained, told from what was recorded, what memory holds and what the
//! store holds.
//!
//! Each is a function from facts to findings; none looks anywhere itself. A history can be linearizable and the run be
//! wrong all the same: what nobody asked for again, no answer contradicts.

use std::collections::{BTreeMap, HashMap};

use crate::backend::chat::{ChatContext, Message, StateKind};

use super::spec::{Acknowledged, Recording, Token};

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which kind, in a few words that do not change.
    pub kind: &'static str,
    /// What is wrong, and where.
    pub message: String,
}

/// Sessions as they are in the end, by their numbers in the recording. One that was deleted is not among them.
pub type Sessions<'a> = BTreeMap<u32, &'a ChatContext>;

/// Every acknowledged append stands in its session, at the place that was answered, and nothing that a client sent
/// stands there twice. `token` is that of a client's message, [`Token::FOREIGN`] of any other.
pub fn appends(
    recording: &Recording,
    last: &Sessions<'_>,
    token: impl Fn(&Message) -> Token,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut places: HashMap<(u32, Token), Vec<u32>> = HashMap::new();
    for (key, context) in last {
        for message in context.pool().iter() {
            let token = token(message);
            if token != Token::FOREIGN {
                places.entry((*key, token)).or_default().push(message.id.0);
            }
        }
    }
    for ((key, token), places) in &places {
        if places.len() > 1 {
            let message = format!("session {key} holds message #{:x} at the places {places:?}", token.0);
            findings.push(Finding { kind: "doubled append", message });
        }
    }
    for Acknowledged { key, message, .. } in recording.acknowledged() {
        let (Some((place, token)), true) = (message, last.contains_key(&key)) else { continue };
        if token == Token::FOREIGN || places.get(&(key, token)).is_some_and(|found| found.contains(&place)) {
            continue;
        }
        let found = places.get(&(key, token)).map_or("nowhere".to_owned(), |found| format!("at {found:?}"));
        let message = format!("session {key}: message #{:x} was put at {place}, and is {found}", token.0);
        findings.push(Finding { kind: "lost append", message });
    }
    sorted(findings)
}

/// No version was made twice, none is missing, and none was acknowledged that the session has not come to. A version
/// that nobody claims must lie within a turn, or be the work of somebody whose outcome is unknown.
pub fn versions(recording: &Recording, last: &Sessions<'_>) -> Vec<Finding> {
    let mut by_key: BTreeMap<u32, Vec<Acknowledged>> = BTreeMap::new();
    for acknowledged in recording.acknowledged() {
        by_key.entry(acknowledged.key).or_default().push(acknowledged);
    }
    let mut findings = Vec::new();
    for (key, mut changes) in by_key {
        changes.sort_by_key(|change| (change.version, change.until));
        let mut find = |kind, message: String| {
            findings.push(Finding { kind, message: format!("session {key}: {message}") });
        };
        for pair in changes.windows(2) {
            if pair[0].version == pair[1].version {
                find(
                    "version made twice",
                    format!("two changes were answered with version {}", pair[0].version),
                );
            }
        }
        let unknown = recording.has_unknown_changes(key);
        let mut reached = recording.first_version(key);
        for change in &changes {
            if let Some(reached) = reached
                && change.version > reached + 1
                && !unknown
            {
                let missing = format!("nobody made the versions {} to {}", reached + 1, change.version - 1);
                find("version gap", missing);
            }
            reached = reached.max(Some(change.until));
        }
        let Some(context) = last.get(&key) else { continue };
        let (version, reached) = (context.version().0, u64::from(reached.unwrap_or_default()));
        if version < reached {
            find("version went back", format!("{reached} was answered, and it has {version}"));
        } else if version > reached && !unknown {
            find("version gap", format!("it has {version}, and the last that was answered is {reached}"));
        }
    }
    findings
}

/// No session is at work once nobody is.
pub fn at_rest(last: &Sessions<'_>) -> Vec<Finding> {
    let working = last.iter().filter(|(_, context)| context.state_kind().is_working());
    working.map(|(key, context)| stuck(*key, context.state_kind())).collect()
}

/// That this session is left in a working state.
pub fn stuck(key: u32, kind: StateKind) -> Finding {
    let message = format!("session {key} is left {kind}, and nobody is at work on it");
    Finding { kind: "stuck session", message }
}

/// What a manager holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Sessions in the cache, and how many it may hold.
    pub cached: usize,
    /// See [`cached`](Self::cached).
    pub capacity: usize,
    /// Sessions alive.
    pub live: usize,
    /// Sessions that requests or others hold.
    pub in_use: usize,
    /// Sessions that are not stored yet.
    pub unsaved: usize,
}

/// The cache is within its capacity, and no more sessions are alive than somebody has a reason to keep.
pub fn bounds(held: &Held) -> Vec<Finding> {
    let Held { cached, capacity, live, in_use, unsaved } = *held;
    let mut findings = Vec::new();
    if cached > capacity {
        let message = format!("{cached} sessions are in a cache for {capacity}");
        findings.push(Finding { kind: "cache too large", message });
    }
    if live > capacity + in_use + unsaved {
        let message =
            format!("{live} sessions are alive: more than {capacity} + {in_use} in use + {unsaved} unsaved");
        findings.push(Finding { kind: "sessions leaked", message });
    }
    findings
}

/// The store holds what memory holds, whole, once all is saved: no less than was acknowledged, and nothing that was
/// deleted.
pub fn stored(recording: &Recording, last: &Sessions<'_>, store: &Sessions<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |kind, message| findings.push(Finding { kind, message });
    for (key, context) in last {
        match store.get(key) {
            None => find("not stored", format!("session {key} is not in the store")),
            Some(stored) if stored.version() != context.version() => {
                let (stored, version) = (stored.version(), context.version());
                find("not stored", format!("session {key} is stored as version {stored}, and has {version}"));
            }
            Some(stored) if stored != context => {
                find("stored otherwise", format!("session {key} is stored otherwise than it is"));
            }
            Some(_) => {}
        }
    }
    for key in recording.deleted() {
        if last.contains_key(&key) || store.contains_key(&key) {
            find("resurrected session", format!("session {key} was deleted, and is there"));
        }
    }
    let gone = store.keys().filter(|key| !last.contains_key(key)).copied();
    let deleted: Vec<_> = recording.deleted().collect();
    for key in gone.filter(|key| !deleted.contains(key)) {
        find("stored otherwise", format!("session {key} is in the store alone"));
    }
    findings
}

/// In an order that does not depend on hashing.
fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|one, other| (one.kind, &one.message).cmp(&(other.kind, &other.message)));
    findings
}
