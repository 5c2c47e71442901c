//! The examples do what they say.

#[path = "../examples/service.rs"]
#[allow(dead_code, reason = "its main prints what is looked at here")]
mod service;

#[path = "../examples/other_runtime.rs"]
#[allow(dead_code, reason = "its main prints what is looked at here")]
mod other_runtime;

use lockyard_track::{Certainty, Kind};

#[test]
fn two_tasks_of_another_runtime_are_two() {
    let findings = other_runtime::observe();
    let deadlock = findings.iter().find(|it| it.kind == Kind::Deadlock).expect("they wait for each other");
    assert_eq!(deadlock.certainty, Certainty::Certain, "{deadlock}");
    let mut tasks = deadlock.tasks.clone();
    tasks.sort();
    assert_eq!(tasks, ["#1", "#2"], "{deadlock}");
}

#[tokio::test]
async fn an_inversion_is_found_without_a_hang_and_the_deadlock_when_it_is_there() {
    let (findings, times) = service::observe().await;
    let kinds: Vec<_> = findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [Kind::OrderInversion, Kind::Deadlock], "{findings:#?}");
    assert!(findings[0].tasks.contains(&"auditor".to_owned()), "{}", findings[0]);
    let mut waiting = findings[1].tasks.clone();
    waiting.sort();
    assert_eq!(waiting, ["second auditor", "second customer"], "{}", findings[1]);
    for line in ["orders in order: held 1 times", "stock in audit: held 1 times"] {
        assert!(times.contains(line), "{line}: {times}");
    }
}
