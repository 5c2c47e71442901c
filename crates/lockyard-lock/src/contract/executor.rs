//! How futures are run here: without a runtime, for a lock must not need one, and the contract should
//! not need one either.

use std::collections::VecDeque;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use super::deadline::{Waiting, of_this_test};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on this thread, as a caller without a runtime would. `what` says what for, if it hangs.
#[track_caller]
pub(super) fn block_on<F: Future>(what: &'static str, future: F) -> F::Output {
    let _waiting = Waiting::new(what, Location::caller());
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        // A wake-up between this poll and the parking is not lost: the thread's token keeps it.
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}

/// Polls a future for the first and last time.
pub(super) fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Lets others run, on whatever it is that polls.
pub(super) async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A task's future.
pub(super) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tasks, and threads that poll whichever is ready: a task may resume on another thread than it was suspended on.
struct Pool {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    ready: VecDeque<Arc<Task>>,
    unfinished: usize,
}

struct Task {
    /// Nothing while it is polled, and when it has ended.
    job: Mutex<Option<Job>>,
    pool: Arc<Pool>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let pool = self.pool.clone();
        pool.state().ready.push_back(self);
        pool.changed.notify_one();
    }
}

/// Runs tasks on so many threads until all have ended.
///
/// # Panics
/// If one of them does. Tasks that wait indefinitely are waited for.
#[track_caller]
pub(super) fn run_on_threads(threads: usize, jobs: impl IntoIterator<Item = Job>) {
    let _waiting = Waiting::new("see all tasks end", Location::caller());
    let pool = Arc::new(Pool {
        state: Mutex::new(State { ready: VecDeque::new(), unfinished: 0 }),
        changed: Condvar::new(),
    });
    for job in jobs {
        pool.state().unfinished += 1;
        Arc::new(Task { job: Mutex::new(Some(job)), pool: pool.clone() }).wake();
    }
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(of_this_test(|| while pool.run_one() {}));
        }
    });
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls a task that is ready, once there is one; whether there may be more to do.
    fn run_one(&self) -> bool {
        let idle = |state: &mut State| state.ready.is_empty() && state.unfinished > 0;
        let waited = self.changed.wait_while(self.state(), idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        // A task that was woken again before it ended may still stand there when all have.
        let Some(task) = state.ready.pop_front().filter(|_| state.unfinished > 0) else { return false };
        drop(state);
        let _panics = GiveUp(self);
        let waker = Waker::from(task.clone());
        // Held while the task is polled: where it is woken meanwhile, another thread polls it after that, not beside it.
        let mut job = task.job.lock().unwrap_or_else(PoisonError::into_inner);
        let ended =
            job.as_mut().is_some_and(|job| job.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
        if ended {
            *job = None;
            self.state().unfinished -= 1;
            self.changed.notify_all();
        }
        true
    }
}

/// Sends the other threads home if this one panics: what they wait for may never come.
struct GiveUp<'a>(&'a Pool);

impl Drop for GiveUp<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.state().unfinished = 0;
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use super::*;

    #[test]
    fn every_task_runs_to_its_end() {
        let ended = Arc::new(AtomicUsize::new(0));
        let job = |yields| -> Job {
            let ended = ended.clone();
            Box::pin(async move {
                for _ in 0..yields {
                    yield_now().await;
                }
                ended.fetch_add(1, Relaxed);
            })
        };
        run_on_threads(2, (0..20).map(job));
        assert_eq!(ended.load(Relaxed), 20);
    }

    #[test]
    fn a_panic_in_a_task_ends_them_all() {
        let waits: Job = Box::pin(std::future::pending());
        let panics: Job = Box::pin(async { panic!("planted") });
        let outcome = catch_unwind(AssertUnwindSafe(|| run_on_threads(2, [waits, panics])));
        assert!(outcome.is_err());
    }
}
