//! The model lock: one family whose rules the run chooses, class by class.
//!
//! One family for all policies, so that one compiled copy of the code under test runs under every one of them. The value
//! is handed over by moving it, so that a model which let two in at once would fail, not race.

use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use lockyard_lock::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock};

use super::footprint::Object;
use super::lock_state::{LockModel, LockRequest};
use super::next_step::NextStep;
use super::note::LockChange;
use super::place::Place;
use super::run_state;
use super::yield_point::YieldFuture;

/// The family of model locks. What each is like stands in the run's [`Setting`](super::Setting); the constants here
/// are the least that any of them promises.
#[derive(Debug)]
pub struct ModelLocks;

impl LockFamily for ModelLocks {
    const NAME: &'static str = "model";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = ModelLock<T>;
}

impl AwaitFamily for ModelLocks {
    #[track_caller]
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &ModelLock<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}

/// A model lock around a value.
pub struct ModelLock<T> {
    lock_state: usize,
    model: LockModel,
    /// What readers see of it: of a snapshot not the lock, which only writers take.
    object: Object,
    /// Shared with the readers inside; gone while a writer has it, but for snapshots.
    value: Mutex<Option<Arc<T>>>,
}

impl<T> ModelLock<T> {
    fn value(&self) -> MutexGuard<'_, Option<Arc<T>>> {
        // Poisoned only by a run that has failed already.
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shared(&self) -> Arc<T> {
        self.value().clone().expect("a model lock granted a read beside a write")
    }
}

/// Asking for an access.
struct AcquireFuture {
    lock_state: usize,
    /// It excludes others.
    write: bool,
    /// It changes nothing.
    looks: bool,
    place: Place,
    ticket: Option<u32>,
}

impl Future for AcquireFuture {
    type Output = Access;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Access> {
        let Self { lock_state: at, write, looks, place, .. } = *self;
        run_state::with(|state| {
            let mut request = LockRequest::new(state.task, 0, write, place);
            // No schedule is at work: it enters, or stays pending without a yield point, for no step will be chosen.
            if !state.stepping {
                request.ticket = state.ticket();
                if !state.lock_states[at].admits(&request) {
                    return Poll::Pending;
                }
                state.lock_states[at].enter(request);
                return Poll::Ready(Access {
                    lock_state: at,
                    ticket: request.ticket,
                    write: request.write,
                    place,
                });
            }
            // Standing before the lock touches nothing: only the step that goes on from here does.
            let Some(ticket) = self.ticket else {
                let want = NextStep::Lock { lock_state: at, write, looks, queued: false };
                self.ticket = Some(state.add_yield_point(want, place, context.waker()));
                return Poll::Pending;
            };
            // Polled for another yield point of the same task: this one has not been chosen.
            if state.fired != Some(ticket) {
                state.polled(ticket, context.waker());
                return Poll::Pending;
            }
            state.fired = None;
            request.ticket = ticket;
            // Touched whatever comes of it, for a refusal depends on the lock, too. A reader's step counts as a
            // read though it changes the lock state: readers do not exclude each other, so no later step can see in
            // which order two of them entered, queued or went. Where they do, it may still be a look.
            if state.touch_lock(at, &request, looks) {
                state.acquires(place);
                state.lock_states[at].enter(request);
                state.remove_yield_point(ticket);
                self.ticket = None;
                state.note_lock(at, LockChange::Enters, write, place);
                return Poll::Ready(Access { lock_state: at, ticket, write, place });
            }
            if state.lock_states[at].queue.iter().any(|other| other.ticket == ticket) {
                state.lock_states[at].claim(ticket);
                state.note_lock(at, LockChange::Claims, write, place);
                return Poll::Pending;
            }
            state.lock_states[at].wait(request);
            let waker = state.waker_of_another(context.waker());
            if let Some(point) = state.own_yield_point(ticket) {
                point.want = NextStep::Lock { lock_state: at, write, looks, queued: true };
                point.waker = waker;
            }
            state.note_lock(at, LockChange::Queues, write, place);
            Poll::Pending
        })
    }
}

impl Drop for AcquireFuture {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        // Returned out of the world and dropped there: the yield point has a waker, whose end may run other code.
        let _removed = run_state::with(|state| {
            let point = state.remove_yield_point(ticket);
            if let Some((_, point)) = &point
                && let NextStep::Lock { queued: true, .. } = point.want
            {
                state.touch(state.lock_states[self.lock_state].object, true);
                state.lock_states[self.lock_state].release(ticket);
            }
            point
        });
    }
}

/// An access inside.
struct Access {
    lock_state: usize,
    ticket: u32,
    write: bool,
    place: Place,
}

impl Drop for Access {
    fn drop(&mut self) {
        run_state::with(|state| {
            // A run that is over has left nothing to leave.
            let Some(lock_state) = state.lock_states.get_mut(self.lock_state) else { return };
            lock_state.release(self.ticket);
            state.touch_left_lock(self.lock_state, self.ticket, self.write);
            state.releases(self.place);
            state.note_lock(self.lock_state, LockChange::Unlocks, self.write, self.place);
        });
    }
}

/// A reader inside, or one who has a snapshot.
#[must_use = "the lock is let go when it is dropped"]
pub struct ModelRead<T> {
    value: Arc<T>,
    _access: Option<Access>,
}

/// A writer inside. It has the value with it, and brings it back before it leaves.
#[must_use = "the lock is let go when it is dropped"]
pub struct ModelWrite<'a, T> {
    /// Gone only in the end.
    value: Option<Arc<T>>,
    home: &'a ModelLock<T>,
    /// Readers of a snapshot see the value already.
    swapped: bool,
    _access: Access,
}

impl<T> Deref for ModelRead<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Deref for ModelWrite<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("only the end takes it")
    }
}

impl<T: Clone> DerefMut for ModelWrite<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        let value = self.value.as_mut().expect("only the end takes it");
        if self.home.model.is_snapshot() {
            self.swapped = false;
            return Arc::make_mut(value);
        }
        Arc::get_mut(value).expect("a model lock granted a write beside another holder")
    }
}

impl<T> Drop for ModelWrite<'_, T> {
    fn drop(&mut self) {
        // What a panic has cut short is not published where readers had the old value all the time.
        if !(self.home.model.is_snapshot() && std::thread::panicking()) {
            self.swap();
            let _replaced = std::mem::replace(&mut *self.home.value(), self.value.take());
        }
    }
}

impl<T> ModelWrite<'_, T> {
    /// Where a copy was changed, lets readers see it, while other writers are still kept out; whether that is so.
    fn swap(&mut self) -> bool {
        let is_snapshot = self.home.model.is_snapshot();
        if is_snapshot && !self.swapped {
            let _replaced = std::mem::replace(&mut *self.home.value(), self.value.clone());
            run_state::with(|state| state.touch(self.home.object, true));
            self.swapped = true;
        }
        is_snapshot
    }
}

/// A write that ends. What is left of that when it is given up is done at once.
struct Finish<'a, T, L: FnOnce(&T)>(Option<(ModelWrite<'a, T>, L)>);

impl<T, L: FnOnce(&T)> Finish<'_, T, L> {
    fn swap(&mut self) -> bool {
        self.0.as_mut().is_some_and(|(guard, _)| guard.swap())
    }
}

impl<T, L: FnOnce(&T)> Drop for Finish<'_, T, L> {
    fn drop(&mut self) {
        // A run that has failed is being torn down.
        if let Some((mut guard, last)) = self.0.take().filter(|_| !std::thread::panicking()) {
            guard.swap();
            last(&guard);
        }
    }
}

impl<T: Clone + Send + Sync + 'static> ModelLock<T> {
    async fn read_at(&self, place: Place) -> ModelRead<T> {
        if self.model.is_snapshot() {
            YieldFuture::new(NextStep::Go(Some("take a snapshot")), place).await;
            run_state::with(|state| state.flash(self.object, false, place));
            return ModelRead { value: self.shared(), _access: None };
        }
        let access = AcquireFuture {
            lock_state: self.lock_state,
            write: !self.model.shared_reads,
            looks: true,
            place,
            ticket: None,
        }
        .await;
        ModelRead { value: self.shared(), _access: Some(access) }
    }

    async fn write_at(&self, place: Place) -> ModelWrite<'_, T> {
        let access =
            AcquireFuture { lock_state: self.lock_state, write: true, looks: false, place, ticket: None }
                .await;
        let value = if self.model.is_snapshot() { self.value().clone() } else { self.value().take() };
        assert!(value.is_some(), "a model lock granted a write beside a write");
        ModelWrite { value, home: self, swapped: false, _access: access }
    }
}

impl<T: Clone + Send + Sync + 'static> SharedLock<T> for ModelLock<T> {
    type Read<'a> = ModelRead<T>;
    type Write<'a> = ModelWrite<'a, T>;

    fn new(class: &'static LockClass, value: T) -> Self {
        let (lock_state, model, object) = run_state::with(|state| {
            let (lock_state, model) = state.new_lock_state(class);
            // Writers take the lock of a snapshot until they have shown what they wrote, which readers do not wait for.
            let object =
                if model.is_snapshot() { state.object() } else { state.lock_states[lock_state].object };
            (lock_state, model, object)
        });
        Self { lock_state, model, object, value: Mutex::new(Some(Arc::new(value))) }
    }

    #[track_caller]
    fn try_read(&self) -> Option<ModelRead<T>> {
        let place = Location::caller();
        if self.model.is_snapshot() {
            run_state::with(|state| state.flash(self.object, false, place));
            return Some(ModelRead { value: self.shared(), _access: None });
        }
        let write = !self.model.shared_reads;
        let access = run_state::with(|state| {
            let (task, ticket) = (state.task, state.ticket());
            let request = LockRequest::new(task, ticket, write, place);
            if !state.touch_lock(self.lock_state, &request, true) {
                return None;
            }
            state.acquires(place);
            state.lock_states[self.lock_state].enter(request);
            state.note_lock(self.lock_state, LockChange::Enters, write, place);
            Some(Access { lock_state: self.lock_state, ticket, write, place })
        })?;
        Some(ModelRead { value: self.shared(), _access: Some(access) })
    }

    #[track_caller]
    fn read(&self) -> impl Future<Output = ModelRead<T>> + Send {
        self.read_at(Location::caller())
    }

    #[track_caller]
    fn read_first(&self, first: impl FnOnce(&T) + Send) -> impl Future<Output = ModelRead<T>> + Send {
        let place = Location::caller();
        async move {
            let guard = self.read_at(place).await;
            // Where readers keep no writer out, one may come between.
            if self.model.is_snapshot() {
                YieldFuture::new(NextStep::Go(Some("show a snapshot")), place).await;
            }
            first(&guard);
            guard
        }
    }

    #[track_caller]
    fn finish<'a>(
        &'a self,
        guard: ModelWrite<'a, T>,
        last: impl FnOnce(&T) + Send + 'a,
    ) -> impl Future<Output = ()> + Send + 'a {
        let place = Location::caller();
        let mut finish = Finish(Some((guard, last)));
        async move {
            // A reader that comes between sees what is not shown yet.
            if finish.swap() {
                YieldFuture::new(NextStep::Go(Some("show what was written")), place).await;
            }
            drop(finish);
        }
    }

    #[track_caller]
    fn write(&self) -> impl Future<Output = ModelWrite<'_, T>> + Send {
        self.write_at(Location::caller())
    }
}
