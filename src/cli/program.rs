//! The program as a macro, for programs with locks and caches of their own.

/// The program with locks and caches of one's own beside the built-in ones: `main`, with all verbs.
///
/// A lock is any [`TryFamily`](crate::lock::TryFamily): as a strategy it has its family's name, stands around each session over the
/// cache of the presets that are called after locks, and so is compared with `tokio-mutex`, all else being equal. A cache is a
/// [`NamedCache`](crate::strategy::NamedCache), over two locks, as every built-in one. They are measured, tracked, judged, modelled by the
/// policy that they declare, and written out as any other: `session=my-lock,cache=mutex-lru(parking-lot-mutex),…`. A lock stands among
/// those of `locks`, too, and one that is an [`AwaitFamily`](crate::lock::AwaitFamily) is tried itself by `verify`.
///
/// A name that is built in, given twice, or no name ends the program at once, with a sentence and exit code 2.
///
/// ```
/// # mod example {
/// use lockyard::lock::ParkingLotMutex as MyLock; // any family that is not built in
///
/// lockyard::main!(locks = [MyLock]);
/// # }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! main {
    ($(locks = [$($lock:ty),* $(,)?])? $(,)? $(caches = [$($cache:ty),* $(,)?])? $(,)?) => {
        /// Allocations are counted: what a session takes, and what an operation allocates, is part of the record.
        #[global_allocator]
        static ALLOCATOR: $crate::bench::alloc::CountingAllocator = $crate::bench::alloc::CountingAllocator;

        fn main() -> ::std::process::ExitCode {
            #[allow(unused_mut, reason = "there may be none")]
            let mut own = ::std::vec::Vec::new();
            #[allow(unused_mut, reason = "there may be none")]
            let mut explored = ::std::vec::Vec::new();
            $($(
                own.push($crate::subjects::CustomSubject::of_lock::<$lock>());
                {
                    // Of a lock that yields the first trait's method is found, of any other the second one's: the method
                    // that takes the receiver as it stands comes before the one that borrows it once more.
                    #[allow(unused_imports, reason = "one of the two has the method")]
                    use $crate::checks::models::{BlockingLock as _, YieldingLock as _};
                    explored.extend((&$crate::checks::models::LockProbe::<$lock>::default()).explored());
                }
            )*)?
            $($(own.extend($crate::subjects::CustomSubject::of_cache::<$cache>());)*)?
            $crate::cli::main_with(own, explored)
        }
    };
}
