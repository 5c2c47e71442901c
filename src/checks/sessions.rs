//! Sessions of small programs, as models and pitfalls have them: what they are called and are in the beginning, and what
//! must hold of them in the end.

use std::time::Duration;

use crate::backend::chat::{ChatContext, ContextConfig, ContextId, Message, Role, Timestamp};
use lockyard_explore::Violated;
use lockyard_history::Verdict;

use super::explored::numbered;
use super::invariants::{self, Finding, Sessions};
use super::spec::{Recording, Token};

/// The history of a small program is judged in far less; only one that is no small program comes to this.
const LONGEST: Duration = Duration::from_secs(5);

/// The id of a session by its number.
pub fn id(key: u32) -> ContextId {
    numbered(key.into())
}

/// The session of this number, as it is before anything has happened.
///
/// # Panics
/// Never: its configuration is well formed.
pub fn context(key: u32) -> ChatContext {
    ChatContext::new(id(key), ContextConfig::new("model", "chat"), Timestamp(0))
        .expect("a well-formed config")
}

/// Whether one operation at a time could have been answered so. `violation` is what to say if not.
///
/// # Errors
/// That it could not, with the smallest part of the history that shows it; or that this was not judged in time.
pub fn history(recording: &Recording, violation: &str) -> Result<(), Violated> {
    match recording.judge(LONGEST, |key| format!("session {key}")) {
        Verdict::Linearizable => Ok(()),
        Verdict::Violation(found) => Err(format!("{violation}\n{found}")),
        Verdict::Unknown => Err("linearizability was not decided in time".to_owned()),
    }
}

/// What does not hold of the sessions that memory has in the end, after what was answered.
pub fn in_memory(recording: &Recording, last: &Sessions<'_>) -> Vec<Finding> {
    let token = |message: &Message| match message.role {
        Role::User => Token::of(&message.text()),
        _ => Token::FOREIGN,
    };
    let appends = invariants::appends(recording, last, token);
    let versions = invariants::versions(recording, last);
    [appends, versions, invariants::at_rest(last)].concat()
}

/// The first of what does not hold, as a complaint.
///
/// # Errors
/// If there is any.
pub fn none(findings: Vec<Finding>) -> Result<(), Violated> {
    let first = findings.into_iter().next();
    first.map_or(Ok(()), |Finding { rule, message, .. }| Err(format!("{rule}: {message}")))
}
