//! The real things.

pub use std::sync::OnceLock;
pub use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
pub use std::thread_local;

pub use arc_swap::{ArcSwap, ArcSwapOption, Guard};
#[cfg(feature = "map")]
pub use papaya::HashMap;
pub use parking_lot::{Mutex, MutexGuard};

/// A mutex for sections of some instructions that nearly always are alone: releasing it is one store. One that is not free
/// gives its time slice away until it is.
pub type SpinMutex<T> = spin::mutex::SpinMutex<T, spin::relax::Yield>;
/// The guard of a [`SpinMutex`].
pub type SpinMutexGuard<'a, T> = spin::mutex::SpinMutexGuard<'a, T, spin::relax::Yield>;

/// A `static` that is made when it is first looked at.
#[doc(hidden)]
#[macro_export]
macro_rules! __lazy_static {
    ($(#[$meta:meta])* static ref $name:ident: $type:ty = $value:expr;) => {
        $(#[$meta])*
        static $name: ::std::sync::LazyLock<$type> = ::std::sync::LazyLock::new(|| $value);
    };
}
pub use crate::__lazy_static as lazy_static;
