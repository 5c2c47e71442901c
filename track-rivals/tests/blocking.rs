//! Blocking locks, as threads use them: whatever another detector reports, the tracker reports, too.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use lockyard::lock::{LockClass, LockFamily, LockOf, ParkingLotMutex, SharedLock, StdMutex, StdRwLock};
use lockyard::track::{Finding, Kind, Tracked, Tracker};

static A: LockClass = LockClass::new("a");
static B: LockClass = LockClass::new("b");
static C: LockClass = LockClass::new("c");

/// Long against any machine's worst moment: only a test that fails waits for so long.
const DEADLINE: Duration = Duration::from_secs(60);

fn tracker() -> (Tracker, Receiver<Finding>) {
    let (send, findings) = channel();
    let tracker = Tracker::new();
    tracker.on_finding(move |finding| drop(send.send(finding.clone())));
    (tracker, findings)
}

fn wait_for(findings: &Receiver<Finding>, kind: Kind) -> Finding {
    loop {
        let finding = findings.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("no {kind} was reported"));
        if finding.kind == kind {
            return finding;
        }
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn lock<F: LockFamily>(class: &'static LockClass) -> LockOf<F, u32> {
    SharedLock::new(class, 0)
}

/// Asks parking_lot again and again until it reports threads that wait for each other; how many.
fn deadlocked_threads() -> usize {
    let begin = std::time::Instant::now();
    while begin.elapsed() < DEADLINE {
        if let Some(cycle) = parking_lot::deadlock::check_deadlock().first() {
            return cycle.len();
        }
        thread::yield_now();
    }
    0
}

/// parking_lot's detector is one for the whole process, and so each of its cases runs in this one test.
#[test]
fn threads_that_wait_for_each_other() {
    // Two threads, two locks.
    let (a, b) = (Arc::new(parking_lot::Mutex::new(0)), Arc::new(parking_lot::Mutex::new(0)));
    let meeting = Arc::new(Barrier::new(2));
    for (first, second) in [(a.clone(), b.clone()), (b, a)] {
        let meeting = meeting.clone();
        thread::spawn(move || {
            let held = first.lock();
            meeting.wait();
            let _both = (second.lock(), held);
        });
    }
    assert_eq!(deadlocked_threads(), 2);

    // One thread, one lock, twice.
    thread::spawn(|| {
        let alone = parking_lot::Mutex::new(0);
        let _both = (alone.lock(), alone.lock());
    });
    assert_eq!(deadlocked_threads(), 1);

    // The same over tracked locks.
    let (tracker, findings) = tracker();
    let (a, b) = tracker.within("set up", || {
        (Arc::new(lock::<Tracked<ParkingLotMutex>>(&A)), Arc::new(lock::<Tracked<ParkingLotMutex>>(&B)))
    });
    let meeting = Arc::new(Barrier::new(2));
    for (name, first, second) in [("one", a.clone(), b.clone()), ("other", b, a)] {
        let (tracker, meeting) = (tracker.clone(), meeting.clone());
        thread::spawn(move || {
            tracker.within(name, || {
                block_on(async {
                    let held = first.write().await;
                    meeting.wait();
                    let _both = (second.write().await, held);
                });
            });
        });
    }
    let deadlock = wait_for(&findings, Kind::Deadlock);
    assert_eq!((deadlock.edges.len(), deadlock.tasks.len()), (2, 2), "{deadlock}");

    let its = tracker.clone();
    thread::spawn(move || {
        its.within("twice", || {
            let alone = lock::<Tracked<ParkingLotMutex>>(&A);
            block_on(async {
                let _both = (alone.write().await, alone.write().await);
            });
        });
    });
    assert_eq!(wait_for(&findings, Kind::SameTaskWait).tasks, ["twice"]);
}

/// What `tracing-mutex` thinks of a program: whether it panicked.
fn objects(program: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(program)).is_err()
}

/// What the tracker finds in a program that ends.
fn found<F: Future<Output = ()>>(program: impl FnOnce() -> F) -> Vec<Kind> {
    let tracker = Tracker::new();
    block_on(tracker.scope("main", async { program().await }));
    tracker.findings().into_iter().map(|finding| finding.kind).collect()
}

#[test]
fn two_locks_in_both_orders_without_a_hang() {
    use tracing_mutex::stdsync::Mutex;
    let detected = objects(|| {
        let (a, b) = (Mutex::new(0), Mutex::new(0));
        drop((a.lock().unwrap(), b.lock().unwrap()));
        drop((b.lock().unwrap(), a.lock().unwrap()));
    });
    let ours = found(|| async {
        let (a, b) = (lock::<Tracked<StdMutex>>(&A), lock::<Tracked<StdMutex>>(&B));
        drop((a.write().await, b.write().await));
        drop((b.write().await, a.write().await));
    });
    assert!(detected);
    assert_eq!(ours, [Kind::OrderInversion]);
}

#[test]
fn three_locks_in_a_ring_without_a_hang() {
    use tracing_mutex::stdsync::Mutex;
    let detected = objects(|| {
        let (a, b, c) = (Mutex::new(0), Mutex::new(0), Mutex::new(0));
        drop((a.lock().unwrap(), b.lock().unwrap()));
        drop((b.lock().unwrap(), c.lock().unwrap()));
        drop((c.lock().unwrap(), a.lock().unwrap()));
    });
    let ours = found(|| async {
        let [a, b, c] = [&A, &B, &C].map(|class| lock::<Tracked<StdMutex>>(class));
        drop((a.write().await, b.write().await));
        drop((b.write().await, c.write().await));
        drop((c.write().await, a.write().await));
    });
    assert!(detected);
    assert_eq!(ours, [Kind::OrderInversion]);
}

#[test]
fn a_read_inside_a_read_without_a_writer() {
    use tracing_mutex::stdsync::RwLock;
    let detected = objects(|| {
        let shared = RwLock::new(0);
        drop((shared.read().unwrap(), shared.read().unwrap()));
    });
    let ours = found(|| async {
        let shared = lock::<Tracked<StdRwLock>>(&A);
        drop((shared.read().await, shared.read().await));
    });
    assert!(detected);
    assert_eq!(ours, [Kind::RecursiveRead]);
}

#[test]
fn an_order_that_is_kept_is_no_matter() {
    use tracing_mutex::stdsync::Mutex;
    let detected = objects(|| {
        let (a, b) = (Mutex::new(0), Mutex::new(0));
        for _ in 0..2 {
            drop((a.lock().unwrap(), b.lock().unwrap()));
        }
    });
    let ours = found(|| async {
        let (a, b) = (lock::<Tracked<StdMutex>>(&A), lock::<Tracked<StdMutex>>(&B));
        for _ in 0..2 {
            drop((a.write().await, b.write().await));
        }
    });
    assert!(!detected);
    assert_eq!(ours, []);
}
