//! A program on a real runtime with tracked locks.
//!
//! All parts run on one thread of their own, where they take turns, so that the order that a pitfall needs comes about
//! each time. A run ends when all parts have, or when something that is certain was found and nothing has come to it
//! for a while: then the parts are dropped where they stand. A part that blocks the thread for good keeps it, and the
//! thread is left behind.

use std::pin::pin;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use tokio::task::LocalSet;

use lockyard_track::{Certainty, Finding, Kind, Tracker};

use super::detection::{Detection, Variant};
use super::program::PitfallProgram;

/// A program for tracked locks.
#[derive(Clone, Copy, Debug)]
pub struct TrackedProgram {
    /// What is to be found.
    pub kind: Kind,
    /// Puts it together, in a scope of the tracker.
    pub program: fn(Variant) -> PitfallProgram,
}

/// What has not moved for so long will not move any more: nothing here waits for anything but its like.
const PATIENCE: Duration = Duration::from_millis(100);

/// After something was found, this long more is waited for what follows from it.
const AFTERWARDS: Duration = Duration::from_millis(300);

/// A run that neither ends nor is found wrong is given up.
const LONGEST: Duration = Duration::from_secs(10);

/// What a run has come to.
#[derive(Clone, Debug)]
pub struct TrackedRun {
    /// What the tracker found.
    pub findings: Vec<Finding>,
    /// Acquisitions that were tracked.
    pub acquisitions: u64,
    /// Whether all parts have ended.
    pub ended: bool,
}

enum RunEvent {
    Found,
    Ended,
}

impl TrackedProgram {
    /// Runs a variant once.
    pub fn run(&self, variant: Variant) -> TrackedRun {
        let tracker = Tracker::new();
        let (send, events) = channel();
        let found = send.clone();
        // The receiver is gone once the run was given up.
        tracker.on_finding(move |finding| {
            if finding.certainty == Certainty::Certain {
                drop(found.send(RunEvent::Found));
            }
        });
        let (give_up, given_up) = tokio::sync::oneshot::channel::<()>();
        let (program, its) = (self.program, tracker.clone());
        let play = move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return };
            let parts = LocalSet::new();
            for part in its.within("set up", || program(variant)).parts {
                parts.spawn_local(its.task(part.name.into(), part.does));
            }
            // Either all have ended, or the wait for them was given up.
            let ended =
                runtime.block_on(async { matches!(select(pin!(parts), given_up).await, Either::Left(_)) });
            if ended {
                drop(send.send(RunEvent::Ended));
            }
        };
        let watch = tracker.watch(PATIENCE);
        let player = thread::Builder::new().name("lockyard-pitfall".to_owned()).spawn(play);
        let ended = player.is_ok() && wait(&events);
        drop((watch, give_up));
        TrackedRun { findings: tracker.findings(), acquisitions: tracker.acquisitions(), ended }
    }
}

/// Waits until all have ended, which is true, or until nothing more is to be expected.
fn wait(events: &std::sync::mpsc::Receiver<RunEvent>) -> bool {
    let mut until = Instant::now() + LONGEST;
    loop {
        match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(RunEvent::Ended) => return true,
            Ok(RunEvent::Found) => until = Instant::now() + AFTERWARDS,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
        }
    }
}

impl TrackedRun {
    /// What is certain, and wrong.
    pub fn certain(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.certainty == Certainty::Certain)
    }

    /// The alarm for `kind`, or else any other: a run that has not ended is one, too.
    pub fn alarm(&self, kind: Kind) -> Option<Detection> {
        let found = self.certain().find(|it| it.kind == kind).or_else(|| self.certain().next());
        let alarm = |it: &Finding| Detection {
            kind: it.kind.as_str().to_owned(),
            message: it.message.clone(),
            places: it.places.clone(),
            tasks: it.tasks.clone(),
            edges: it.edges.clone(),
        };
        let stuck = || Detection {
            kind: "stuck".to_owned(),
            message: format!("still running after {} s without a finding", LONGEST.as_secs()),
            places: vec![file!().to_owned()],
            tasks: Vec::new(),
            edges: Vec::new(),
        };
        found.map(alarm).or_else(|| (!self.ended).then(stuck))
    }
}
