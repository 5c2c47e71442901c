//! What must hold when a run is over and all has drained, by what was recorded, what memory holds and what the
//! store holds.
//!
//! Each is a function from facts to findings; none looks anywhere itself. A history can be linearizable and the run be
//! wrong all the same: no answer contradicts what was not asked for again.

use std::collections::{BTreeMap, HashMap};
use std::panic::Location;

use crate::backend::chat::{ChatContext, Message, StateKind};

use super::spec::{
    AcknowledgedChange, Recording, Token, acknowledged, deleted, first_version, has_unknown_changes,
};

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was broken, in a few words that do not change.
    pub rule: &'static str,
    /// What is wrong, and with which session.
    pub message: String,
    /// Where it is asked for.
    pub place: &'static Location<'static>,
}

impl Finding {
    /// That `rule` was broken, asked for where this is called.
    #[track_caller]
    fn new(rule: &'static str, message: String) -> Self {
        Self { rule, message, place: Location::caller() }
    }
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
            findings.push(Finding::new("doubled append", message));
        }
    }
    for AcknowledgedChange { key, message, .. } in acknowledged(recording) {
        let (Some((place, token)), true) = (message, last.contains_key(&key)) else { continue };
        if token == Token::FOREIGN || places.get(&(key, token)).is_some_and(|found| found.contains(&place)) {
            continue;
        }
        let found = places.get(&(key, token)).map_or("nowhere".to_owned(), |found| format!("at {found:?}"));
        let message = format!("session {key}: message #{:x} was put at {place}, and is {found}", token.0);
        findings.push(Finding::new("lost append", message));
    }
    sorted(findings)
}

/// No version was made twice, none is missing, and none was acknowledged that the session has not come to. A version
/// that no answer names must lie within a turn, or be the work of an operation of unknown outcome.
pub fn versions(recording: &Recording, last: &Sessions<'_>) -> Vec<Finding> {
    let mut by_key: BTreeMap<u32, Vec<AcknowledgedChange>> = BTreeMap::new();
    for change in acknowledged(recording) {
        by_key.entry(change.key).or_default().push(change);
    }
    let mut findings = Vec::new();
    for (key, mut changes) in by_key {
        changes.sort_by_key(|change| (change.version, change.until));
        let in_session = |message: String| format!("session {key}: {message}");
        for pair in changes.windows(2) {
            if pair[0].version == pair[1].version {
                let message = format!("two changes were answered with version {}", pair[0].version);
                findings.push(Finding::new("version made twice", in_session(message)));
            }
        }
        let unknown = has_unknown_changes(recording, key);
        let mut reached = first_version(recording, key);
        for change in &changes {
            if let Some(reached) = reached
                && change.version > reached + 1
                && !unknown
            {
                let missing =
                    format!("no change made the versions {} to {}", reached + 1, change.version - 1);
                findings.push(Finding::new("version gap", in_session(missing)));
            }
            reached = reached.max(Some(change.until));
        }
        let Some(context) = last.get(&key) else { continue };
        let (version, reached) = (context.version().0, u64::from(reached.unwrap_or_default()));
        if version < reached {
            let message = format!("{reached} was answered, and it has {version}");
            findings.push(Finding::new("version went back", in_session(message)));
        } else if version > reached && !unknown {
            let message = format!("it has {version}, and the last that was answered is {reached}");
            findings.push(Finding::new("version gap", in_session(message)));
        }
    }
    findings
}

/// No session is in a working state once no task works on it.
pub fn at_rest(last: &Sessions<'_>) -> Vec<Finding> {
    let working = last.iter().filter(|(_, context)| context.state_kind().is_working());
    working.map(|(key, context)| stuck(*key, context.state_kind())).collect()
}

/// That this session is left in a working state.
pub fn stuck(key: u32, kind: StateKind) -> Finding {
    let message = format!("session {key} is left {kind}, and no task works on it");
    Finding::new("stuck session", message)
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

/// The cache is within its capacity, and no more sessions are alive than there are reasons to keep.
pub fn bounds(held: &Held) -> Vec<Finding> {
    let Held { cached, capacity, live, in_use, unsaved } = *held;
    let mut findings = Vec::new();
    if cached > capacity {
        let message = format!("{cached} sessions are in a cache for {capacity}");
        findings.push(Finding::new("cache too large", message));
    }
    if live > capacity + in_use + unsaved {
        let message =
            format!("{live} sessions are alive: more than {capacity} + {in_use} in use + {unsaved} unsaved");
        findings.push(Finding::new("sessions leaked", message));
    }
    findings
}

/// The store holds what memory holds, whole, once all is saved: no less than was acknowledged, and nothing that was
/// deleted.
pub fn stored(recording: &Recording, last: &Sessions<'_>, store: &Sessions<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (key, context) in last {
        match store.get(key) {
            None => {
                let message = format!("session {key} is not in the store");
                findings.push(Finding::new("not stored", message));
            }
            Some(stored) if stored.version() != context.version() => {
                let (stored, version) = (stored.version(), context.version());
                let message = format!("session {key} is stored as version {stored}, and has {version}");
                findings.push(Finding::new("not stored", message));
            }
            Some(stored) if stored != context => {
                let message = format!("session {key} differs between store and memory");
                findings.push(Finding::new("stored otherwise", message));
            }
            Some(_) => {}
        }
    }
    for key in deleted(recording) {
        if last.contains_key(&key) || store.contains_key(&key) {
            let message = format!("session {key} was deleted, and exists again");
            findings.push(Finding::new("resurrected session", message));
        }
    }
    let gone = store.keys().filter(|key| !last.contains_key(key)).copied();
    let known: Vec<_> = deleted(recording).collect();
    for key in gone.filter(|key| !known.contains(key)) {
        let message = format!("session {key} is in the store only");
        findings.push(Finding::new("stored otherwise", message));
    }
    findings
}

/// In an order that does not depend on hashing.
fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|one, other| (one.rule, &one.message).cmp(&(other.rule, &other.message)));
    findings
}
