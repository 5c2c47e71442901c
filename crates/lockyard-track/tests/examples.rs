//! The examples do what they say.

#[path = "../examples/service.rs"]
#[allow(dead_code, reason = "its main prints what is looked at here")]
mod service;

use lockyard_track::Kind;

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
