//! What a recording says was done for good.

use super::known::CREATED;
use super::sessions::{Record, Recording};
use super::token::Token;
use super::words::{Answer, Call};

/// A change that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcknowledgedChange {
    /// Of which session.
    pub key: u32,
    /// The version it made; of a turn, the first.
    pub version: u32,
    /// The version up to which its work may go: of a turn, that of its answer.
    pub until: u32,
    /// The message it put, and where.
    pub message: Option<(u32, Token)>,
}

/// All changes that were answered, by process.
pub fn acknowledged(recording: &Recording) -> impl Iterator<Item = AcknowledgedChange> {
    recording.records().iter().filter_map(|record| {
        let key = record.key;
        let message = |place: Option<u32>| match record.call {
            Call::Append(token) | Call::Send(token) => place.map(|place| (place, token)),
            _ => None,
        };
        Some(match record.answer? {
            Answer::Changed(version) => AcknowledgedChange { key, version, until: version, message: None },
            Answer::Appended { version, id } => {
                AcknowledgedChange { key, version, until: version, message: message(Some(id)) }
            }
            Answer::Turn { began, message: place, after } => {
                AcknowledgedChange { key, version: began, until: after.version, message: message(place) }
            }
            _ => return None,
        })
    })
}

/// Sessions whose deletion was answered.
pub fn deleted(recording: &Recording) -> impl Iterator<Item = u32> {
    let deleted = |record: &&Record| record.call == Call::Delete && record.answer == Some(Answer::Done);
    recording.records().iter().filter(deleted).map(|record| record.key)
}

/// Whether an operation without an answer may have changed this session, or a turn was at work on it when the
/// recording began.
pub fn has_unknown_changes(recording: &Recording, key: u32) -> bool {
    let unknown = |record: &Record| match (record.call, record.answer) {
        (Call::State | Call::Context | Call::Page { .. }, _) => false,
        (Call::Given, Some(Answer::Context(context))) => context.kind.is_working(),
        (_, answer) => answer.is_none(),
    };
    recording.records().iter().any(|record| record.key == key && unknown(record))
}

/// The version that a session had before the first change, if the recording shows it.
pub fn first_version(recording: &Recording, key: u32) -> Option<u32> {
    recording.records().iter().filter(|record| record.key == key).find_map(|record| {
        match (record.call, record.answer) {
            (Call::Given, Some(Answer::Context(context))) => Some(context.version),
            (Call::Create(_), Some(Answer::Done)) => Some(CREATED),
            _ => None,
        }
    })
}
