//! Deadlocks over more than locks: permits, channels, joins. Through the hooks by which front ends report.

mod support;

use std::future::poll_fn;
use std::panic::Location;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use lockyard_lock::{LockClass, SharedLock};
use lockyard_track::{Certainty, EventWait, Finding, Handle, Hold, Kind, Mode, Resource, Tracker};
use support::{A, Mutex, tracker};
use tokio::sync::{Semaphore, mpsc};

static JOBS: LockClass = LockClass::new("jobs");
static SLOTS: LockClass = LockClass::new("slots");

/// A semaphore that reports what happens to it, as a front end would.
struct Slots {
    inner: Semaphore,
    resource: Resource,
}

impl Slots {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            inner: Semaphore::new(permits),
            resource: Resource::semaphore(&Tracker::current(), &SLOTS, "semaphore", permits),
        })
    }

    async fn acquire(&self, permits: u32, movable: bool) -> (tokio::sync::SemaphorePermit<'_>, Hold<'_>) {
        let at = Location::caller();
        let again = || self.inner.try_acquire_many(permits).ok();
        let future = async { self.inner.acquire_many(permits).await.unwrap() };
        let (permit, hold) =
            self.resource.acquire(Mode::Permits(permits), movable, at, again, || future).await;
        (permit, hold)
    }
}

/// A bounded channel that does.
struct Channel {
    messages: Resource,
    room: Resource,
}

struct Sender(mpsc::Sender<u32>, Arc<Channel>, Handle);

struct Receiver(mpsc::Receiver<u32>, Arc<Channel>, Handle);

fn channel(room: usize) -> (Sender, Receiver) {
    let (sender, receiver) = mpsc::channel(room);
    let of = || Resource::event(&Tracker::current(), &JOBS, "channel", true);
    let channel = Arc::new(Channel { messages: of(), room: of() });
    let (by, to) = (channel.messages.handle(), channel.room.handle());
    (Sender(sender, channel.clone(), by), Receiver(receiver, channel, to))
}

impl Sender {
    async fn send(&self, value: u32) {
        self.2.used();
        let mut wait = EventWait::new("send", Location::caller());
        let mut sending = std::pin::pin!(self.0.send(value));
        poll_fn(|context| wait.poll(&self.1.room, context, |it| sending.as_mut().poll(it))).await.unwrap();
    }
}

impl Receiver {
    async fn recv(&mut self) -> Option<u32> {
        self.2.used();
        let mut wait = EventWait::new("recv", Location::caller());
        poll_fn(|context| wait.poll(&self.1.messages, context, |it| self.0.poll_recv(it))).await
    }
}

/// Runs `main` as a task until nothing goes on any more, and looks.
fn until_idle(tracker: &Tracker, main: impl Future<Output = ()>) -> Vec<Finding> {
    until_idle_and_then(tracker, main).0
}

/// The same, and what is found once it has lasted for a patience of nothing.
fn until_idle_and_then(tracker: &Tracker, main: impl Future<Output = ()>) -> (Vec<Finding>, Vec<Finding>) {
    let own = tracker.clone();
    let runtime =
        tokio::runtime::Builder::new_current_thread().on_thread_park(move || own.idle()).build().unwrap();
    let mut main = std::pin::pin!(tracker.task("main".into(), main));
    // As often as needed for all that is spawned to come to rest: a task that yields once for each.
    runtime.block_on(async {
        let mut over = false;
        for _ in 0..100 {
            poll_fn(|context| {
                over = over || main.as_mut().poll(context).is_ready();
                Poll::Ready(())
            })
            .await;
            tokio::task::yield_now().await;
        }
    });
    tracker.idle();
    let at_once = tracker.findings();
    tracker.look(Duration::ZERO);
    (at_once, tracker.findings())
}

#[test]
fn two_that_have_a_permit_each_and_want_another_are_stuck() {
    let (tracker, _) = tracker();
    let (found, after) = until_idle_and_then(&tracker, async {
        let slots = Slots::new(2);
        for name in ["one", "other"] {
            let slots = slots.clone();
            drop(lockyard_track::spawn(name, async move {
                let _first = slots.acquire(1, false).await;
                tokio::task::yield_now().await;
                let _second = slots.acquire(1, false).await;
            }));
        }
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].certainty), (Kind::Deadlock, Certainty::Suspected), "{}", found[0]);
    assert_eq!(found[0].tasks, ["one", "other"]);
    assert_eq!(after[0].certainty, Certainty::Certain, "no more permits were added for a patience");
    assert!(found[0].message.contains("holds slots #"), "{}", found[0]);
}

/// A third that has a permit and is at work may give it back.
#[test]
fn one_holder_that_is_at_work_is_enough_for_no_suspicion() {
    let (tracker, _) = tracker();
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let found = until_idle(&tracker, async {
        let slots = Slots::new(3);
        let own = slots.clone();
        drop(lockyard_track::spawn("at work elsewhere", async move {
            let _first = own.acquire(1, false).await;
            receiver.await.ok();
        }));
        for name in ["one", "other"] {
            let slots = slots.clone();
            drop(lockyard_track::spawn(name, async move {
                let _first = slots.acquire(1, false).await;
                tokio::task::yield_now().await;
                let _second = slots.acquire(1, false).await;
            }));
        }
    });
    drop(sender);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn two_full_channels_towards_each_other_are_a_cycle_that_stays_suspected() {
    let (tracker, _) = tracker();
    let found = until_idle(&tracker, async {
        let ((to_one, mut one), (to_other, mut other)) = (channel(1), channel(1));
        drop(lockyard_track::spawn("one", async move {
            loop {
                to_other.send(1).await;
                to_other.send(1).await;
                to_other.send(1).await;
                one.recv().await;
            }
        }));
        drop(lockyard_track::spawn("other", async move {
            loop {
                to_one.send(1).await;
                to_one.send(1).await;
                to_one.send(1).await;
                other.recv().await;
            }
        }));
    });
    assert!(found.is_empty(), "no receiver was used yet, so either may be with any task: {found:?}");

    let (found, after) = until_idle_and_then(&tracker, async {
        let ((to_one, mut one), (to_other, mut other)) = (channel(1), channel(1));
        drop(lockyard_track::spawn("one", async move {
            to_other.send(1).await;
            one.recv().await;
            for _ in 0..3 {
                to_other.send(1).await;
            }
        }));
        drop(lockyard_track::spawn("other", async move {
            to_one.send(1).await;
            other.recv().await;
            for _ in 0..3 {
                to_one.send(1).await;
            }
        }));
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].certainty), (Kind::Deadlock, Certainty::Suspected));
    assert_eq!(after[0].certainty, Certainty::Suspected, "a receiver may have moved: {after:?}");
}

#[test]
fn a_join_under_a_lock_that_the_task_needs_is_certain() {
    let (tracker, _) = tracker();
    let found = until_idle(&tracker, async {
        let lock: Arc<Mutex<u32>> = Arc::new(SharedLock::new(&A, 0));
        let own = lock.clone();
        let held = lock.write().await;
        let task = lockyard_track::spawn("worker", async move { *own.write().await += 1 });
        task.await.unwrap();
        drop(held);
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].certainty), (Kind::Deadlock, Certainty::Certain), "{}", found[0]);
    assert!(found[0].message.contains("the end of task `worker`"), "{}", found[0]);
}

/// The sender that was not dropped: the worker waits for more, and the one that has the sender for the worker.
#[test]
fn a_join_with_the_last_sender_at_hand_is_suspected_and_dissolves() {
    let (tracker, _) = tracker();
    let (sender, idle) = tokio::sync::oneshot::channel::<()>();
    let found = until_idle(&tracker, async {
        let (sender, mut receiver) = channel(4);
        let worker = lockyard_track::spawn("worker", async move { while receiver.recv().await.is_some() {} });
        sender.send(1).await;
        // As a timeout would: the wait for the worker ends, and the sender is dropped.
        let mut worker = std::pin::pin!(worker);
        for _ in 0..20 {
            poll_fn(|context| {
                assert!(worker.as_mut().poll(context).is_pending());
                Poll::Ready(())
            })
            .await;
            tokio::task::yield_now().await;
        }
        idle.await.ok();
    });
    drop(sender);
    assert!(found.is_empty(), "it polls for the worker among other things: {found:?}");

    let found = until_idle(&tracker, async {
        let (sender, mut receiver) = channel(4);
        let worker = lockyard_track::spawn("worker", async move { while receiver.recv().await.is_some() {} });
        sender.send(1).await;
        worker.await.unwrap();
        drop(sender);
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].certainty), (Kind::Deadlock, Certainty::Suspected), "{}", found[0]);
    // All were dropped with the runtime, which ends the waits.
    assert_eq!(tracker.findings()[0].certainty, Certainty::Dissolved);
}

/// An owned permit that has gone to another task with it.
#[test]
fn a_permit_that_was_moved_to_another_task_accuses_the_one_that_uses_it() {
    let (tracker, _) = tracker();
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let found = until_idle(&tracker, async {
        let slots = Slots::new(1);
        let (permit, hold) = slots.acquire(1, true).await;
        let hold = hold.kept();
        permit.forget();
        drop(lockyard_track::spawn("has it", async move {
            hold.used();
            receiver.await.ok();
            drop(hold);
        }));
        let _next = slots.acquire(1, true).await;
    });
    drop(sender);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn tasks_that_are_stuck_for_certain_panic_where_that_is_asked_for() {
    let (tracker, _) = tracker();
    tracker.panic_when_stuck();
    let own = tracker.clone();
    let runtime =
        tokio::runtime::Builder::new_current_thread().on_thread_park(move || own.idle()).build().unwrap();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(tracker.task("main".into(), async {
            let lock: Arc<Mutex<u32>> = Arc::new(SharedLock::new(&A, 0));
            let own = lock.clone();
            let _held = lock.write().await;
            lockyard_track::spawn("worker", async move { *own.write().await += 1 }).await
        }))
    }));
    let message = *outcome.unwrap_err().downcast::<String>().unwrap();
    assert!(message.starts_with("deadlock: task `main` holds a #"), "{message}");
    let found = tracker.findings();
    assert_eq!(found[0].certainty, Certainty::Certain, "it stays, though its waits have ended: {found:?}");
}

#[test]
fn more_permits_are_merged_than_can_be_asked_for_at_once() {
    let tracker = Tracker::new();
    tracker.within("main", || {
        let slots = Resource::semaphore(&tracker, &SLOTS, "semaphore", usize::MAX);
        let held = || slots.acquired(Mode::Permits(u32::MAX), true, Location::caller());
        let mut all = held();
        all.merge(held());
        assert_eq!(tracker.dump().tasks[0].holds[0].mode, Mode::Permits(u32::MAX));
    });
}
