//! Names for tasks and for branches of tasks.

use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use super::join::{JoinHandle, RunningScope, TaskEnd};
use super::name::Name;
use super::order::Progress;
use super::report;
use super::strand::Strand;
use super::tracker::Tracker;
use super::waker::ScopeWaker;

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
pub fn scope<F: Future>(name: impl Into<Name>, future: F) -> Scope<F> {
    run(name.into(), None, true, None, future)
}

/// Spawns `future` on the tokio runtime at hand, as a task with a name.
///
/// What this task did before cannot meet what that one does, and what it does once it has awaited the handle cannot,
/// either: lock orders that are parted so are no inversion.
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
#[track_caller]
pub fn spawn<F>(name: impl Into<Name>, future: F) -> JoinHandle<F::Output>
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
    pub fn scope<F: Future>(&self, name: impl Into<Name>, future: F) -> Scope<F> {
        run(name.into(), Some(self.clone()), true, None, future)
    }

    /// As [`spawn`], for this tracker: locks made inside belong to it.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[track_caller]
    pub fn spawn<F>(&self, name: impl Into<Name>, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let (task, end) = self.spawned(name, Location::caller(), future);
        JoinHandle::new(tokio::spawn(task), end)
    }

    /// A future as a task of this tracker, to be spawned by the caller, and what the handle of the task is to report by. It
    /// counts as spawned here and now, at this place.
    pub fn spawned<F: Future>(
        &self,
        name: impl Into<Name>,
        at: &'static Location<'static>,
        future: F,
    ) -> (Scope<F>, TaskEnd) {
        let (name, progress) = (name.into(), Strand::spawn_here(self));
        let task = run(name.clone(), Some(self.clone()), false, Some(progress.clone()), future);
        (task, TaskEnd::new(name, progress, self.clone(), at))
    }

    /// The same for a function that is to run on a thread of its own, as `spawn_blocking` has it.
    pub fn spawned_blocking<R, F: FnOnce() -> R>(
        &self,
        name: Name,
        at: &'static Location<'static>,
        f: F,
    ) -> (impl FnOnce() -> R + use<R, F>, TaskEnd) {
        let progress = Strand::spawn_here(self);
        let end = TaskEnd::new(name.clone(), progress.clone(), self.clone(), at);
        let tracker = self.clone();
        let work = move || {
            let strand = RunningScope::new(Strand::named(name, tracker, false, None, Some(progress)));
            let _entered = strand.enter(None);
            f()
        };
        (work, end)
    }

    /// Makes a name for a task of this tracker, to be spawned elsewhere: on another runtime, or on a handle. It counts as
    /// spawned here and now.
    #[track_caller]
    pub fn task<F: Future>(&self, name: Name, future: F) -> Scope<F> {
        self.spawned(name, Location::caller(), future).0
    }

    /// Runs `f` on this thread in a scope of this tracker, for code that is not async: locks made inside belong to it.
    pub fn within<R>(&self, name: impl Into<Name>, f: impl FnOnce() -> R) -> R {
        let strand = RunningScope::new(Strand::named(name.into(), self.clone(), false, None, None));
        let _entered = strand.enter(None);
        f()
    }
}

fn run<F: Future>(
    name: Name,
    tracker: Option<Tracker>,
    is_branch: bool,
    spawned: Option<Arc<Progress>>,
    future: F,
) -> Scope<F> {
    Scope { running: None, name: Some(name), tracker, is_branch, spawned, future }
}

pin_project! {
    /// A future that runs [as a scope](scope) of its own, or as a whole task.
    ///
    /// **Cancellation.** As the future's own.
    #[must_use = "a future does nothing unless it is polled"]
    pub struct Scope<F> {
        // Ends first: what the future holds is let go of by what is around it.
        running: Option<(RunningScope, Waker)>,
        name: Option<Name>,
        tracker: Option<Tracker>,
        is_branch: bool,
        spawned: Option<Arc<Progress>>,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let (strand, waker) = this.running.get_or_insert_with(|| {
            let tracker = this.tracker.take().unwrap_or_else(Tracker::current);
            let own = ScopeWaker::new();
            let waker = Waker::from(own.clone());
            let name = this.name.take().expect("it has not ended");
            let strand = Strand::named(name, tracker, *this.is_branch, Some(own), this.spawned.take());
            (RunningScope::new(strand), waker)
        });
        let entered = strand.enter(Some(context.waker()));
        let polled = this.future.poll(&mut Context::from_waker(waker));
        if polled.is_pending() {
            // Before the scope ends its poll: the holds are marked first and `running` is cleared after, so an
            // asker that sees the scope suspended sees what it holds across the await.
            for hold in entered.suspended() {
                report::guard_across_await(strand, &hold);
            }
        }
        drop(entered);
        // After the poll has ended, so that of several tasks of a cycle the last one finds all of them asleep.
        if strand.accused.load(SeqCst) {
            strand.tracker.prove();
        }
        if polled.is_ready() {
            *this.running = None;
        }
        polled
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
