//! A mutex.

use std::sync::Arc;
use std::thread;

use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard};

use crate::{now, polled, run};

static IN_A_STATIC: Mutex<u32> = Mutex::const_new(1);

#[test]
fn it_is_granted_in_the_order_of_requests() {
    let mutex = Mutex::new(0);
    let guard = now(mutex.lock());
    let (mut first, mut second) = (polled(mutex.lock()), polled(mutex.lock()));
    first.pending();
    second.pending();
    drop(guard);
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    // Handed over: nobody barges in.
    assert!(mutex.try_lock().is_err());
    second.pending();
    drop(first.ready());
    assert_eq!(second.wakes(), 1);
    *second.ready() += 1;
    assert_eq!(*mutex.try_lock().unwrap(), 1);
}

#[test]
fn whoever_is_cancelled_leaves_the_queue() {
    let mutex = Mutex::new(());
    let guard = now(mutex.lock());
    let (mut first, mut second) = (polled(mutex.lock()), polled(mutex.lock()));
    first.pending();
    second.pending();
    drop(first);
    drop(guard);
    assert_eq!(second.wakes(), 1);
    // Granted and cancelled: it is passed on.
    drop(second);
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn nothing_is_asked_before_the_first_poll() {
    let mutex = Mutex::new(());
    let lock = polled(mutex.lock());
    assert!(mutex.try_lock().is_ok());
    drop(lock);
}

#[test]
fn an_owned_guard_outlives_the_name_of_its_mutex() {
    let mutex = Arc::new(Mutex::new(vec![1, 2]));
    let weak = Arc::downgrade(&mutex);
    let mut guard = now(mutex.lock_owned());
    guard.push(3);
    assert!(weak.upgrade().unwrap().try_lock().is_err());
    assert!(OwnedMutexGuard::mutex(&guard).try_lock().is_err());
    let guard = thread::spawn(move || guard).join().unwrap();
    assert_eq!(*guard, [1, 2, 3]);
    drop(guard);
    assert!(weak.upgrade().is_none(), "nothing else kept it");
}

#[test]
fn owned_guards_borrow_what_is_not_static_and_what_has_no_size() {
    let text = String::from("text");
    let mutex = Arc::new(Mutex::new(text.as_str()));
    assert_eq!(*now(mutex.clone().lock_owned()), "text");
    assert_eq!(*mutex.clone().try_lock_owned().unwrap(), "text");

    let slice: Arc<Mutex<[u8]>> = Arc::new(Mutex::new([1, 2]));
    now(slice.clone().lock_owned())[1] = 3;
    assert_eq!(*now(slice.lock()), [1, 3]);
    let nothing = Arc::new(Mutex::new(()));
    let guard = nothing.clone().try_lock_owned().unwrap();
    assert!(nothing.clone().try_lock_owned().is_err());
    drop(guard);
    assert!(nothing.try_lock_owned().is_ok());
}

#[test]
fn owned_futures_are_cancelled_like_others() {
    let mutex = Arc::new(Mutex::new(()));
    let guard = now(mutex.clone().lock_owned());
    let (mut first, mut second) = (polled(mutex.clone().lock_owned()), polled(mutex.clone().lock_owned()));
    first.pending();
    second.pending();
    drop(first);
    drop(guard);
    drop(second.ready());
    drop(second);
    assert_eq!(Arc::strong_count(&mutex), 1);
}

#[test]
fn guards_are_mapped() {
    let mutex = Mutex::new((1, [2, 3]));
    let guard = now(mutex.lock());
    assert!(std::ptr::eq(MutexGuard::mutex(&guard), &raw const mutex));
    let guard = MutexGuard::try_map(guard, |_| None::<&mut u8>).unwrap_err();
    let array = MutexGuard::map(guard, |value| &mut value.1);
    let array = MappedMutexGuard::try_map(array, |_| None::<&mut u8>).unwrap_err();
    let mut last = MappedMutexGuard::map(array, |array| &mut array[1]);
    *last = 4;
    assert!(mutex.try_lock().is_err());
    drop(last);
    assert_eq!(mutex.into_inner(), (1, [2, 4]));
}

#[test]
fn owned_guards_are_mapped() {
    let mutex = Arc::new(Mutex::new((1, [2, 3])));
    let guard = now(mutex.clone().lock_owned());
    let guard = OwnedMutexGuard::try_map(guard, |_| None::<&mut u8>).unwrap_err();
    let array = OwnedMutexGuard::map(guard, |value| &mut value.1);
    let array = OwnedMappedMutexGuard::try_map(array, |_| None::<&mut u8>).unwrap_err();
    let mut last = OwnedMappedMutexGuard::map(array, |array| &mut array[1]);
    *last = 4;
    assert!(mutex.try_lock().is_err());
    drop(last);
    assert_eq!(*mutex.try_lock().unwrap(), (1, [2, 4]));
}

#[test]
fn it_is_let_go_when_a_map_panics() {
    let mutex = Arc::new(Mutex::new(0));
    let (one, other) = (mutex.clone(), mutex.clone());
    let panicked = thread::spawn(move || {
        drop(OwnedMutexGuard::map(one.try_lock_owned().unwrap(), |_| -> &mut u8 { panic!("on purpose") }));
    });
    assert!(panicked.join().is_err());
    let panicked = thread::spawn(move || {
        drop(MutexGuard::map(other.try_lock().unwrap(), |_| -> &mut u8 { panic!("on purpose") }));
    });
    assert!(panicked.join().is_err());
    assert!(mutex.try_lock().is_ok(), "and it is not poisoned");
}

#[test]
fn threads_block_for_it() {
    let mutex = Arc::new(Mutex::new(0));
    let guard = mutex.clone().blocking_lock_owned();
    let other = thread::spawn({
        let mutex = mutex.clone();
        move || *mutex.blocking_lock() += 1
    });
    drop(guard);
    other.join().unwrap();
    assert_eq!(*mutex.blocking_lock(), 1);
}

#[test]
fn a_thread_that_polls_tasks_may_not_block() {
    let blocked = std::panic::catch_unwind(|| run(async { drop(IN_A_STATIC.blocking_lock()) }));
    assert!(blocked.is_err());
}

#[test]
fn values_go_in_and_out() {
    let mut mutex: Mutex<u32> = 5.into();
    *mutex.get_mut() += 1;
    assert_eq!(mutex.into_inner(), 6);
    assert_eq!(Mutex::<u32>::default().into_inner(), 0);
    assert_eq!(*IN_A_STATIC.try_lock().unwrap(), 1);
}

#[test]
fn tasks_on_threads_exclude_each_other() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let mutex = Arc::new(Mutex::new(0));
    runtime.block_on(async {
        let tasks = (0..4).map(|_| {
            let mutex = mutex.clone();
            tokio::spawn(async move {
                for _ in 0..100 {
                    let mut guard = mutex.lock().await;
                    let seen = *guard;
                    tokio::task::yield_now().await;
                    *guard = seen + 1;
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
    assert_eq!(*mutex.try_lock().unwrap(), 400);
}
