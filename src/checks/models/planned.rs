//! What clients have asked in one run and what came of it, as a history that can be judged.

use std::collections::BTreeMap;

use crate::backend::chat::ChatContextDTO;
use crate::checks::sessions::context;
use crate::checks::spec::{Answer, Call, Context, Log, Recording};
use lockyard_explore::EventKind;

/// What came of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    Answered(Answer),
    /// Refused: it did not happen.
    Refused,
    /// Unknown.
    Unknown,
}

/// An operation that was planned, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PlannedOperation {
    pub(super) operation: usize,
    pub(super) process: u64,
    pub(super) key: u32,
    pub(super) call: Call,
    pub(super) outcome: Outcome,
}

/// When operations were asked and answered, in the order of the run; and the operations.
pub(super) type History = (Vec<(usize, EventKind)>, Vec<PlannedOperation>);

/// The history of a run. Moments are the places of the marks, which say all there is to say about order.
pub(super) fn record(sessions: u32, (marks, asked): &History) -> Recording {
    let given = (0..sessions).map(|key| Context::from(&ChatContextDTO::from(&context(key))).given(key));
    let mut recording = Recording::new(given);
    let mut logs: BTreeMap<u64, Log> = BTreeMap::new();
    for PlannedOperation { operation, process, key, call, outcome } in asked {
        let at = |kind| marks.iter().position(|mark| *mark == (*operation, kind)).map(|at| at as u64 + 1);
        let Some(invoked) = at(EventKind::Invoked) else { continue };
        let log = logs.entry(*process).or_insert_with(|| Log::new(*process, asked.len()));
        let ticket = log.invoke(invoked, *key, *call);
        match (at(EventKind::Returned), outcome) {
            (Some(returned), Outcome::Answered(answer)) => log.ok(ticket, returned, *answer),
            (Some(_), Outcome::Refused) => log.fail(ticket),
            _ => log.info(ticket),
        }
    }
    for log in logs.into_values() {
        recording.add(log);
    }
    recording
}
