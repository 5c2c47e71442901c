//! From events, in the order they came, to a history.

use std::collections::HashMap;

use super::history::History;
use super::operation::{Operation, OperationOf, with_second};
use super::spec::SequentialSpec;

/// Pairs invocations with responses. Errors say what is wrong with the event at hand.
pub struct Pairing<S: SequentialSpec> {
    operations: Vec<OperationOf<S>>,
    keys: Keys,
    /// By process: the operation that waits for its response.
    open: HashMap<u64, usize>,
    failed: Vec<usize>,
    /// How many events there were.
    now: usize,
}

impl<S: SequentialSpec> Default for Pairing<S> {
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

impl<S: SequentialSpec> Pairing<S> {
    /// A process asks something of a key, or of what only the answer will name.
    ///
    /// # Errors
    /// The process has asked something before that is still open.
    pub fn invoke(&mut self, process: u64, key: Option<&str>, asked: S::Call) -> Result<(), String> {
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
    ///
    /// # Errors
    /// It has asked nothing that is still open.
    pub fn open(&self, process: u64) -> Result<&S::Call, String> {
        self.open.get(&process).map(|at| &self.operations[*at].asked).ok_or_else(|| no_invocation(process))
    }

    /// The process is answered, maybe with the key if it was not asked with one, as of something created.
    ///
    /// # Errors
    /// It has asked nothing that is still open, or is answered with another key than it asked.
    pub fn ok(&mut self, process: u64, key: Option<&str>, answer: S::Answer) -> Result<(), String> {
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
    ///
    /// # Errors
    /// It has asked nothing that is still open.
    pub fn fail(&mut self, process: u64) -> Result<(), String> {
        let at = self.close(process)?;
        self.failed.push(at);
        Ok(())
    }

    /// The outcome of the open operation of the process stays unknown.
    ///
    /// # Errors
    /// It has asked nothing that is still open.
    pub fn info(&mut self, process: u64) -> Result<(), String> {
        self.close(process).map(|_| ())
    }

    /// The history. What is open still is of unknown outcome.
    pub fn finish(mut self) -> History<S> {
        let invoked = self.operations.len();
        self.failed.sort_unstable();
        let (mut at, mut failed) = (0, self.failed.into_iter().peekable());
        self.operations.retain(|_| {
            at += 1;
            failed.next_if_eq(&(at - 1)).is_none()
        });
        let operations = self.operations.into_iter().flat_map(with_second::<S>).collect();
        History { operations, keys: self.keys.names, invoked }
    }

    fn close(&mut self, process: u64) -> Result<usize, String> {
        self.now += 1;
        self.open.remove(&process).ok_or_else(|| no_invocation(process))
    }
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
