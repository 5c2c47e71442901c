//! A whole program, tracked from a call or from the environment on.

use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use lockyard_track::{Dump, Finding, Tracker, Verdict, WatchGuard};

use super::notify;
use crate::{idle, tracked};

/// What has not moved for so long counts as stuck, unless `LOCKYARD_PATIENCE` names another time in seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The watch over the program, which never ends.
static WATCH: Mutex<Option<WatchGuard>> = Mutex::new(None);

/// Tracks the whole program from now on: what is used for the first time from here on, by all tasks that this one spawns, by
/// runtimes that are made later, and by threads outside of them. Findings go to `tracing`, as events of target `lockyard`.
///
/// A second call gives the same tracker. Call it first thing in `main`: what was used before is not tracked.
///
/// The environment does the same: `LOCKYARD_TRACK=1` before the program starts, which prints findings on standard error as
/// well; with anything else than 1 they go to the end of the file of that name. `LOCKYARD_PATIENCE` is how many seconds a wait
/// has to last before it counts as stuck (10).
pub fn track() -> Tracker {
    let (tracker, is_new) = tracked::program();
    if is_new {
        begin(&tracker);
    }
    tracker
}

fn begin(tracker: &Tracker) {
    tracker.on_finding(notify::to_tracing);
    tracker.switch_on();
    idle::add(tracker.clone());
    let seconds = std::env::var("LOCKYARD_PATIENCE").ok().and_then(|seconds| seconds.parse().ok());
    let patience = seconds.map_or(PATIENCE, Duration::from_secs_f64);
    *WATCH.lock().unwrap_or_else(PoisonError::into_inner) = Some(tracker.watch(patience));
}

/// Begins what the environment asks for, once.
pub(crate) fn from_environment() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Some(to) = std::env::var_os("LOCKYARD_TRACK").filter(|to| !to.is_empty() && to != "0") else {
            return;
        };
        let tracker = track();
        if to == "1" {
            tracker.on_finding(notify::to_stderr);
            return;
        }
        match notify::to_file(Path::new(&to)) {
            Ok(listener) => tracker.on_finding(listener),
            Err(error) => {
                eprintln!("lockyard: LOCKYARD_TRACK={}: {error}; findings are printed here", to.display());
                tracker.on_finding(notify::to_stderr);
            }
        }
    });
}

/// Calls `listener` with each finding of the [tracked](track) program or test, on the thread that has found it: so it must be
/// quick, and must not use tracked locks.
pub fn on_finding(listener: impl Fn(&Finding) + Send + Sync + 'static) {
    tracked::tracker().on_finding(listener);
}

/// Tracks no more until [`switch_on`]: locks then cost a look at a flag. What is locked meanwhile is not known.
pub fn switch_off() {
    tracked::tracker().switch_off();
}

/// Tracks again.
pub fn switch_on() {
    tracked::tracker().switch_on();
}

/// Who holds what, and who waits for it, at this moment.
pub fn dump() -> Dump {
    tracked::tracker().dump()
}

/// What was found, and what was not seen. A wait that has lasted for `patience` counts as stuck.
pub fn verdict(patience: Duration) -> Verdict {
    tracked::tracker().verdict(patience)
}

/// Has this signal, such as `libc::SIGUSR1`, print [who holds what](dump) of the tracked program on standard error.
///
/// # Errors
/// When the signal cannot be handled, or no thread can be had.
#[cfg(unix)]
pub fn dump_on_signal(signal: std::ffi::c_int) -> std::io::Result<()> {
    let tracker = track();
    let mut signals = signal_hook::iterator::Signals::new([signal])?;
    let print = move || {
        for _ in signals.forever() {
            eprint!("{}", tracker.dump());
        }
    };
    std::thread::Builder::new().name("lockyard-dump".to_owned()).spawn(print)?;
    Ok(())
}
