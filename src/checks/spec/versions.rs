//! The operations on one session in the order of the versions that their answers name.

use super::sessions::Record;
use super::words::{Answer, Call, Page};

/// An operation in the order of versions: its version, whether it looks at it or made it, whether it is the end of a
/// turn, and which record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VersionPosition(u64);

const LOOKS: u64 = 1 << 31;
const ENDED: u64 = 1 << 30;

/// So many records fit into one recording.
pub(super) const MOST_RECORDS: usize = ENDED as usize;

impl VersionPosition {
    fn new(version: u32, flags: u64, record: usize) -> Self {
        // Compared as one number: by version, the change before the looks, a plain look before the end of a turn,
        // and then by record. The record fits below the flags, since there are at most `MOST_RECORDS`.
        Self(u64::from(version) << 32 | flags | record as u64)
    }

    /// Whether both made the same version, or both looked at it.
    pub(super) fn stands_with(self, other: Self) -> bool {
        // Version and `LOOKS`, without `ENDED`: the end of a turn is a look like others.
        self.0 >> 31 == other.0 >> 31
    }

    pub(super) fn version(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(super) fn looks(self) -> bool {
        self.0 & LOOKS != 0
    }

    pub(super) fn ended(self) -> bool {
        self.0 & ENDED != 0
    }

    pub(super) fn record(self) -> usize {
        (self.0 & (ENDED - 1)) as usize
    }

    /// The version that the session must have come to before.
    pub(super) fn after(self) -> u32 {
        if self.looks() { self.version() } else { self.version().wrapping_sub(1) }
    }
}

/// The operations on one session.
#[derive(Debug, Default)]
pub(super) struct OfKey {
    /// Those that name a version, in the order of versions once they are sorted.
    pub(super) placed: Vec<VersionPosition>,
    /// Creations, and what was given.
    pub(super) births: Vec<usize>,
    pub(super) deletions: Vec<usize>,
    /// Those that found nothing.
    pub(super) gone: Vec<usize>,
    /// Changes without an answer.
    pub(super) pending: Vec<usize>,
}

impl OfKey {
    #[inline]
    pub(super) fn add(&mut self, at: usize, record: &Record) {
        let Some(answer) = &record.answer else {
            if !matches!(record.call, Call::State | Call::Context | Call::Page { .. }) {
                self.pending.push(at);
            }
            return;
        };
        let place = match (&record.call, answer) {
            (_, Answer::Gone) => return self.gone.push(at),
            (Call::Given | Call::Create(_), _) => return self.births.push(at),
            (_, Answer::Done) => return self.deletions.push(at),
            (_, Answer::State { version, .. } | Answer::Page(Page { version, .. })) => {
                VersionPosition::new(*version, LOOKS, at)
            }
            (_, Answer::Context(context)) => VersionPosition::new(context.version, LOOKS, at),
            (_, Answer::Changed(version) | Answer::Appended { version, .. }) => {
                VersionPosition::new(*version, 0, at)
            }
            (_, Answer::Turn { began, after, .. }) => {
                // A turn has two places: it changes the session when it begins and looks at it when it ends.
                self.placed.push(VersionPosition::new(*began, 0, at));
                VersionPosition::new(after.version, LOOKS | ENDED, at)
            }
        };
        self.placed.push(place);
    }
}

/// What is asked at a place, and what was answered: of a turn, its end or its beginning.
pub(super) fn said(record: &Record, ended: bool) -> (Call, Option<Answer>) {
    match record.answer {
        Some(Answer::Turn { began, after, .. }) if ended => {
            (Call::Ended { began }, Some(Answer::Context(after)))
        }
        answer => (record.call, answer),
    }
}

/// An operation on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PathStep {
    pub(super) record: usize,
    pub(super) ended: bool,
    /// Nothing where it names none.
    pub(super) version: Option<u32>,
}

impl PathStep {
    pub(super) fn at(record: usize) -> Self {
        Self { record, ended: false, version: None }
    }
}

impl From<VersionPosition> for PathStep {
    fn from(place: VersionPosition) -> Self {
        Self { record: place.record(), ended: place.ended(), version: Some(place.version()) }
    }
}
