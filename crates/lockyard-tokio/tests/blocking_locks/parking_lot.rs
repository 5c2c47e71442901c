//! Each test is made of `parking_lot`'s types and of ours.

macro_rules! tests_of {
    ($name:ident $($path:ident)::+) => {
        mod $name {
            use std::panic::{AssertUnwindSafe, catch_unwind};
            use std::sync::Arc;
            use std::thread;
            use std::time::Duration;

            use $($path)::+::{Mutex, RwLock, RwLockWriteGuard};

            static COUNT: Mutex<u32> = Mutex::new(0);

            #[test]
            fn threads_take_turns() {
                let shared = Arc::new(RwLock::new(0));
                let threads = [(); 4].map(|()| {
                    let shared = shared.clone();
                    thread::spawn(move || {
                        for _ in 0..100 {
                            *COUNT.lock() += 1;
                            *shared.write() += 1;
                        }
                    })
                });
                threads.into_iter().for_each(|it| it.join().unwrap());
                assert_eq!((*COUNT.lock(), *shared.read()), (400, 400));
            }

            #[test]
            fn a_lock_that_is_held_is_not_had_by_trying() {
                let mutex = Mutex::from(1);
                let held = mutex.lock();
                assert!(mutex.try_lock().is_none() && mutex.is_locked());
                assert!(mutex.try_lock_for(Duration::from_nanos(1)).is_none());
                assert_eq!(format!("{mutex:?}"), "Mutex { data: <locked> }");
                drop(held);
                *mutex.try_lock_for(Duration::from_mins(1)).unwrap() += 1;
                assert_eq!(*mutex.try_lock().unwrap(), 2);
                let lock = RwLock::from(1);
                let reads = (lock.read(), lock.try_read().unwrap(), lock.try_read_for(Duration::ZERO).unwrap());
                assert!(lock.try_write().is_none() && lock.is_locked());
                drop(reads);
                let mut write = lock.try_write().unwrap();
                *write += 1;
                assert!(lock.try_read().is_none() && lock.try_write_for(Duration::from_nanos(1)).is_none());
                let read = RwLockWriteGuard::downgrade(write);
                assert_eq!((*lock.try_read().unwrap(), format!("{read} {read:?}")), (2, "2 2".to_owned()));
            }

            #[test]
            fn values_come_out_and_nothing_poisons() {
                let mut mutex: Mutex<u32> = Mutex::default();
                *mutex.get_mut() = 2;
                let panics = catch_unwind(AssertUnwindSafe(|| {
                    let _held = mutex.lock();
                    panic!("that");
                }));
                assert!(panics.is_err());
                assert_eq!(mutex.into_inner(), 2);
                let mut lock: RwLock<u32> = RwLock::default();
                *lock.get_mut() = 3;
                assert_eq!(lock.into_inner(), 3);
            }
        }
    };
}

tests_of! { theirs parking_lot }
tests_of! { ours lockyard_tokio::lockyard::sync_parking_lot }
