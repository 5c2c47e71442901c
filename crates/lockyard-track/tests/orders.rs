//! Orders of locks, overtaking, times: what is found in one run without any hang.

mod support;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use lockyard_lock::{LockClass, LockFamily, LockOf, Policy, SharedLock, TokioMutex, TryFamily};
use lockyard_track::{Kind, Tracked, Tracker, label};
use support::{A, B, Mutex, alarms, lock, run, tracker, until_waiting};

#[test]
fn both_orders_of_two_classes_are_found_without_a_hang() {
    let (tracker, reports) = tracker();
    run(&tracker, async {
        let (a, b): (Mutex<u32>, Mutex<u32>) = (lock(&A), lock(&B));
        {
            let _first = a.write().await;
            let _second = b.write().await;
        }
        let _first = b.write().await;
        let _second = a.write().await;
    });
    let finding = reports.wait_for(Kind::OrderInversion);
    assert_eq!((finding.places.len(), finding.edges.len()), (4, 2), "{finding}");
}

#[test]
fn a_safe_order_can_be_declared() {
    let (tracker, _reports) = tracker();
    tracker.declare_safe(&B, &A);
    run(&tracker, async {
        let (a, b): (Mutex<u32>, Mutex<u32>) = (lock(&A), lock(&B));
        {
            let _first = a.write().await;
            let _second = b.write().await;
        }
        let _first = b.write().await;
        let _second = a.write().await;
    });
    assert_eq!(tracker.findings(), []);
}

#[test]
fn two_of_one_class_need_an_order_among_themselves() {
    let (tracker, reports) = tracker();
    run(&tracker, async {
        let accounts: Vec<Mutex<u32>> = (0..3).map(|_| lock(&A)).collect();
        let both = async |first: usize, second: usize| {
            let _first = accounts[first].write().await;
            let _second = accounts[second].write().await;
        };
        both(0, 1).await;
        both(1, 2).await;
        both(0, 2).await;
        assert_eq!(tracker.findings(), [], "so far there is an order");
        both(2, 0).await;
    });
    reports.wait_for(Kind::OrderInversion);
}

/// No writer anywhere: the policy alone makes it deadly.
#[test]
fn a_recursive_read_is_found_with_no_writer_present() {
    fn reads_twice<F: TryFamily>() -> Vec<Kind> {
        let (tracker, _reports) = tracker();
        run(&tracker, async {
            let shared: LockOf<Tracked<F>, u32> = lock(&A);
            let _both = (shared.read().await, shared.read().await);
        });
        alarms(&tracker)
    }
    macro_rules! every_lock {
        ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => { $(
            if lockyard_lock::$family::SHARED_READS {
                let snapshot = lockyard_lock::$family::POLICY == Policy::Snapshot;
                let deadly = if snapshot { vec![] } else { vec![Kind::RecursiveRead] };
                assert_eq!(reads_twice::<lockyard_lock::$family>(), deadly, stringify!($family));
            }
        )* };
    }
    lockyard_lock::for_each_lock! { every_lock }
}

/// Trying does not wait, so no order comes of it; what it got is held all the same.
#[test]
fn trying_draws_no_order_and_is_one() {
    let (tracker, reports) = tracker();
    run(&tracker, async {
        let (a, b): (Mutex<u32>, Mutex<u32>) = (lock(&A), lock(&B));
        {
            let _first = a.write().await;
            let _second = b.try_read().unwrap();
        }
        {
            let _first = b.write().await;
            let _second = a.write().await;
        }
        assert_eq!(tracker.findings(), []);
        let _first = a.try_read().unwrap();
        let _second = b.write().await;
    });
    reports.wait_for(Kind::OrderInversion);
}

#[test]
fn times_are_counted_by_class_and_label() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let a: Arc<Mutex<u32>> = Arc::new(lock(&A));
        label("reading");
        drop(a.read().await);
        label("writing");
        let held = a.write().await;
        let waiter = {
            let a = a.clone();
            lockyard_track::spawn("waiter", async move {
                label("writing");
                *a.write().await += 1;
            })
        };
        until_waiting(&tracker, 1).await;
        drop(held);
        waiter.await.unwrap();
    });
    let by_class = tracker.times();
    assert_eq!(by_class.len(), 1);
    assert_eq!((by_class[0].class.name(), by_class[0].times.wait.count()), ("a", 3));
    assert!(by_class[0].times.wait.max() > 0, "one of the three has waited");
    let by_label = tracker.times_by_label();
    let counts: Vec<_> = by_label.iter().map(|it| (it.label.unwrap(), it.times.hold.count())).collect();
    assert_eq!(counts, [("reading", 1), ("writing", 2)]);
    let waited = &by_label[1].times;
    assert!(waited.queued.max() + waited.woken.max() >= waited.wait.max());
    assert_eq!(by_label[0].times.wait.max(), 0);
    tracker.clear_times();
    assert_eq!((tracker.acquisitions(), tracker.times().len()), (0, 0));
}

/// Tokio promises its locks in the order of asking, and lets a task whose cooperative budget is spent wait for its next turn.
/// The two do not conflict: a task that asks without budget is queued all the same, and one that is granted the lock
/// without budget has it while it waits for its turn.
#[test]
fn a_waiter_without_budget_keeps_its_place() {
    /// What tokio gives a task for each of its turns.
    const BUDGET: usize = 128;
    let (tracker, _reports) = tracker();
    let order = run(&tracker, async {
        let order: Arc<LockOf<Tracked<TokioMutex>, Vec<&str>>> = Arc::new(SharedLock::new(&A, Vec::new()));
        let mut held = order.write().await;
        let its = order.clone();
        let spent = tracker.spawn("spent", async move {
            for _ in 0..BUDGET {
                tokio::task::coop::consume_budget().await;
            }
            its.write().await.push("spent");
        });
        let its = order.clone();
        let fresh = tracker.spawn("fresh", async move { its.write().await.push("fresh") });
        until_waiting(&tracker, 2).await;
        held.push("holder");
        drop(held);
        spent.await.unwrap();
        fresh.await.unwrap();
        order.read().await.clone()
    });
    assert_eq!(order, ["holder", "spent", "fresh"]);
    assert_eq!(alarms(&tracker), []);
}

/// Promises the order of asking, and lets readers pass a writer that waits for as long as there are any.
struct Greedy;

struct GreedyLock(parking_lot::Mutex<State>);

#[derive(Default)]
struct State {
    readers: u32,
    writing: bool,
    wakers: VecDeque<Waker>,
    /// Wakes no waiter at all.
    forgets: bool,
}

struct GreedyGuard<'a>(&'a GreedyLock, bool);

impl LockFamily for Greedy {
    const NAME: &'static str = "greedy";
    const POLICY: Policy = Policy::FifoFair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = Wrapped<T>;
}

/// The lock, around a value that is never read.
struct Wrapped<T>(GreedyLock, T);

impl TryFamily for Greedy {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(lock: &Wrapped<T>) -> Option<GreedyWrite<'_, T>> {
        let mut state = lock.0.0.lock();
        let free = state.readers == 0 && !state.writing;
        free.then(|| {
            state.writing = true;
            GreedyWrite(GreedyGuard(&lock.0, true), lock.1.clone())
        })
    }
}

struct GreedyRead<'a, T>(#[allow(dead_code, reason = "held")] GreedyGuard<'a>, &'a T);
struct GreedyWrite<'a, T>(#[allow(dead_code, reason = "held")] GreedyGuard<'a>, T);

impl<T> Deref for GreedyRead<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.1
    }
}

impl<T> Deref for GreedyWrite<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.1
    }
}

impl<T> DerefMut for GreedyWrite<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.1
    }
}

impl Drop for GreedyGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        if self.1 {
            state.writing = false;
        } else {
            state.readers -= 1;
        }
        if !state.forgets {
            state.wakers.drain(..).for_each(Waker::wake);
        }
    }
}

impl<T: Clone + Send + Sync + 'static> SharedLock<T> for Wrapped<T> {
    type Read<'a> = GreedyRead<'a, T>;
    type Write<'a> = GreedyWrite<'a, T>;

    fn new(class: &'static LockClass, value: T) -> Self {
        let state = State { forgets: class.name() == "forgets", ..State::default() };
        Self(GreedyLock(parking_lot::Mutex::new(state)), value)
    }

    fn try_read(&self) -> Option<GreedyRead<'_, T>> {
        let mut state = self.0.0.lock();
        (!state.writing).then(|| {
            state.readers += 1;
            GreedyRead(GreedyGuard(&self.0, false), &self.1)
        })
    }

    fn read(&self) -> impl Future<Output = GreedyRead<'_, T>> + Send {
        poll_fn(|context| {
            let guard = self.try_read();
            if guard.is_none() {
                self.0.0.lock().wakers.push_back(context.waker().clone());
            }
            guard.map_or(Poll::Pending, Poll::Ready)
        })
    }

    fn write(&self) -> impl Future<Output = GreedyWrite<'_, T>> + Send {
        poll_fn(|context| {
            let guard = Greedy::try_write(self);
            if guard.is_none() {
                self.0.0.lock().wakers.push_back(context.waker().clone());
            }
            guard.map_or(Poll::Pending, Poll::Ready)
        })
    }
}

async fn waiting_writer(tracker: &Tracker, class: &'static LockClass) -> Arc<LockOf<Tracked<Greedy>, u32>> {
    let shared: Arc<LockOf<Tracked<Greedy>, u32>> = Arc::new(lock(class));
    let held = shared.read().await;
    let its = shared.clone();
    tracker.spawn("writer", async move {
        let _alone = its.write().await;
    });
    until_waiting(tracker, 1).await;
    drop(held);
    shared
}

#[test]
fn a_writer_that_readers_pass_starves_where_the_order_of_asking_is_promised() {
    let (tracker, reports) = tracker();
    run(&tracker, async {
        let shared: Arc<LockOf<Tracked<Greedy>, u32>> = Arc::new(lock(&A));
        let mut held = shared.read().await;
        let its = shared.clone();
        tracker.spawn("writer", async move {
            let _alone = its.write().await;
        });
        until_waiting(&tracker, 1).await;
        for nth in 1..=64 {
            // The next reader comes before the last one goes.
            let next = tracker.spawn(format!("reader {nth}"), {
                let shared = shared.clone();
                async move { drop(shared.read().await) }
            });
            next.await.unwrap();
            held = {
                drop(held);
                shared.read().await
            };
            if tracker.findings().iter().any(|it| it.kind == Kind::Starvation) {
                break;
            }
        }
    });
    let finding = reports.wait_for(Kind::GrantOrder);
    assert_eq!(finding.tasks[0], "writer", "{finding}");
    let starving = reports.wait_for(Kind::Starvation);
    assert!(starving.message.contains("greedy promises FIFO order"), "{starving}");
}

#[test]
fn a_wake_up_that_was_lost_is_reported_by_a_watch() {
    static FORGETS: LockClass = LockClass::new("forgets");
    let (tracker, reports) = tracker();
    run(&tracker, async {
        let _shared = waiting_writer(&tracker, &FORGETS).await;
        tracker.look(Duration::ZERO);
    });
    assert_eq!(reports.wait_for(Kind::LostWakeUp).tasks, ["writer"]);
}
