//! One contract, every lock family: what the session manager may rely on, whichever lock it is given.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};

use lockyard_lock::{AwaitFamily, LockClass, LockFamily, LockOf, Policy, SharedLock, TryFamily};

static TEST: LockClass = LockClass::new("test");
const THREADS: usize = 4;

/// Waits for one acquisition on a thread of its own, as a caller without a runtime would.
fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn lock_of<F: LockFamily, T: Clone + Send + Sync + 'static>(value: T) -> Arc<LockOf<F, T>> {
    Arc::new(SharedLock::new(&TEST, value))
}

/// Each writer reads, lets the others run, and writes back what it read plus one: any overlap loses an addition.
fn writers_exclude_each_other<F: LockFamily>() {
    const ROUNDS: u64 = 500;
    let lock = lock_of::<F, u64>(0);
    let start = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                for _ in 0..ROUNDS {
                    let mut guard = block_on(lock.write());
                    let seen = *guard;
                    std::thread::yield_now();
                    *guard = seen + 1;
                }
            });
        }
    });
    assert_eq!(*block_on(lock.read()), THREADS as u64 * ROUNDS);
}

/// A pair that writers keep equal is never seen unequal.
fn readers_see_no_half_of_a_write<F: LockFamily>() {
    let lock = lock_of::<F, (u64, u64)>((0, 0));
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            start.wait();
            for i in 1..=500 {
                let mut guard = block_on(lock.write());
                guard.0 = i;
                std::thread::yield_now();
                guard.1 = i;
            }
        });
        start.wait();
        for _ in 0..500 {
            let guard = block_on(lock.read());
            assert_eq!(guard.0, guard.1, "a reader was inside together with a writer");
        }
    });
}

/// Readers of a shared family all meet at a barrier *inside* their guards, which is impossible unless they are in
/// there together. Of an exclusive family the second is shown the door.
fn readers_meet_inside_where_reads_are_shared<F: LockFamily>() {
    let lock = lock_of::<F, u64>(7);
    if F::SHARED_READS {
        let inside = Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let guard = block_on(lock.read());
                    inside.wait();
                    assert_eq!(*guard, 7);
                });
            }
        });
    } else {
        let first = block_on(lock.read());
        let second_entered =
            std::thread::scope(|scope| scope.spawn(|| lock.try_read().is_some()).join().unwrap());
        assert!(!second_entered, "two readers were inside an exclusive lock");
        drop(first);
    }
}

fn a_write_is_seen_by_the_next<F: LockFamily>() {
    let lock = lock_of::<F, Vec<u64>>(vec![]);
    for i in 0..10 {
        block_on(lock.write()).push(i);
        let seen = std::thread::scope(|scope| scope.spawn(|| block_on(lock.read()).clone()).join().unwrap());
        assert_eq!(seen, (0..=i).collect::<Vec<_>>());
        block_on(lock.write()).push(u64::MAX);
        assert_eq!(block_on(lock.write()).pop(), Some(u64::MAX));
    }
}

/// Beside a writer a reader is shown the door; where writers change a copy it gets in, and sees the value before.
fn try_read_never_waits<F: LockFamily>() {
    let lock = lock_of::<F, u64>(1);
    {
        let mut guard = block_on(lock.write());
        *guard = 2;
        let seen =
            std::thread::scope(|scope| scope.spawn(|| lock.try_read().map(|guard| *guard)).join().unwrap());
        assert_eq!(seen, F::COPY_ON_WRITE.then_some(1), "what a reader saw beside a writer");
        assert_eq!(*guard, 2, "a writer sees its own change");
    }
    assert_eq!(lock.try_read().map(|guard| *guard), Some(2));
}

/// Beside a reader and beside a writer it is shown the door at once, by the thread that asks; alone it gets in.
fn try_write_never_waits<F: TryFamily>() {
    let lock = lock_of::<F, u64>(1);
    let tried = || std::thread::scope(|scope| scope.spawn(|| F::try_write(&lock).is_some()).join().unwrap());
    {
        let mut guard = block_on(lock.write());
        *guard = 2;
        assert!(!tried(), "beside a writer");
    }
    {
        let _guard = block_on(lock.read());
        assert_eq!(tried(), F::POLICY == Policy::Snapshot, "beside a reader");
    }
    {
        let mut guard = F::try_write(&lock).expect("nobody is inside");
        *guard += 1;
        assert!(!tried(), "beside one that got in by trying");
    }
    assert_eq!(*block_on(lock.read()), 3);
}

/// A reader that got in keeps what it saw: no writer changes it under its eyes.
fn a_reader_keeps_what_it_saw<F: LockFamily>() {
    let lock = lock_of::<F, u64>(1);
    let before = block_on(lock.read());
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            start.wait();
            *block_on(lock.write()) = 2;
        });
        start.wait();
        if F::COPY_ON_WRITE {
            while *block_on(lock.read()) == 1 {
                std::thread::yield_now();
            }
        }
        assert_eq!(*before, 1);
        drop(before);
    });
    assert_eq!(*block_on(lock.read()), 2);
}

fn a_panic_inside_leaves_the_lock_usable<F: LockFamily>() {
    let lock = lock_of::<F, u64>(1);
    for _ in 0..2 {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut guard = block_on(lock.write());
            *guard += 1;
            panic!("planted");
        }));
        assert!(outcome.is_err());
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let _guard = block_on(lock.read());
        panic!("planted");
    }));
    assert!(outcome.is_err());
    let left = if F::COPY_ON_WRITE { 1 } else { 3 };
    assert_eq!(lock.try_read().map(|guard| *guard), Some(left));
    assert_eq!(*block_on(lock.read()), left);
    *block_on(lock.write()) = 4;
    assert_eq!(*block_on(lock.read()), 4);
}

/// The lock is free for a reader and for a writer, without waiting for anybody.
fn assert_free<F: LockFamily>(lock: &LockOf<F, u64>) {
    assert!(lock.try_read().is_some(), "something still keeps readers out");
    assert!(poll_once(lock.write()).is_ready(), "something still keeps writers out");
}

fn a_waiter_dropped_before_its_first_poll_leaves_nothing<F: LockFamily>() {
    let lock = lock_of::<F, u64>(1);
    let guard = block_on(lock.write());
    drop((lock.read(), lock.write()));
    drop(guard);
    assert_free::<F>(&lock);
}

/// Waiters of a yielding family can be dropped while they queue, and even after they have been granted the lock but
/// before they were polled again.
fn a_waiter_dropped_in_the_queue_leaves_nothing<F: AwaitFamily>() {
    let lock = lock_of::<F, u64>(1);
    let mut context = Context::from_waker(Waker::noop());
    for dropped_after_grant in [false, true] {
        let guard = block_on(lock.write());
        {
            let mut first = Box::pin(lock.write());
            let mut second = Box::pin(lock.read());
            assert!(first.as_mut().poll(&mut context).is_pending());
            assert!(second.as_mut().poll(&mut context).is_pending());
            if dropped_after_grant {
                drop(guard);
                drop(first);
            } else {
                drop(first);
                drop(guard);
            }
            let Poll::Ready(guard) = second.as_mut().poll(&mut context) else {
                panic!("the one who waited behind the dropped waiter was forgotten");
            };
            assert_eq!(*guard, 1);
        }
        assert_free::<F>(&lock);
    }
}

/// The guard of an await family is kept across an await on a runtime that moves tasks between threads; that this
/// compiles is half of the test.
fn a_held_guard_excludes_across_awaits<F: AwaitFamily>() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let lock = lock_of::<F, u64>(0);
    runtime.block_on(async {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let lock = lock.clone();
                tokio::spawn(async move {
                    for _ in 0..20 {
                        let mut guard = F::hold(&lock).await;
                        let seen = *guard;
                        tokio::task::yield_now().await;
                        *guard = seen + 1;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(*block_on(lock.read()), 160);
}

macro_rules! contract {
    ($($module:ident: $family:ident { $($test:ident),* $(,)? })*) => { $(
        mod $module {
            use lockyard_lock::$family;

            contract!(@tests $family: writers_exclude_each_other, readers_see_no_half_of_a_write,
                readers_meet_inside_where_reads_are_shared, a_write_is_seen_by_the_next, try_read_never_waits, try_write_never_waits,
                a_reader_keeps_what_it_saw, a_panic_inside_leaves_the_lock_usable, a_waiter_dropped_before_its_first_poll_leaves_nothing,
                $($test),*);
        }
    )* };
    (@tests $family:ident: $($test:ident),* $(,)?) => { $(
        #[test]
        fn $test() {
            super::$test::<$family>();
        }
    )* };
}

contract! {
    tokio_mutex: TokioMutex { a_waiter_dropped_in_the_queue_leaves_nothing, a_held_guard_excludes_across_awaits }
    tokio_rwlock: TokioRwLock { a_waiter_dropped_in_the_queue_leaves_nothing, a_held_guard_excludes_across_awaits }
    parking_lot_mutex: ParkingLotMutex {}
    parking_lot_rwlock: ParkingLotRwLock {}
    parking_lot_fair_mutex: ParkingLotFairMutex {}
    std_mutex: StdMutex {}
    std_rwlock: StdRwLock {}
    async_lock_mutex: AsyncLockMutex {
        a_waiter_dropped_in_the_queue_leaves_nothing, a_held_guard_excludes_across_awaits,
    }
    async_lock_rwlock: AsyncLockRwLock {
        a_waiter_dropped_in_the_queue_leaves_nothing, a_held_guard_excludes_across_awaits,
    }
    arc_swap: ArcSwap {}
}
