//! Reads a history, line by line.

use std::borrow::Cow;
use std::io::{self, BufRead};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::codec::Codec;
use super::event::{Event, EventKind};
use super::history::History;
use super::json::Json;
use super::pairing::Pairing;

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
}

impl<S: Codec> History<S> {
    /// Reads a history line by line. Empty lines are skipped.
    ///
    /// # Errors
    /// [`HistoryError::Read`] if the input fails, [`HistoryError::Line`] for the first line that makes no sense.
    pub fn read(spec: &S, mut input: impl BufRead) -> Result<Self, HistoryError> {
        let mut pairing = Pairing::default();
        let (mut text, mut last_time) = (Vec::new(), 0);
        for line in 1.. {
            text.clear();
            if input.read_until(b'\n', &mut text)? == 0 {
                break;
            }
            if !text.trim_ascii().is_empty() {
                take(spec, &mut pairing, &text, &mut last_time)
                    .map_err(|what| HistoryError::Line { line, what })?;
            }
        }
        Ok(pairing.finish())
    }
}

fn take<S: Codec>(
    spec: &S,
    pairing: &mut Pairing<S>,
    text: &[u8],
    last_time: &mut u64,
) -> Result<(), String> {
    let event: Event<'_> = serde_json::from_slice(text).map_err(|error| not_an_event(&error))?;
    let Event { process, value, result, .. } = event;
    if let Some(time) = event.time {
        if time < *last_time {
            return Err(format!("time runs backwards, from {last_time} to {time}: sort the lines by time"));
        }
        *last_time = time;
    }
    let key = key_name(event.key)?;
    let key = key.as_deref().map(|key| spec.partition(key));
    match event.kind {
        EventKind::Invoke => {
            let f = event.f.ok_or("an invocation without a function: give \"f\"")?;
            let call = spec.decode_call(&f, value)?;
            pairing.invoke(process, key, call)
        }
        EventKind::Ok => {
            let answer = spec.decode_answer(pairing.open(process)?, value, result)?;
            pairing.ok(process, key, answer)
        }
        EventKind::Fail => pairing.fail(process),
        EventKind::Info => pairing.info(process),
    }
}

fn key_name(key: Json<'_>) -> Result<Option<Cow<'_, str>>, String> {
    match key.0.map(RawValue::get) {
        None | Some("null") => Ok(None),
        Some(text) if text.starts_with('"') => {
            let Text(name) = serde_json::from_str(text).map_err(|error| not_an_event(&error))?;
            Ok(Some(name))
        }
        Some(text) if text.starts_with(['{', '[', 't', 'f']) => {
            Err(format!("the key is {text}: give a string or a number"))
        }
        Some(number) => Ok(Some(Cow::Borrowed(number))),
    }
}

/// A string that is borrowed wherever it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn not_an_event(error: &serde_json::Error) -> String {
    let column = error.column();
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    if error.is_eof() {
        format!(
            "the line ends too early, in column {column} ({message}): the file was cut short, copy it whole"
        )
    } else {
        format!("not an event, in column {column}: {message}")
    }
}
