//! Histories as JSON Lines, one event a line, the Jepsen way: other people's histories can be judged here, and ours
//! elsewhere.
//!
//! ```text
//! {"process":3,"type":"invoke","f":"write","key":"x","value":5,"time":1200}
//! {"process":3,"type":"ok","f":"write","key":"x","value":5,"time":1900}
//! ```
//!
//! `type` is `invoke`, `ok`, `fail` (it did not happen) or `info` (nobody knows). Lines stand in the order of time;
//! `time`, in nanoseconds, may be left out, and where two are equal the lines' order stands. What else a line says is
//! left alone.

use std::borrow::Cow;
use std::io::{self, BufRead, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::history::{History, Pairing};
use super::model::Model;

/// One line: an invocation, or what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event<'a> {
    /// Who asks. A process asks one thing at a time.
    pub process: u64,
    /// What the line tells.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The function; a response may leave it out.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub f: Option<Cow<'a, str>>,
    /// The key, a string or a number; a response may leave it out, and where there is one key only, all may.
    #[serde(borrow, default, skip_serializing_if = "Json::is_missing")]
    pub key: Json<'a>,
    /// What the function is given; in a response, what it gave. On `fail` and `info` the invocation's counts.
    #[serde(borrow, default, skip_serializing_if = "Json::is_missing")]
    pub value: Json<'a>,
    /// What came of it, where the value repeats the invocation's.
    #[serde(borrow, default, skip_serializing_if = "Json::is_missing")]
    pub result: Json<'a>,
    /// In nanoseconds, from any moment on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<u64>,
}

/// What a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// An operation begins.
    Invoke,
    /// It ended, with this answer.
    Ok,
    /// It did not happen.
    Fail,
    /// Nobody knows whether it happened, or will.
    Info,
}

/// A piece of JSON that a model reads as what it holds. Missing is not null: null is a value.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Json<'a>(pub Option<&'a RawValue>);

impl Json<'_> {
    /// Reads it. The error says which value it is about, as in "the value `to write`", and what is `wanted` instead.
    pub fn read<T: DeserializeOwned>(self, which: &str, wanted: &str) -> Result<T, String> {
        let Some(raw) = self.0 else { return Err(format!("the value {which} is missing: give {wanted}")) };
        serde_json::from_str(raw.get())
            .map_err(|_| format!("the value {which} is {raw}, which the model cannot hold: give {wanted}"))
    }

    fn is_missing(&self) -> bool {
        self.0.is_none()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not as an option: that would take null for missing.
        <&RawValue>::deserialize(deserializer).map(|raw| Self(Some(raw)))
    }
}

/// Why a history could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file could not be read.
    #[error("the history cannot be read: {0}")]
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

impl Event<'_> {
    /// Writes the line.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

impl<M: Model> History<M> {
    /// Reads a history line by line. Empty lines are skipped.
    pub fn read(model: &M, mut input: impl BufRead) -> Result<Self, HistoryError> {
        let mut pairing = Pairing::default();
        let (mut text, mut last_time) = (Vec::new(), 0);
        for line in 1.. {
            text.clear();
            if input.read_until(b'\n', &mut text)? == 0 {
                break;
            }
            if !text.trim_ascii().is_empty() {
                take(model, &mut pairing, &text, &mut last_time)
                    .map_err(|what| HistoryError::Line { line, what })?;
            }
        }
        Ok(pairing.finish())
    }
}

fn take<M: Model>(
    model: &M,
    pairing: &mut Pairing<M>,
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
    let key = key.as_deref().map(|key| model.partition(key));
    match event.kind {
        EventKind::Invoke => {
            let f = event.f.ok_or("an invocation without a function: give \"f\"")?;
            let call = model.decode_call(&f, value)?;
            pairing.invoke(process, key, call)
        }
        EventKind::Ok => {
            let answer = model.decode_answer(pairing.open(process)?, value, result)?;
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
    let told = error.to_string();
    let told = told.split(" at line ").next().unwrap_or(&told);
    if error.is_eof() {
        format!("the line ends too early, in column {column} ({told}): the file was cut short, copy it whole")
    } else {
        format!("not an event, in column {column}: {told}")
    }
}
