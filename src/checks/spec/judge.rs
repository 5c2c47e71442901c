//! From a history or a recording of sessions to a verdict: along the versions where that decides, by the search where
//! it does not.

use std::time::{Duration, Instant};

use lockyard_history::{
    Evidence, History, Judge, Limit, NEVER, OperationOf, Verdict, Violation, check_key, span,
};

use super::evidence::{Conflict, conflict};
use super::sessions::{Record, Recording, Sessions};
use super::versions::{MOST_RECORDS, OfKey, PathStep};
use super::window::Window;
use super::witness::{WalkOutcome, walk};
use super::words::Call;

/// Judges a history of sessions as [`check`](lockyard_history::check) does, but much faster. The budget is for what the
/// search is needed for.
pub fn judge(history: &History<Sessions>, budget: Duration) -> Verdict {
    // A turn's end comes right after its beginning, and is part of its record.
    let begins = |operation: &&OperationOf<Sessions>| !matches!(operation.asked, Call::Ended { .. });
    let records: Vec<_> = history.operations.iter().filter(begins).map(record).collect();
    let name = |key: usize| history.keys[key].clone();
    judge_by_key(&records, budget, name, |key| {
        let mut record = 0;
        let numbered = history.operations.iter().map(|operation| {
            record += usize::from(begins(&operation));
            Numbered { record: record - 1, operation: operation.clone() }
        });
        numbered.filter(|numbered| numbered.operation.key == key).collect()
    })
}

impl Judge for Sessions {
    fn judge(&self, recording: &Recording, budget: Duration, name: &dyn Fn(u32) -> String) -> Verdict {
        let of_key = |key: usize| {
            let operations = recording.operations(|record| record.key as usize == key).into_iter();
            operations.map(|(record, operation)| Numbered { record, operation }).collect()
        };
        judge_by_key(recording.records(), budget, |key| name(key as u32), of_key)
    }
}

/// An operation, and the record of it.
struct Numbered {
    record: usize,
    operation: OperationOf<Sessions>,
}

impl Numbered {
    fn is(&self, stop: PathStep) -> bool {
        self.record == stop.record && matches!(self.operation.asked, Call::Ended { .. }) == stop.ended
    }
}

fn record(operation: &OperationOf<Sessions>) -> Record {
    let (returned, answer) =
        operation.ret.as_ref().map_or((NEVER, None), |(at, answer)| (*at as u64, Some(*answer)));
    Record {
        called: operation.call as u64,
        returned,
        key: operation.key as u32,
        call: operation.asked,
        answer,
    }
}

fn judge_by_key(
    records: &[Record],
    budget: Duration,
    name: impl Fn(usize) -> String,
    operations_of: impl Fn(usize) -> Vec<Numbered>,
) -> Verdict {
    assert!(records.len() < MOST_RECORDS, "a recording of {} operations is too long", records.len());
    let mut keys: Vec<OfKey> = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let key = record.key as usize;
        if key >= keys.len() {
            keys.resize_with(key + 1, OfKey::default);
        }
        keys[key].add(at, record);
    }
    let mut limit = Limit::until(Instant::now() + budget);
    let (mut verdict, mut undecided) = (Verdict::Linearizable, Vec::new());
    for (key, of_key) in keys.iter_mut().enumerate() {
        let walked = walk(records, of_key);
        if let Some(found) = conflict(records, of_key, &walked) {
            return Verdict::Violation(violation(&name(key), &operations_of(key), &found));
        }
        if let WalkOutcome::Undecided(stop) = walked {
            undecided.push((key, stop));
        }
    }
    undecided.sort_by_key(|&(key, _)| keys[key].placed.len());
    for (key, stop) in undecided {
        let operations = operations_of(key);
        if let Some(window) = Window::around(records, &keys[key], stop).filter(|_| !budget.is_zero())
            && let Some(found) = judge_window(&name(key), &operations, &window)
        {
            return Verdict::Violation(found);
        }
        let operations: Vec<_> = operations.iter().map(|numbered| &numbered.operation).collect();
        match check_key(&Sessions, &name(key), &operations, &mut limit) {
            Verdict::Linearizable => {}
            Verdict::Unknown => verdict = Verdict::Unknown,
            violation @ Verdict::Violation(_) => return violation,
        }
    }
    verdict
}

/// So many steps are a piece of a history worth.
const STEPS_PER_WINDOW: u64 = 20_000;

/// The violation in a piece of a history, if there is one.
fn judge_window(name: &str, operations: &[Numbered], window: &Window) -> Option<Violation> {
    let inside = |numbered: &&Numbered| window.stops.iter().any(|&stop| numbered.is(stop));
    let inside: Vec<_> = operations.iter().filter(inside).map(|numbered| &numbered.operation).collect();
    let Verdict::Violation(mut violation) =
        check_key(window, name, &inside, &mut Limit::steps(STEPS_PER_WINDOW))
    else {
        return None;
    };
    if let Some(start) = operations.iter().find(|numbered| numbered.is(window.start)) {
        violation.insert(span(&Sessions, &start.operation));
    }
    Some(violation)
}

fn violation(name: &str, operations: &[Numbered], found: &Conflict) -> Violation {
    let is_shown = |numbered: &&Numbered| found.shown.iter().any(|&stop| numbered.is(stop));
    let shown: Vec<_> = operations.iter().filter(is_shown).collect();
    let impossible = shown.iter().position(|numbered| numbered.is(found.impossible));
    let evidence = Evidence {
        impossible: impossible.expect("what is impossible is among the operations"),
        operations: shown.into_iter().map(|numbered| &numbered.operation).collect(),
        expected: vec![found.expected.clone()],
    };
    evidence.violation(&Sessions, name)
}
