//! Why a history could not be read, and where.

use std::io;

use lockyard_evidence::Numbering;

use crate::history::HistorySource;

use super::json_event::CUT_SHORT;

/// Why a history could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The file could not be read.
    #[error("the history cannot be read")]
    Read(#[from] io::Error),
    /// A line is wrong.
    #[error("line {line}: {what}")]
    Line {
        /// Counted from one.
        line: usize,
        /// What is wrong with it, and what would be right.
        what: String,
    },
    /// An event is wrong, of a history that stands in one line.
    #[error("event {event}: {what}")]
    Event {
        /// Its number among the events of the file, counted from one.
        event: usize,
        /// What is wrong with it, and what would be right.
        what: String,
    },
}

impl HistoryError {
    /// What is wrong with the event at this moment.
    pub(crate) fn at(source: &HistorySource, moment: usize, what: String) -> Self {
        match (source.places.get(moment - 1), source.numbering) {
            (Some(&line), Numbering::Line) => Self::Line { line: line as usize, what },
            (Some(&event), _) => Self::Event { event: event as usize, what },
            (None, _) => Self::Event { event: moment, what },
        }
    }
}

/// The input failed, or ended within what is packed in it.
pub(super) fn cut_short(error: io::Error, line: usize) -> HistoryError {
    if error.kind() != io::ErrorKind::UnexpectedEof {
        return HistoryError::Read(error);
    }
    HistoryError::Line { line, what: format!("what gzip packed ends within a block: {CUT_SHORT}") }
}
