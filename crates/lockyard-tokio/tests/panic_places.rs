//! Wherever tokio panics at its caller's place, so do the wrappers: a panic that names a line of this crate helps nobody.

#![cfg(any(feature = "track", feature = "explore"))]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::Arc;
use std::time::Duration;

/// File, line and column of a panic.
type Place = (String, u32, u32);

thread_local! {
    /// Where this thread has panicked last.
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// Where this panics. The first panic counts, of several.
fn place(misuse: fn()) -> Option<Place> {
    PLACE.set(None);
    let outcome = catch_unwind(AssertUnwindSafe(misuse));
    outcome.is_err().then(|| PLACE.take()).flatten()
}

/// Each misuse once of tokio and once of the drop-in, at the same place of this file.
macro_rules! misuses {
    ($($what:literal => $body:expr;)*) => { [$(
        (
            $what,
            {
                #[allow(unused_must_use, reason = "it panics")]
                fn of_tokio() {
                    use real as tokio;
                    $body;
                }
                of_tokio as fn()
            },
            {
                #[allow(unused_must_use, reason = "it panics")]
                fn of_ours() {
                    use lockyard_tokio as tokio;
                    $body;
                }
                of_ours as fn()
            },
        ),
    )*] };
}

macro_rules! inside {
    ($tokio:ident, $body:expr) => {
        $tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async { $body })
    };
}

#[test]
#[allow(let_underscore_drop, clippy::too_many_lines, reason = "a table")]
fn panics_are_at_the_callers_place_where_tokios_are() {
    set_hook(Box::new(|panic| {
        let place = panic.location().map(|it| (it.file().to_owned(), it.line(), it.column()));
        PLACE.with_borrow_mut(|first| *first = first.take().or(place));
    }));
    let misuses = misuses! {
        "a broadcast channel without room" => tokio::sync::broadcast::channel::<u32>(0);
        "a bounded channel without room" => tokio::sync::mpsc::channel::<u32>(0);
        "more permits than there can be" =>
            tokio::sync::Semaphore::new(tokio::sync::Semaphore::MAX_PERMITS + 1);
        "more readers than there can be" => tokio::sync::RwLock::with_max_readers(0, u32::MAX);
        "a mutex that blocks a runtime" => inside!(tokio, drop(tokio::sync::Mutex::new(0).blocking_lock()));
        "an owned mutex that blocks a runtime" =>
            inside!(tokio, drop(Arc::new(tokio::sync::Mutex::new(0)).blocking_lock_owned()));
        "a read that blocks a runtime" => inside!(tokio, drop(tokio::sync::RwLock::new(0).blocking_read()));
        "a write that blocks a runtime" => inside!(tokio, drop(tokio::sync::RwLock::new(0).blocking_write()));
        "a oneshot that blocks a runtime" => inside!(tokio, {
            let (_sender, receiver) = tokio::sync::oneshot::channel::<u32>();
            let _ = receiver.blocking_recv();
        });
        "a receiver that blocks a runtime" => inside!(tokio, {
            let (_sender, mut receiver) = tokio::sync::mpsc::channel::<u32>(1);
            let _ = receiver.blocking_recv();
        });
        "a receiver of many that blocks a runtime" => inside!(tokio, {
            let (_sender, mut receiver) = tokio::sync::mpsc::channel::<u32>(1);
            receiver.blocking_recv_many(&mut Vec::new(), 1);
        });
        "a sender that blocks a runtime" => inside!(tokio, {
            let (sender, _receiver) = tokio::sync::mpsc::channel::<u32>(1);
            let _ = sender.blocking_send(1);
        });
        "an unbounded receiver that blocks a runtime" => inside!(tokio, {
            let (_sender, mut receiver) = tokio::sync::mpsc::unbounded_channel::<u32>();
            let _ = receiver.blocking_recv();
        });
        "an unbounded receiver of many that blocks a runtime" => inside!(tokio, {
            let (_sender, mut receiver) = tokio::sync::mpsc::unbounded_channel::<u32>();
            receiver.blocking_recv_many(&mut Vec::new(), 1);
        });
        "permits of two semaphores" => {
            let (one, other) = (tokio::sync::Semaphore::new(1), tokio::sync::Semaphore::new(1));
            one.try_acquire().unwrap().merge(other.try_acquire().unwrap());
        };
        "owned permits of two semaphores" => {
            let semaphore = || Arc::new(tokio::sync::Semaphore::new(1));
            semaphore().try_acquire_owned().unwrap().merge(semaphore().try_acquire_owned().unwrap());
        };
        "a task outside a runtime" => tokio::task::spawn(async {});
        "a blocking task outside a runtime" => tokio::task::spawn_blocking(|| {});
        "a local task outside a set" => tokio::task::spawn_local(async {});
        "a set of tasks outside a runtime" => tokio::task::JoinSet::new().spawn(async {});
        "a set of local tasks outside a set" => tokio::task::JoinSet::new().spawn_local(async {});
        "blocking in place where there is one thread" => inside!(tokio, tokio::task::block_in_place(|| {}));
        "a handle outside a runtime" => tokio::runtime::Handle::current();
        "no workers" => tokio::runtime::Builder::new_multi_thread().worker_threads(0);
        "no blocking threads" => tokio::runtime::Builder::new_multi_thread().max_blocking_threads(0);
        "no looks at the queue of all" => tokio::runtime::Builder::new_multi_thread().global_queue_interval(0);
        "a runtime within a runtime" => inside!(tokio, inside!(tokio, ()));
        "a handle within a runtime" => inside!(tokio, tokio::runtime::Handle::current().block_on(async {}));
        "a sleep outside a runtime" => tokio::time::sleep(Duration::from_secs(1));
        "a sleep until, outside a runtime" => tokio::time::sleep_until(tokio::time::Instant::now());
        "a timeout outside a runtime" => tokio::time::timeout(Duration::from_secs(1), async {});
        "a timeout at, outside a runtime" => tokio::time::timeout_at(tokio::time::Instant::now(), async {});
        "an interval of nothing" => inside!(tokio, tokio::time::interval(Duration::ZERO));
        "an interval of nothing, from then on" =>
            inside!(tokio, tokio::time::interval_at(tokio::time::Instant::now(), Duration::ZERO));
        "an interval outside a runtime" => tokio::time::interval(Duration::from_secs(1));
        "a clock that stands, outside a runtime" => tokio::time::pause();
        "a clock that stands twice" => inside!(tokio, { tokio::time::pause(); tokio::time::pause() });
        "a clock that goes on and did not stand" => inside!(tokio, tokio::time::resume());
        "a clock that is set and does not stand" =>
            inside!(tokio, tokio::time::advance(Duration::from_secs(1)).await);
    };
    let (mut compared, mut elsewhere) = (0, Vec::new());
    for (what, of_tokio, of_ours) in misuses {
        let (tokio, ours) = (place(of_tokio), place(of_ours));
        let tokio = tokio.unwrap_or_else(|| panic!("tokio does not mind {what}"));
        // Where tokio's own is at no caller's place, ours need not be.
        if tokio.0.ends_with("panic_places.rs") {
            compared += 1;
            if ours.as_ref() != Some(&tokio) {
                elsewhere.push(format!("{what}: {tokio:?}, {ours:?}"));
            }
        }
    }
    let _ = std::panic::take_hook();
    assert!(elsewhere.is_empty(), "{}", elsewhere.join("\n"));
    assert!(compared > 30, "tokio panics at its caller's place in {compared} of them only");
}
