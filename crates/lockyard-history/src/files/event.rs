//! The events of a history, the Jepsen way: other people's histories can be judged here, and ours elsewhere. Written as JSON
//! Lines, one event a line.
//!
//! ```text
//! {"process":3,"type":"invoke","f":"write","key":"x","value":5,"time":1200}
//! {"process":3,"type":"ok","f":"write","key":"x","value":5,"time":1900}
//! ```
//!
//! `type` is `invoke`, `ok`, `fail` (it did not happen) or `info` (unknown). Events stand in the order of time; `time`, in
//! nanoseconds, may be left out. What else an event says is left alone.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

/// One line: an invocation, or what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Event<'a> {
    /// The process of the call. A process has one operation at a time.
    pub process: u64,
    /// What the line says.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The function; a response may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f: Option<&'a str>,
    /// The key, of any kind; a response may leave it out, and where there is one key only, all may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'a RawValue>,
    /// What the function is given; in a response, what it gave. On `fail` and `info` the invocation's counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<&'a RawValue>,
    /// What came of it, where the value repeats the invocation's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<&'a RawValue>,
    /// In nanoseconds, from any moment on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<u64>,
}

/// What an event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// An operation begins.
    Invoke,
    /// It ended, with this answer.
    Ok,
    /// It did not happen.
    Fail,
    /// It is unknown whether it happened, or will.
    Info,
}

impl Event<'_> {
    /// Writes the line.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}
