//! The specification that every checker begins with: a register that is read, written, and compared and set.

mod call;
mod zones;

use std::borrow::Cow;

use crate::files::json::{self, cannot_hold, contradiction};
use crate::files::{Codec, Encoded, Json, Nil};
use crate::judge::Judge;
use crate::spec::{DirectVerdict, OperationOf, SequentialSpec};

use super::Value;

pub use call::{RegisterAnswer, RegisterCall};

/// A register for each key. It starts as null.
#[derive(Clone, Copy, Debug, Default)]
pub struct Register;

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

    fn is_read(&self, call: &RegisterCall, answer: Option<&RegisterAnswer>) -> bool {
        // A compare-and-set that did not set left everything as it was.
        *call == RegisterCall::Read || answer == Some(&RegisterAnswer::Swapped(false))
    }

    fn shortcut(&self, initial: &Value, operations: &[&OperationOf<Self>]) -> Option<DirectVerdict> {
        zones::judge(initial, operations)
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

    fn needs(&self, call: &RegisterCall, answer: &RegisterAnswer) -> Option<Value> {
        match (call, answer) {
            (RegisterCall::Read, RegisterAnswer::Holds(value)) => Some(value.clone()),
            (RegisterCall::Cas(old, _), RegisterAnswer::Swapped(true)) => Some(old.clone()),
            _ => None,
        }
    }

    fn makes(&self, call: &RegisterCall) -> Option<Value> {
        match call {
            RegisterCall::Read => None,
            RegisterCall::Write(new) | RegisterCall::Cas(_, new) => Some(new.clone()),
        }
    }

    fn describe_state(&self, state: &Value) -> String {
        state.to_string()
    }

    fn source(&self, call: &RegisterCall, answer: &RegisterAnswer) -> Option<String> {
        self.needs(call, answer).map(|value| format!("writes {value}"))
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
            "write" => Ok(RegisterCall::Write(Value::read(value, "to write")?)),
            "cas" => {
                let (old, new) = pair(value)?;
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
        _: Nil,
    ) -> Result<Option<RegisterAnswer>, String> {
        Ok(match call {
            RegisterCall::Read if value == Json::Unknown => None,
            RegisterCall::Read => Some(RegisterAnswer::Holds(Value::read(value, "that was read")?)),
            RegisterCall::Write(asked) => {
                // A response may repeat what was asked, and no other.
                if !value.is_nil() && Value::read(value, "that was written")? != *asked {
                    return Err(contradiction(value, &format!("write {asked}")));
                }
                Some(RegisterAnswer::Done)
            }
            RegisterCall::Cas(old, new) => {
                if !value.is_nil() && pair(value)? != (old.clone(), new.clone()) {
                    return Err(contradiction(value, &format!("cas {old} to {new}")));
                }
                // Without a result it was done, as in Jepsen, where one that was not done fails.
                let done = result.is_nil() || result.read("of a cas", "a \"result\" of true or false")?;
                Some(RegisterAnswer::Swapped(done))
            }
        })
    }

    fn decode_initial(&self, value: Json<'_>) -> Result<Value, String> {
        Value::read(value, "to begin with")
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

fn pair(value: Json<'_>) -> Result<(Value, Value), String> {
    const WANTED: &str = "[old, new]";
    let raw = value.given("to compare and set", WANTED)?;
    let wrong = || cannot_hold("to compare and set", raw, WANTED);
    let [old, new] = json::pair(raw).ok_or_else(wrong)?.map(Value::parse);
    old.zip(new).ok_or_else(wrong)
}
