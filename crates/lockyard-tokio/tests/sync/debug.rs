//! What `Debug` and `Display` print is what tokio's own print.

use std::fmt::Debug;
use std::sync::Arc;

use tokio::{real, sync};

use crate::now;

/// The same source with ours and with tokio's own.
macro_rules! prints {
    ($($value:expr;)*) => {$(
        let ours = { use sync as of; show(&$value) };
        let theirs = { use real::sync as of; show(&$value) };
        assert_eq!(ours, theirs);
        // Not from the text that both give up at.
        assert!(!ours.is_empty());
    )*};
}

/// What it prints in both ways, without the addresses.
fn show(value: &impl Debug) -> String {
    let printed = format!("{value:?} {value:#?}");
    let words = printed.split("0x").enumerate().map(|(nth, part)| {
        if nth == 0 { part } else { part.trim_start_matches(|c: char| c.is_ascii_hexdigit()) }
    });
    words.collect()
}

#[test]
fn debug_is_tokios() {
    prints! {
        of::Mutex::new(1);
        of::Mutex::new(1).try_lock().unwrap();
        Arc::new(of::Mutex::new(1)).try_lock_owned().unwrap();
        of::MutexGuard::map(of::Mutex::new((1, 2)).try_lock().unwrap(), |value| &mut value.1);
        of::OwnedMutexGuard::map(Arc::new(of::Mutex::new((1, 2))).try_lock_owned().unwrap(), |it| &mut it.1);
        { let mutex = of::Mutex::new(1); let guard = mutex.try_lock(); let shown = show(&mutex); drop(guard); shown };
        of::RwLock::new(1);
        of::RwLock::new(1).try_read().unwrap();
        of::RwLock::new(1).try_write().unwrap();
        of::RwLockWriteGuard::into_mapped(of::RwLock::new(1).try_write().unwrap());
        Arc::new(of::RwLock::new(1)).try_read_owned().unwrap();
        Arc::new(of::RwLock::new(1)).try_write_owned().unwrap();
        of::OwnedRwLockWriteGuard::into_mapped(Arc::new(of::RwLock::new(1)).try_write_owned().unwrap());
        of::Semaphore::new(1);
        of::Semaphore::new(1).try_acquire().unwrap();
        Arc::new(of::Semaphore::new(1)).try_acquire_owned().unwrap();
        of::Notify::new();
        of::Notify::new().notified();
        Arc::new(of::Notify::new()).notified_owned();
        of::Barrier::new(1);
        now(of::Barrier::new(1).wait());
        of::OnceCell::new_with(Some(1));
        of::SetOnce::new_with(Some(1));
        of::mpsc::channel::<u8>(1).0;
        of::mpsc::channel::<u8>(1).1;
        of::mpsc::channel::<u8>(1).0.downgrade();
        of::mpsc::channel::<u8>(1).0.try_reserve();
        { let (sender, _receiver) = of::mpsc::channel::<u8>(1); show(&sender.try_reserve()) };
        { let (sender, _receiver) = of::mpsc::channel::<u8>(1); show(&sender.try_reserve_many(1)) };
        { let (sender, _receiver) = of::mpsc::channel::<u8>(1); show(&sender.try_reserve_owned()) };
        of::mpsc::unbounded_channel::<u8>().0;
        of::mpsc::unbounded_channel::<u8>().1;
        of::mpsc::unbounded_channel::<u8>().0.downgrade();
        of::oneshot::channel::<u8>().0;
        of::oneshot::channel::<u8>().1;
        of::watch::channel(1).0;
        of::watch::channel(1).1;
        of::watch::channel(1).0.borrow();
        of::broadcast::channel::<u8>(1).0;
        of::broadcast::channel::<u8>(1).1;
        of::broadcast::channel::<u8>(1).0.downgrade();
    }
}

#[test]
fn display_is_the_values() {
    let (mutex, lock) = (Arc::new(sync::Mutex::new(1)), Arc::new(sync::RwLock::new(2)));
    assert_eq!(mutex.try_lock().unwrap().to_string(), "1");
    assert_eq!(mutex.try_lock_owned().unwrap().to_string(), "1");
    assert_eq!(lock.try_read().unwrap().to_string(), "2");
    assert_eq!(lock.try_write().unwrap().to_string(), "2");
    assert_eq!(lock.try_read_owned().unwrap().to_string(), "2");
}
