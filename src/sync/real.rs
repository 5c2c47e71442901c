//! The real things.

pub use std::sync::OnceLock;
pub use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
pub use std::thread_local;

#[cfg(feature = "driver")]
pub use arc_swap::ArcSwapOption;
pub use arc_swap::{ArcSwap, Guard};
#[cfg(feature = "driver")]
pub use papaya::HashMap;
pub use parking_lot::{Mutex, MutexGuard};

/// A `static` that is made when it is first looked at.
macro_rules! lazy_static {
    ($(#[$meta:meta])* static ref $name:ident: $type:ty = $value:expr;) => {
        $(#[$meta])*
        static $name: std::sync::LazyLock<$type> = std::sync::LazyLock::new(|| $value);
    };
}
pub(crate) use lazy_static;
