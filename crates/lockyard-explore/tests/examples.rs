//! The examples do what they say.

#[path = "../examples/cache.rs"]
#[allow(dead_code, reason = "its main prints what is looked at here")]
mod cache;

#[test]
fn the_order_that_loads_twice_is_found_and_the_other_version_has_none() {
    let (wrong, right, drawn) = cache::explore();
    let failure = wrong.failure.expect("both look before either loads");
    assert_eq!(failure.message, "the value was loaded 2 times");
    assert!(drawn.contains("one") && drawn.contains("other") && drawn.contains("get"), "{drawn}");
    assert!(right.failure.is_none() && right.exhaustive() && right.schedules() > 0, "{right:?}");
}
