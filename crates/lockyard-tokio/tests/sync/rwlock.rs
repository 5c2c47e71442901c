//! A read-write lock.

use std::sync::Arc;
use std::thread;

use tokio::sync::{
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, RwLockMappedWriteGuard,
    RwLockReadGuard, RwLockWriteGuard,
};

use crate::{now, polled};

static IN_A_STATIC: RwLock<u32> = RwLock::const_new(1);
static FOR_ONE: RwLock<u32> = RwLock::const_with_max_readers(1, 1);

#[test]
fn readers_are_together_and_writers_alone() {
    let lock = RwLock::new(1);
    let (one, other) = (now(lock.read()), now(lock.read()));
    assert_eq!(*one + *other, 2);
    assert!(lock.try_write().is_err());
    drop((one, other));
    let writer = now(lock.write());
    assert!(lock.try_read().is_err() && lock.try_write().is_err());
    drop(writer);
    assert!(lock.try_read().is_ok());
}

#[test]
fn a_reader_waits_for_the_writer_before_it() {
    let lock = RwLock::new(0);
    let reader = now(lock.read());
    let (mut writer, mut later) = (polled(lock.write()), polled(lock.read()));
    writer.pending();
    later.pending();
    drop(reader);
    assert_eq!((writer.wakes(), later.wakes()), (1, 0));
    *writer.ready() = 1;
    assert_eq!(*later.ready(), 1);
}

#[test]
fn whoever_is_cancelled_leaves_the_queue() {
    let lock = RwLock::new(0);
    let reader = now(lock.read());
    let (mut writer, mut later) = (polled(lock.write()), polled(lock.read()));
    writer.pending();
    later.pending();
    drop(writer);
    drop(later.ready());
    drop(reader);
    assert!(lock.try_write().is_ok());
}

#[test]
fn there_may_be_a_bound_of_readers() {
    let lock = RwLock::with_max_readers(0, 2);
    let readers = (now(lock.read()), now(lock.read()));
    assert!(lock.try_read().is_err());
    drop(readers);
    let reader = FOR_ONE.try_read().unwrap();
    assert!(FOR_ONE.try_read().is_err());
    drop(reader);
}

#[test]
fn a_writer_becomes_a_reader_and_no_writer_comes_between() {
    let lock = RwLock::new(0);
    let mut guard = now(lock.write());
    let (mut writer, mut reader) = (polled(lock.write()), polled(lock.read()));
    writer.pending();
    reader.pending();
    *guard = 1;
    let guard = guard.downgrade();
    assert_eq!(*guard, 1);
    writer.pending();
    drop(guard);
    drop(writer.ready());
    assert_eq!(*reader.ready(), 1);
}

#[test]
fn guards_are_mapped() {
    let lock = RwLock::new((1, [2, 3]));
    let guard = RwLockReadGuard::try_map(now(lock.read()), |_| None::<&u8>).unwrap_err();
    let last = RwLockReadGuard::map(guard, |value| &value.1[1]);
    assert_eq!(*last, 3);
    drop(last);
    let guard = RwLockWriteGuard::try_map(now(lock.write()), |_| None::<&mut u8>).unwrap_err();
    let array = RwLockWriteGuard::map(guard, |value| &mut value.1);
    let array = RwLockMappedWriteGuard::try_map(array, |_| None::<&mut u8>).unwrap_err();
    *RwLockMappedWriteGuard::map(array, |array| &mut array[1]) = 4;
    let whole = RwLockWriteGuard::into_mapped(now(lock.write()));
    assert!(lock.try_read().is_err());
    drop(whole);
    let guard = RwLockWriteGuard::try_downgrade_map(now(lock.write()), |_| None::<&u8>).unwrap_err();
    assert!(lock.try_read().is_err(), "not downgraded");
    let last = RwLockWriteGuard::downgrade_map(guard, |value| &value.1[1]);
    assert_eq!((*last, lock.try_read().is_ok(), lock.try_write().is_ok()), (4, true, false));
}

#[test]
fn owned_guards_are_mapped() {
    let lock = Arc::new(RwLock::new((1, [2, 3])));
    let guard = now(lock.clone().read_owned());
    assert!(Arc::ptr_eq(OwnedRwLockReadGuard::rwlock(&guard), &lock));
    let guard = OwnedRwLockReadGuard::try_map(guard, |_| None::<&u8>).unwrap_err();
    let last = OwnedRwLockReadGuard::map(guard, |value| &value.1[1]);
    assert_eq!((*last, lock.try_write().is_err()), (3, true));
    drop(last);
    let guard = now(lock.clone().write_owned());
    assert!(Arc::ptr_eq(OwnedRwLockWriteGuard::rwlock(&guard), &lock));
    let guard = OwnedRwLockWriteGuard::try_map(guard, |_| None::<&mut u8>).unwrap_err();
    let array = OwnedRwLockWriteGuard::map(guard, |value| &mut value.1);
    assert!(Arc::ptr_eq(OwnedRwLockMappedWriteGuard::rwlock(&array), &lock));
    let array = OwnedRwLockMappedWriteGuard::try_map(array, |_| None::<&mut u8>).unwrap_err();
    *OwnedRwLockMappedWriteGuard::map(array, |array| &mut array[1]) = 4;
    let whole = OwnedRwLockWriteGuard::into_mapped(now(lock.clone().write_owned()));
    assert!(lock.try_read().is_err());
    drop(whole);
    let guard = lock.clone().try_write_owned().unwrap();
    let guard = OwnedRwLockWriteGuard::try_downgrade_map(guard, |_| None::<&u8>).unwrap_err();
    assert!(lock.try_read().is_err(), "not downgraded");
    let last = OwnedRwLockWriteGuard::downgrade_map(guard, |value| &value.1[1]);
    assert_eq!((*last, lock.try_read().is_ok(), lock.try_write().is_ok()), (4, true, false));
    drop(last);
    let reading = now(lock.clone().write_owned()).downgrade();
    assert_eq!((reading.1, lock.try_read().is_ok(), lock.try_write().is_ok()), ([2, 4], true, false));
    drop(reading);
    assert_eq!(Arc::strong_count(&lock), 1);
}

#[test]
fn an_owned_guard_outlives_the_name_of_its_lock() {
    let lock = Arc::new(RwLock::new(String::from("text")));
    let weak = Arc::downgrade(&lock);
    let (one, other) = (lock.clone().try_read_owned().unwrap(), now(lock.read_owned()));
    assert!(weak.upgrade().unwrap().try_write().is_err());
    let one = thread::spawn(move || one).join().unwrap();
    drop(other);
    assert_eq!(*one, "text");
    drop(one);
    assert!(weak.upgrade().is_none());

    let text = String::from("not static");
    let lock = Arc::new(RwLock::new(text.as_str()));
    assert_eq!(*now(lock.clone().read_owned()), *now(lock.clone().read_owned()));
    *now(lock.clone().write_owned()) = "other";
    assert_eq!(*now(lock.read_owned()), "other");
    let nothing = Arc::new(RwLock::new(()));
    let guard = now(nothing.clone().write_owned());
    assert!(nothing.clone().try_read_owned().is_err());
    drop(guard);
    assert!(nothing.try_write_owned().is_ok());
}

#[test]
fn threads_block_for_it() {
    let lock = Arc::new(RwLock::new(0));
    let guard = lock.blocking_read();
    let other = thread::spawn({
        let lock = lock.clone();
        move || *lock.blocking_write() += 1
    });
    drop(guard);
    other.join().unwrap();
    assert_eq!(*lock.blocking_read(), 1);
}

#[test]
fn values_go_in_and_out() {
    let mut lock: RwLock<u32> = 5.into();
    *lock.get_mut() += 1;
    assert_eq!(lock.into_inner(), 6);
    assert_eq!(RwLock::<u32>::default().into_inner(), 0);
    assert_eq!(*IN_A_STATIC.try_read().unwrap(), 1);
}
