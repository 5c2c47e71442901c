//! From events, in the order they came, to a history.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::files::HistoryError;
use super::history::{History, HistorySource};
use super::operation::Operation;
use super::spec::SequentialSpec;
use super::spec::{OperationOf, with_second};

/// Pairs invocations with responses. Errors say what is wrong with the event at hand.
pub struct Pairing<S: SequentialSpec> {
    operations: Vec<OperationOf<S>>,
    keys: Keys,
    /// By process: the operation that waits for its response.
    open: HashMap<u64, Open, RandomState>,
    /// The places of what did not happen.
    failed: Vec<usize>,
    /// How many events there were.
    now: usize,
}

/// An operation that waits for its response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// Its place.
    at: usize,
    /// The number of its function, to whom it has one.
    pub(super) function: usize,
}

/// The key of an operation that none was named for yet.
const NO_KEY: usize = usize::MAX;

impl<S: SequentialSpec> Default for Pairing<S> {
    fn default() -> Self {
        Self {
            operations: Vec::new(),
            keys: Keys::default(),
            open: HashMap::default(),
            failed: Vec::new(),
            now: 0,
        }
    }
}

impl<S: SequentialSpec> Pairing<S> {
    /// A process asks something of a key, or of what only the answer will name. Where there is one object, no key is
    /// named at all.
    ///
    /// # Errors
    /// The process has asked something before that is still open.
    pub fn invoke(&mut self, process: u64, key: Option<&str>, asked: S::Call) -> Result<(), String> {
        self.invoke_by(process, key, asked, 0)
    }

    /// By a function of this number.
    pub(super) fn invoke_by(
        &mut self,
        process: u64,
        key: Option<&str>,
        asked: S::Call,
        function: usize,
    ) -> Result<(), String> {
        self.now += 1;
        if self.open.insert(process, Open { at: self.operations.len(), function }).is_some() {
            return Err(
                "it invokes an operation while its last one is open: a process can have one at a time"
                    .to_owned(),
            );
        }
        let key = key.map_or(NO_KEY, |key| self.keys.number(key));
        self.operations.push(Operation { process, key, asked, call: self.now, ret: None, answer: None });
        Ok(())
    }

    /// The call that waits for the response of this process.
    ///
    /// # Errors
    /// It has asked nothing that is still open.
    pub fn open(&self, process: u64) -> Result<&S::Call, String> {
        self.open.get(&process).map(|open| self.asked(*open)).ok_or_else(no_invocation)
    }

    /// What waits for the response.
    pub(super) fn asked(&self, open: Open) -> &S::Call {
        &self.operations[open.at].asked
    }

    /// The process is answered, maybe with the key if it was not asked with one, as of something created. Without an
    /// answer any would be right.
    ///
    /// # Errors
    /// It has asked nothing that is still open, or is answered with another key than it asked.
    pub fn ok(
        &mut self,
        process: u64,
        key: Option<&str>,
        answer: impl Into<Option<S::Answer>>,
    ) -> Result<(), String> {
        let open = self.close(process)?;
        self.answered(open, key, answer.into())
    }

    /// What was open and was [closed](Self::close) is answered.
    pub(super) fn answered(
        &mut self,
        Open { at, .. }: Open,
        key: Option<&str>,
        answer: Option<S::Answer>,
    ) -> Result<(), String> {
        if let Some(key) = key {
            match self.operations[at].key {
                NO_KEY => self.operations[at].key = self.keys.number(key),
                asked if self.keys.names[asked] != key => {
                    return Err(format!(
                        "it is answered of the key {key}, and asked of {}",
                        self.keys.names[asked]
                    ));
                }
                _ => {}
            }
        }
        (self.operations[at].ret, self.operations[at].answer) = (Some(self.now), answer);
        Ok(())
    }

    /// The open operation of the process did not happen.
    ///
    /// # Errors
    /// It has asked nothing that is still open.
    pub fn fail(&mut self, process: u64) -> Result<(), String> {
        let open = self.close(process)?;
        self.failed(open);
        Ok(())
    }

    /// What was open and was [closed](Self::close) did not happen.
    pub(super) fn failed(&mut self, open: Open) {
        self.failed.push(open.at);
    }

    /// The outcome of the open operation of the process stays unknown.
    ///
    /// # Errors
    /// It has asked nothing that is still open.
    pub fn info(&mut self, process: u64) -> Result<(), String> {
        self.close(process).map(|_| ())
    }

    /// The history. What is open still is of unknown outcome.
    ///
    /// # Errors
    /// Some operations name keys, and this one has none, neither from its call nor from its answer: it could be of any.
    pub fn finish(self) -> Result<History<S>, HistoryError> {
        self.finish_from(HistorySource::default())
    }

    pub(super) fn finish_from(mut self, source: HistorySource) -> Result<History<S>, HistoryError> {
        let invoked = self.operations.len();
        self.failed.sort_unstable();
        let (mut at, mut gone) = (0, self.failed.into_iter().peekable());
        let mut failed: Vec<_> = self
            .operations
            .extract_if(.., |_| {
                at += 1;
                gone.next_if_eq(&(at - 1)).is_some()
            })
            .collect();
        if self.keys.names.is_empty() {
            self.operations.iter_mut().chain(&mut failed).for_each(|operation| operation.key = 0);
            self.keys.names.push(String::new());
        } else if let Some(of_any) = self.operations.iter().find(|operation| operation.key == NO_KEY) {
            return Err(HistoryError::at(&source, of_any.call, no_key(of_any.ret.is_some())));
        }
        let takes_effect_twice = |operation: &OperationOf<S>| {
            operation.answer.as_ref().is_some_and(|answer| S::second(&operation.asked, answer).is_some())
        };
        let operations = if self.operations.iter().any(takes_effect_twice) {
            self.operations.into_iter().flat_map(with_second::<S>).collect()
        } else {
            self.operations
        };
        Ok(History { operations, failed, keys: self.keys.names, invoked, source })
    }

    /// The open operation of the process has its response.
    pub(super) fn close(&mut self, process: u64) -> Result<Open, String> {
        self.now += 1;
        self.open.remove(&process).ok_or_else(no_invocation)
    }
}

fn no_invocation() -> String {
    "a response to a process that has no open operation: its invocation must come first".to_owned()
}

fn no_key(returned: bool) -> String {
    let which = if returned {
        "names no key, neither here nor in its response"
    } else {
        "has no outcome that could name its key, and names none here"
    };
    format!("this operation {which}, while others do: it could be of any; give each a key, or none")
}

/// Numbers for names, so that an operation needs no string of its own.
#[derive(Debug, Default)]
struct Keys {
    numbers: HashMap<String, usize, RandomState>,
    names: Vec<String>,
}

impl Keys {
    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        self.numbers.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.names.len() - 1
    }
}
