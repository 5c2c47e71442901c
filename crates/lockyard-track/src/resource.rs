//! What front ends report by: something of any kind that tasks hold, or wait for.
//!
//! [`Tracked`](super::Tracked) is one front end, for families of locks. A drop-in for a runtime's own primitives is another:
//! each of its locks, semaphores and channels has a [`Resource`], through which all that happens to it goes.

use std::ops::Deref;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use lockyard_lock::sync::{AtomicUsize, Mutex};
use lockyard_lock::{LockClass, Policy};

use super::acquire;
use super::ends::{AwaitedTask, Ends, Handles};
use super::granted::Granted;
use super::handle::Handle;
use super::lock::Lock;
use super::mode::Mode;
use super::order::LockUse;
use super::strand::Strand;
use super::tracker::Tracker;
use super::wait::{Wait, WaitGuard};

/// Something that tasks hold or wait for.
///
/// ```
/// use std::panic::Location;
///
/// use lockyard_lock::LockClass;
/// use lockyard_track::{Mode, Resource, Tracker};
///
/// static JOBS: LockClass = LockClass::new("jobs");
///
/// let tracker = Tracker::new();
/// tracker.within("main", || {
///     let jobs = Resource::semaphore(&tracker, &JOBS, "semaphore", 2);
///     let _one = jobs.acquired(Mode::Permits(1), true, Location::caller());
///     assert!(tracker.dump().to_string().contains("holds jobs #"));
/// });
/// ```
#[derive(Clone)]
pub struct Resource(pub(super) Arc<Lock>);

impl Resource {
    fn new(
        tracker: &Tracker,
        class: &'static LockClass,
        kind: &'static str,
        policy: Policy,
        ends: Ends,
    ) -> Self {
        Self(Lock::new(tracker.clone(), class, kind, policy, false, ends))
    }

    /// A lock, which its holders keep from others. `kind` is what reports call it where it breaks a promise.
    pub fn lock(tracker: &Tracker, class: &'static LockClass, kind: &'static str, policy: Policy) -> Self {
        Self::new(tracker, class, kind, policy, Ends::Unlock)
    }

    /// A lock whose waiters block their threads, such as one of the standard library: a guard of it that is held across an
    /// await is found, and [`lock_blocking`](Self::lock_blocking) acquires it.
    ///
    /// ```
    /// use std::panic::Location;
    /// use std::sync::Mutex;
    ///
    /// use lockyard_lock::{LockClass, Policy};
    /// use lockyard_track::{Mode, Resource, Tracker};
    ///
    /// static TOTAL: LockClass = LockClass::new("total");
    ///
    /// let (tracker, total) = (Tracker::new(), Mutex::new(0));
    /// let resource = Resource::blocking_lock(&tracker, &TOTAL, "std mutex", Policy::Unfair);
    /// let again = || total.try_lock().ok();
    /// let (mut guard, hold) = resource.lock_blocking(Mode::Write, Location::caller(), again, || total.lock().unwrap());
    /// *guard += 1;
    /// assert_eq!(tracker.dump().tasks[0].holds[0].class.name(), "total");
    /// drop(hold);
    /// ```
    pub fn blocking_lock(
        tracker: &Tracker,
        class: &'static LockClass,
        kind: &'static str,
        policy: Policy,
    ) -> Self {
        Self(Lock::new(tracker.clone(), class, kind, policy, true, Ends::Unlock))
    }

    /// A semaphore of so many permits, which grants in FIFO order.
    pub fn semaphore(
        tracker: &Tracker,
        class: &'static LockClass,
        kind: &'static str,
        permits: usize,
    ) -> Self {
        Self::new(tracker, class, kind, Policy::FifoFair, Ends::Permits(AtomicUsize::new(permits)))
    }

    /// Something that happens by one of its [handles](Self::handle), such as a message by one of the senders. `counted`:
    /// there are no others, so that a task waits in vain once all of them are with tasks that are stuck.
    pub fn event(tracker: &Tracker, class: &'static LockClass, kind: &'static str, counted: bool) -> Self {
        Self::new(tracker, class, kind, Policy::Unfair, Ends::Handles(Handles::new(counted)))
    }

    /// A point in time. Waits for it are in the [dump](Tracker::dump) and end by themselves: one who waits for nothing else is
    /// neither stuck nor, to the [verdict](Tracker::verdict), anything that was not seen.
    pub fn timer(tracker: &Tracker, class: &'static LockClass, kind: &'static str) -> Self {
        Self::new(tracker, class, kind, Policy::Unfair, Ends::Time)
    }

    /// Something of which it is not seen who causes it: a connection, a file. Waits for it are in the
    /// [dump](Tracker::dump), and never part of a deadlock.
    pub fn unseen(tracker: &Tracker, class: &'static LockClass, kind: &'static str) -> Self {
        Self::new(tracker, class, kind, Policy::Unfair, Ends::Unseen)
    }

    /// The end of a task.
    pub(super) fn task(tracker: Tracker, task: AwaitedTask) -> Self {
        static TASK: LockClass = LockClass::new("task");
        Self(Lock::new(tracker, &TASK, "task", Policy::Unfair, false, Ends::Task(task)))
    }

    /// Whether it is tracked now: whether its tracker is [switched on](Tracker::switch_on).
    #[inline]
    pub fn is_on(&self) -> bool {
        self.0.tracker.is_on()
    }

    /// The semaphore has so many permits from now on, free and held.
    pub fn set_permits(&self, permits: usize) {
        if let Ends::Permits(total) = &self.0.ends {
            total.store(permits, SeqCst);
        }
    }

    /// Another handle of it.
    pub fn handle(&self) -> Handle {
        Handle::new(self.0.clone())
    }

    /// Acquires it if `again`, which tries at once and never waits, gets it. What has to wait is acquired by
    /// [`wait`](Self::wait); what is [not tracked](Attempt::Untracked) by the caller alone, and not by this.
    #[inline]
    pub fn acquire_now<G>(
        &self,
        mode: Mode,
        movable: bool,
        at: &'static Location<'static>,
        again: impl FnOnce() -> Option<G>,
    ) -> Attempt<'_, G> {
        let lock = &self.0;
        if !lock.tracker.is_on() {
            lock.taken_untracked();
            return Attempt::Untracked;
        }
        let ahead = lock.last_queued();
        again().map_or(Attempt::Waits, |got| {
            let granted = acquire::at_once(lock, self.taken(mode, movable, at), ahead);
            Attempt::Acquired(got, Hold::new(lock, granted))
        })
    }

    /// Acquires it by `future`, after [`acquire_now`](Self::acquire_now) has found that it waits. `again` tries at once, and
    /// never waits.
    ///
    /// **Cancellation.** As that of the future.
    pub fn wait<F: Future>(
        &self,
        mode: Mode,
        movable: bool,
        at: &'static Location<'static>,
        again: impl Fn() -> Option<F::Output>,
        future: F,
    ) -> Pin<Box<impl Future<Output = (F::Output, Hold<'_>)>>> {
        let lock = &self.0;
        let taken = self.taken(mode, movable, at);
        acquire::waited(lock, Strand::current(&lock.tracker), taken, again, future, |got, granted| {
            (got, Hold::new(lock, granted))
        })
    }

    /// Acquires it by the future that `wait` makes. `again` tries at once, and never waits: where that is enough, no future is
    /// made. `movable`: what is acquired can be moved to another
    /// task, as an owned guard can; then nothing is concluded for certain from who took it.
    ///
    /// **Cancellation.** As that of the future.
    pub async fn acquire<F: Future>(
        &self,
        mode: Mode,
        movable: bool,
        at: &'static Location<'static>,
        again: impl Fn() -> Option<F::Output>,
        wait: impl FnOnce() -> F,
    ) -> (F::Output, Hold<'_>) {
        // The attempt ends before the await: kept over it, what is acquired would have to be `Sync` for the future to be.
        let waits = match self.acquire_now(mode, movable, at, &again) {
            Attempt::Acquired(got, hold) => return (got, hold),
            Attempt::Waits => true,
            Attempt::Untracked => false,
        };
        if waits {
            self.wait(mode, movable, at, again, wait()).await
        } else {
            (wait().await, Hold::untracked())
        }
    }

    /// It was acquired by trying, without any wait.
    #[inline]
    pub fn acquired(&self, mode: Mode, movable: bool, at: &'static Location<'static>) -> Hold<'_> {
        let lock = &self.0;
        if !lock.tracker.is_on() {
            lock.taken_untracked();
            return Hold::untracked();
        }
        let ahead = lock.last_queued();
        Hold::new(lock, acquire::without_order(lock, self.taken(mode, movable, at), ahead))
    }

    /// Acquires it by `block`, which blocks the thread until it is there. `again` tries at once, and never waits.
    pub fn acquire_blocking<G>(
        &self,
        mode: Mode,
        movable: bool,
        at: &'static Location<'static>,
        again: impl FnOnce() -> Option<G>,
        block: impl FnOnce() -> G,
    ) -> (G, Hold<'_>) {
        let lock = &self.0;
        if !lock.tracker.is_on() {
            lock.taken_untracked();
            return (block(), Hold::untracked());
        }
        let taken = self.taken(mode, movable, at);
        let ahead = lock.last_queued();
        if let Some(got) = again() {
            let granted = acquire::at_once(lock, taken, ahead);
            return (got, Hold::new(lock, granted));
        }
        let strand = Strand::current(&lock.tracker);
        let (got, granted) = acquire::blocked(lock, strand, taken, |_, _| block());
        (got, Hold::new(lock, granted))
    }

    /// Acquires a [lock whose waiters block](Self::blocking_lock) by `block`. `again` tries at once, and never waits.
    ///
    /// # Panics
    /// With the finding, where this would never end and the tracker [panics](Tracker::panic_when_stuck) then.
    pub fn lock_blocking<G>(
        &self,
        mode: Mode,
        at: &'static Location<'static>,
        again: impl Fn() -> Option<G>,
        block: impl FnOnce() -> G,
    ) -> (G, Hold<'_>) {
        let lock = &self.0;
        if !lock.tracker.is_on() {
            lock.taken_untracked();
            return (block(), Hold::untracked());
        }
        let taken = self.taken(mode, false, at);
        let ahead = lock.last_queued();
        if let Some(got) = again() {
            let granted = acquire::at_once(lock, taken, ahead);
            return (got, Hold::new(lock, granted));
        }
        let strand = Strand::current(&lock.tracker);
        let (got, granted) = acquire::blocked(lock, strand, taken, |wait, is_doomed| {
            if is_doomed && lock.tracker.panics() { acquire::tried(wait, again) } else { block() }
        });
        (got, Hold::new(lock, granted))
    }

    /// Waits for an event by `block`, which blocks the thread until it has happened.
    pub fn wait_blocking<R>(
        &self,
        what: &'static str,
        at: &'static Location<'static>,
        block: impl FnOnce() -> R,
    ) -> R {
        if !self.is_on() {
            return block();
        }
        let wait = Wait::new(Strand::current(&self.0.tracker), self.0.clone(), Mode::Event, what, at);
        let waiting = WaitGuard::begin(wait);
        let result = block();
        waiting.granted();
        result
    }

    #[inline]
    fn taken(&self, mode: Mode, movable: bool, at: &'static Location<'static>) -> LockUse {
        LockUse { movable, ..self.0.taken(mode, at) }
    }
}

/// What [acquiring at once](Resource::acquire_now) came to.
pub enum Attempt<'a, G> {
    /// It is held.
    Acquired(G, Hold<'a>),
    /// It is not free.
    Waits,
    /// The tracker is off, and nothing was tried.
    Untracked,
}

/// Something that is held, until this is dropped: before what it stands for is given back.
#[must_use = "it counts as given back when this is dropped"]
pub struct Hold<'a>(Option<Held<'a>>);

struct Held<'a> {
    lock: LockRef<'a>,
    // Locked by nothing but `used`: a guard that several threads look at may be used by all of them.
    granted: Mutex<Granted>,
}

/// What is held: lent by what the guard borrows as well, so that readers of one lock share no count, or kept.
enum LockRef<'a> {
    Lent(&'a Arc<Lock>),
    Kept(Arc<Lock>),
}

impl Deref for LockRef<'_> {
    type Target = Arc<Lock>;

    #[inline]
    fn deref(&self) -> &Arc<Lock> {
        match self {
            Self::Lent(lock) => lock,
            Self::Kept(lock) => lock,
        }
    }
}

impl<'a> Hold<'a> {
    #[inline]
    fn new(lock: &'a Arc<Lock>, granted: Granted) -> Self {
        Self(Some(Held { lock: LockRef::Lent(lock), granted: Mutex::new(granted) }))
    }

    /// The same, by itself: for guards that borrow nothing.
    pub fn kept(mut self) -> Hold<'static> {
        Hold(self.0.take().map(|Held { lock, granted }| Held { lock: LockRef::Kept(lock.clone()), granted }))
    }

    /// Of something that was acquired while it was not tracked.
    pub fn untracked() -> Self {
        Self(None)
    }

    /// It was used by the task at work: so that is who has it.
    #[inline]
    pub fn used(&self) {
        if let Some(Held { lock, granted }) = &self.0 {
            granted.lock().is_used_here(&lock.tracker);
        }
    }

    /// It is of another mode from now on: of a write a read is left.
    pub fn change(&mut self, mode: Mode) {
        if let Some(Held { lock, granted }) = &mut self.0 {
            granted.get_mut().change(lock, mode);
        }
    }

    /// So many of its permits, held by themselves from now on.
    pub fn split(&mut self, permits: u32) -> Self {
        let part = self.0.as_mut().and_then(|Held { lock, granted }| {
            let lock = match lock {
                LockRef::Lent(lock) => LockRef::Lent(lock),
                LockRef::Kept(lock) => LockRef::Kept(lock.clone()),
            };
            Some(Held { lock, granted: Mutex::new(granted.get_mut().split(permits)?) })
        });
        Self(part)
    }

    /// The permits of `other` are held with these from now on.
    pub fn merge(&mut self, mut other: Self) {
        let more = other.0.as_mut().map_or(0, |held| held.granted.get_mut().permits());
        if let Some(Held { lock, granted }) = &mut self.0 {
            let granted = granted.get_mut();
            // More than can be asked for at once may be merged: then it is as many as can be said.
            granted.change(lock, Mode::Permits(granted.permits().saturating_add(more)));
        }
    }
}

impl Drop for Hold<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(Held { lock, granted }) = &mut self.0 {
            granted.get_mut().end(lock);
        }
    }
}
