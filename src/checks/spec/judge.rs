//! From a history or a recording of sessions to a verdict: along the versions where that decides, by the search where
//! it does not.

use std::time::{Duration, Instant};

use lockyard_history::{
    Checker, Decision, EVIDENCE_TIME, History, Judge, Limit, NEVER, OperationOf, Refutation, Verdict,
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
    match decide(history, &Limit::time(budget)) {
        Decision::Linearizable => Verdict::Linearizable,
        Decision::Unknown => Verdict::Unknown,
        Decision::Violation(found) => Verdict::Violation(found.evidence(&Limit::time(EVIDENCE_TIME))),
    }
}

/// The verdict on a history of sessions, before a violation is made small.
pub fn decide<'h>(history: &'h History<Sessions>, limit: &Limit) -> Decision<'h, Sessions> {
    // A turn's end comes right after its beginning, and is part of its record.
    let begins = |operation: &&OperationOf<Sessions>| !matches!(operation.asked, Call::Ended { .. });
    let records: Vec<_> = history.operations.iter().filter(begins).map(record).collect();
    let mut keys = by_key(&records);
    let operations_of = |key: usize| {
        let mut record = 0;
        let numbered = history.operations.iter().map(|operation| {
            record += usize::from(begins(&operation));
            Numbered { record: record - 1, operation }
        });
        numbered.filter(|numbered| numbered.operation.key == key).collect::<Vec<_>>()
    };
    let mut undecided = Vec::new();
    for (key, of_key) in keys.iter_mut().enumerate() {
        let walked = walk(&records, of_key);
        if let Some(found) = conflict(&records, of_key, &walked) {
            return Decision::Violation(refutation(history, &operations_of(key), found));
        }
        if let WalkOutcome::Undecided(stop) = walked {
            undecided.push((key, stop));
        }
    }
    undecided.sort_by_key(|&(key, _)| keys[key].placed.len());
    let mut unknown = false;
    for (key, stop) in undecided {
        let operations = operations_of(key);
        if let Some(window) = Window::around(&records, &keys[key], stop).filter(|_| !limit.is_over())
            && let Some(found) = refuted_window(history, key, &operations, &window)
        {
            return Decision::Violation(found);
        }
        let operations = operations.into_iter().map(|numbered| numbered.operation).collect();
        match Checker::new(&Sessions).limit(limit.clone()).decide_key(history, key, operations) {
            Decision::Linearizable => {}
            Decision::Unknown => unknown = true,
            violation @ Decision::Violation(_) => return violation,
        }
    }
    if unknown { Decision::Unknown } else { Decision::Linearizable }
}

impl Judge for Sessions {
    /// Millions of operations stay as short as they were recorded, but for those on a session that the walk along its
    /// versions does not explain.
    fn judge(&self, recording: &Recording, budget: Duration, name: &dyn Fn(u32) -> String) -> Verdict {
        let deadline = Instant::now() + budget;
        let records = recording.records();
        let mut undecided = Vec::new();
        let judge_key = |key: usize| {
            let history = recording.history_of(|record| record.key as usize == key, name);
            judge(&history, deadline.saturating_duration_since(Instant::now()))
        };
        for (key, mut of_key) in by_key(records).into_iter().enumerate() {
            match walk(records, &mut of_key) {
                WalkOutcome::Fits => {}
                WalkOutcome::Undecided(_) => undecided.push((of_key.placed.len(), key)),
                WalkOutcome::TooLate { .. } | WalkOutcome::Stuck(_) => return judge_key(key),
            }
        }
        undecided.sort_unstable();
        let mut verdict = Verdict::Linearizable;
        for (_, key) in undecided {
            match judge_key(key) {
                Verdict::Linearizable => {}
                Verdict::Unknown => verdict = Verdict::Unknown,
                violation @ Verdict::Violation(_) => return violation,
            }
        }
        verdict
    }
}

fn by_key(records: &[Record]) -> Vec<OfKey> {
    assert!(records.len() < MOST_RECORDS, "a recording of {} operations is too long", records.len());
    let mut keys: Vec<OfKey> = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let key = record.key as usize;
        if key >= keys.len() {
            keys.resize_with(key + 1, OfKey::default);
        }
        keys[key].add(at, record);
    }
    keys
}

/// An operation, and the record of it.
#[derive(Clone, Copy)]
struct Numbered<'h> {
    record: usize,
    operation: &'h OperationOf<Sessions>,
}

impl Numbered<'_> {
    fn is(&self, stop: PathStep) -> bool {
        self.record == stop.record && matches!(self.operation.asked, Call::Ended { .. }) == stop.ended
    }
}

fn record(operation: &OperationOf<Sessions>) -> Record {
    Record {
        called: operation.call as u64,
        returned: operation.ret.map_or(NEVER, |at| at as u64),
        key: operation.key as u32,
        call: operation.asked,
        answer: operation.answer,
    }
}

/// So many steps are a piece of a history worth.
const STEPS_PER_WINDOW: u64 = 20_000;

/// The violation in a piece of a history, if there is one.
fn refuted_window<'h>(
    history: &'h History<Sessions>,
    key: usize,
    operations: &[Numbered<'h>],
    window: &Window,
) -> Option<Refutation<'h, Sessions>> {
    let inside = operations.iter().filter(|numbered| window.stops.iter().any(|&stop| numbered.is(stop)));
    let inside = inside.map(|numbered| numbered.operation).collect();
    let checker = Checker::new(&Sessions).starting_at(window.initial.clone());
    let checker = checker.limit(Limit::steps(STEPS_PER_WINDOW));
    let Decision::Violation(found) = checker.decide_key(history, key, inside) else { return None };
    let start = operations.iter().find(|numbered| numbered.is(window.start))?;
    Some(found.after(start.operation))
}

fn refutation<'h>(
    history: &'h History<Sessions>,
    operations: &[Numbered<'h>],
    found: Conflict,
) -> Refutation<'h, Sessions> {
    let place = |stop: PathStep| operations.iter().position(|numbered| numbered.is(stop));
    let impossible = place(found.impossible).expect("what is impossible is among the operations");
    let others = found.shown.iter().filter_map(|&stop| place(stop)).filter(|&at| at != impossible);
    let suffices = [impossible].into_iter().chain(others).collect();
    let operations = operations.iter().map(|numbered| numbered.operation).collect();
    Refutation::new(&Sessions, history, operations, suffices, vec![found.expected])
}
