//! The examples are run, and do what they and the documents say.

#[cfg(feature = "track")]
#[path = "../examples/cost.rs"]
#[allow(dead_code, reason = "its main measures for longer")]
mod cost;

#[cfg(feature = "explore")]
#[path = "../examples/schedules.rs"]
#[allow(dead_code, reason = "its main measures what is counted here")]
mod schedules;

#[cfg(feature = "track")]
#[test]
fn what_tracking_costs_is_measured_to_the_end() {
    cost::measure(1);
}

#[cfg(feature = "explore")]
#[test]
fn the_programs_whose_schedules_are_counted_have_no_failure() {
    let explored = lockyard_tokio::lockyard::Explore::new().report(|| schedules::tasks_with_two_locks(2));
    assert!(explored.failure().is_none(), "{:?}", explored.failure());
    assert!(explored.proof().to_string().contains("exhaustive"), "{}", explored.proof());
    assert_eq!(explored.schedules(), 35);
}

#[cfg(all(feature = "track", feature = "explore"))]
#[test]
fn own_async_finds_both_bugs_and_neither_once_they_are_mended() {
    use std::process::Command;

    // Built beside this test, with the same features.
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().find(|it| it.ends_with("deps")).and_then(|it| it.parent()).unwrap();
    let ran = Command::new(folder.join("examples/own_async"))
        .output()
        .expect("the example is built with the tests");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said = String::from_utf8(ran.stdout).unwrap();
    for words in [
        "certain: order inversion: locks are taken in orders that can deadlock",
        "== track, mended: None",
        "deadlock: task 0 waits for the end of task 1",
        "Replay: LOCKYARD_REPLAY=",
        "exhaustive, failure None",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
