//! Caches over concrete concurrent structures, and every cache by family.
//!
//! The session manager names no concrete lock, so caches that have one inside, or atomics of their own, stand here
//! beside the other concrete things. The manager knows their trait only.
//!
//! | cache | a hit writes | what is evicted first |
//! | --- | --- | --- |
//! | [`MutexLru`](crate::backend::session::MutexLru) | the lock, the list, the handle's count | the least recently used |
//! | [`ShardedLru`](crate::backend::session::ShardedLru) | the same, of one shard | the least recently used of a full shard |
//! | [`QuickCache`] | a shard's read lock, a counter, the handle's count | by a variant of S3-FIFO |
//! | [`Moka`] | a log of reads, the handle's count | by `TinyLFU`: newcomers must be asked for more often |
//! | [`Clock`] | one bit, if it is not set; with [`visit`](Cache::visit) nothing else | what the hand finds unused |
//!
//! All three of this room hash with the function that the LRUs' tables use, so that caches are compared and not
//! hash functions.

mod clock;
#[doc(hidden)]
pub mod contract;
mod list;
mod moka;
mod quick_cache;

pub use self::clock::Clock;
pub use self::moka::Moka;
pub use self::quick_cache::QuickCache;

use crate::backend::session::Cache;

/// How ids are hashed here.
type Hasher = foldhash::fast::RandomState;

/// A cache for any value: what a cache is before it is known what it shall hold.
pub trait CacheFamily: Send + Sync + 'static {
    /// The cache of `V`s.
    type Cache<V: Send + Sync + 'static>: Cache<V>;
}

/// One family for each value of the cache factor, under the name that the value has there.
pub mod family {
    use std::marker::PhantomData;

    use super::CacheFamily;
    use lockyard_lock::LockFamily;

    macro_rules! families {
        ($($module:ident: $cache:ident ($($lock:ident)?) [$($fact:ident)?] $name:literal;)*) => {
            $(families! { @family $cache $($lock)? $name })*
        };
        (@family $cache:ident lock $name:literal) => {
            #[doc = concat!("`", $name, "`, behind locks of the family `F`.")]
            pub struct $cache<F>(PhantomData<fn() -> F>);

            impl<F: LockFamily> CacheFamily for $cache<F> {
                type Cache<V: Send + Sync + 'static> = crate::backend::session::$cache<F, V>;
            }
        };
        (@family $cache:ident $name:literal) => {
            #[doc = concat!("`", $name, "`.")]
            pub struct $cache;

            impl CacheFamily for $cache {
                type Cache<V: Send + Sync + 'static> = super::$cache<V>;
            }
        };
    }

    crate::for_each_cache! { families }
}
