//! One program over a published crate, run in whichever mode the drop-in for tokio was built: as it is, tracked, or in every
//! order. What each run came to is printed as a line that `scripts/real-code.sh` collects.

use std::future::Future;

/// What must come of a program when it is explored.
#[derive(Clone, Copy, Debug)]
pub enum Search {
    /// None of its schedules fails, and they are all tried: at least so many.
    Exhausts(u64),
    /// None of so many schedules fails, and there are more.
    Stops(u64),
    /// Tried all, with at most so many switches from one task to another: at least so many, and none fails.
    Switches(usize, u64),
}

/// Runs a program in the mode of this build.
///
/// - Without features: once, on a runtime of one thread.
/// - Tracked: the same, and any finding fails; so does a run in which no acquisition and no wait was seen.
/// - Explored: as `search` says; `LOCKYARD_REPLAY` has one schedule run alone.
///
/// # Panics
/// If the program fails, or not all of this holds.
#[track_caller]
pub fn check<F: Future<Output = ()> + 'static>(search: Search, program: impl Fn() -> F) {
    mode::check(search, program);
}

/// A line for the script: what ran, how many schedules, how many findings, and what that is worth.
#[cfg(any(feature = "track", feature = "explore"))]
fn say(schedules: u64, findings: usize, worth: &str) {
    let name = std::thread::current().name().unwrap_or("?").to_owned();
    println!("\nREAL-CODE\t{name}\t{schedules}\t{findings}\t{worth}");
}

/// Runs it once on a runtime of one thread.
///
/// # Panics
/// With the program.
#[cfg(not(feature = "explore"))]
pub fn run<F: Future>(program: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(program)
}

#[cfg(not(any(feature = "track", feature = "explore")))]
mod mode {
    use super::{Search, run};

    pub fn check<F: Future<Output = ()> + 'static>(_: Search, program: impl Fn() -> F) {
        run(program());
    }
}

#[cfg(all(feature = "track", not(feature = "explore")))]
mod mode {
    use tokio::lockyard::deny_findings;

    use super::{Search, run, say};

    pub fn check<F: Future<Output = ()> + 'static>(_: Search, program: impl Fn() -> F) {
        run(async {
            let guard = deny_findings();
            program().await;
            let tracker = guard.tracker();
            let (acquisitions, waits) = (tracker.acquisitions(), tracker.event_waits());
            assert!(acquisitions + waits > 0, "nothing was seen: this says nothing of the program");
            let seen = format!("{acquisitions} acquisitions and {waits} waits for events seen");
            say(0, tracker.findings().len(), &seen);
        });
    }
}

#[cfg(feature = "explore")]
mod mode {
    use tokio::lockyard::{Explore, Proof};

    use super::{Search, say};

    pub fn check<F: Future<Output = ()> + 'static>(search: Search, program: impl Fn() -> F) {
        let explore = match search {
            Search::Exhausts(_) => Explore::new(),
            Search::Stops(most) => Explore::new().schedules(most),
            Search::Switches(most, _) => Explore::new().preemptions(most),
        };
        if std::env::var_os("LOCKYARD_REPLAY").is_some_and(|schedule| !schedule.is_empty()) {
            return explore.check(program);
        }
        let came = explore.report(program);
        if let Some(failure) = came.failure() {
            panic!("{failure}");
        }
        let (schedules, proof) = (came.schedules(), came.proof());
        let (least, is_kept) = match search {
            Search::Exhausts(least) => (least, matches!(proof, Proof::Exhaustive { .. })),
            Search::Stops(least) | Search::Switches(_, least) => (least, matches!(proof, Proof::Bounded(_))),
        };
        assert!(is_kept, "{schedules} schedules: {proof}");
        assert!(schedules >= least, "only {schedules} schedules: {proof}");
        say(schedules, 0, &proof.to_string());
    }
}
