//! A lock without an owner, as Knossos' mutex: whoever holds it, anyone may release it.

use std::borrow::Cow;

use crate::files::json::beginning;
use crate::files::{Codec, Encoded, Json, Nil};
use crate::judge::Judge;
use crate::spec::SequentialSpec;

/// A lock for each key, free at first. An acquire fits only while it is free, a release only while it is held; one that
/// was refused is written as failed.
///
/// It is not called a mutex, as in Knossos, so that no import hides [`std::sync::Mutex`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Lock;

/// What a lock is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockCall {
    /// Hold it, as soon as nobody does.
    Acquire,
    /// Let it go.
    Release,
}

/// What a lock answers: it was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockAnswer;

/// What a lock remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LockState {
    /// Nobody holds it.
    #[default]
    Free,
    /// Somebody holds it.
    Locked,
}

impl SequentialSpec for Lock {
    type Call = LockCall;
    type Answer = LockAnswer;
    type State = LockState;

    fn initial(&self) -> LockState {
        LockState::Free
    }

    /// An acquire of a lock that is held waits: until it has its turn it has no effect.
    fn step(&self, state: &LockState, call: &LockCall, _: Option<&LockAnswer>) -> Option<LockState> {
        match (call, state) {
            (LockCall::Acquire, LockState::Free) => Some(LockState::Locked),
            (LockCall::Release, LockState::Locked) => Some(LockState::Free),
            (LockCall::Acquire, LockState::Locked) | (LockCall::Release, LockState::Free) => None,
        }
    }

    fn needs(&self, call: &LockCall, _: &LockAnswer) -> Option<LockState> {
        Some(match call {
            LockCall::Acquire => LockState::Free,
            LockCall::Release => LockState::Locked,
        })
    }

    fn makes(&self, call: &LockCall) -> Option<LockState> {
        Some(match call {
            LockCall::Acquire => LockState::Locked,
            LockCall::Release => LockState::Free,
        })
    }

    fn function(&self, call: &LockCall) -> Cow<'static, str> {
        self.describe(call, None).into()
    }

    fn describe(&self, call: &LockCall, _: Option<&LockAnswer>) -> String {
        match call {
            LockCall::Acquire => "acquire".to_owned(),
            LockCall::Release => "release".to_owned(),
        }
    }

    fn expected(&self, state: &LockState, call: &LockCall) -> String {
        match (call, state) {
            (LockCall::Acquire, LockState::Locked) => "no answer while it is held".to_owned(),
            (LockCall::Release, LockState::Free) => "a failure, for nobody held it".to_owned(),
            (LockCall::Acquire, LockState::Free) | (LockCall::Release, LockState::Locked) => {
                "done".to_owned()
            }
        }
    }

    fn describe_state(&self, state: &LockState) -> String {
        match state {
            LockState::Free => "free".to_owned(),
            LockState::Locked => "locked".to_owned(),
        }
    }

    fn source(&self, call: &LockCall, _: &LockAnswer) -> Option<String> {
        match call {
            LockCall::Acquire => Some("releases it".to_owned()),
            LockCall::Release => Some("acquires it".to_owned()),
        }
    }
}

impl Codec for Lock {
    /// What stands beside the function, as a client's name, is of no account.
    fn decode_call(&self, f: &str, _: Json<'_>) -> Result<LockCall, String> {
        match f {
            "acquire" => Ok(LockCall::Acquire),
            "release" => Ok(LockCall::Release),
            _ => Err(format!("unknown function {f:?}: a lock knows acquire and release")),
        }
    }

    fn decode_answer(
        &self,
        call: &LockCall,
        value: Json<'_>,
        result: Json<'_>,
        _: Nil,
    ) -> Result<Option<LockAnswer>, String> {
        // To take a refusal for a lock that was had would make a right history wrong.
        for said in [value, result] {
            if said.text() == Some("false") {
                let asked = self.describe(call, None);
                return Err(format!(
                    "the response to {asked} is false: write one that was refused as \"fail\""
                ));
            }
        }
        Ok(Some(LockAnswer))
    }

    fn decode_initial(&self, value: Json<'_>) -> Result<LockState, String> {
        const WANTED: &str = "\"free\" or \"locked\"";
        match value.given("to begin with", WANTED)? {
            "\"free\"" | "false" => Ok(LockState::Free),
            "\"locked\"" | "true" => Ok(LockState::Locked),
            other => Err(format!("a lock does not begin as {}: give {WANTED}", beginning(other))),
        }
    }

    fn encode_call(&self, _: &LockCall) -> Encoded {
        Encoded::default()
    }

    fn encode_answer(&self, _: &LockAnswer) -> Encoded {
        Encoded::default()
    }
}

impl Judge for Lock {}
