//! Registers that are read and written several at a time, by transactions.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::files::json::{beginning, cannot_hold, contradiction};
use crate::files::{Codec, Encoded, Json, Nil};
use crate::judge::Judge;
use crate::spec::SequentialSpec;

use super::Value;

/// Registers, each with a key of its own, that make up one object. They start as null.
///
/// A call is a transaction of reads and writes, as in Knossos; a read sees what the same transaction wrote before.
#[derive(Clone, Copy, Debug, Default)]
pub struct MultiRegister;

/// Reads and writes that happen at once, in this order. As a call its reads have no value; as an answer they have what they
/// saw.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transaction(pub Vec<MicroOperation>);

/// What a transaction does to one register.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MicroOperation {
    /// What is in it? As an answer: this is in it, if that is known.
    Read(Arc<str>, Option<Value>),
    /// Put this into it.
    Write(Arc<str>, Value),
}

impl MicroOperation {
    /// It as it was asked.
    fn asked(&self) -> Self {
        match self {
            Self::Read(key, _) => Self::Read(key.clone(), None),
            Self::Write(..) => self.clone(),
        }
    }

    fn is_read(&self) -> bool {
        matches!(self, Self::Read(..))
    }

    /// Whether this is an answer to the other.
    fn answers(&self, call: &Self) -> bool {
        match (self, call) {
            (Self::Read(key, _), Self::Read(asked, _)) => key == asked,
            _ => self == call,
        }
    }
}

/// What is in all registers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MultiRegisterState {
    /// What is in those that are not named.
    rest: Value,
    /// The others, without those that hold the same as the rest.
    named: Arc<BTreeMap<Arc<str>, Value>>,
}

impl MultiRegisterState {
    /// What is in the register of this key.
    pub fn get(&self, key: &str) -> &Value {
        self.named.get(key).unwrap_or(&self.rest)
    }

    fn set(&mut self, key: &Arc<str>, value: &Value) {
        if self.get(key) == value {
            return;
        }
        let named = Arc::make_mut(&mut self.named);
        if *value == self.rest {
            named.remove(key);
        } else {
            named.insert(key.clone(), value.clone());
        }
    }
}

impl From<Value> for MultiRegisterState {
    /// All registers hold this.
    fn from(rest: Value) -> Self {
        Self { rest, named: Arc::default() }
    }
}

impl Transaction {
    fn is_read(&self) -> bool {
        self.0.iter().all(MicroOperation::is_read)
    }

    /// The only read, where there is nothing else, if what it saw is known.
    fn only_read(&self) -> Option<(&Arc<str>, &Value)> {
        let [MicroOperation::Read(key, Some(value))] = &*self.0 else { return None };
        Some((key, value))
    }
}

impl SequentialSpec for MultiRegister {
    type Call = Transaction;
    type Answer = Transaction;
    type State = MultiRegisterState;

    fn initial(&self) -> MultiRegisterState {
        Value::Null.into()
    }

    fn step(
        &self,
        state: &MultiRegisterState,
        call: &Transaction,
        answer: Option<&Transaction>,
    ) -> Option<MultiRegisterState> {
        // What was answered says all that was asked, and what the reads saw besides.
        let operations = match answer {
            Some(answer) => {
                let mut pairs = answer.0.iter().zip(&call.0);
                if answer.0.len() != call.0.len() || !pairs.all(|(answer, call)| answer.answers(call)) {
                    return None;
                }
                &answer.0
            }
            None => &call.0,
        };
        let mut state = state.clone();
        for operation in operations {
            match operation {
                MicroOperation::Read(key, Some(seen)) if seen != state.get(key) => return None,
                MicroOperation::Read(..) => {}
                MicroOperation::Write(key, value) => state.set(key, value),
            }
        }
        Some(state)
    }

    fn is_read(&self, call: &Transaction, _: Option<&Transaction>) -> bool {
        call.is_read()
    }

    fn function(&self, _: &Transaction) -> Cow<'static, str> {
        "txn".into()
    }

    fn describe(&self, call: &Transaction, answer: Option<&Transaction>) -> String {
        let operation = |operation: &MicroOperation| match operation {
            MicroOperation::Write(key, value) => format!("w {key} {value}"),
            MicroOperation::Read(key, None) => format!("r {key}"),
            MicroOperation::Read(key, Some(seen)) => format!("r {key}: {seen}"),
        };
        let call = answer.unwrap_or(call);
        let operations: Vec<_> = call.0.iter().map(operation).collect();
        format!("txn {}", operations.join(", "))
    }

    fn expected(&self, state: &MultiRegisterState, call: &Transaction) -> String {
        let mut state = state.clone();
        let mut reads = Vec::new();
        for operation in &call.0 {
            match operation {
                MicroOperation::Read(key, _) => reads.push(format!("{key}: {}", state.get(key))),
                MicroOperation::Write(key, value) => state.set(key, value),
            }
        }
        if reads.is_empty() { "done".to_owned() } else { reads.join(", ") }
    }

    fn describe_state(&self, state: &MultiRegisterState) -> String {
        let named = state.named.iter().map(|(key, value)| format!("{key}: {value}"));
        let rest = if state.named.is_empty() { "all" } else { "all others" };
        let all: Vec<_> = named.chain([format!("{rest}: {}", state.rest)]).collect();
        beginning(&all.join(", "))
    }

    fn source(&self, _: &Transaction, answer: &Transaction) -> Option<String> {
        let (key, value) = answer.only_read().filter(|(_, value)| **value != Value::Null)?;
        Some(format!("writes {value} to {key}"))
    }

    fn is_source(&self, other: &Transaction, _: &Transaction, answer: &Transaction) -> bool {
        let wanted = answer.only_read();
        let writes = |operation: &MicroOperation| match operation {
            MicroOperation::Write(key, value) => wanted == Some((key, value)),
            MicroOperation::Read(..) => false,
        };
        other.0.iter().any(writes)
    }
}

impl Codec for MultiRegister {
    /// A transaction of reads alone, or of writes alone, may be called so, as in Jepsen's tests of databases.
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<Transaction, String> {
        match f {
            "txn" | "read" | "write" => {
                let operations = micro_operations(value, "of a transaction")?;
                Ok(Transaction(operations.iter().map(MicroOperation::asked).collect()))
            }
            _ => Err(format!("unknown function {f:?}: a multi-register knows txn")),
        }
    }

    fn decode_answer(
        &self,
        call: &Transaction,
        value: Json<'_>,
        _: Json<'_>,
        nil: Nil,
    ) -> Result<Option<Transaction>, String> {
        if value == Json::Unknown {
            return Ok(None);
        }
        // One without reads has nothing to say.
        if value.is_nil() && !call.0.iter().any(MicroOperation::is_read) {
            return Ok(Some(call.clone()));
        }
        let mut operations = micro_operations(value, "of a transaction's response")?;
        if !operations.iter().map(MicroOperation::asked).eq(call.0.iter().cloned()) {
            return Err(contradiction(value, &self.describe(call, None)));
        }
        if nil == Nil::Unknown {
            for operation in &mut operations {
                if let MicroOperation::Read(_, seen) = operation {
                    seen.take_if(|seen| *seen == Value::Null);
                }
            }
        }
        Ok(Some(Transaction(operations)))
    }

    /// An object says what is in its registers, and null is in all others; anything else is in all.
    fn decode_initial(&self, value: Json<'_>) -> Result<MultiRegisterState, String> {
        let raw = value.given("to begin with", "an object, or a value that all registers hold")?;
        if !raw.trim_start().starts_with('{') {
            return Value::read(value, "to begin with").map(MultiRegisterState::from);
        }
        let wrong = || cannot_hold("to begin with", raw, "an object");
        let named: BTreeMap<Arc<str>, &RawValue> = serde_json::from_str(raw).map_err(|_| wrong())?;
        let mut state = self.initial();
        for (key, value) in named {
            state.set(&key, &Value::parse(value.get()).ok_or_else(wrong)?);
        }
        Ok(state)
    }

    fn encode_call(&self, call: &Transaction) -> Encoded {
        let operation = |operation: &MicroOperation| match operation {
            MicroOperation::Read(key, seen) => ("r", key.clone(), seen.clone().unwrap_or(Value::Null)),
            MicroOperation::Write(key, value) => ("w", key.clone(), value.clone()),
        };
        Encoded::value(&call.0.iter().map(operation).collect::<Vec<_>>())
    }

    fn encode_answer(&self, answer: &Transaction) -> Encoded {
        self.encode_call(answer)
    }
}

impl Judge for MultiRegister {}

/// A list of `["r", key, value]` and `["w", key, value]`. A read may leave its value out, which is then null.
fn micro_operations(json: Json<'_>, which: &str) -> Result<Vec<MicroOperation>, String> {
    const WANTED: &str = "a list of [\"r\", key, null] and [\"w\", key, value]";
    let raw = json.given(which, WANTED)?;
    let wrong = || cannot_hold(which, raw, WANTED);
    let operations: Vec<Vec<&RawValue>> = serde_json::from_str(raw).map_err(|_| wrong())?;
    let operation = |operation: Vec<&RawValue>| {
        let (f, key, value) = match *operation {
            [f, key] => (f, key, "null"),
            [f, key, value] => (f, key, value.get()),
            _ => return None,
        };
        let key = match Value::parse(key.get())? {
            Value::Text(key) | Value::Json(key) => key,
            key => key.to_string().into(),
        };
        let value = Value::parse(value)?;
        match f.get() {
            "\"r\"" | "\"read\"" => Some(MicroOperation::Read(key, Some(value))),
            "\"w\"" | "\"write\"" if operation.len() == 3 => Some(MicroOperation::Write(key, value)),
            _ => None,
        }
    };
    operations.into_iter().map(|each| operation(each).ok_or_else(wrong)).collect()
}
