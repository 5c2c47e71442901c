//! What a search has come to.

use std::collections::BTreeSet;
use std::panic::Location;
use std::time::Duration;

use super::execute::{ExecutedRun, Verdict};
use super::failure::{Failure, FailureKind};
use super::guest::order::LockOrder;
use super::place::CoarseStep;
use super::proof::{ASSUMPTION, Proof, Unsound};
use super::schedule::Schedule;

/// What a search has found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Schedules that were run to their end.
    pub complete: u64,
    /// Schedules that were cut short, because what comes was seen in another order.
    pub pruned: u64,
    /// Steps in all.
    pub steps: u64,
    /// Steps of the longest run.
    pub longest: usize,
    /// Runs that failed.
    pub failed: u64,
    /// The first of them.
    pub failure: Option<Failure>,
    /// What bounded the search, in words; none if every schedule was tried, or one of each equivalence class. It is a proof
    /// only if it is not unsound, either: see [`proof`](Self::proof).
    pub bound: Option<String>,
    /// Why the search is unsound, if it is.
    pub unsound: Option<Unsound>,
    /// Whether it has run one schedule of each equivalence class, rather than every schedule.
    pub reduced: bool,
    /// Steps that are one only here.
    pub coarse: BTreeSet<CoarseStep>,
    /// Where tasks have stood, each by its number: every await that was reached. Only of searches that may give up tasks.
    pub awaits: BTreeSet<(usize, &'static Location<'static>)>,
    /// At which of these a task was given up.
    pub given_up_at: BTreeSet<(usize, &'static Location<'static>)>,
    /// Which locks of [guests](super::guest) were held when others were asked for.
    pub orders: BTreeSet<LockOrder>,
    /// What the program reported.
    pub outcomes: BTreeSet<String>,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// Schedules, complete and pruned.
    pub fn schedules(&self) -> u64 {
        self.complete + self.pruned
    }

    /// What it is worth that no failure was found, or no other than the first.
    pub fn proof(&self) -> Proof {
        match (&self.unsound, &self.bound) {
            // First: schedules of an unsound search prove nothing, however many there are.
            (Some(why), _) => Proof::Unsound(why.clone()),
            (None, Some(bound)) => Proof::Bounded(bound.clone()),
            (None, None) => Proof::Exhaustive { assumption: self.reduced.then_some(ASSUMPTION) },
        }
    }

    /// Whether it is a [proof](Self::proof): every schedule was tried, or one of each equivalence class, and nothing makes
    /// that unsound.
    pub fn exhaustive(&self) -> bool {
        matches!(self.proof(), Proof::Exhaustive { .. })
    }

    /// Adds what the part of the search that comes after this one has come to.
    pub(super) fn join(&mut self, other: Self) {
        self.complete += other.complete;
        self.pruned += other.pruned;
        self.steps += other.steps;
        self.longest = self.longest.max(other.longest);
        self.failed += other.failed;
        self.failure = self.failure.take().or(other.failure);
        self.bound = self.bound.take().or(other.bound);
        // As one run after another would have had it.
        if other.unsound == Some(Unsound::Nondeterministic) || self.unsound.is_none() {
            self.unsound = other.unsound;
        }
        self.coarse.extend(other.coarse);
        self.awaits.extend(other.awaits);
        self.given_up_at.extend(other.given_up_at);
        self.orders.extend(other.orders);
        self.outcomes.extend(other.outcomes);
    }

    pub(super) fn add(&mut self, run: &ExecutedRun, schedule: impl FnOnce() -> Schedule) {
        self.steps += run.steps as u64;
        self.longest = self.longest.max(run.steps);
        if let (None, Some((task, name))) = (&self.unsound, &run.foreign) {
            self.unsound = Some(Unsound::ForeignWait { task: *task, name: name.clone() });
        }
        if let (None, Some((task, name, place))) = (&self.unsound, &run.left) {
            self.unsound =
                Some(Unsound::NotBegun { task: *task, name: name.clone(), place: place.to_string() });
        }
        match &run.verdict {
            Verdict::Pruned => {
                self.pruned += 1;
                return;
            }
            Verdict::Held => {}
            Verdict::Failed(cause) => {
                self.failed += 1;
                if cause.kind == FailureKind::Nondeterminism {
                    self.unsound = Some(Unsound::Nondeterministic);
                }
                if self.failure.is_none() {
                    self.failure = Some((**cause).clone().by(schedule()));
                }
            }
        }
        self.complete += 1;
    }
}
