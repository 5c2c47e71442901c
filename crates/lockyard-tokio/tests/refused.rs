//! What cannot be explored is refused by a sentence that says what to do, and hangs nothing.

#![cfg(feature = "explore")]

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use lockyard_tokio as tokio;
use tokio::lockyard::{Explore, FailureKind, Proof, Unsound, explore};
use tokio::sync::Mutex;

/// The failure of this program, which is none of its own.
fn refused<F: Future<Output = ()> + 'static>(main: impl Fn() -> F) -> String {
    let exploration = Explore::new().report(main);
    assert_eq!(exploration.kind(), Some(FailureKind::BadProgram), "{:?}", exploration.failure());
    exploration.failure().unwrap().to_owned()
}

#[test]
fn a_timer_beyond_the_clock() {
    let said = refused(|| async { tokio::time::sleep(Duration::MAX).await });
    assert!(said.contains("beyond the clock"), "{said}");
}

#[test]
fn more_tasks_than_can_be_explored() {
    let said = refused(|| async {
        for _ in 0..10_000 {
            tokio::spawn(async {});
        }
    });
    assert!(said.contains("the explorer takes 1000 at most"), "{said}");
}

#[test]
fn a_lock_that_is_kept_in_a_static() {
    static COUNT: Mutex<u32> = Mutex::const_new(0);
    let said = refused(|| async {
        let task = tokio::spawn(async { *COUNT.lock().await += 1 });
        *COUNT.lock().await += 1;
        task.await.unwrap();
    });
    assert!(said.contains("was made in another run") && said.contains("static"), "{said}");
}

#[test]
fn blocking_inside_a_step() {
    let said = refused(|| async {
        let lock = Arc::new(Mutex::new(0));
        let held = lock.lock().await;
        let its = lock.clone();
        let task = tokio::task::spawn_blocking(move || *its.blocking_lock());
        tokio::task::yield_now().await;
        drop(held);
        task.await.unwrap();
    });
    assert!(said.contains("blocks its thread") && said.contains("await it"), "{said}");
}

#[test]
fn a_program_without_tasks_is_one_schedule() {
    let exploration = Explore::new().report(|| async {});
    assert_eq!((exploration.schedules(), exploration.kind()), (1, None));
}

/// The real primitive of another crate: which step ends the wait is not seen.
#[test]
fn a_wait_for_what_is_not_wrapped_is_unsound() {
    let exploration = Explore::new().report(|| async {
        let (sender, receiver) = tokio::real::sync::oneshot::channel();
        tokio::spawn(async move { sender.send(1).unwrap() });
        assert_eq!(receiver.await, Ok(1));
    });
    assert!(
        matches!(exploration.proof(), Proof::Unsound(Unsound::ForeignWait { .. })),
        "{}",
        exploration.proof()
    );
}

/// A real one has its place in the queue from its first poll on, and the second lock waits behind it for good.
#[test]
fn a_future_that_is_polled_once_and_left_is_not_said_to_be_explored() {
    let left = |waits: bool| {
        Explore::new().report(move || async move {
            let lock = Arc::new(Mutex::new(0));
            let held = lock.clone().lock_owned().await;
            let mut first = Box::pin(lock.lock());
            tokio::select! {
                biased;
                _ = &mut first => {}
                () = async { if waits { tokio::task::yield_now().await } } => {}
            }
            drop(held);
            *lock.lock().await += 1;
        })
    };
    let proof = left(false).proof();
    assert!(matches!(&proof, Proof::Unsound(Unsound::NotBegun { .. })), "{proof}");
    assert_eq!(left(true).kind(), Some(FailureKind::Futurelock), "where it may begin, it is found");
}

#[test]
fn a_panic_while_others_hold_locks_leaves_nothing_to_the_next_run() {
    for _ in 0..2 {
        let exploration = Explore::new().report(|| async {
            let lock = Arc::new(Mutex::new(0));
            let its = lock.clone();
            let holds = tokio::spawn(async move {
                let _held = its.lock().await;
                tokio::task::yield_now().await;
            });
            tokio::task::yield_now().await;
            assert!(lock.try_lock().is_ok(), "it is held");
            holds.await.unwrap();
        });
        assert_eq!(exploration.kind(), Some(FailureKind::Panic));
    }
    explore(|| async { assert_eq!(*Mutex::new(1).lock().await, 1) });
}

/// Runs one of the tests below alone, with this in its environment.
fn alone(test: &str, variable: &str, value: &str) -> (bool, String) {
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(variable, value)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    (ran.status.success(), said)
}

#[test]
fn a_schedule_of_another_program() {
    let (passed, said) = alone("one_lock", "LOCKYARD_REPLAY", "5x3.2x1");
    assert!(!passed && said.contains("schedule does not match this model"), "{said}");
    let (passed, said) = alone("one_lock", "LOCKYARD_REPLAY", "five");
    assert!(!passed && said.contains("\"five\" is not a step of a schedule"), "{said}");
    let (passed, said) = alone("one_lock", "LOCKYARD_REPLAY", "2x0");
    assert!(passed && said.contains("no failure in schedule 2x0"), "{said}");
}

#[test]
fn one_lock() {
    explore(|| async { *Mutex::new(0).lock().await += 1 });
}

#[test]
fn a_future_that_never_returns_from_a_poll() {
    let (passed, said) = alone("never_returns", "LOCKYARD_STEP_SECONDS", "1");
    assert!(!passed && said.contains("never_returns: in run 1 a step has not returned for 1s"), "{said}");
}

#[test]
fn never_returns() {
    if std::env::var_os("LOCKYARD_STEP_SECONDS").is_none() {
        return; // by itself it would end its process
    }
    explore(|| async {
        loop {
            std::thread::park_timeout(Duration::from_hours(1));
        }
    });
}
