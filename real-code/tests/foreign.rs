//! What waits on something that is not tokio's `sync` is not seen, and that is said, by name: never taken for a proof, and never
//! for a clean run.

use std::time::Duration;

use futures_util::StreamExt;
use moka::future::Cache;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::yield_now;
use tokio_util::time::DelayQueue;

/// Another task is at work on the value that this one asks for.
async fn waits_for_a_value() {
    let cache = Cache::new(10);
    let its = cache.clone();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let other = tokio::spawn(async move {
        let makes = async {
            begun.send(()).unwrap();
            for _ in 0..3 {
                yield_now().await;
            }
            7
        };
        its.get_with(1, makes).await
    });
    begins.await.unwrap();
    assert_eq!(cache.get_with(1, async { unreachable!("it is made already") }).await, 7);
    assert_eq!(other.await.unwrap(), 7);
}

/// A channel that is not tokio's.
async fn waits_for_a_message() {
    let (sender, receiver) = async_channel::bounded(1);
    let other = tokio::spawn(async move { receiver.recv().await.unwrap() });
    yield_now().await;
    sender.send(7).await.unwrap();
    assert_eq!(other.await.unwrap(), 7);
}

/// A pipe of tokio's `io`, which the drop-in hands on as it is.
async fn waits_for_bytes() {
    let (mut one, mut other) = tokio::io::duplex(8);
    let reads = tokio::spawn(async move {
        let mut bytes = [0; 2];
        other.read_exact(&mut bytes).await.unwrap();
        bytes
    });
    yield_now().await;
    one.write_all(b"ok").await.unwrap();
    assert_eq!(&reads.await.unwrap(), b"ok");
}

/// A queue of tokio-util's that keeps the waker of who polls it: by what it may wake a task later is not seen.
async fn waits_for_delays() {
    let mut queue = DelayQueue::new();
    queue.insert("last", Duration::from_millis(3));
    queue.insert("first", Duration::from_millis(1));
    let gone = queue.insert("gone", Duration::from_millis(2));
    queue.remove(&gone);
    let mut came = Vec::new();
    while let Some(expired) = queue.next().await {
        came.push(expired.into_inner());
    }
    assert_eq!(came, ["first", "last"]);
}

#[cfg(not(feature = "explore"))]
mod once {
    #[test]
    fn all_of_it_runs() {
        real_code::run(async {
            super::waits_for_a_value().await;
            super::waits_for_a_message().await;
            super::waits_for_bytes().await;
            super::waits_for_delays().await;
        });
    }
}

#[cfg(feature = "explore")]
mod explored {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use tokio::lockyard::{Explore, Proof, Unsound};

    /// The program cannot be explored: what the search is worth says so, and a check fails, both with the task that waits.
    #[track_caller]
    fn is_foreign<F: Future<Output = ()> + 'static>(program: impl Fn() -> F, task: &str) {
        let explore = Explore::new().schedules(100);
        let came = explore.report(&program);
        assert!(matches!(came.proof(), Proof::Unsound(Unsound::ForeignWait { .. })), "{}", came.proof());
        let words = came.proof().to_string();
        assert!(words.contains(task) && words.contains("an event that the explorer does not see"), "{words}");
        let panic = catch_unwind(AssertUnwindSafe(|| explore.check(&program))).unwrap_err();
        let said = panic.downcast::<String>().unwrap();
        assert!(said.contains("is not explored: task") && said.contains(task), "{said}");
        println!(
            "\nREAL-CODE\t{}\t{}\t0\t{words}",
            std::thread::current().name().unwrap_or("?"),
            came.schedules()
        );
    }

    #[test]
    fn a_cache_that_waits_for_another_task() {
        is_foreign(super::waits_for_a_value, "task 0 `main`");
    }

    #[test]
    fn a_channel_of_another_crate() {
        is_foreign(super::waits_for_a_message, "task 1 `tests/foreign.rs:");
    }

    #[test]
    fn a_pipe() {
        is_foreign(super::waits_for_bytes, "task 1 `tests/foreign.rs:");
    }

    #[test]
    fn a_queue_that_keeps_the_waker() {
        is_foreign(super::waits_for_delays, "task 0 `main`");
    }
}

#[cfg(all(feature = "track", not(feature = "explore")))]
mod tracked {
    use std::time::Duration;

    use tokio::lockyard::{BlindSpot, Outcome, deny_findings};
    use tokio::task::yield_now;

    /// Nothing is found, and the run is not called clean: the verdict lists the task that has stopped.
    #[track_caller]
    fn is_not_seen<F: Future<Output: Send + 'static> + Send + 'static>(waits: F) {
        real_code::run(async {
            let guard = deny_findings();
            let stopped = tokio::spawn(waits);
            for _ in 0..4 {
                yield_now().await;
            }
            let verdict = guard.tracker().verdict(Duration::ZERO);
            assert_eq!(verdict.outcome(), Outcome::Inconclusive, "{verdict:?}");
            let is_it = |it: &&BlindSpot| matches!(it, BlindSpot::Stopped(task) if task.name.contains("tests/foreign.rs:"));
            let said = verdict.not_seen.iter().find(is_it).unwrap_or_else(|| panic!("{verdict:?}"));
            let name = std::thread::current().name().unwrap_or("?").to_owned();
            println!("\nREAL-CODE\t{name}\t0\t0\t{said}");
            stopped.abort();
        });
    }

    #[test]
    fn a_cache_that_waits_for_another_task() {
        let cache = moka::future::Cache::<u32, u32>::new(10);
        is_not_seen(async move {
            let makes = cache.get_with(1, std::future::pending());
            let waits = cache.get_with(1, async { unreachable!("it is being made") });
            tokio::join!(makes, waits)
        });
    }

    #[test]
    fn a_channel_of_another_crate() {
        let (sender, receiver) = async_channel::bounded::<u32>(1);
        is_not_seen(async move { (receiver.recv().await, sender.len()) });
    }

    #[test]
    fn a_pipe() {
        use tokio::io::AsyncReadExt;
        let (mut one, other) = tokio::io::duplex(8);
        is_not_seen(async move { (one.read_u8().await.is_ok(), drop(other)) });
    }
}
