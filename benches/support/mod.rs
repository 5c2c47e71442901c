//! What the suites share: the lock families as a list, tasks that work side by side, backends and sessions to ask, and
//! how long a case may take. Nothing here is timed but what a suite hands in.

#![allow(dead_code, reason = "every suite compiles its own copy and uses its own part of it")]

pub mod backend;
pub mod families;
pub mod store;
pub mod tasks;

use std::time::Duration;

use criterion::Criterion;
use tokio::runtime::{Builder, Runtime};

/// How long a case takes by default: the whole of the suites is to be through in minutes on two
/// cores. Set here and not at the groups, for what is set there outranks the command line, and `--sample-size` or
/// `--measurement-time` would be ignored without a word.
///
/// Drawing takes criterion longer than measuring, by far. So densities are resampled less often than by default, and
/// with `--quick` nothing is drawn: two samples make no picture.
pub fn timing() -> Criterion {
    let brief = Criterion::default().warm_up_time(Duration::from_millis(300));
    let brief = brief.measurement_time(Duration::from_secs(1)).sample_size(30).nresamples(10_000);
    if std::env::args().any(|argument| argument == "--quick") { brief.without_plots() } else { brief }
}

/// Two threads that run tasks.
pub fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("two threads can be had")
}
