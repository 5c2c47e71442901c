//! The specification that every checker begins with: a register that is read, written, and compared and set.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::codec::{Codec, Encoded};
use super::json::Json;
use super::judge::Judge;
use super::spec::SequentialSpec;

/// A register for each key. It starts as null.
#[derive(Clone, Copy, Debug, Default)]
pub struct Register;

/// What a register holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Nothing was written yet, or null was.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(Arc<str>),
}

/// What a register is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterCall {
    /// What is in it?
    Read,
    /// Put this into it.
    Write(Value),
    /// Put the second into it if the first is in it.
    Cas(Value, Value),
}

/// What a register answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterAnswer {
    /// To a read: this is in it.
    Holds(Value),
    /// To a write: done.
    Done,
    /// To a compare-and-set: whether it was done.
    Swapped(bool),
}

impl SequentialSpec for Register {
    type Call = RegisterCall;
    type Answer = RegisterAnswer;
    type State = Value;

    fn initial(&self) -> Value {
        Value::Null
    }

    fn step(&self, state: &Value, call: &RegisterCall, answer: Option<&RegisterAnswer>) -> Option<Value> {
        let (next, honest) = match call {
            RegisterCall::Read => (state, RegisterAnswer::Holds(state.clone())),
            RegisterCall::Write(new) => (new, RegisterAnswer::Done),
            RegisterCall::Cas(old, new) if old == state => (new, RegisterAnswer::Swapped(true)),
            RegisterCall::Cas(..) => (state, RegisterAnswer::Swapped(false)),
        };
        answer.is_none_or(|answer| *answer == honest).then(|| next.clone())
    }

    fn is_read(&self, call: &RegisterCall) -> bool {
        *call == RegisterCall::Read
    }

    fn function(&self, call: &RegisterCall) -> Cow<'static, str> {
        let name = match call {
            RegisterCall::Read => "read",
            RegisterCall::Write(_) => "write",
            RegisterCall::Cas(..) => "cas",
        };
        name.into()
    }

    fn describe(&self, call: &RegisterCall, answer: Option<&RegisterAnswer>) -> String {
        let asked = match call {
            RegisterCall::Read => "read".to_owned(),
            RegisterCall::Write(new) => format!("write {new}"),
            RegisterCall::Cas(old, new) => format!("cas {old} to {new}"),
        };
        match answer {
            Some(RegisterAnswer::Holds(value)) => format!("{asked}: {value}"),
            Some(RegisterAnswer::Swapped(done)) => format!("{asked}: {done}"),
            Some(RegisterAnswer::Done) | None => asked,
        }
    }

    fn expected(&self, state: &Value, call: &RegisterCall) -> String {
        match call {
            RegisterCall::Read => state.to_string(),
            RegisterCall::Write(_) => "done".to_owned(),
            RegisterCall::Cas(old, _) => (old == state).to_string(),
        }
    }
}

impl Codec for Register {
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<RegisterCall, String> {
        match f {
            "read" => Ok(RegisterCall::Read),
            "write" => Ok(RegisterCall::Write(value.read("to write", HOLDS)?)),
            "cas" => {
                let (old, new) = value.read("to compare and set", "[old, new]")?;
                Ok(RegisterCall::Cas(old, new))
            }
            _ => Err(format!("unknown function {f:?}: a register knows read, write and cas")),
        }
    }

    fn decode_answer(
        &self,
        call: &RegisterCall,
        value: Json<'_>,
        result: Json<'_>,
    ) -> Result<RegisterAnswer, String> {
        Ok(match call {
            RegisterCall::Read => RegisterAnswer::Holds(value.read("that was read", HOLDS)?),
            RegisterCall::Write(_) => RegisterAnswer::Done,
            RegisterCall::Cas(..) => {
                RegisterAnswer::Swapped(result.read("of a cas", "a \"result\" of true or false")?)
            }
        })
    }

    fn encode_call(&self, call: &RegisterCall) -> Encoded {
        match call {
            RegisterCall::Read => Encoded::default(),
            RegisterCall::Write(new) => Encoded::value(new),
            RegisterCall::Cas(old, new) => Encoded::value(&[old, new]),
        }
    }

    fn encode_answer(&self, answer: &RegisterAnswer) -> Encoded {
        match answer {
            RegisterAnswer::Holds(value) => Encoded::value(value),
            RegisterAnswer::Done => Encoded::default(),
            RegisterAnswer::Swapped(done) => Encoded::result(done),
        }
    }
}

impl Judge for Register {}

/// What a register can hold, for errors about anything else.
const HOLDS: &str = "null, true, false, a whole number of 64 bits or a string";

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => write!(f, "{value:?}"),
        }
    }
}
