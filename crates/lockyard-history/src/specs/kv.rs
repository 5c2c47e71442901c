//! A store of strings, where an append makes every order of changes visible to the next get.

use std::borrow::Cow;
use std::sync::Arc;

use crate::files::json::contradiction;
use crate::files::{Codec, Encoded, Json, Nil};
use crate::judge::Judge;
use crate::spec::SequentialSpec;

/// A string for each key. A missing key reads as the empty string.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kv;

/// What is asked of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KvCall {
    /// What is there?
    Get,
    /// Let this be there.
    Put(Arc<str>),
    /// Add this to the end of what is there.
    Append(Arc<str>),
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KvAnswer {
    /// To a get: this is there.
    Got(Arc<str>),
    /// To a change: done.
    Done,
}

impl SequentialSpec for Kv {
    type Call = KvCall;
    type Answer = KvAnswer;
    type State = Arc<str>;

    fn initial(&self) -> Arc<str> {
        Arc::default()
    }

    fn step(&self, state: &Arc<str>, call: &KvCall, answer: Option<&KvAnswer>) -> Option<Arc<str>> {
        match (call, answer) {
            (KvCall::Get, None) => Some(state.clone()),
            (KvCall::Get, Some(KvAnswer::Got(got))) => (got == state).then(|| state.clone()),
            (KvCall::Put(new), None | Some(KvAnswer::Done)) => Some(new.clone()),
            (KvCall::Append(more), None | Some(KvAnswer::Done)) => Some([&**state, &**more].concat().into()),
            (KvCall::Get, Some(KvAnswer::Done)) | (_, Some(KvAnswer::Got(_))) => None,
        }
    }

    fn is_read(&self, call: &KvCall, _: Option<&KvAnswer>) -> bool {
        *call == KvCall::Get
    }

    fn needs(&self, _: &KvCall, answer: &KvAnswer) -> Option<Arc<str>> {
        match answer {
            KvAnswer::Got(got) => Some(got.clone()),
            KvAnswer::Done => None,
        }
    }

    fn describe_state(&self, state: &Arc<str>) -> String {
        format!("{state:?}")
    }

    fn function(&self, call: &KvCall) -> Cow<'static, str> {
        let name = match call {
            KvCall::Get => "get",
            KvCall::Put(_) => "put",
            KvCall::Append(_) => "append",
        };
        name.into()
    }

    fn describe(&self, call: &KvCall, answer: Option<&KvAnswer>) -> String {
        let asked = match call {
            KvCall::Get => "get".to_owned(),
            KvCall::Put(new) => format!("put {new:?}"),
            KvCall::Append(more) => format!("append {more:?}"),
        };
        match answer {
            Some(KvAnswer::Got(got)) => format!("{asked}: {got:?}"),
            Some(KvAnswer::Done) | None => asked,
        }
    }

    fn expected(&self, state: &Arc<str>, call: &KvCall) -> String {
        match call {
            KvCall::Get => format!("{state:?}"),
            KvCall::Put(_) | KvCall::Append(_) => "done".to_owned(),
        }
    }
}

impl Codec for Kv {
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<KvCall, String> {
        match f {
            "get" => Ok(KvCall::Get),
            "put" => Ok(KvCall::Put(value.read_text("to put")?)),
            "append" => Ok(KvCall::Append(value.read_text("to append")?)),
            _ => Err(format!("unknown function {f:?}: kv knows get, put and append")),
        }
    }

    fn decode_answer(
        &self,
        call: &KvCall,
        value: Json<'_>,
        _: Json<'_>,
        _: Nil,
    ) -> Result<Option<KvAnswer>, String> {
        Ok(match call {
            KvCall::Get if value == Json::Unknown => None,
            KvCall::Get => Some(KvAnswer::Got(value.read_text("that was got")?)),
            KvCall::Put(asked) | KvCall::Append(asked) => {
                // A response may repeat what was asked, and no other.
                if !value.is_nil() && value.read_text("of a change")? != *asked {
                    return Err(contradiction(value, &self.describe(call, None)));
                }
                Some(KvAnswer::Done)
            }
        })
    }

    fn decode_initial(&self, value: Json<'_>) -> Result<Arc<str>, String> {
        value.read_text("to begin with")
    }

    fn encode_call(&self, call: &KvCall) -> Encoded {
        match call {
            KvCall::Get => Encoded::default(),
            KvCall::Put(text) | KvCall::Append(text) => Encoded::value(text),
        }
    }

    fn encode_answer(&self, answer: &KvAnswer) -> Encoded {
        match answer {
            KvAnswer::Got(got) => Encoded::value(got),
            KvAnswer::Done => Encoded::default(),
        }
    }
}

impl Judge for Kv {}
