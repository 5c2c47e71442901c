//! The examples do what they say.

#[path = "../examples/cache.rs"]
#[allow(dead_code, reason = "its main prints what is looked at here")]
mod cache;

#[path = "../examples/guest_speed.rs"]
#[allow(dead_code, reason = "its main measures what is counted here")]
mod guest_speed;

#[test]
fn the_order_that_loads_twice_is_found_and_the_other_version_has_none() {
    let (wrong, right, drawn) = cache::explore();
    let failure = wrong.failure.expect("both look before either loads");
    assert_eq!(failure.message, "the value was loaded 2 times");
    assert!(drawn.contains("one") && drawn.contains("other") && drawn.contains("get"), "{drawn}");
    assert!(right.failure.is_none() && right.exhaustive() && right.schedules() > 0, "{right:?}");
}

/// What is measured is what it says: every schedule, over real locks and over model locks.
#[test]
fn the_programs_that_are_measured_have_no_failure() {
    for (tasks, locks, schedules) in [(2, 1, 10), (2, 2, 29)] {
        let report = guest_speed::guests_searched(tasks, locks);
        assert!(report.failure.is_none() && report.exhaustive(), "{report:?}");
        assert_eq!(report.schedules(), schedules, "{tasks} x {locks}");
    }
}
