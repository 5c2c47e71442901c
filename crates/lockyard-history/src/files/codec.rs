//! What a specification must know for its histories to be files: its calls and answers as JSON.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::spec::SequentialSpec;

use super::json::{Json, Nil};

/// Reads and writes the calls and answers of a specification. What is written should be read as what it was.
///
/// Errors say what is wrong, and what would be right; the reader puts the number of the line before them.
pub trait Codec: SequentialSpec {
    /// Reads the call of function `f` with this value.
    ///
    /// # Errors
    /// There is no such function, or it takes no such value.
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<Self::Call, String>;

    /// Reads the answer to a call from the `value` and the `result` of its response; none where any would be right, as to
    /// a read whose value is [unknown](Json::Unknown). `nil` is what null means within a value.
    ///
    /// # Errors
    /// Nothing is answered so to such a call, or the value repeats another question than was asked.
    fn decode_answer(
        &self,
        call: &Self::Call,
        value: Json<'_>,
        result: Json<'_>,
        nil: Nil,
    ) -> Result<Option<Self::Answer>, String>;

    /// The value that stands beside the [`function`](SequentialSpec::function) of a call. A result is not written.
    fn encode_call(&self, call: &Self::Call) -> Encoded;

    /// What stands in the response.
    fn encode_answer(&self, answer: &Self::Answer) -> Encoded;

    /// Reads a state to begin with instead of [`initial`](SequentialSpec::initial).
    ///
    /// # Errors
    /// No state of this object is written so.
    fn decode_initial(&self, value: Json<'_>) -> Result<Self::State, String> {
        let _ = value;
        Err("this object has one state to begin with".to_owned())
    }

    /// Which operations are judged together, by the key in their lines: each key alone, unless one call may touch
    /// several.
    fn partition<'k>(&self, key: &'k str) -> &'k str {
        key
    }
}

/// What a line says of a call or an answer: a value, a result, or nothing (the default).
#[derive(Clone, Debug, Default)]
pub struct Encoded {
    pub(super) value: Option<Box<RawValue>>,
    pub(super) result: Option<Box<RawValue>>,
}

impl Encoded {
    /// What was asked, or answered.
    ///
    /// # Panics
    /// If it is no JSON, as a map whose keys are no strings.
    pub fn value(value: &impl Serialize) -> Self {
        Self { value: Some(raw(value)), result: None }
    }

    /// What came of it, where the value would repeat the invocation's.
    ///
    /// # Panics
    /// As [`value`](Self::value).
    pub fn result(result: &impl Serialize) -> Self {
        Self { value: None, result: Some(raw(result)) }
    }
}

fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).expect("what a call or an answer holds is JSON")
}
