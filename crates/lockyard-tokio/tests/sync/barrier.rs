//! A barrier.

use tokio::sync::Barrier;

use crate::{now, polled};

#[test]
fn tasks_wait_for_each_other_and_one_leads() {
    let barrier = Barrier::new(2);
    for _ in 0..2 {
        let (mut first, mut second) = (polled(barrier.wait()), polled(barrier.wait()));
        first.pending();
        assert!(second.ready().is_leader());
        assert_eq!(first.wakes(), 1);
        assert!(!first.ready().is_leader());
    }
    assert!(now(Barrier::new(1).wait()).is_leader());
}
