//! Names for tasks and for branches of tasks.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Wake, Waker};

use tokio::task::JoinHandle;

use super::report;
use super::strand::Strand;
use super::tracker::Tracker;
use lockyard_lock::sync::Mutex;

/// Runs `future` under a name, as what runs in sequence by itself: a branch of a `join!` or a `select!`, or a whole task.
///
/// A task is taken for one sequence of steps unless its branches are named: then each has holds and waits of its own, and
/// what the scope around them holds, it holds until they end. Locks made inside belong to the tracker of the scope
/// around it, or to the global one; [`Tracker::scope`] names another.
///
/// **Cancellation.** As `future`'s own.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// let sum = runtime.block_on(lockyard_track::scope("adder", async { 1 + 1 }));
/// assert_eq!(sum, 2);
/// ```
pub async fn scope<F: Future>(name: impl Into<Arc<str>>, future: F) -> F::Output {
    run(name.into(), None, true, future).await
}

/// Spawns `future` on the tokio runtime at hand, as a task with a name.
///
/// # Panics
/// Outside a tokio runtime, as `tokio::spawn` does.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let adder = lockyard_track::spawn("adder", async { 1 + 1 });
/// assert_eq!(adder.await.unwrap(), 2);
/// # });
/// ```
pub fn spawn<F>(name: impl Into<Arc<str>>, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    Tracker::current().spawn(name, future)
}

/// Says what the scope at hand is doing from now on, such as the operation that it serves: its waits and holds are counted
/// under that label. Outside a scope it does nothing.
pub fn label(label: &'static str) {
    Strand::label_scope(label);
}

impl Tracker {
    /// As [`scope`], for this tracker: locks made inside belong to it.
    pub async fn scope<F: Future>(&self, name: impl Into<Arc<str>>, future: F) -> F::Output {
        run(name.into(), Some(self.clone()), true, future).await
    }

    /// As [`spawn`], for this tracker: locks made inside belong to it.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn spawn<F>(&self, name: impl Into<Arc<str>>, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        tokio::spawn(run(name.into(), Some(self.clone()), false, future))
    }

    /// Makes a name for a task of this tracker, for whoever spawns it: on another runtime, or on a handle.
    pub fn task<F: Future>(&self, name: Arc<str>, future: F) -> impl Future<Output = F::Output> + use<F> {
        run(name, Some(self.clone()), false, future)
    }

    /// Runs `f` on this thread in a scope of this tracker, for code that is not async: locks made inside belong to it.
    pub fn within<R>(&self, name: impl Into<Arc<str>>, f: impl FnOnce() -> R) -> R {
        let strand = Strand::named(name.into(), self.clone(), false);
        let _entered = strand.enter();
        f()
    }
}

/// A branch may be left alone by its task. Then what it was woken for is seen by its waker, if it has one of its own.
async fn run<F: Future>(name: Arc<str>, tracker: Option<Tracker>, is_branch: bool, future: F) -> F::Output {
    let mut future = pin!(future);
    let mut name = Some(name);
    let mut running: Option<(Arc<Strand>, Option<Arc<BranchWaker>>)> = None;
    poll_fn(move |context| {
        let (strand, branch) = running.get_or_insert_with(|| {
            let tracker = tracker.clone().unwrap_or_else(Tracker::current);
            let strand = Strand::named(name.take().expect("named once"), tracker, is_branch);
            let branch = is_branch.then(|| BranchWaker::new(strand.clone()));
            (strand, branch)
        });
        let entered = strand.enter();
        let polled = match branch {
            None => future.as_mut().poll(context),
            Some(branch) => {
                branch.polled_by(context.waker());
                future.as_mut().poll(&mut Context::from_waker(&Waker::from(branch.clone())))
            }
        };
        if polled.is_pending() {
            // Before the scope ends its poll: the holds are marked first and `running` is cleared after, so an
            // asker that sees the scope suspended sees what it holds across the await.
            for hold in entered.suspended() {
                report::guard_across_await(strand, &hold);
            }
        }
        drop(entered);
        polled
    })
    .await
}

/// Notes that a branch was woken, and wakes its task.
struct BranchWaker {
    strand: Arc<Strand>,
    task: Mutex<Waker>,
}

impl BranchWaker {
    fn new(strand: Arc<Strand>) -> Arc<Self> {
        Arc::new(Self { strand, task: Mutex::new(Waker::noop().clone()) })
    }

    fn polled_by(&self, waker: &Waker) {
        let mut task = self.task.lock();
        if !task.will_wake(waker) {
            task.clone_from(waker);
        }
    }
}

impl Wake for BranchWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // The mark before the wake-up: the poll that it causes clears the mark in `enter`. Set after, it would stay
        // on a branch that has been polled, and the branch would pass for one that its task has abandoned.
        self.strand.woken.store(true, SeqCst);
        let task = self.task.lock().clone();
        task.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use super::*;

    #[test]
    fn scopes_nest_and_are_left_again() {
        let tracker = Tracker::new();
        let title = || Strand::scope().map(|strand| strand.title());
        tracker.within("outer", || {
            assert_eq!(title().as_deref(), Some("outer"));
            tracker.within("inner", || assert_eq!(title().as_deref(), Some("outer/inner")));
            assert_eq!(title().as_deref(), Some("outer"));
        });
        assert_eq!(title(), None);
    }

    #[test]
    fn a_scope_that_panics_is_left_too() {
        let tracker = Tracker::new();
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
            tracker.within("panics", || panic!("as planned"));
        }));
        assert!(outcome.is_err());
        assert!(Strand::scope().is_none());
    }

    /// A task's own number would do for a name, but a strand that is gone must not be found again by it.
    #[test]
    fn strands_that_ended_are_forgotten() {
        let tracker = Tracker::new();
        let id = tracker.within("short", || Strand::scope().unwrap().id);
        assert!(Strand::of(id).is_none());
    }
}
