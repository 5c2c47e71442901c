//! Everything that was found, with what each suspicion rests on, so that it becomes certain or dissolves.
//!
//! A finding about what tasks *did* is certain from the start. One about what they *wait* for is a suspicion at first: a
//! branch may resume, a timeout may end the wait, a guard may be with another task. It becomes certain by proof, when
//! nothing but the waits themselves can wake the tasks, or by standing for the patience of a watch; and it dissolves
//! when one of its waits ends.

use std::collections::HashMap;
use std::panic::Location;
use std::sync::Arc;

use lockyard_lock::sync::Mutex;

use super::cycle::StrandId;
use super::finding::{Certainty, Finding, Kind};
use super::number::number;
use super::wait::Wait;

/// So many findings that differ in kind or places are kept; what comes after is counted.
const FINDINGS: usize = 1_000;

/// A future of a task that has what the task waits for, and how often it had been polled by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeftFuture {
    /// A wait that was granted.
    Wait(u64, u64),
    /// A named branch, with its hold.
    Branch(StrandId, u64, u64),
}

/// A future that is in the way.
pub(super) struct Obstacle {
    pub(super) future: LeftFuture,
    pub(super) title: String,
    pub(super) has: &'static str,
    pub(super) at: &'static Location<'static>,
}

/// What a suspicion rests on, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Suspicion {
    pub(super) number: u64,
    /// Waits that are on.
    pub(super) waits: Vec<u64>,
    /// Holds of strands.
    pub(super) holds: Vec<(StrandId, u64)>,
    /// A future that is not polled any more.
    pub(super) left: Option<LeftFuture>,
    /// It is certain if nothing but its waits can wake the tasks. A task that waits for what it holds itself may have
    /// handed the guard to another task, so there it is not.
    pub(super) provable: bool,
    /// It never becomes certain: what is waited for is not seen.
    pub(super) stays: bool,
}

/// A finding, and the waits that it is about, by number.
pub(super) struct StandingFinding {
    pub(super) finding: Finding,
    pub(super) waits: Vec<u64>,
}

struct StoredFinding {
    finding: Finding,
    /// Each time that the same was suspected, until it ends.
    open: Vec<Suspicion>,
    /// How it became certain.
    proven: bool,
    /// It stays as it is, whatever becomes of its waits: they were ended because of it.
    kept: bool,
}

/// The findings of a tracker.
#[derive(Default)]
pub(super) struct Found(Mutex<Store>);

#[derive(Default)]
struct Store {
    all: Vec<StoredFinding>,
    /// Findings past the bound, and suspicions that ended because their waits were cancelled.
    dropped: u64,
    cancelled: u64,
}

impl Store {
    /// Recursive reads that these deadlocks consist of: they were suspected, since the first read could have been another
    /// branch's, and now the second waits behind a writer that waits for the first.
    fn read_twice(&mut self, certain: &[StandingFinding]) -> Vec<Finding> {
        let shown = |it: &Finding| {
            let mut deadlocks = certain.iter().map(|it| &it.finding).filter(|it| it.kind == Kind::Deadlock);
            deadlocks.any(|deadlock| it.places.iter().all(|place| deadlock.places.contains(place)))
        };
        let suspected = self.all.iter_mut().map(|found| &mut found.finding);
        let reads =
            suspected.filter(|it| it.kind == Kind::RecursiveRead && it.certainty == Certainty::Suspected);
        reads
            .filter(|it| shown(it))
            .map(|finding| {
                finding.certainty = Certainty::Certain;
                finding.clone()
            })
            .collect()
    }
}

impl Found {
    pub(super) fn all(&self) -> Vec<Finding> {
        self.0.lock().all.iter().map(|found| found.finding.clone()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.0.lock().all.len()
    }

    /// Findings that were not kept, since there were too many.
    pub(super) fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }

    /// Suspicions that ended because a wait was cancelled: it is unknown whether they would have ended otherwise.
    pub(super) fn cancelled(&self) -> u64 {
        self.0.lock().cancelled
    }

    /// Keeps a finding; whether it is to be reported: the first time, and when it is surer than it was.
    pub(super) fn keep(&self, finding: &Finding, suspicion: Option<Suspicion>) -> bool {
        let mut store = self.0.lock();
        let open = suspicion.map(|it| Suspicion { number: number(), ..it });
        // By the kind that it has now, which a suspicion may have changed when it became certain.
        let same =
            |it: &&mut StoredFinding| it.finding.kind == finding.kind && it.finding.places == finding.places;
        if let Some(known) = store.all.iter_mut().find(same) {
            known.open.extend(open);
            known.finding.times += 1;
            // What is certain stays so, and what dissolved may be there again and stay this time.
            if known.finding.certainty == Certainty::Certain || known.finding.certainty == finding.certainty {
                return false;
            }
            known.finding = Finding { times: known.finding.times, ..finding.clone() };
            return true;
        }
        if store.all.len() >= FINDINGS {
            store.dropped += 1;
            return false;
        }
        let open = open.into_iter().collect();
        store.all.push(StoredFinding { finding: finding.clone(), open, proven: false, kept: false });
        true
    }

    /// A wait has ended, with the lock or because it was cancelled. What was suspected of it was nothing, or cannot be
    /// known any more.
    pub(super) fn ended(&self, wait: u64, granted: bool) {
        let mut store = self.0.lock();
        let mut cancelled = 0;
        for found in &mut store.all {
            let before = found.open.len();
            found.open.retain(|suspicion| !suspicion.waits.contains(&wait));
            if found.open.len() == before || !found.open.is_empty() || found.kept {
                continue;
            }
            match found.finding.certainty {
                Certainty::Suspected => {
                    found.finding.certainty = Certainty::Dissolved;
                    cancelled += u64::from(!granted);
                }
                // It stood for the patience, which was not long enough for this program. A proof is not refuted so:
                // there the lock was had because another task of the cycle was cancelled.
                Certainty::Certain if granted && !found.proven => {
                    found.finding.certainty = Certainty::Dissolved;
                }
                Certainty::Certain | Certainty::Dissolved => {}
            }
        }
        store.cancelled += cancelled;
    }

    /// Makes those suspicions certain that `judge` finds to be of a kind; the findings that became so.
    pub(super) fn confirm(
        &self,
        proven: bool,
        judge: impl Fn(Kind, &Suspicion) -> Option<Kind>,
    ) -> Vec<StandingFinding> {
        // Judged outside the mutex: the judge looks at strands, and a strand that ends while it does may end a wait,
        // which comes back here.
        let mut open = Vec::new();
        for found in self.0.lock().all.iter().filter(|found| found.finding.certainty == Certainty::Suspected)
        {
            open.extend(found.open.iter().map(|suspicion| (found.finding.kind, suspicion.clone())));
        }
        let judged = open.iter().filter_map(|(kind, it)| Some((it.number, judge(*kind, it)?)));
        let certain: HashMap<u64, Kind> = judged.collect();
        if certain.is_empty() {
            return Vec::new();
        }
        let mut confirmed = Vec::new();
        let mut store = self.0.lock();
        for found in &mut store.all {
            // Still open: none of its waits has ended since.
            let of = |it: &Suspicion| Some((*certain.get(&it.number)?, it.waits.clone()));
            let confirms = found.open.iter().find_map(of);
            if let Some((kind, waits)) = confirms.filter(|_| found.finding.certainty == Certainty::Suspected)
            {
                found.finding.certainty = Certainty::Certain;
                found.finding.kind = kind;
                found.proven = proven;
                confirmed.push(StandingFinding { finding: found.finding.clone(), waits });
            }
        }
        let reads = store.read_twice(&confirmed);
        confirmed.extend(reads.into_iter().map(|finding| StandingFinding { finding, waits: Vec::new() }));
        confirmed
    }

    /// Findings all of whose waits are among these; of those that can never be certain, among the second ones.
    pub(super) fn standing(&self, long: &[Arc<Wait>], very_long: &[Arc<Wait>]) -> Vec<StandingFinding> {
        let is_among = |number: &u64, stays: bool| {
            let waits = if stays { very_long } else { long };
            waits.iter().any(|wait| wait.number == *number)
        };
        let store = self.0.lock();
        let standing = store.all.iter().filter_map(|found| {
            let open = found
                .open
                .iter()
                .find(|it| !it.waits.is_empty() && it.waits.iter().all(|of| is_among(of, it.stays)))?;
            Some(StandingFinding { finding: found.finding.clone(), waits: open.waits.clone() })
        });
        standing.collect()
    }

    /// It stays as it is, whatever becomes of its waits.
    pub(super) fn keep_for_good(&self, finding: &Finding) {
        let mut store = self.0.lock();
        let same =
            |it: &&mut StoredFinding| it.finding.kind == finding.kind && it.finding.places == finding.places;
        if let Some(found) = store.all.iter_mut().find(same) {
            found.kept = true;
        }
    }
}
