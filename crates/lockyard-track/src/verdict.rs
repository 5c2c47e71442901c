//! What a run has shown, and what of it was not seen: clean is said only where there is nothing of either.

use std::fmt;
use std::time::Duration;

use super::clock;
use super::dump::TaskStatus;
use super::exclusion::ONE_IN;
use super::finding::{Certainty, Finding};
use super::tracker::Tracker;

/// What it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Nothing was found, and all that there was has been seen.
    Clean,
    /// Something is wrong, for certain or as a suspicion that stands.
    Findings,
    /// Nothing was found, but not all was seen.
    Inconclusive,
}

/// Something that the tracker could not see.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlindSpot {
    /// A task has not ended, was not polled for the patience, and waits for no tracked lock: for what it waits is not seen.
    Stopped(TaskStatus),
    /// A task has waited for a tracked lock for the patience, and nothing was found to explain it.
    Waiting(TaskStatus),
    /// Suspicions ended because a wait was cancelled, as by a timeout: whether it would have ended otherwise is not known.
    Cancelled(u64),
    /// Acquisitions by tasks without a name, whose polls, and so guards held across awaits, are not seen.
    Unnamed(u64),
    /// Acquisitions while several futures of one scope were suspended without names of their own, so that which of them
    /// held what is not known.
    Branches(u64),
    /// Orders of locks that were forgotten, and searches among them that were broken off, since there were so many.
    Orders(u64),
    /// Findings that were not kept, since so many were there before.
    Findings(u64),
    /// Tracking was switched off so often: what was locked meanwhile is not known.
    SwitchedOff(u64),
}

/// What a tracker has to say of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What is wrong, and what is suspected and stands. What dissolved is not in it.
    pub findings: Vec<Finding>,
    /// What was not seen.
    pub not_seen: Vec<BlindSpot>,
    /// Of so many grants to writers one looks whether there is a reader beside it.
    pub looked_one_in: u64,
    /// Acquisitions that were tracked, and have ended.
    pub acquisitions: u64,
}

impl Verdict {
    /// What it comes to.
    pub fn outcome(&self) -> Outcome {
        match (self.findings.is_empty(), self.not_seen.is_empty()) {
            (false, _) => Outcome::Findings,
            (true, false) => Outcome::Inconclusive,
            (true, true) => Outcome::Clean,
        }
    }
}

impl Tracker {
    /// What this tracker has to say so far. A task that has neither ended nor been polled for `patience` counts as
    /// stopped: one that idles, too, as a server does that waits for its next request.
    ///
    /// ```
    /// use std::time::Duration;
    /// use lockyard_track::{Outcome, Tracker};
    ///
    /// let tracker = Tracker::new();
    /// let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// runtime.block_on(async {
    ///     let hangs = tracker.spawn("hangs", std::future::pending::<()>());
    ///     tokio::task::yield_now().await;
    ///     let verdict = tracker.verdict(Duration::ZERO);
    ///     assert_eq!(verdict.outcome(), Outcome::Inconclusive, "a hang is never clean");
    ///     hangs.abort();
    /// });
    /// ```
    pub fn verdict(&self, patience: Duration) -> Verdict {
        self.look(patience);
        let now = clock::now();
        let findings: Vec<_> =
            self.findings().into_iter().filter(|it| it.certainty != Certainty::Dissolved).collect();
        let mut not_seen = Vec::new();
        for strand in self.strands() {
            let status = strand.status(now);
            let explained = findings.iter().any(|it| it.tasks.contains(&status.name));
            if strand.waits_for(now).is_some_and(|it| Duration::from_nanos(it) >= patience) && !explained {
                not_seen.push(BlindSpot::Waiting(status));
            } else if strand.parent.is_none()
                && strand.stopped(now).is_some_and(|it| Duration::from_nanos(it) >= patience)
                && !explained
            {
                not_seen.push(BlindSpot::Stopped(status));
            }
        }
        let counts = self.blind_spots();
        for (count, unseen) in [
            (counts.cancelled, BlindSpot::Cancelled as fn(u64) -> BlindSpot),
            (counts.unnamed, BlindSpot::Unnamed),
            (counts.branches, BlindSpot::Branches),
            (counts.orders, BlindSpot::Orders),
            (counts.findings, BlindSpot::Findings),
            (counts.switched_off, BlindSpot::SwitchedOff),
        ] {
            if count > 0 {
                not_seen.push(unseen(count));
            }
        }
        Verdict { findings, not_seen, looked_one_in: ONE_IN, acquisitions: self.acquisitions() }
    }
}

impl fmt::Display for BlindSpot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(task) => write!(f, "stopped, and waits for nothing that is tracked: {task}"),
            Self::Waiting(task) => write!(f, "waits for a lock, and no finding says why: {task}"),
            Self::Cancelled(count) => {
                write!(f, "{count} waits that looked like a deadlock were cancelled, as by a timeout")
            }
            Self::Unnamed(count) => {
                write!(f, "{count} acquisitions by tasks without a name: their polls are not seen")
            }
            Self::Branches(count) => {
                write!(
                    f,
                    "{count} holds of scopes whose branches have no names: what is drawn from them is suspected only"
                )
            }
            Self::Orders(count) => {
                write!(f, "{count} orders of locks were forgotten or not searched to the end")
            }
            Self::Findings(count) => {
                write!(f, "{count} findings that were not kept, past the first thousand")
            }
            Self::SwitchedOff(count) => write!(f, "tracking was switched off {count} times"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome() {
            Outcome::Clean => write!(f, "clean: nothing was found")?,
            Outcome::Findings => write!(f, "{} findings", self.findings.len())?,
            Outcome::Inconclusive => write!(f, "nothing was found, and not all was seen")?,
        }
        let (acquisitions, one_in) = (self.acquisitions, self.looked_one_in);
        write!(
            f,
            " in {acquisitions} acquisitions that have ended; a writer beside a reader is looked for in one of {one_in} grants"
        )?;
        for finding in &self.findings {
            let word = if finding.certainty == Certainty::Certain { "certain" } else { "suspected" };
            write!(f, "\n{word}: {finding}")?;
        }
        for unseen in &self.not_seen {
            write!(f, "\nnot seen: {unseen}")?;
        }
        Ok(())
    }
}
