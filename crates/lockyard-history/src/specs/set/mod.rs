//! A set that is added to, removed from, asked for one element, and read as a whole.

mod call;
mod grow_only;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::files::json::contradiction;
use crate::files::{Codec, Encoded, Json, Nil};
use crate::judge::Judge;
use crate::spec::{DirectVerdict, OperationOf, SequentialSpec};

use super::Value;
use super::list::{list, shown};

pub use call::{SetAnswer, SetCall};

/// A set for each key. It starts empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Set;

impl SequentialSpec for Set {
    type Call = SetCall;
    type Answer = SetAnswer;
    type State = Arc<BTreeSet<Value>>;

    fn initial(&self) -> Self::State {
        Arc::default()
    }

    fn step(&self, state: &Self::State, call: &SetCall, answer: Option<&SetAnswer>) -> Option<Self::State> {
        let honest = match call {
            SetCall::Read => match answer {
                None => true,
                Some(SetAnswer::Holds(read)) => read == state,
                Some(_) => false,
            },
            SetCall::Contains(element) => match answer {
                None => true,
                Some(SetAnswer::Contained(said)) => *said == state.contains(element),
                Some(_) => false,
            },
            SetCall::Add(element) | SetCall::Remove(element) => match answer {
                None | Some(SetAnswer::Done) => true,
                Some(SetAnswer::Changed(said)) => {
                    *said == (state.contains(element) == matches!(call, SetCall::Remove(_)))
                }
                Some(_) => false,
            },
        };
        honest.then(|| after(state, call))
    }

    fn is_read(&self, call: &SetCall, answer: Option<&SetAnswer>) -> bool {
        // What changed nothing left everything as it was.
        matches!(call, SetCall::Read | SetCall::Contains(_)) || answer == Some(&SetAnswer::Changed(false))
    }

    /// Elements have nothing to do with each other, until all are read at once.
    fn parts(&self, operations: &[&OperationOf<Self>]) -> Option<Vec<Vec<usize>>> {
        let mut places = HashMap::new();
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for (at, operation) in operations.iter().enumerate() {
            match &operation.asked {
                SetCall::Read if operation.answer.is_some() => return None,
                // One that says nothing fits everywhere.
                SetCall::Read => {}
                SetCall::Contains(element) | SetCall::Add(element) | SetCall::Remove(element) => {
                    let place = *places.entry(element).or_insert_with(|| {
                        parts.push(Vec::new());
                        parts.len() - 1
                    });
                    parts[place].push(at);
                }
            }
        }
        Some(parts)
    }

    fn shortcut(&self, initial: &Self::State, operations: &[&OperationOf<Self>]) -> Option<DirectVerdict> {
        grow_only::judge(initial, operations)
    }

    fn function(&self, call: &SetCall) -> Cow<'static, str> {
        let name = match call {
            SetCall::Read => "read",
            SetCall::Contains(_) => "contains",
            SetCall::Add(_) => "add",
            SetCall::Remove(_) => "remove",
        };
        name.into()
    }

    fn describe(&self, call: &SetCall, answer: Option<&SetAnswer>) -> String {
        let f = self.function(call);
        let asked = match call {
            SetCall::Read => f.into_owned(),
            SetCall::Contains(element) | SetCall::Add(element) | SetCall::Remove(element) => {
                format!("{f} {element}")
            }
        };
        match answer {
            Some(SetAnswer::Holds(elements)) => format!("{asked}: {}", self.describe_state(elements)),
            Some(SetAnswer::Contained(said) | SetAnswer::Changed(said)) => format!("{asked}: {said}"),
            Some(SetAnswer::Done) | None => asked,
        }
    }

    fn expected(&self, state: &Self::State, call: &SetCall) -> String {
        match call {
            SetCall::Read => self.describe_state(state),
            SetCall::Contains(element) | SetCall::Remove(element) => state.contains(element).to_string(),
            SetCall::Add(element) => (!state.contains(element)).to_string(),
        }
    }

    fn describe_state(&self, state: &Self::State) -> String {
        shown(&**state, ['{', '}'])
    }

    fn source(&self, call: &SetCall, answer: &SetAnswer) -> Option<String> {
        match wanted(call, answer)? {
            (element, true) => Some(format!("adds {element}")),
            (element, false) => Some(format!("removes {element}")),
        }
    }

    fn is_source(&self, other: &SetCall, call: &SetCall, answer: &SetAnswer) -> bool {
        match (other, wanted(call, answer)) {
            (SetCall::Add(added), Some((element, true))) => added == element,
            (SetCall::Remove(removed), Some((element, false))) => removed == element,
            _ => false,
        }
    }
}

fn after(state: &Arc<BTreeSet<Value>>, call: &SetCall) -> Arc<BTreeSet<Value>> {
    let mut next = state.clone();
    match call {
        SetCall::Add(element) if !state.contains(element) => {
            Arc::make_mut(&mut next).insert(element.clone());
        }
        SetCall::Remove(element) if state.contains(element) => {
            Arc::make_mut(&mut next).remove(element);
        }
        _ => {}
    }
    next
}

/// The one element that the answer is about, and whether it was there.
fn wanted<'c>(call: &'c SetCall, answer: &SetAnswer) -> Option<(&'c Value, bool)> {
    match (call, answer) {
        (SetCall::Contains(element), SetAnswer::Contained(said))
        | (SetCall::Remove(element), SetAnswer::Changed(said)) => Some((element, *said)),
        (SetCall::Add(element), SetAnswer::Changed(said)) => Some((element, !*said)),
        _ => None,
    }
}

impl Codec for Set {
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<SetCall, String> {
        match f {
            "read" => Ok(SetCall::Read),
            "contains" => Ok(SetCall::Contains(Value::read(value, "to look for")?)),
            "add" => Ok(SetCall::Add(Value::read(value, "to add")?)),
            "remove" => Ok(SetCall::Remove(Value::read(value, "to remove")?)),
            _ => Err(format!("unknown function {f:?}: a set knows read, contains, add and remove")),
        }
    }

    /// What was asked may be repeated in the value; whether it was there, or was a change, is the result.
    fn decode_answer(
        &self,
        call: &SetCall,
        value: Json<'_>,
        result: Json<'_>,
        _: Nil,
    ) -> Result<Option<SetAnswer>, String> {
        const TRUTH: &str = "a \"result\" of true or false";
        let (SetCall::Contains(element) | SetCall::Add(element) | SetCall::Remove(element)) = call else {
            if value == Json::Unknown {
                return Ok(None);
            }
            return elements(value, "that was read").map(|elements| Some(SetAnswer::Holds(elements)));
        };
        if !value.is_nil() && Value::read(value, "of a response")? != *element {
            return Err(contradiction(value, &self.describe(call, None)));
        }
        Ok(match call {
            SetCall::Contains(_) if result == Json::Unknown || value == Json::Unknown && result.is_nil() => {
                None
            }
            SetCall::Contains(_) => Some(SetAnswer::Contained(result.read("of contains", TRUTH)?)),
            _ if result.is_nil() => Some(SetAnswer::Done),
            _ => Some(SetAnswer::Changed(result.read("of a change", TRUTH)?)),
        })
    }

    fn decode_initial(&self, value: Json<'_>) -> Result<Self::State, String> {
        elements(value, "to begin with")
    }

    fn encode_call(&self, call: &SetCall) -> Encoded {
        match call {
            SetCall::Read => Encoded::default(),
            SetCall::Contains(element) | SetCall::Add(element) | SetCall::Remove(element) => {
                Encoded::value(element)
            }
        }
    }

    fn encode_answer(&self, answer: &SetAnswer) -> Encoded {
        match answer {
            SetAnswer::Holds(elements) => Encoded::value(elements),
            SetAnswer::Contained(said) | SetAnswer::Changed(said) => Encoded::result(said),
            SetAnswer::Done => Encoded::default(),
        }
    }
}

impl Judge for Set {}

/// A list, in any order, of what is there once.
fn elements(value: Json<'_>, which: &str) -> Result<Arc<BTreeSet<Value>>, String> {
    let mut elements = BTreeSet::new();
    for element in list(value, which)? {
        if let Some(twice) = elements.replace(element) {
            return Err(format!("the value {which} has {twice} twice: a set has each element once"));
        }
    }
    Ok(Arc::new(elements))
}
