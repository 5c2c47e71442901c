//! A real runtime beside each explored run, which runs none of its tasks: for what only tokio can make. Its clock stands still,
//! and is put forward with the run's.

use std::cell::RefCell;
use std::future::pending;
use std::time::Duration;

use lockyard_explore::guest;
use real::runtime::{EnterGuard, Runtime};
use real::task::{Id, JoinError};
use real::time::Instant;
use real::time::error::Elapsed;

thread_local! {
    static HELPER: RefCell<Option<Clock>> = const { RefCell::new(None) };
}

/// The helper's clock, and how far it is.
struct Clock {
    runtime: Runtime,
    /// Of which run the base is.
    run: u64,
    base: Instant,
}

/// A helper, as long as this lives.
pub(crate) struct Helper(());

impl Helper {
    /// For the runs of this thread.
    ///
    /// # Errors
    /// When the system refuses it.
    pub(crate) fn begin() -> std::io::Result<Self> {
        let builder = &mut real::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build()?;
        let base = runtime.block_on(async { Instant::now() });
        HELPER.with_borrow_mut(|helper| *helper = Some(Clock { runtime, run: 0, base }));
        Ok(Self(()))
    }

    /// Calls `f` in the context of the helper: what asks for tokio's clock or runtime there finds the helper's.
    pub(crate) fn within<R>(f: impl FnOnce() -> R) -> R {
        let handle = with(|clock| clock.runtime.handle().clone());
        let _entered: EnterGuard<'_> = handle.enter();
        f()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let gone = HELPER.with_borrow_mut(Option::take);
        drop(gone);
    }
}

fn with<R>(f: impl FnOnce(&mut Clock) -> R) -> R {
    HELPER.with_borrow_mut(|helper| f(helper.as_mut().expect("an explored run has a helper")))
}

/// The moment of the run's clock, as tokio says it.
pub(crate) fn instant(at: Duration) -> Option<Instant> {
    with(|clock| {
        let run = guest::run_number();
        if clock.run != run {
            clock.run = run;
            clock.base = clock.runtime.block_on(async { Instant::now() });
        }
        clock.base.checked_add(at)
    })
}

/// The helper's clock is as far as the run's.
pub(crate) fn put_forward() {
    let Some(target) = instant(guest::now()) else { return };
    with(|clock| {
        clock.runtime.block_on(async {
            let behind = target.saturating_duration_since(Instant::now());
            if !behind.is_zero() {
                real::time::advance(behind).await;
            }
        });
    });
}

/// The error of a task that was aborted.
pub(crate) fn cancelled() -> JoinError {
    with(|clock| {
        clock.runtime.block_on(async {
            let task = real::task::spawn(pending::<()>());
            task.abort();
            task.await.expect_err("it was aborted")
        })
    })
}

/// The error of a timeout.
pub(crate) fn elapsed() -> Elapsed {
    with(|clock| {
        let timeout = async { real::time::timeout(Duration::ZERO, pending::<()>()).await };
        clock.runtime.block_on(timeout).expect_err("it never ends")
    })
}

/// An id that no task has.
pub(crate) fn new_id() -> Id {
    with(|clock| {
        let task = clock.runtime.spawn(pending::<()>());
        let id = task.id();
        task.abort();
        id
    })
}
