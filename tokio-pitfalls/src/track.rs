//! A program that runs once, on a runtime of its own, and what the tracker finds meanwhile.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::lockyard::{Certainty, Finding, deny_findings};

use crate::Program;

/// A stuck program is ended by the tracker within seconds. One that the tracker does not see is left alone after this.
const GIVEN_UP: Duration = Duration::from_secs(20);

/// What came of one run.
#[derive(Debug)]
pub struct Tracked {
    /// What was found and has not dissolved.
    pub findings: Vec<Finding>,
    /// With what the program, or the test that it stands for, failed; nothing if it ended.
    pub failure: Option<String>,
}

/// Runs a program once.
pub fn track(program: Program) -> Tracked {
    let (trackers, tracker) = mpsc::channel();
    let (outcomes, outcome) = mpsc::channel();
    // A thread of its own, so that one that hangs and is not seen hangs nobody else.
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        let run = || {
            runtime.expect("a runtime").block_on(async {
                let guard = deny_findings();
                trackers.send(guard.tracker().clone()).ok();
                program().await;
            });
        };
        let ended = catch_unwind(AssertUnwindSafe(run));
        outcomes.send(ended.err().map(|panic| words(&*panic))).ok();
    });
    let tracker = tracker.recv().expect("the run has a tracker");
    let failure =
        outcome.recv_timeout(GIVEN_UP).unwrap_or_else(|_| Some(format!("it hangs\n{}", tracker.dump())));
    let stands = |it: &Finding| it.certainty != Certainty::Dissolved;
    Tracked { findings: tracker.findings().into_iter().filter(stands).collect(), failure }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref().copied()).unwrap_or("a panic without words").to_owned()
}
