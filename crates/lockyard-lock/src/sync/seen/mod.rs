//! The same as loom sees them, under the same names and with the same signatures, as far as they are used here.
//!
//! | here | seen as |
//! | --- | --- |
//! | atomics | loom's, which may show whatever the memory model allows |
//! | [`Mutex`], [`SpinMutex`] | loom's around nothing, and the value beside it |
//! | [`OnceLock`] | one atomic that says whether it is filled, and the value beside it |
//! | [`ArcSwap`], [`ArcSwapOption`], [`HashMap`] | each call one step, as their makers promise: what they are made of is theirs to prove |
//!
//! Nothing here asks loom for a step while a thread panics: an execution that has failed is being torn down then, and a
//! second panic would hide the first.
//!
//! What a model proves shows only beside a model that fails. So a [`Fault`] may be [`planted`] in everything here at
//! once: the protocol's own source stays as it is.

mod atomic;
mod fault;
mod mutex;
mod others;

pub use loom::lazy_static;

pub use atomic::{AtomicBool, AtomicU64, AtomicUsize};
pub use fault::{Fault, planted};
pub use mutex::{Mutex, Mutex as SpinMutex, MutexGuard, MutexGuard as SpinMutexGuard};
pub use others::{ArcSwap, ArcSwapOption, Builder, Guard, HashMap, OnceLock, Pinned};

/// `std`'s `thread_local!`, for threads of an execution.
#[doc(hidden)]
#[macro_export]
macro_rules! __thread_local {
    ($($(#[$meta:meta])* static $name:ident: $type:ty = const { $value:expr };)*) => {
        $crate::__loom_thread_local! { $($(#[$meta])* static $name: $type = $value;)* }
    };
}
pub use crate::__thread_local as thread_local;
