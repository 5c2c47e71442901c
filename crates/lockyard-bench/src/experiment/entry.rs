//! One subject in an experiment, and what it takes to measure it again as if for the first time.

use std::time::Duration;

use crate::conclusions::{Measured, SubjectOutcome, WorkloadFacts};
use crate::judged::Verified;
use crate::record::{Finding, FindingKind, Severity};
use crate::slices::{InFlight, Runtime, SliceFailure};
use crate::subject::{Running, Subject};
use crate::system::Fault;
use crate::tracking::TrackingSummary;
use crate::workload::{Operation, Workload};

/// What a subject is measured for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// To be compared.
    Compared,
    /// The baseline once more: how far the two come out apart is what the run cannot distinguish from nothing at all.
    Control,
    /// What the machine could do at most.
    Limit,
}

/// A subject, and what was measured of it so far.
pub(crate) struct Entry<W: Workload> {
    pub(crate) subject: Subject<W>,
    pub(crate) role: Role,
    /// Whether its locks are tracked.
    pub(crate) tracked: bool,
    /// `None` once it got stuck, or was lost.
    pub(crate) running: Option<Box<dyn Running>>,
    pub(crate) measured: Measured,
    /// Why it was taken out of the run.
    pub(crate) taken_out: Option<Finding>,
    pub(crate) verified: Verified,
    /// What trackers saw of those that ran here before, and of judged slices.
    pub(crate) seen: TrackingSummary,
}

impl<W: Workload> Entry<W> {
    pub(crate) fn new(subject: Subject<W>, role: Role, tracked: bool, workload: &WorkloadFacts) -> Self {
        Self {
            subject,
            role,
            tracked,
            running: None,
            measured: Measured::new(workload),
            taken_out: None,
            verified: Verified::default(),
            seen: TrackingSummary::default(),
        }
    }

    /// Notes what its tracker has seen, if there is one.
    fn see(&mut self) {
        if let Some(tracker) = self.running.as_ref().and_then(|running| running.runtime().tracker()) {
            self.seen.add(TrackingSummary::by(tracker, true));
        }
    }

    /// What its locks did so far shall not count, being warming up.
    pub(crate) fn forget_times(&self) {
        if let Some(tracker) = self.running.as_ref().and_then(|running| running.runtime().tracker()) {
            tracker.clear_times();
        }
    }

    /// Takes it out of the run: it can be asked no more.
    pub(crate) fn lose(&mut self, fault: Fault) {
        self.running = None;
        self.taken_out = Some(Finding {
            kind: FindingKind::ServerLost,
            rule: None,
            severity: Severity::Error,
            message: format!("the server stopped answering, and was removed from the run: {}", fault.reason),
            places: vec![fault.place.unwrap_or_else(|| self.subject.name().to_owned())],
            tasks: Vec::new(),
            edges: Vec::new(),
        });
    }

    /// Takes it out of the run: a slice of it was given up on this runtime.
    pub(crate) fn give_up(&mut self, runtime: Option<&Runtime>, failure: &SliceFailure, patience: Duration) {
        self.see();
        // Not dropped: its tasks may hold it for good.
        std::mem::forget(self.running.take());
        let (in_flight, patience) = (failure.in_flight(), patience.as_secs_f64());
        let (kind, message) = match failure {
            SliceFailure::Panicked { task, message, .. } => {
                let place = in_flight
                    .first()
                    .map_or("between two operations".to_owned(), |stuck| format!("in {}", name::<W>(stuck)));
                (FindingKind::Panic, format!("client {task} panicked {place}: {message}"))
            }
            // Then it is known what is waited for, and that says more.
            SliceFailure::Stuck(_) | SliceFailure::NotBegun { .. }
                if runtime.is_some_and(Runtime::is_doomed) =>
            {
                return;
            }
            SliceFailure::NotBegun { missing } => {
                let message = format!(
                    "{missing} tasks did not begin for {patience:.0} s, for something else keeps the workers busy; removed \
                     from the run"
                );
                (FindingKind::Stuck, message)
            }
            SliceFailure::Stuck(_) => {
                let besides = match runtime.and_then(Runtime::tracker) {
                    Some(_) => "; no wait cycle among its locks, so they wait for something else",
                    None => "; run with --track for the wait-for edges, if it waits for locks",
                };
                let message = format!(
                    "no operation completed for {patience:.0} s with {} in flight; removed from the run{besides}",
                    in_flight.len(),
                );
                (FindingKind::Stuck, message)
            }
        };
        let mut places: Vec<_> = in_flight.iter().map(|stuck| name::<W>(stuck).to_owned()).collect();
        places.sort();
        places.dedup();
        if places.is_empty() {
            // Before anything was asked, or between two questions.
            places.push(self.subject.name().to_owned());
        }
        let tasks = in_flight.iter().map(|stuck| format!("task {} in {}", stuck.task, name::<W>(stuck)));
        let (tasks, severity) = (tasks.collect(), Severity::Error);
        self.taken_out =
            Some(Finding { kind, rule: None, severity, message, places, tasks, edges: Vec::new() });
    }

    /// What it came to.
    pub(crate) fn outcome(mut self) -> SubjectOutcome {
        self.see();
        let Self { tracked, measured, taken_out, verified, seen, .. } = self;
        SubjectOutcome {
            measured,
            verified,
            seen: Some(seen).filter(|_| tracked),
            findings: taken_out.into_iter().collect(),
        }
    }
}

/// What the operation is called that is in flight.
fn name<W: Workload>(stuck: &InFlight) -> &'static str {
    W::OPERATIONS.get(stuck.operation).map_or("an operation", |Operation { name, .. }| name)
}
