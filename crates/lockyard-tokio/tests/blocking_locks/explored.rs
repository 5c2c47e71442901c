//! Locks that block in an explored run: free ones are had, and each order of them is tried; others are refused.

use lockyard_tokio as tokio;
use tokio::lockyard::sync_std::{Arc, Mutex, RwLock};
use tokio::lockyard::{Explore, Proof};
use tokio::task::yield_now;

#[test]
fn orders_of_short_holds_are_all_tried() {
    let exploration = Explore::new().report(|| async {
        let counts = Arc::new((Mutex::new(0), RwLock::new(0)));
        let its = counts.clone();
        let task = tokio::spawn(async move {
            *its.0.lock().unwrap() += 1;
            *its.1.write().unwrap() += 1;
        });
        yield_now().await;
        *counts.0.lock().unwrap() += 1;
        let sum = *counts.1.read().unwrap() + *counts.1.try_read().unwrap();
        assert!(sum <= 2);
        task.await.unwrap();
        assert_eq!(*counts.0.try_lock().unwrap(), 2);
    });
    assert_eq!(exploration.failure(), None);
    assert!(matches!(exploration.proof(), Proof::Exhaustive { .. }), "{}", exploration.proof());
    assert!(exploration.schedules() > 1);
}

#[test]
fn a_lock_that_is_not_free_is_refused() {
    let exploration = Explore::new().report(|| async {
        let counts = std::rc::Rc::new(Mutex::new(0));
        let its = counts.clone();
        let task = tokio::task::spawn_local(async move {
            let mut held = its.lock().unwrap();
            yield_now().await;
            *held += 1;
        });
        yield_now().await;
        *counts.lock().unwrap() += 1;
        task.await.unwrap();
    });
    let drawn = exploration.failure().unwrap();
    assert!(drawn.contains("a std mutex that is not free and blocks its thread"), "{drawn}");
}
