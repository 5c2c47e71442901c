//! Where a call is wrong, the panic is at the place of the call.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};

use tokio::sync::{Mutex, RwLock, Semaphore, broadcast, mpsc, oneshot};

use crate::run;

thread_local! {
    static HERE: Cell<Option<bool>> = const { Cell::new(None) };
}

/// Whether the panic of `call` is said to be in this file.
fn panics_here(call: impl FnOnce()) -> bool {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            HERE.set(info.location().map(|at| at.file() == file!()));
            before(info);
        }));
    });
    HERE.set(None);
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
    HERE.get().unwrap()
}

#[test]
fn whoever_blocks_a_thread_of_tasks_is_told_where() {
    macro_rules! here {
        ($call:expr) => {
            assert!(panics_here(|| run(async { _ = $call })), stringify!($call));
        };
    }
    let (sender, _receiver) = mpsc::channel(1);
    here!(Mutex::new(1).blocking_lock());
    here!(Arc::new(Mutex::new(1)).blocking_lock_owned());
    here!(RwLock::new(1).blocking_read());
    here!(RwLock::new(1).blocking_write());
    here!(Semaphore::new(1).blocking_acquire());
    here!(Semaphore::new(1).blocking_acquire_many(1));
    here!(Arc::new(Semaphore::new(1)).blocking_acquire_owned());
    here!(Arc::new(Semaphore::new(1)).blocking_acquire_many_owned(1));
    here!(sender.blocking_send(1));
    here!(mpsc::channel::<u8>(1).1.blocking_recv());
    here!(mpsc::channel::<u8>(1).1.blocking_recv_many(&mut Vec::new(), 1));
    here!(mpsc::unbounded_channel::<u8>().1.blocking_recv());
    here!(mpsc::unbounded_channel::<u8>().1.blocking_recv_many(&mut Vec::new(), 1));
    here!(oneshot::channel::<u8>().1.blocking_recv());
}

#[test]
fn whoever_makes_what_cannot_be_is_told_where() {
    assert!(panics_here(|| drop(mpsc::channel::<u8>(0))));
    assert!(panics_here(|| drop(broadcast::channel::<u8>(0))));
    assert!(panics_here(|| drop(broadcast::Sender::<u8>::new(0))));
    assert!(panics_here(|| _ = RwLock::with_max_readers(1, u32::MAX)));
    let [one, other] = [1, 1].map(|permits| Arc::new(Semaphore::new(permits)));
    assert!(panics_here(|| one.try_acquire().unwrap().merge(other.try_acquire().unwrap())));
    let owned = |it: &Arc<Semaphore>| it.clone().try_acquire_owned().unwrap();
    assert!(panics_here(|| owned(&one).merge(owned(&other))));
}
