//! A queue, first in, first out.

mod call;
mod distinct;

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::files::json::contradiction;
use crate::files::{Codec, Encoded, Json, Nil};
use crate::judge::Judge;
use crate::spec::{DirectVerdict, OperationOf, SequentialSpec};

use super::Value;
use super::list::{list, shown};

pub use call::{QueueAnswer, QueueCall};

/// A queue for each key, first in, first out. It starts empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Queue;

/// What waits in a queue, first in first. Where something is taken, all the rest is shared.
#[derive(Clone, Debug, Default)]
pub struct QueueState {
    items: Arc<[Value]>,
    taken: usize,
}

impl QueueState {
    /// What waits, first in first.
    pub fn waiting(&self) -> &[Value] {
        &self.items[self.taken..]
    }
}

impl From<Vec<Value>> for QueueState {
    fn from(waiting: Vec<Value>) -> Self {
        Self { items: waiting.into(), taken: 0 }
    }
}

impl PartialEq for QueueState {
    fn eq(&self, other: &Self) -> bool {
        self.waiting() == other.waiting()
    }
}

impl Eq for QueueState {}

impl Hash for QueueState {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.waiting().hash(state);
    }
}

impl SequentialSpec for Queue {
    type Call = QueueCall;
    type Answer = QueueAnswer;
    type State = QueueState;

    fn initial(&self) -> QueueState {
        QueueState::default()
    }

    fn step(&self, state: &QueueState, call: &QueueCall, answer: Option<&QueueAnswer>) -> Option<QueueState> {
        match call {
            QueueCall::Enqueue(item) if matches!(answer, None | Some(QueueAnswer::Done)) => {
                let items = state.waiting().iter().chain([item]).cloned().collect();
                Some(QueueState { items, taken: 0 })
            }
            QueueCall::Enqueue(_) => None,
            QueueCall::Dequeue => {
                let fits = match (state.waiting().first(), answer) {
                    (_, None) | (None, Some(QueueAnswer::Empty)) => true,
                    (Some(first), Some(QueueAnswer::Took(taken))) => first == taken,
                    _ => false,
                };
                let taken = state.items.len().min(state.taken + 1);
                fits.then(|| QueueState { items: state.items.clone(), taken })
            }
        }
    }

    fn is_read(&self, _: &QueueCall, answer: Option<&QueueAnswer>) -> bool {
        // What took nothing left everything as it was.
        answer == Some(&QueueAnswer::Empty)
    }

    fn shortcut(&self, initial: &QueueState, operations: &[&OperationOf<Self>]) -> Option<DirectVerdict> {
        distinct::judge(initial.waiting(), operations)
    }

    fn function(&self, call: &QueueCall) -> Cow<'static, str> {
        let name = match call {
            QueueCall::Enqueue(_) => "enqueue",
            QueueCall::Dequeue => "dequeue",
        };
        name.into()
    }

    fn describe(&self, call: &QueueCall, answer: Option<&QueueAnswer>) -> String {
        let asked = match call {
            QueueCall::Enqueue(item) => format!("enqueue {item}"),
            QueueCall::Dequeue => "dequeue".to_owned(),
        };
        match answer {
            Some(QueueAnswer::Took(item)) => format!("{asked}: {item}"),
            Some(QueueAnswer::Empty) => format!("{asked}: empty"),
            Some(QueueAnswer::Done) | None => asked,
        }
    }

    fn expected(&self, state: &QueueState, call: &QueueCall) -> String {
        match (call, state.waiting().first()) {
            (QueueCall::Enqueue(_), _) => "done".to_owned(),
            (QueueCall::Dequeue, Some(first)) => first.to_string(),
            (QueueCall::Dequeue, None) => "empty".to_owned(),
        }
    }

    fn describe_state(&self, state: &QueueState) -> String {
        shown(state.waiting(), ['[', ']'])
    }

    fn source(&self, _: &QueueCall, answer: &QueueAnswer) -> Option<String> {
        match answer {
            QueueAnswer::Took(item) => Some(format!("enqueues {item}")),
            QueueAnswer::Empty | QueueAnswer::Done => None,
        }
    }

    fn is_source(&self, other: &QueueCall, _: &QueueCall, answer: &QueueAnswer) -> bool {
        matches!((other, answer), (QueueCall::Enqueue(item), QueueAnswer::Took(taken)) if item == taken)
    }
}

impl Codec for Queue {
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<QueueCall, String> {
        match f {
            "enqueue" if value.text() == Some("null") => {
                Err("null cannot be enqueued: as an answer it says that the queue was empty".to_owned())
            }
            "enqueue" => Ok(QueueCall::Enqueue(Value::read(value, "to enqueue")?)),
            "dequeue" => Ok(QueueCall::Dequeue),
            _ => Err(format!("unknown function {f:?}: a queue knows enqueue and dequeue")),
        }
    }

    fn decode_answer(
        &self,
        call: &QueueCall,
        value: Json<'_>,
        _: Json<'_>,
        _: Nil,
    ) -> Result<Option<QueueAnswer>, String> {
        Ok(match call {
            QueueCall::Dequeue if value == Json::Unknown => None,
            QueueCall::Dequeue => Some(match Value::read(value, "that was dequeued")? {
                Value::Null => QueueAnswer::Empty,
                item => QueueAnswer::Took(item),
            }),
            QueueCall::Enqueue(asked) => {
                // A response may repeat what was asked, and no other.
                if !value.is_nil() && Value::read(value, "that was enqueued")? != *asked {
                    return Err(contradiction(value, &self.describe(call, None)));
                }
                Some(QueueAnswer::Done)
            }
        })
    }

    fn decode_initial(&self, value: Json<'_>) -> Result<QueueState, String> {
        list(value, "to begin with").map(QueueState::from)
    }

    fn encode_call(&self, call: &QueueCall) -> Encoded {
        match call {
            QueueCall::Enqueue(item) => Encoded::value(item),
            QueueCall::Dequeue => Encoded::default(),
        }
    }

    fn encode_answer(&self, answer: &QueueAnswer) -> Encoded {
        match answer {
            QueueAnswer::Took(item) => Encoded::value(item),
            QueueAnswer::Empty => Encoded::value(&()),
            QueueAnswer::Done => Encoded::default(),
        }
    }
}

impl Judge for Queue {}
