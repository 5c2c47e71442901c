//! Locks themselves, in every order: the wrong ones of `lockyard-lock`'s tests are caught here or by its contract,
//! each by a step that is wrong, and right ones pass.

#[path = "../../lockyard-lock/tests/locks/mod.rs"]
mod locks;

use std::time::Duration;

use locks::{for_each_wrong_lock, right, wrong};
use lockyard_explore::{Limits, LockReport, Proof, Unsound};
use lockyard_lock::{AsyncLockMutex, AwaitFamily, LockFamily, TokioMutex, TokioRwLock, contract};

fn explored<F: AwaitFamily>() -> LockReport {
    lockyard_explore::lock::<F>().run()
}

/// The lock is right, or what a clock decides has kept the search from saying so.
fn holds<F: AwaitFamily>() {
    let report = explored::<F>();
    assert!(report.failure.is_none(), "{report}");
    let by_clock = report.proof == Proof::Unsound(Unsound::Nondeterministic);
    assert!(report.holds() || by_clock && F::NAME == AsyncLockMutex::NAME, "{report}");
    assert!(by_clock || report.schedules > 10_000, "{report}");
}

macro_rules! families {
    ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => {
        mod every_order_is_right_of {
            $($(families! { @$await $module $family })?)*
        }
    };
    (@await $module:ident $family:ident) => {
        #[test]
        fn $module() {
            super::holds::<lockyard_lock::$family>();
        }
    };
}

lockyard_lock::for_each_lock! { families }

#[test]
fn right_locks_are_right_in_every_order() {
    holds::<right::FairRwLock>();
    holds::<right::WritersFirst>();
    holds::<right::BargingMutex>();
}

/// A lock's name, and which of the two complain of it.
type Caught = (&'static str, bool, bool);

macro_rules! caught {
    ($($module:ident: $family:ident [$($capability:tt),*];)*) => {
        [$({
            let tests = lockyard_lock::lock_contract!(list wrong::$family: $($capability),*);
            // Those that need no threads come last, and say it soonest.
            let mut tests = tests.into_iter().rev();
            let by_contract = tests.any(|(_, test)| contract::outcome(test, Duration::from_secs(2)).is_err());
            (stringify!($module), by_contract, explored::<wrong::$family>().failure.is_some())
        }),*]
    };
}

/// Panics of holders are for the contract: an explored program that panics has failed by that.
#[test]
fn every_wrong_lock_is_caught_by_the_contract_or_the_explorer() {
    let caught: [Caught; 8] = for_each_wrong_lock!(caught);
    let expected = [
        ("leak_behind_writer", true, true),
        ("leak_behind_reader", true, true),
        ("forgotten_wake", true, true),
        ("torn", true, true),
        ("unfair", true, true),
        ("poisoned", true, false),
        ("double_grant", true, true),
        ("lost_hand_over", true, true),
    ];
    assert_eq!(caught, expected);
}

#[test]
fn a_counterexample_says_what_is_wrong() {
    let says = |report: LockReport, words: &str| {
        let failure = report.failure.expect("it is wrong");
        assert!(failure.message().contains(words), "{failure}");
    };
    says(
        explored::<wrong::LeakBehindWriter>(),
        "the lock is not free: all have left, and a writer is kept out",
    );
    says(
        explored::<wrong::LeakBehindReader>(),
        "the lock is not free: all have left, and a reader is kept out",
    );
    says(explored::<wrong::ForgottenWake>(), "a wake-up is lost");
    says(explored::<wrong::TornRwLock>(), "no exclusion: writer #2 was let in beside reader #0");
    says(explored::<wrong::UnfairRwLock>(), "out of order: reader #2 was let in before writer #1");
    says(explored::<wrong::DoubleGrant>(), "was let in beside");
    says(explored::<wrong::LostHandOver>(), "a wake-up is lost");
}

#[test]
fn a_counterexample_is_drawn_and_replayed() {
    let lock = lockyard_explore::lock::<wrong::UnfairRwLock>();
    let failure = lock.run().failure.expect("it is wrong");
    let text = failure.to_string();
    let replay = format!("::UnfairSteps>>().replay(\"{}\")", failure.replay());
    assert!(text.contains(&replay), "{text}");
    let fatal = text.lines().find(|line| line.contains("fails here")).expect("a step is fatal");
    assert!(fatal.contains("lock unfair (read)"), "{text}");
    assert!(text.contains(file!()), "{text}");
    let again = lock.replay(&failure.replay()).unwrap().expect("it fails again");
    assert_eq!((again.replay(), again.message()), (failure.replay(), failure.message()));
    let right = lockyard_explore::lock::<right::FairRwLock>().replay("wrr/1.0.2");
    assert!(right.unwrap().is_none(), "a reader waits behind the writer there");
    assert!(lock.replay("wrr/what").is_err());
}

/// Whether the waiter that is never polled again was woken decides what is said of it.
#[test]
fn a_stalled_waiter_hides_no_lost_wake_up() {
    let replay = |run: &str| lockyard_explore::lock::<wrong::ForgottenWake>().replay(run).unwrap();
    let failure = replay("wrr/0.1.2.0.2s.2x1").expect("the other reader was woken alone");
    assert_eq!(failure.message(), "a wake-up is lost: only readers are inside, and reader #2 was not woken");
    assert!(replay("wrr/0.1.2.0.1s").is_none(), "it was woken, and may be what the other waits for");
}

#[test]
fn what_was_not_tried_is_said() {
    let limits = Limits { schedules: Some(100), ..Limits::default() };
    let report = lockyard_explore::lock::<TokioMutex>().limits(limits).run();
    assert!(!report.holds() && report.failure.is_none(), "{report}");
    assert_eq!(
        report.to_string(),
        "tokio-mutex: no violation in 400 schedules (incomplete search: at most 100 schedules)"
    );
}

#[test]
fn more_is_tried_where_it_is_asked_for() {
    let schedules = |tasks, cancels| {
        let lock = lockyard_explore::lock::<TokioRwLock>().tasks(tasks).cancels(cancels).stalls(0);
        let report = lock.run();
        assert!(report.holds(), "{report}");
        report.schedules
    };
    assert_eq!((schedules(3, 0), schedules(3, 1), schedules(4, 0)), (220, 1_470, 6_884));
}
