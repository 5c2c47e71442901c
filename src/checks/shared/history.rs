//! What the clients of a run ask and are answered, as a history that is judged when the run is over.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;
use lockyard_explore::{EventKind, Violated, marks};
use lockyard_history::{Pairing, Verdict, check};

use crate::backend::shared::SharedSession;

use super::spec::{SharedAnswer, SharedCall, SharedSessionSpec};

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    /// It was answered.
    Answered(SharedAnswer),
    /// It has not happened.
    Failed,
    /// That is not known, or it is under way.
    Unknown,
}

/// An operation, by its number in the program. What no client asks has no call.
type Operation = (Option<SharedCall>, Outcome);

/// The operations of a run.
#[derive(Clone, Default)]
pub(super) struct OperationLog(Rc<RefCell<Vec<Operation>>>);

/// Histories that were judged already: few differ among thousands of schedules.
#[derive(Clone, Default)]
pub(super) struct Verdicts(Rc<RefCell<HashMap<Key, Result<(), Violated>>>>);

type Key = (Vec<(usize, EventKind)>, Vec<Operation>, Option<SharedSession>);

/// A history of a few operations is judged in far less.
const BUDGET: Duration = Duration::from_secs(5);

impl OperationLog {
    /// Notes the next operation of the program; its number.
    pub(super) fn plan(&self, call: Option<SharedCall>) -> usize {
        let mut operations = self.0.borrow_mut();
        operations.push((call, Outcome::Unknown));
        operations.len() - 1
    }

    pub(super) fn ended(&self, operation: usize, outcome: Outcome) {
        self.0.borrow_mut()[operation].1 = outcome;
    }

    /// What came of all of them.
    pub(super) fn outcomes(&self) -> Vec<Outcome> {
        self.0.borrow().iter().map(|(_, outcome)| outcome.clone()).collect()
    }

    /// Whether a turn has begun in the place of another.
    pub(super) fn has_taken_over(&self) -> bool {
        let began = |outcome: &Outcome| matches!(outcome, Outcome::Answered(SharedAnswer::Began(_, Some(_))));
        self.0.borrow().iter().any(|(_, outcome)| began(outcome))
    }

    /// Whether one operation at a time could have been answered so, with this left in the end.
    pub(super) fn judge(&self, verdicts: &Verdicts, last: Option<SharedSession>) -> Result<(), Violated> {
        let events = marks().iter().map(|mark| (mark.operation, mark.kind)).collect();
        let key = (events, self.0.borrow().clone(), last);
        if let Some(verdict) = verdicts.0.borrow().get(&key) {
            return verdict.clone();
        }
        let verdict = judged(&key);
        verdicts.0.borrow_mut().insert(key, verdict.clone());
        verdict
    }
}

/// The number of the process that looks when all is over.
const LAST: u64 = 99;

fn judged((events, operations, last): &Key) -> Result<(), Violated> {
    let mut history = Pairing::<SharedSessionSpec>::default();
    for (operation, kind) in events {
        // Each operation is a process of its own: that those of one client come one after another is in the order of events.
        let process = *operation as u64;
        let (Some(call), outcome) = &operations[*operation] else { continue };
        match (kind, outcome) {
            (EventKind::Invoked, _) => history.invoke(process, None, call.clone())?,
            (EventKind::Returned, Outcome::Answered(answer)) => history.ok(process, None, answer.clone())?,
            (EventKind::Returned, Outcome::Failed) => history.fail(process)?,
            (EventKind::Returned, Outcome::Unknown) | (EventKind::GivenUp, _) => history.info(process)?,
        }
    }
    // What the database has in the end is what a read would find.
    history.invoke(LAST, None, SharedCall::Read)?;
    let last = last.clone().map_or(SharedAnswer::Gone, |session| SharedAnswer::Session(Arc::new(session)));
    history.ok(LAST, None, last)?;
    let history = history.finish().map_err(|error| error.to_string())?;
    match check(&SharedSessionSpec, &history, BUDGET) {
        Verdict::Linearizable => Ok(()),
        Verdict::Violation(found) => Err(format!("not linearizable\n{found}")),
        Verdict::Unknown => Err("linearizability was not decided in time".to_owned()),
    }
}
