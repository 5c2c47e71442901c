//! What every family keeps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::thread;

use super::deadline::of_this_test;
use super::executor::block_on;
use super::fixture::{assert_free, lock_of};
use crate::{LockFamily, SharedLock};

const THREADS: usize = 4;

/// Each writer reads, lets the others run, and writes back what it read plus one: any overlap loses an addition.
pub fn writers_exclude_each_other<F: LockFamily>() {
    const ROUNDS: u64 = 500;
    let lock = lock_of::<F, u64>(0);
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(of_this_test(|| {
                start.wait();
                for _ in 0..ROUNDS {
                    let mut guard = block_on("write", lock.write());
                    let seen = *guard;
                    thread::yield_now();
                    *guard = seen + 1;
                }
            }));
        }
    });
    assert_eq!(*block_on("read", lock.read()), THREADS as u64 * ROUNDS);
}

/// A pair that writers keep equal is never seen unequal.
pub fn readers_see_no_half_of_a_write<F: LockFamily>() {
    let lock = lock_of::<F, (u64, u64)>((0, 0));
    let start = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(of_this_test(|| {
            start.wait();
            for i in 1..=500 {
                let mut guard = block_on("write", lock.write());
                guard.0 = i;
                thread::yield_now();
                guard.1 = i;
            }
        }));
        start.wait();
        for _ in 0..500 {
            let guard = block_on("read", lock.read());
            assert_eq!(guard.0, guard.1, "a reader was inside together with a writer");
        }
    });
}

/// Readers of a shared family all meet at a barrier *inside* their guards, which is impossible unless they are in
/// there together. Of an exclusive family the second is refused.
pub fn readers_meet_inside_where_reads_are_shared<F: LockFamily>() {
    let lock = lock_of::<F, u64>(7);
    if F::SHARED_READS {
        let inside = Barrier::new(THREADS);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(of_this_test(|| {
                    let guard = block_on("read", lock.read());
                    inside.wait();
                    assert_eq!(*guard, 7);
                }));
            }
        });
    } else {
        let first = block_on("read", lock.read());
        let second_entered = thread::scope(|scope| scope.spawn(|| lock.try_read().is_some()).join().unwrap());
        assert!(!second_entered, "two readers were inside an exclusive lock");
        drop(first);
    }
}

/// Readers that wait behind a writer are let in together, where reads are shared: they meet as above.
pub fn readers_that_wait_meet_inside<F: LockFamily>() {
    if !F::SHARED_READS {
        return;
    }
    // Whether they wait already when the writer leaves is not seen from outside; they do in some round.
    for _ in 0..50 {
        let lock = lock_of::<F, u64>(0);
        let (about_to, inside) = (Barrier::new(THREADS + 1), Barrier::new(THREADS));
        thread::scope(|scope| {
            let writer = block_on("write", lock.write());
            for _ in 0..THREADS {
                scope.spawn(of_this_test(|| {
                    about_to.wait();
                    let _guard = block_on("read", lock.read());
                    inside.wait();
                }));
            }
            about_to.wait();
            (0..THREADS).for_each(|_| thread::yield_now());
            drop(writer);
        });
    }
}

/// What one thread has written, the next one to read sees, whichever thread that is.
pub fn a_write_is_seen_by_the_next<F: LockFamily>() {
    let lock = lock_of::<F, Vec<u64>>(vec![]);
    for i in 0..10 {
        block_on("write", lock.write()).push(i);
        let read = of_this_test(|| block_on("read", lock.read()).clone());
        let seen = thread::scope(|scope| scope.spawn(read).join().unwrap());
        assert_eq!(seen, (0..=i).collect::<Vec<_>>());
        block_on("write", lock.write()).push(u64::MAX);
        assert_eq!(block_on("write", lock.write()).pop(), Some(u64::MAX));
    }
}

/// Beside a writer a reader is refused; where writers change a copy it gets in, and sees the value before.
pub fn try_read_never_waits<F: LockFamily>() {
    let lock = lock_of::<F, u64>(1);
    {
        let mut guard = block_on("write", lock.write());
        *guard = 2;
        let seen = thread::scope(|scope| scope.spawn(|| lock.try_read().map(|guard| *guard)).join().unwrap());
        assert_eq!(seen, F::COPY_ON_WRITE.then_some(1), "what a reader saw beside a writer");
        assert_eq!(*guard, 2, "a writer sees its own change");
    }
    let reader = lock.try_read();
    assert_eq!(reader.as_deref(), Some(&2));
    let tried = thread::scope(|scope| scope.spawn(|| lock.try_read().is_some()).join().unwrap());
    assert_eq!(tried, F::SHARED_READS, "beside a reader that got in by trying");
}

/// A reader that got in keeps what it saw: no writer changes it while it looks.
pub fn a_reader_keeps_what_it_saw<F: LockFamily>() {
    let lock = lock_of::<F, u64>(1);
    let before = block_on("read", lock.read());
    let start = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(of_this_test(|| {
            start.wait();
            *block_on("write", lock.write()) = 2;
        }));
        start.wait();
        if F::COPY_ON_WRITE {
            while *block_on("read", lock.read()) == 1 {
                thread::yield_now();
            }
        }
        assert_eq!(*before, 1);
        drop(before);
    });
    assert_eq!(*block_on("read", lock.read()), 2);
}

/// What a writer finishes is the value when it is shown, and before anybody else can change it; a reader is shown what it gets. A
/// reader beside it is kept out, unless writers change a copy: then it sees the new value already.
pub fn what_is_finished_stands_when_it_is_shown<F: LockFamily>() {
    let lock = lock_of::<F, u64>(1);
    let mut shown = 0;
    let mut guard = block_on("write", lock.write());
    *guard = 2;
    let last = |value: &u64| {
        shown = *value;
        let seen = thread::scope(|scope| scope.spawn(|| lock.try_read().map(|guard| *guard)).join().unwrap());
        assert_eq!(seen, F::COPY_ON_WRITE.then_some(2), "what a reader saw when the value was shown");
    };
    block_on("finish", lock.finish(guard, last));
    assert_eq!(shown, 2, "what was shown of a finished write");
    let read = block_on("read", lock.read_first(|value| shown = *value + 10));
    assert_eq!((*read, shown), (2, 12), "what a reader got, and 10 more than it was shown");
    drop(read);
    *block_on("write", lock.write()) = 3;
    assert_eq!(lock.try_read().map(|guard| *guard), Some(3), "a finished write has let the next one in");
}

/// A panic in a writer or a reader releases the lock and poisons nothing. What the writer has changed stays, unless it
/// worked on a copy.
pub fn a_panic_inside_leaves_the_lock_usable<F: LockFamily>() {
    let lock = lock_of::<F, u64>(1);
    for _ in 0..2 {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut guard = block_on("write", lock.write());
            *guard += 1;
            panic!("planted");
        }));
        assert!(outcome.is_err());
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let _guard = block_on("read", lock.read());
        panic!("planted");
    }));
    assert!(outcome.is_err());
    let left = if F::COPY_ON_WRITE { 1 } else { 3 };
    assert_eq!(lock.try_read().map(|guard| *guard), Some(left));
    assert_eq!(*block_on("read", lock.read()), left);
    *block_on("write", lock.write()) = 4;
    assert_eq!(*block_on("read", lock.read()), 4);
}

/// A future that was never polled held no place that others wait for.
pub fn a_waiter_dropped_before_its_first_poll_leaves_nothing<F: LockFamily>() {
    let lock = lock_of::<F, u64>(1);
    let guard = block_on("write", lock.write());
    drop((lock.read(), lock.write()));
    drop(guard);
    assert_free::<F>(&lock);
}
