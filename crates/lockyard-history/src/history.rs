//! What happened: the operations on all keys, in the order of their invocations.
//!
//! Moments are positions in the order of events, counted from one. They are all that judging needs: an operation comes
//! before another if its response came before the other's invocation, and clocks can say no more than that.

use std::collections::HashMap;

use lockyard_evidence::{Numbering, OperationSpan, Process};

use super::files::json::shortened;
use super::spec::{OperationOf, SequentialSpec};

/// Operations in the order of their invocations, without those that are known not to have happened. One that takes
/// effect twice is there twice.
#[derive(Debug)]
pub struct History<S: SequentialSpec> {
    /// The operations.
    pub operations: Vec<OperationOf<S>>,
    /// What was invoked and did not happen.
    pub failed: Vec<OperationOf<S>>,
    /// The names of the keys.
    pub keys: Vec<String>,
    /// How many operations were invoked, those that failed included.
    pub invoked: usize,
    /// Where it was read from; empty for what was recorded.
    pub(super) source: HistorySource,
}

/// Where the events of a history stand in a file, and what is to be known of reading it.
#[derive(Debug, Default)]
pub(super) struct HistorySource {
    /// The names of processes that have no number in the file.
    pub(super) process_names: HashMap<u64, String>,
    /// The numbers of lines, or of events, by moments. Empty for what was recorded.
    pub(super) places: Vec<u32>,
    pub(super) numbering: Numbering,
    pub(super) notes: Vec<String>,
}

impl<S: SequentialSpec> History<S> {
    /// What is to be known of how a file was read: lines that were passed over, times that ran backwards. A sentence each.
    pub fn notes(&self) -> &[String] {
        &self.source.notes
    }

    /// What the places of operations in a drawing are.
    pub(super) fn numbering(&self) -> Numbering {
        self.source.numbering
    }

    /// The line of the event at this moment, if it was read from lines.
    pub(super) fn place(&self, moment: usize) -> Option<usize> {
        self.source.places.get(moment.checked_sub(1)?).map(|place| *place as usize)
    }

    /// An operation in words, from its invocation to its return, with the lines that it has in the file.
    pub fn span(&self, spec: &S, operation: &OperationOf<S>) -> OperationSpan {
        let process = self.source.process_names.get(&operation.process);
        OperationSpan {
            process: process.map_or(Process::Number(operation.process), |name| Process::Name(name.clone())),
            f: spec.function(&operation.asked).into_owned(),
            what: words(&spec.describe(&operation.asked, operation.answer.as_ref())),
            call: operation.call,
            ret: operation.ret,
            line: self.place(operation.call),
            return_line: operation.ret.and_then(|ret| self.place(ret)),
        }
    }
}

/// What a specification says of a call, an answer or a state, as long as a reader has patience for: values may be megabytes.
pub(super) fn words(said: &str) -> String {
    const MOST: usize = 120;
    shortened(said, MOST)
}
