//! What may go to another thread, be shared, be moved or outlive a panic is as it is with tokio's own types.

use std::cell::Cell;
use std::marker::{PhantomData, PhantomPinned};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use lockyard_tokio::{real, runtime, sync, task, time};

/// `Send` and `Sync`, then only `Send`, then only `Sync`, then neither.
#[derive(Clone)]
struct Both;
#[derive(Clone)]
struct Sent(#[expect(dead_code, reason = "its traits count")] Cell<u8>);
struct Shared(PhantomData<MutexGuard<'static, u8>>);
#[derive(Clone)]
struct Neither(#[expect(dead_code, reason = "its traits count")] Rc<u8>);

impl Clone for Shared {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

/// Asks a type what it is: the inherent method is taken where it exists, the one of the trait elsewhere.
struct Ask<T: ?Sized>(PhantomData<T>);

macro_rules! traits {
    ($($method:ident $no:ident $auto:ident;)*) => {
        $(
            trait $no {
                fn $method(&self) -> bool {
                    false
                }
            }
            impl<T: ?Sized> $no for Ask<T> {}
            impl<T: ?Sized + $auto> Ask<T> {
                fn $method(&self) -> bool {
                    true
                }
            }
        )*
        /// What stands behind this expression, which is an `Ask`.
        macro_rules! answers {
            ($ask:expr) => {{
                let ask = $ask;
                [$((stringify!($auto), ask.$method())),*]
            }};
        }
    };
}
traits! {
    is_send NotSend Send;
    is_sync NotSync Sync;
    is_unpin NotUnpin Unpin;
    is_unwind_safe NotUnwindSafe UnwindSafe;
    is_ref_unwind_safe NotRefUnwindSafe RefUnwindSafe;
}

/// What a function returns, without calling it.
fn output<A, O>(_: impl FnOnce(A) -> O) -> Ask<O> {
    Ask(PhantomData)
}

macro_rules! types {
    ($($(:: $path:ident)+ [$($argument:tt)*];)*) => {$(
        assert_eq!(
            answers!(Ask::<sync $(:: $path)+ <$($argument)*>>(PhantomData)),
            answers!(Ask::<real::sync $(:: $path)+ <$($argument)*>>(PhantomData)),
            "{}", stringify!($($path)+ $($argument)*)
        );
    )*};
}

macro_rules! types_of {
    ($module:ident: $($Type:ident [$($argument:tt)*];)*) => {$(
        assert_eq!(
            answers!(Ask::<$module::$Type<$($argument)*>>(PhantomData)),
            answers!(Ask::<real::$module::$Type<$($argument)*>>(PhantomData)),
            "{}", stringify!($module::$Type $($argument)*)
        );
    )*};
}

macro_rules! types_of_one {
    ($($(:: $path:ident)+ [$($lifetime:lifetime)?];)*) => {$(
        types! {
            $(:: $path)+ [$($lifetime,)? Both];
            $(:: $path)+ [$($lifetime,)? Sent];
            $(:: $path)+ [$($lifetime,)? Shared];
            $(:: $path)+ [$($lifetime,)? Neither];
        }
    )*};
}

#[test]
fn answers_differ() {
    let of = |answers: [(&'static str, bool); 5]| answers.map(|(_, answer)| answer);
    assert_eq!(of(answers!(Ask::<Both>(PhantomData))), [true; 5]);
    assert_eq!(of(answers!(Ask::<Sent>(PhantomData))), [true, false, true, true, false]);
    assert_eq!(of(answers!(Ask::<Shared>(PhantomData)))[..2], [false, true]);
    let lock = output(|it: &'static sync::Mutex<Both>| it.lock());
    assert_eq!(of(answers!(lock))[..3], [true, true, false]);
    let lock = output(|it: &'static sync::Mutex<Neither>| it.lock());
    assert_eq!(of(answers!(lock))[..3], [false, false, false]);
}

#[test]
fn types_are_what_tokios_are() {
    types! {
        ::Barrier []; ::BarrierWaitResult []; ::Notify []; ::Semaphore []; ::SemaphorePermit ['static];
        ::OwnedSemaphorePermit []; ::futures::Notified ['static]; ::futures::OwnedNotified [];
        ::OwnedMappedMutexGuard [Both, Both]; ::OwnedMappedMutexGuard [Both, Sent];
        ::OwnedMappedMutexGuard [Both, Neither]; ::OwnedMappedMutexGuard [Sent, Both];
        ::OwnedMappedMutexGuard [Sent, Sent]; ::OwnedMappedMutexGuard [Neither, Both];
        ::OwnedRwLockReadGuard [Both, Sent]; ::OwnedRwLockReadGuard [Both, Shared];
        ::OwnedRwLockReadGuard [Sent, Both]; ::OwnedRwLockReadGuard [Neither, Both];
        ::OwnedRwLockMappedWriteGuard [Both, Sent]; ::OwnedRwLockMappedWriteGuard [Both, Shared];
        ::OwnedRwLockMappedWriteGuard [Sent, Both]; ::OwnedRwLockMappedWriteGuard [Neither, Both];
    }
    types_of_one! {
        ::Mutex []; ::MutexGuard ['static]; ::MappedMutexGuard ['static]; ::OwnedMutexGuard [];
        ::OwnedMappedMutexGuard [];
        ::RwLock []; ::RwLockReadGuard ['static]; ::RwLockWriteGuard ['static];
        ::RwLockMappedWriteGuard ['static]; ::OwnedRwLockReadGuard []; ::OwnedRwLockWriteGuard [];
        ::OwnedRwLockMappedWriteGuard [];
        ::OnceCell []; ::SetOnce [];
        ::mpsc::Sender []; ::mpsc::WeakSender []; ::mpsc::Receiver []; ::mpsc::UnboundedSender [];
        ::mpsc::WeakUnboundedSender []; ::mpsc::UnboundedReceiver []; ::mpsc::Permit ['static];
        ::mpsc::PermitIterator ['static]; ::mpsc::OwnedPermit [];
        ::oneshot::Sender []; ::oneshot::Receiver [];
        ::watch::Sender []; ::watch::Receiver []; ::watch::Ref ['static];
        ::broadcast::Sender []; ::broadcast::WeakSender []; ::broadcast::Receiver [];
    }
}

#[test]
fn tasks_and_timers_are_what_tokios_are() {
    types_of! {
        task: JoinHandle [Both]; JoinHandle [Sent]; JoinHandle [Shared]; JoinHandle [Neither];
        JoinSet [Both]; JoinSet [Sent]; JoinSet [Shared]; JoinSet [Neither];
        AbortHandle []; LocalSet []; LocalEnterGuard [];
    }
    types_of! {
        runtime: Builder []; EnterGuard ['static]; Handle []; Runtime [];
    }
    types_of! {
        time: Interval []; Sleep []; Timeout [Both]; Timeout [Sent]; Timeout [Shared]; Timeout [Neither];
        Timeout [PhantomPinned];
    }
}

/// Locks that block are as those that they stand for.
#[cfg(any(feature = "track", feature = "explore"))]
#[test]
fn blocking_locks_are_what_the_originals_are() {
    macro_rules! locks {
        ($ours:path, $theirs:path: $($T:ty)*) => {{
            use $ours as ours;
            use $theirs as theirs;
            $(
                compare! { $T: Mutex [$T]; RwLock [$T]; MutexGuard ['static, $T]; RwLockReadGuard ['static, $T]; }
                compare! { $T: RwLockWriteGuard ['static, $T]; }
            )*
        }};
    }
    macro_rules! compare {
        ($T:ty: $($Lock:ident [$($argument:tt)*];)*) => {$(
            assert_eq!(
                answers!(Ask::<ours::$Lock<$($argument)*>>(PhantomData)),
                answers!(Ask::<theirs::$Lock<$($argument)*>>(PhantomData)),
                "{} {}", stringify!($Lock), stringify!($T)
            );
        )*};
    }
    locks! { lockyard_tokio::lockyard::sync_std, std::sync: Both Sent Shared Neither }
    #[cfg(feature = "parking_lot_locks")]
    locks! { lockyard_tokio::lockyard::sync_parking_lot, parking_lot: Both Sent Shared Neither }
}

#[test]
fn futures_of_tasks_and_timers_are_what_tokios_are() {
    macro_rules! futures_of {
        ($module:ident: $(|$it:ident: $Ty:ty| $call:expr;)*) => {$(
            assert_eq!(
                { use $module as tokio; answers!(output(|$it: $Ty| $call)) },
                { use real::$module as tokio; answers!(output(|$it: $Ty| $call)) },
                "{}", stringify!($call)
            );
        )*};
    }
    macro_rules! futures_of_sets {
        ($($T:ty)*) => {$(
            futures_of! {
                task:
                |it: &'static mut tokio::JoinSet<$T>| it.join_next();
                |it: &'static mut tokio::JoinSet<$T>| it.join_next_with_id();
                |it: &'static mut tokio::JoinSet<$T>| it.shutdown();
                |it: tokio::JoinSet<$T>| it.join_all();
            }
        )*};
    }
    futures_of_sets! { Both Sent Shared Neither }
    futures_of! {
        task:
        |_it: ()| tokio::yield_now();
        |it: &'static tokio::LocalSet| it.run_until(boxed::<Both>());
        |it: &'static tokio::LocalSet| it.run_until(boxed_both::<Both>());
    }
    futures_of! {
        time:
        |it: &'static mut tokio::Interval| it.tick();
        |it: Duration| tokio::timeout(it, boxed::<Both>());
        |it: Duration| tokio::timeout(it, boxed_both::<Both>());
    }
}

macro_rules! futures {
    ($($of:ty => |$it:ident: $Ty:ty| $call:expr;)*) => {$(
        assert_eq!(
            { use sync as tokio; answers!(output(|$it: $Ty| $call)) },
            { use real::sync as tokio; answers!(output(|$it: $Ty| $call)) },
            "{} of {}", stringify!($call), stringify!($of)
        );
    )*};
}

macro_rules! futures_of_one {
    ($($T:ty, $unit:expr;)*) => {$(
        futures! {
            $T => |it: &'static tokio::Mutex<$T>| it.lock();
            $T => |it: Arc<tokio::Mutex<$T>>| it.lock_owned();
            $T => |it: &'static tokio::RwLock<$T>| it.read();
            $T => |it: &'static tokio::RwLock<$T>| it.write();
            $T => |it: Arc<tokio::RwLock<$T>>| it.read_owned();
            $T => |it: Arc<tokio::RwLock<$T>>| it.write_owned();
            $T => |it: &'static tokio::SetOnce<$T>| it.wait();
            $T => |it: &'static tokio::OnceCell<$T>| it.get_or_init(boxed::<$T>);
            $T => |it: &'static tokio::OnceCell<$T>| it.get_or_init(boxed_send::<$T>);
            $T => |it: &'static tokio::OnceCell<$T>| it.get_or_init(boxed_both::<$T>);
            $T => |it: &'static tokio::OnceCell<$T>| it.get_or_try_init(boxed_both::<Result<$T, u8>>);
            $T => |it: &'static tokio::OnceCell<$T>| it.get_or_try_init(boxed::<Result<$T, u8>>);
            $T => |it: &'static tokio::mpsc::Sender<$T>| it.send($unit);
            $T => |it: &'static tokio::mpsc::Sender<$T>| it.send_timeout($unit, Duration::ZERO);
            $T => |it: &'static tokio::mpsc::Sender<$T>| it.reserve();
            $T => |it: &'static tokio::mpsc::Sender<$T>| it.reserve_many(1);
            $T => |it: tokio::mpsc::Sender<$T>| it.reserve_owned();
            $T => |it: &'static tokio::mpsc::Sender<$T>| it.closed();
            $T => |it: &'static mut tokio::mpsc::Receiver<$T>| it.recv();
            $T => |it: &'static mut tokio::mpsc::Receiver<$T>| it.recv_many(leaked(), 1);
            $T => |it: &'static tokio::mpsc::UnboundedSender<$T>| it.closed();
            $T => |it: &'static mut tokio::mpsc::UnboundedReceiver<$T>| it.recv();
            $T => |it: &'static mut tokio::mpsc::UnboundedReceiver<$T>| it.recv_many(leaked(), 1);
            $T => |it: &'static mut tokio::oneshot::Sender<$T>| it.closed();
            $T => |it: &'static tokio::watch::Sender<$T>| it.closed();
            $T => |it: &'static mut tokio::watch::Receiver<$T>| it.changed();
            $T => |it: &'static mut tokio::watch::Receiver<$T>| it.wait_for(always::<$T>);
            $T => |it: &'static tokio::broadcast::Sender<$T>| it.closed();
            $T => |it: &'static mut tokio::broadcast::Receiver<$T>| it.recv();
        }
    )*};
}

// None of these is ever called.
fn boxed<T>() -> Pin<Box<dyn Future<Output = T>>> {
    unreachable!()
}

fn boxed_send<T>() -> Pin<Box<dyn Future<Output = T> + Send>> {
    unreachable!()
}

fn boxed_both<T>() -> Pin<Box<dyn Future<Output = T> + Send + Sync>> {
    unreachable!()
}

fn leaked<T>() -> &'static mut Vec<T> {
    unreachable!()
}

fn always<T>(_: &T) -> bool {
    unreachable!()
}

#[test]
fn futures_are_what_tokios_are() {
    futures! {
        _ => |it: &'static tokio::Barrier| it.wait();
        _ => |it: &'static tokio::Notify| it.notified();
        _ => |it: Arc<tokio::Notify>| it.notified_owned();
        _ => |it: &'static tokio::Semaphore| it.acquire();
        _ => |it: &'static tokio::Semaphore| it.acquire_many(1);
        _ => |it: Arc<tokio::Semaphore>| it.acquire_owned();
        _ => |it: Arc<tokio::Semaphore>| it.acquire_many_owned(1);
    }
    futures_of_one! {
        Both, Both;
        Sent, Sent(Cell::new(0));
        Shared, Shared(PhantomData);
        Neither, Neither(Rc::new(0));
    }
}
