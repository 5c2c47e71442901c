//! What happened: operations, each from its invocation to its response, paired from events in the order they came.
//!
//! Moments are positions in that order, counted from one. They are all that judging needs: an operation comes before
//! another if its response came before the other's invocation, and clocks can say no more than that.

use std::collections::HashMap;

use super::model::Model;

/// One operation of one process, from its invocation to its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<Call, Answer> {
    /// Who asked.
    pub process: u64,
    /// Of what: the place of the key in [`History::keys`].
    pub key: usize,
    /// What was asked.
    pub asked: Call,
    /// The moment of the invocation.
    pub call: usize,
    /// The moment of the response and the answer. Without one the outcome is unknown: the operation may take effect at
    /// any moment after its invocation, or never.
    pub ret: Option<(usize, Answer)>,
}

/// The operation of a model.
pub type OperationOf<M> = Operation<<M as Model>::Call, <M as Model>::Answer>;

/// Operations in the order of their invocations, without those that are known not to have happened. One that takes
/// effect twice is there twice.
#[derive(Debug)]
pub struct History<M: Model> {
    /// The operations.
    pub operations: Vec<OperationOf<M>>,
    /// The names of the keys.
    pub keys: Vec<String>,
    /// How many operations were invoked, those that failed included.
    pub invoked: usize,
}

/// Pairs invocations with responses. Errors say what is wrong with the event at hand.
pub struct Pairing<M: Model> {
    operations: Vec<OperationOf<M>>,
    keys: Keys,
    /// By process: the operation that waits for its response.
    open: HashMap<u64, usize>,
    failed: Vec<usize>,
    /// How many events there were.
    now: usize,
}

impl<M: Model> Default for Pairing<M> {
    fn default() -> Self {
        Self {
            operations: Vec::new(),
            keys: Keys::default(),
            open: HashMap::new(),
            failed: Vec::new(),
            now: 0,
        }
    }
}

impl<M: Model> Pairing<M> {
    /// A process asks something of a key, or of what only the answer will name.
    pub fn invoke(&mut self, process: u64, key: Option<&str>, asked: M::Call) -> Result<(), String> {
        self.now += 1;
        if self.open.insert(process, self.operations.len()).is_some() {
            return Err(format!(
                "process {process} invokes an operation while its last one is open: it can have one at a time"
            ));
        }
        let key = self.keys.number(key.unwrap_or_default());
        self.operations.push(Operation { process, key, asked, call: self.now, ret: None });
        Ok(())
    }

    /// The call that waits for the response of this process.
    pub fn open(&self, process: u64) -> Result<&M::Call, String> {
        self.open.get(&process).map(|at| &self.operations[*at].asked).ok_or_else(|| no_invocation(process))
    }

    /// The process is answered, maybe with the key if it was not asked with one, as of something created.
    pub fn ok(&mut self, process: u64, key: Option<&str>, answer: M::Answer) -> Result<(), String> {
        let at = self.close(process)?;
        if let Some(key) = key {
            let asked = &self.keys.names[self.operations[at].key];
            if asked.is_empty() {
                self.operations[at].key = self.keys.number(key);
            } else if asked != key {
                return Err(format!("process {process} asked about the key {asked:?}, not {key:?}"));
            }
        }
        self.operations[at].ret = Some((self.now, answer));
        Ok(())
    }

    /// The open operation of the process did not happen.
    pub fn fail(&mut self, process: u64) -> Result<(), String> {
        let at = self.close(process)?;
        self.failed.push(at);
        Ok(())
    }

    /// Nobody will ever know what became of the open operation of the process.
    pub fn info(&mut self, process: u64) -> Result<(), String> {
        self.close(process).map(|_| ())
    }

    /// The history. What is open still is of unknown outcome.
    pub fn finish(mut self) -> History<M> {
        let invoked = self.operations.len();
        self.failed.sort_unstable();
        let (mut at, mut failed) = (0, self.failed.into_iter().peekable());
        self.operations.retain(|_| {
            at += 1;
            failed.next_if_eq(&(at - 1)).is_none()
        });
        History { operations: with_seconds::<M>(self.operations), keys: self.keys.names, invoked }
    }

    fn close(&mut self, process: u64) -> Result<usize, String> {
        self.now += 1;
        self.open.remove(&process).ok_or_else(|| no_invocation(process))
    }
}

/// Each operation, and [what it does besides](Model::second).
pub fn with_seconds<M: Model>(operations: Vec<OperationOf<M>>) -> Vec<OperationOf<M>> {
    let mut all = Vec::with_capacity(operations.len());
    for operation in operations {
        let second = operation.ret.as_ref().and_then(|(ret, answer)| {
            let (asked, answer) = M::second(&operation.asked, answer)?;
            Some(Operation { asked, ret: Some((*ret, answer)), ..operation })
        });
        all.push(operation);
        all.extend(second);
    }
    all
}

fn no_invocation(process: u64) -> String {
    format!("a response to process {process}, which has no open operation: its invocation must come first")
}

/// Numbers for names, so that an operation needs no string of its own.
#[derive(Debug, Default)]
struct Keys {
    numbers: HashMap<String, usize>,
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
