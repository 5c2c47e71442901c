//! Histories as JSON Lines, one event a line, the Jepsen way: other people's histories can be judged here, and ours
//! elsewhere.
//!
//! ```text
//! {"process":3,"type":"invoke","f":"write","key":"x","value":5,"time":1200}
//! {"process":3,"type":"ok","f":"write","key":"x","value":5,"time":1900}
//! ```
//!
//! `type` is `invoke`, `ok`, `fail` (it did not happen) or `info` (unknown). Lines stand in the order of time;
//! `time`, in nanoseconds, may be left out, and where two are equal the lines' order stands. What else a line says is
//! left alone.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::json::Json;

/// One line: an invocation, or what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event<'a> {
    /// The process of the call. A process has one operation at a time.
    pub process: u64,
    /// What the line says.
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

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
