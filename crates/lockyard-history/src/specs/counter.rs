//! A counter that is added to and read.

use std::borrow::Cow;

use crate::files::json::{cannot_hold, contradiction};
use crate::files::{Codec, Encoded, Json, Nil};
use crate::judge::Judge;
use crate::spec::SequentialSpec;

use super::Value;

/// A counter for each key. It starts at zero.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter;

/// What a counter is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CounterCall {
    /// Where does it stand?
    Read,
    /// Count so many more, or fewer.
    Add(i64),
}

/// What a counter answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterAnswer {
    /// To a read: it stands here.
    Stands(i64),
    /// To an add: done.
    Done,
}

impl SequentialSpec for Counter {
    type Call = CounterCall;
    type Answer = CounterAnswer;
    /// Wider than what is added, so that no history's sum is too much for it.
    type State = i128;

    fn initial(&self) -> i128 {
        0
    }

    fn step(&self, state: &i128, call: &CounterCall, answer: Option<&CounterAnswer>) -> Option<i128> {
        match (call, answer) {
            (CounterCall::Read, None) => Some(*state),
            (CounterCall::Read, Some(CounterAnswer::Stands(number))) => {
                (i128::from(*number) == *state).then_some(*state)
            }
            (CounterCall::Add(more), None | Some(CounterAnswer::Done)) => Some(state + i128::from(*more)),
            (CounterCall::Read, Some(CounterAnswer::Done))
            | (CounterCall::Add(_), Some(CounterAnswer::Stands(_))) => None,
        }
    }

    fn is_read(&self, call: &CounterCall, _: Option<&CounterAnswer>) -> bool {
        matches!(call, CounterCall::Read | CounterCall::Add(0))
    }

    fn function(&self, call: &CounterCall) -> Cow<'static, str> {
        let name = match call {
            CounterCall::Read => "read",
            CounterCall::Add(_) => "add",
        };
        name.into()
    }

    fn describe(&self, call: &CounterCall, answer: Option<&CounterAnswer>) -> String {
        let asked = match call {
            CounterCall::Read => "read".to_owned(),
            CounterCall::Add(more) => format!("add {more}"),
        };
        match answer {
            Some(CounterAnswer::Stands(number)) => format!("{asked}: {number}"),
            Some(CounterAnswer::Done) | None => asked,
        }
    }

    fn expected(&self, state: &i128, call: &CounterCall) -> String {
        match call {
            CounterCall::Read => state.to_string(),
            CounterCall::Add(_) => "done".to_owned(),
        }
    }

    fn describe_state(&self, state: &i128) -> String {
        state.to_string()
    }
}

impl Codec for Counter {
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<CounterCall, String> {
        let steps = || if value.is_nil() { Ok(1) } else { number(value, "to count") };
        match f {
            "read" => Ok(CounterCall::Read),
            "add" => Ok(CounterCall::Add(number(value, "to add")?)),
            "increment" | "inc" => Ok(CounterCall::Add(steps()?)),
            "decrement" | "dec" => steps()?
                .checked_neg()
                .map(CounterCall::Add)
                .ok_or_else(|| "it is too large a number".to_owned()),
            _ => Err(format!(
                "unknown function {f:?}: a counter knows read, add, increment (inc) and decrement (dec)"
            )),
        }
    }

    fn decode_answer(
        &self,
        call: &CounterCall,
        value: Json<'_>,
        _: Json<'_>,
        _: Nil,
    ) -> Result<Option<CounterAnswer>, String> {
        Ok(match call {
            CounterCall::Read if value == Json::Unknown => None,
            CounterCall::Read => Some(CounterAnswer::Stands(number(value, "that was read")?)),
            CounterCall::Add(asked) => {
                // A response may repeat what was asked, and no other. A decrement is asked with the number it takes off.
                if !value.is_nil() {
                    let said = number(value, "that was added")?;
                    if said != *asked && (*asked > 0 || said.checked_neg() != Some(*asked)) {
                        return Err(contradiction(value, &self.describe(call, None)));
                    }
                }
                Some(CounterAnswer::Done)
            }
        })
    }

    fn decode_initial(&self, value: Json<'_>) -> Result<i128, String> {
        number(value, "to begin with").map(i128::from)
    }

    fn encode_call(&self, call: &CounterCall) -> Encoded {
        match call {
            CounterCall::Read => Encoded::default(),
            CounterCall::Add(more) => Encoded::value(more),
        }
    }

    fn encode_answer(&self, answer: &CounterAnswer) -> Encoded {
        match answer {
            CounterAnswer::Stands(number) => Encoded::value(number),
            CounterAnswer::Done => Encoded::default(),
        }
    }
}

impl Judge for Counter {}

/// A whole number, however JSON writes it.
fn number(value: Json<'_>, which: &str) -> Result<i64, String> {
    const WANTED: &str = "a whole number";
    let raw = value.given(which, WANTED)?;
    match Value::parse(raw) {
        Some(Value::Int(number)) => Ok(number),
        _ => Err(cannot_hold(which, raw, WANTED)),
    }
}
