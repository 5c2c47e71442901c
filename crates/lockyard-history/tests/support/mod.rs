//! Reads texts as histories, and what their refusals say.

#![allow(dead_code, reason = "each test file uses some of it")]

use lockyard_history::{Codec, History, HistoryError, ReadOptions, Register};

pub fn read<S: Codec>(spec: &S, text: impl AsRef<[u8]>) -> Result<History<S>, String> {
    History::read(spec, text.as_ref()).map_err(|error| error.to_string())
}

pub fn registers(text: impl AsRef<[u8]>) -> History<Register> {
    let text = text.as_ref();
    read(&Register, text).unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(text)))
}

pub fn registers_with(text: &str, options: ReadOptions) -> Result<History<Register>, String> {
    History::read_with(&Register, text.as_bytes(), options).map_err(|error| error.to_string())
}

/// Why a history of registers was refused.
pub fn refusal(text: impl AsRef<[u8]>) -> String {
    let text = text.as_ref();
    match read(&Register, text) {
        Ok(_) => panic!("it was read: {}", String::from_utf8_lossy(text)),
        Err(error) => error,
    }
}

/// The text is refused with these words, of which the first are where.
pub fn refused(text: impl AsRef<[u8]>, place: &str, wanted: &str) {
    let text = text.as_ref();
    let error = refusal(text);
    let shown = String::from_utf8_lossy(&text[..text.len().min(200)]);
    assert!(error.starts_with(&format!("{place}: ")), "{shown} should name {place}: {error}");
    assert!(error.contains(wanted), "{shown} should say {wanted:?}: {error}");
    assert!(error.len() < 1500, "short: {error}");
}

/// What is asked and answered, in words.
pub fn told<S: Codec>(spec: &S, history: &History<S>) -> Vec<String> {
    let told = history.operations.iter().map(|operation| {
        let span = history.span(spec, operation);
        let lines = match (span.line, span.return_line) {
            (Some(line), Some(last)) => format!("{line}-{last}"),
            (Some(line), None) => format!("{line}-"),
            other => format!("{other:?}"),
        };
        format!("{} {} of {} at {lines}", span.process, span.what, history.keys[operation.key])
    });
    told.collect()
}

/// A place in a file, if an error has one.
pub fn place(error: &HistoryError) -> Option<usize> {
    match error {
        HistoryError::Line { line, .. } => Some(*line),
        HistoryError::Event { event, .. } => Some(*event),
        _ => None,
    }
}
