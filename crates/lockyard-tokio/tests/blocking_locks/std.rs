//! Each test is made of the standard library's types and of ours.

use std::panic::{RefUnwindSafe, UnwindSafe};

/// Tests of the types that are called so here.
macro_rules! tests_of {
    ($name:ident $($path:ident)::+) => {
        mod $name {
            use std::panic::{AssertUnwindSafe, catch_unwind};
            use std::thread;
            use std::time::Duration;

            use $($path)::+::{Arc, Condvar, Mutex, RwLock, RwLockWriteGuard, TryLockError};

            static COUNT: Mutex<u32> = Mutex::new(0);

            #[test]
            fn threads_take_turns() {
                let shared = Arc::new(RwLock::new(0));
                let threads = [(); 4].map(|()| {
                    let shared = shared.clone();
                    thread::spawn(move || {
                        for _ in 0..100 {
                            *COUNT.lock().unwrap() += 1;
                            *shared.write().unwrap() += 1;
                        }
                    })
                });
                threads.into_iter().for_each(|it| it.join().unwrap());
                assert_eq!((*COUNT.lock().unwrap(), *shared.read().unwrap()), (400, 400));
            }

            #[test]
            fn a_lock_that_is_held_is_not_had_by_trying() {
                let mutex = Mutex::from(1);
                let held = mutex.lock().unwrap();
                assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
                assert!(format!("{mutex:?}").contains("<locked>"));
                drop(held);
                *mutex.try_lock().unwrap() += 1;
                let lock = RwLock::from(1);
                let reads = (lock.read().unwrap(), lock.try_read().unwrap());
                assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
                drop(reads);
                let mut write = lock.try_write().unwrap();
                *write += 1;
                assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
                let read = RwLockWriteGuard::downgrade(write);
                assert_eq!(*lock.try_read().unwrap(), 2);
                assert_eq!((format!("{read} {read:?}"), format!("{lock:?}")), (
                    "2 2".to_owned(),
                    "RwLock { data: 2, poisoned: false, .. }".to_owned(),
                ));
            }

            #[test]
            fn values_come_out() {
                let mut mutex: Mutex<u32> = Mutex::default();
                *mutex.get_mut().unwrap() = 2;
                assert_eq!(mutex.into_inner().unwrap(), 2);
                let mut lock: RwLock<u32> = RwLock::default();
                *lock.get_mut().unwrap() = 3;
                assert_eq!(lock.into_inner().unwrap(), 3);
                // A value whose size is not known.
                let any: Box<Mutex<dyn Fn() -> u32>> = Box::new(Mutex::new(|| 4));
                assert_eq!((any.lock().unwrap())(), 4);
            }

            #[test]
            fn a_panic_poisons() {
                let (mut mutex, mut lock) = (Mutex::new(1), RwLock::new(1));
                let panics = catch_unwind(AssertUnwindSafe(|| {
                    let (mut one, mut other) = (mutex.lock().unwrap(), lock.write().unwrap());
                    (*one, *other) = (2, 2);
                    panic!("that");
                }));
                assert!(panics.is_err());
                assert!(mutex.is_poisoned() && lock.is_poisoned());
                assert_eq!(*mutex.lock().unwrap_err().into_inner(), 2);
                assert!(matches!(mutex.try_lock(), Err(TryLockError::Poisoned(it)) if **it.get_ref() == 2));
                assert!(lock.read().is_err() && lock.write().is_err());
                assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));
                assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(_))));
                assert!(mutex.get_mut().is_err() && lock.get_mut().is_err());
                mutex.clear_poison();
                lock.clear_poison();
                assert_eq!((*mutex.lock().unwrap(), *lock.read().unwrap()), (2, 2));
                // One who only reads leaves nothing half done.
                let panics = catch_unwind(AssertUnwindSafe(|| {
                    let _read = lock.read().unwrap();
                    panic!("that");
                }));
                assert!(panics.is_err() && !lock.is_poisoned());
            }

            #[test]
            fn threads_wait_for_a_condition() {
                let shared = Arc::new((Mutex::new(0), Condvar::new()));
                let its = shared.clone();
                let waits = thread::spawn(move || {
                    let (mutex, changed) = &*its;
                    let first = changed.wait_while(mutex.lock().unwrap(), |it| *it < 1).unwrap();
                    drop(first);
                    let (second, limit) = changed
                        .wait_timeout_while(mutex.lock().unwrap(), Duration::from_mins(1), |it| *it < 2)
                        .unwrap();
                    assert!(!limit.timed_out());
                    *second
                });
                for _ in 0..2 {
                    *shared.0.lock().unwrap() += 1;
                    shared.1.notify_all();
                }
                assert_eq!(waits.join().unwrap(), 2);
                let (guard, limit) =
                    shared.1.wait_timeout(shared.0.lock().unwrap(), Duration::from_nanos(1)).unwrap();
                assert!(*guard == 2 && (limit.timed_out() || !limit.timed_out()));
            }
        }
    };
}

tests_of! { theirs std::sync }
tests_of! { ours lockyard_tokio::lockyard::sync_std }

fn is_shared<T: Send + Sync>(_: &T) {}

fn is_safe<T: UnwindSafe + RefUnwindSafe + ?Sized>(_: &T) {}

#[test]
fn they_are_safe_to_unwind() {
    use lockyard_tokio::lockyard::sync_std::{Mutex, RwLock};
    is_safe(&Mutex::new(std::cell::Cell::new(0)));
    is_safe(&RwLock::new(std::cell::Cell::new(0)));
    is_shared(&Mutex::new(std::cell::Cell::new(0)));
    is_shared(&RwLock::new(0));
}
