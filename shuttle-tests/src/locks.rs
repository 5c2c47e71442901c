//! Four families over shuttle's models, under the names and with the promises of those they stand for.
//!
//! The families of the main package cannot be used: they are made for the real types, and only their own crates
//! could make them for these.

use std::ops::DerefMut;

use lockyard::lock::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock};

/// A family around one type: how it is made, and how it is taken.
macro_rules! family {
    (
        $(#[$doc:meta])* $family:ident, $name:literal, $policy:ident, shared: $shared:literal, $lock:ident: $inner:path,
        try: |$tried:ident| $try:expr,
        read: |$read:ident| $reading:expr => $reader:path,
        write: |$write:ident| $writing:expr => $writer:path,
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $family;

        /// A lock of the family.
        pub struct $lock<T>($inner);

        impl LockFamily for $family {
            const NAME: &'static str = $name;
            const POLICY: Policy = Policy::$policy;
            const SHARED_READS: bool = $shared;
            type Lock<T: Clone + Send + Sync + 'static> = $lock<T>;
        }

        impl<T: Send + Sync + 'static> SharedLock<T> for $lock<T> {
            type Read<'a> = $reader;
            type Write<'a> = $writer;

            fn new(_: &'static LockClass, value: T) -> Self {
                Self(<$inner>::new(value))
            }

            fn try_read(&self) -> Option<Self::Read<'_>> {
                let $tried = &self.0;
                $try
            }

            async fn read(&self) -> Self::Read<'_> {
                let $read = &self.0;
                $reading
            }

            async fn write(&self) -> Self::Write<'_> {
                let $write = &self.0;
                $writing
            }
        }
    };
}

family! {
    /// shuttle's model of `tokio::sync::Mutex`.
    TokioMutex, "tokio-mutex", FifoFair, shared: false, TokioMutexLock: tokio::sync::Mutex<T>,
    try: |lock| lock.try_lock().ok(),
    read: |lock| lock.lock().await => tokio::sync::MutexGuard<'a, T>,
    write: |lock| lock.lock().await => tokio::sync::MutexGuard<'a, T>,
}

family! {
    /// shuttle's model of `tokio::sync::RwLock`.
    TokioRwLock, "tokio-rwlock", FifoFair, shared: true, TokioRwLockLock: tokio::sync::RwLock<T>,
    try: |lock| lock.try_read().ok(),
    read: |lock| lock.read().await => tokio::sync::RwLockReadGuard<'a, T>,
    write: |lock| lock.write().await => tokio::sync::RwLockWriteGuard<'a, T>,
}

family! {
    /// shuttle's model of `parking_lot::Mutex`.
    ParkingLotMutex, "parking-lot-mutex", Unfair, shared: false, ParkingLotMutexLock: parking_lot::Mutex<T>,
    try: |lock| lock.try_lock(),
    read: |lock| lock.lock() => parking_lot::MutexGuard<'a, T>,
    write: |lock| lock.lock() => parking_lot::MutexGuard<'a, T>,
}

family! {
    /// shuttle's model of `parking_lot::RwLock`.
    ParkingLotRwLock, "parking-lot-rwlock", WriterPreferring, shared: true,
    ParkingLotRwLockLock: parking_lot::RwLock<T>,
    try: |lock| lock.try_read(),
    read: |lock| lock.read() => parking_lot::RwLockReadGuard<'a, T>,
    write: |lock| lock.write() => parking_lot::RwLockWriteGuard<'a, T>,
}

impl AwaitFamily for TokioMutex {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &TokioMutexLock<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}

impl AwaitFamily for TokioRwLock {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &TokioRwLockLock<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}
