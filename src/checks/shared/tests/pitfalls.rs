//! Each pitfall is found, and shown small.

use std::time::Duration;

use lockyard_explore::{FailureKind, Limits};

use crate::checks::shared::pitfalls::SHARED_PITFALLS;

/// More than any needs, so that one that is not found any more ends.
const MOST: u64 = 100_000;

#[test]
fn each_pitfall_is_found_and_its_counterexample_is_small_and_repeats() {
    for pitfall in SHARED_PITFALLS {
        let name = pitfall.name;
        let report = pitfall.search(Limits { schedules: Some(MOST), ..Limits::default() });
        let failure = report.failure.as_ref().unwrap_or_else(|| panic!("{name}: not found"));
        assert_eq!(failure.kind, FailureKind::Violation, "{name}: {}", failure.message);
        assert!(failure.message.starts_with("not linearizable"), "{name}: {}", failure.message);
        let small = pitfall.shrink(failure, Duration::from_secs(1));
        let trace = pitfall.trace(&small);
        let again = trace.failure.as_ref().map(|failure| failure.property.clone());
        assert_eq!(again.as_ref(), Some(&small.property), "{name}");
        println!("{name}: {} schedules, {} steps\n{trace}", report.complete, small.schedule.moves.len());
        assert!(small.schedule.switches() <= failure.schedule.switches(), "{name}");
        assert!(trace.operations <= 6, "{name}: {} operations", trace.operations);
    }
}

#[test]
fn the_names_of_pitfalls_are_their_own() {
    let mut names: Vec<_> = SHARED_PITFALLS.iter().map(|pitfall| pitfall.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SHARED_PITFALLS.len());
    assert!(SHARED_PITFALLS.iter().all(|pitfall| !pitfall.about.is_empty()));
}
