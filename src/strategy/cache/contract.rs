//! What the session manager may rely on, whichever cache it is given: tests, for a cache of one's own as for the built-in ones.
//!
//! What is evicted first is each cache's own policy, and nothing here is about that.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, OnceLock, mpsc};
use std::time::Duration;

use uuid::Uuid;

use crate::backend::chat::ContextId;
use crate::backend::session::{Cache, CacheStats};

/// Tests of a cache: one for each thing that the session manager relies on.
///
/// Given a [`NamedCache`](crate::strategy::NamedCache), it expands to `#[test]` functions; use it in a module of its own. They try what is put
/// in and found, the bound on how many stay, that what is dropped ends outside the cache's locks, at once unless the cache
/// says that it works in the background, and that all of this holds under four threads.
///
/// ```
/// # mod example {
/// # use lockyard::backend::session::MutexLru;
/// # use lockyard::lock::ParkingLotMutex;
/// # use lockyard::strategy::{CacheFamily, NamedCache};
/// struct MyCache;
///
/// impl CacheFamily for MyCache {
///     type Cache<V: Send + Sync + 'static> = MutexLru<ParkingLotMutex, V>; // in yours: your own type
/// }
///
/// impl NamedCache for MyCache {
///     const NAME: &'static str = "my-cache";
/// }
///
/// #[cfg(test)]
/// mod my_cache {
///     lockyard::cache_contract!(super::MyCache);
/// }
/// # }
/// ```
#[macro_export]
macro_rules! cache_contract {
    ($family:ty) => {
        $crate::cache_contract! { @tests
            $family,
            <$family as $crate::strategy::NamedCache>::VISITED,
            <$family as $crate::strategy::NamedCache>::BACKGROUND
        }
    };
    (@tests $family:ty, $visited:expr, $background:expr) => {
        $crate::cache_contract! { @each $family,
            it_gives_what_was_put_in u64
            it_keeps_to_its_capacity u64
            what_is_removed_leaves_its_place u64
            what_it_drops_ends_outside_its_locks $crate::strategy::cache::contract::ReentrantValue
            a_handle_keeps_its_value u64
            it_holds_under_concurrency u64
        }

        #[test]
        fn what_it_drops_ends() {
            type Cache = $crate::cache_contract!(@cache $family, $crate::strategy::cache::contract::LiveValue);
            if $background {
                $crate::strategy::cache::contract::what_it_drops_ends_some_time::<Cache>();
            } else {
                $crate::strategy::cache::contract::what_it_drops_ends_at_once::<Cache>();
            }
        }

        #[test]
        fn a_look_takes_no_handle_where_there_are_looks() {
            type Cache = $crate::cache_contract!(@cache $family, u64);
            if $visited {
                $crate::strategy::cache::contract::a_look_takes_no_handle::<Cache>();
            } else {
                $crate::strategy::cache::contract::there_are_no_looks::<Cache>();
            }
        }
    };
    (@each $family:ty, $($test:ident $value:ty)*) => { $(
        #[test]
        fn $test() {
            $crate::strategy::cache::contract::$test::<$crate::cache_contract!(@cache $family, $value)>();
        }
    )* };
    (@cache $family:ty, $value:ty) => {
        <$family as $crate::strategy::CacheFamily>::Cache<$value>
    };
}

/// Runs a future by itself.
pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Spread as random ids are, and the same in every run.
pub fn id(number: u64) -> ContextId {
    ContextId(Uuid::from_u64_pair(number, number.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

/// Room for so many.
pub fn room(capacity: usize) -> NonZeroUsize {
    NonZeroUsize::new(capacity).unwrap()
}

/// What the cache has under this number.
pub fn get<V, C: Cache<V>>(cache: &C, number: u64) -> Option<Arc<V>> {
    block_on(cache.get(id(number)))
}

/// Puts it in under this number.
pub fn put<V, C: Cache<V>>(cache: &C, number: u64, value: V) {
    block_on(cache.insert(id(number), Arc::new(value)));
}

/// How full the cache is.
pub fn stats<V, C: Cache<V>>(cache: &C) -> CacheStats {
    block_on(cache.stats())
}

/// Which of these are cached. Renews their recency, in this order.
pub fn inside<V, C: Cache<V>>(cache: &C, numbers: impl IntoIterator<Item = u64>) -> Vec<u64> {
    numbers.into_iter().filter(|number| get(cache, *number).is_some()).collect()
}

pub fn it_gives_what_was_put_in<C: Cache<u64>>() {
    let cache = C::new(room(64));
    assert_eq!(get(&cache, 1), None);
    put(&cache, 1, 10);
    put(&cache, 2, 20);
    assert_eq!((get(&cache, 1).as_deref(), get(&cache, 2).as_deref()), (Some(&10), Some(&20)));
    put(&cache, 1, 11);
    assert_eq!(get(&cache, 1).as_deref(), Some(&11), "the newer value stands in the place of the older");
    block_on(cache.remove(id(1)));
    block_on(cache.remove(id(3)));
    assert_eq!((get(&cache, 1), get(&cache, 2).as_deref()), (None, Some(&20)));
    assert_eq!(stats(&cache), CacheStats { len: 1, ..CacheStats::default() });
    put(&cache, 1, 12);
    assert_eq!(get(&cache, 1).as_deref(), Some(&12), "what was removed may come back");
}

/// However many come, no more stay than there is room for; and what is not there was counted when it went.
pub fn it_keeps_to_its_capacity<C: Cache<u64>>() {
    for capacity in [1, 2, 7, 100, 129] {
        let cache = C::new(room(capacity));
        let come = 3 * capacity as u64;
        for number in 0..come {
            put(&cache, number, number);
            let CacheStats { len, .. } = stats(&cache);
            assert!(len <= capacity, "{len} inside, and room for {capacity}");
        }
        let CacheStats { len, evictions, refused } = stats(&cache);
        assert_eq!(len as u64 + evictions, come, "room for {capacity}");
        assert!(refused <= evictions, "a newcomer refused counts as dropped");
        assert_eq!(inside(&cache, 0..come).len(), len);
        assert!(2 * len > capacity, "{len} inside is little, with room for {capacity}");
    }
}

/// Removals make room: nothing is evicted while a place is free.
pub fn what_is_removed_leaves_its_place<C: Cache<u64>>() {
    let cache = C::new(room(1));
    for number in 0..100 {
        put(&cache, number, number);
        assert_eq!(get(&cache, number).as_deref(), Some(&number));
        block_on(cache.remove(id(number)));
    }
    assert_eq!(stats(&cache), CacheStats::default());
}

/// Counts how many of its kind are alive.
pub struct LiveValue(Arc<AtomicUsize>);

impl LiveValue {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, SeqCst);
        Self(alive.clone())
    }
}

impl Drop for LiveValue {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// A cache keeps nothing alive for good but what is inside, even if it frees what it dropped with operations that come
/// later.
pub fn what_it_drops_ends_some_time<C: Cache<LiveValue>>() {
    let alive = Arc::new(AtomicUsize::new(0));
    let cache = C::new(room(8));
    for number in 0..64 {
        put(&cache, number % 32, LiveValue::new(&alive));
    }
    block_on(cache.remove(id(31)));
    let settled = (0..100_000).any(|_| {
        // An entry comes and goes: an operation that may free what earlier ones have left.
        put(&cache, 99, LiveValue::new(&alive));
        block_on(cache.remove(id(99)));
        alive.load(SeqCst) == stats(&cache).len
    });
    assert!(settled, "{} alive, {} inside", alive.load(SeqCst), stats(&cache).len);
    drop(cache);
    assert_eq!(alive.load(SeqCst), 0);
}

/// Where no other thread is looking at it, what was dropped has ended before the call returns.
pub fn what_it_drops_ends_at_once<C: Cache<LiveValue>>() {
    let alive = Arc::new(AtomicUsize::new(0));
    let cache = C::new(room(8));
    for number in 0..64 {
        put(&cache, number % 32, LiveValue::new(&alive));
        assert_eq!(alive.load(SeqCst), stats(&cache).len);
    }
    for number in 0..32 {
        block_on(cache.remove(id(number)));
        assert_eq!(alive.load(SeqCst), stats(&cache).len);
    }
    it_ends_while_others_look::<C>();
}

/// Nor does it wait for a thread that looks at another entry.
fn it_ends_while_others_look<C: Cache<LiveValue>>() {
    let alive = Arc::new(AtomicUsize::new(0));
    let cache = C::new(room(2));
    put(&cache, 1, LiveValue::new(&alive));
    let (looking, looks) = mpsc::channel();
    let (done, wait) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let cache = &cache;
        scope.spawn(move || {
            let look = move |_: &LiveValue| {
                looking.send(()).unwrap();
                // Ends when the other side does, whichever way.
                let _ = wait.recv();
            };
            block_on(cache.visit(id(1), look));
        });
        // Over a cache that gives no looks, no thread is looking.
        let _ = looks.recv();
        put(cache, 2, LiveValue::new(&alive));
        block_on(cache.remove(id(2)));
        assert_eq!(alive.load(SeqCst), 1, "only the one that is looked at");
        drop(done);
    });
}

/// A handle outlives the cache's interest in it, and the cache itself.
pub fn a_handle_keeps_its_value<C: Cache<u64>>() {
    let cache = C::new(room(1));
    put(&cache, 1, 10);
    let handle = get(&cache, 1).unwrap();
    block_on(cache.remove(id(1)));
    drop(cache);
    assert_eq!(*handle, 10);
}

/// Uses a cache, from wherever it is called.
type Poke = Box<dyn Fn() + Send + Sync>;

/// At its end it has another thread use the cache that dropped it, and reports if that did not come through.
pub struct ReentrantValue {
    poke: Arc<OnceLock<Poke>>,
    locked_out: Arc<AtomicBool>,
}

impl Drop for ReentrantValue {
    fn drop(&mut self) {
        let (poke, (done, finished)) = (self.poke.clone(), mpsc::channel());
        std::thread::spawn(move || {
            poke.get().expect("set before anything is dropped")();
            // The receiver is gone if this comes too late.
            let _ = done.send(());
        });
        // Nothing is timed here: a poke comes through at once, or not before this drop has ended.
        if finished.recv_timeout(Duration::from_secs(20)).is_err() {
            self.locked_out.store(true, SeqCst);
        }
    }
}

/// The last handle to a value may be a cache's, and its end a long story: no lock of the cache is held meanwhile.
pub fn what_it_drops_ends_outside_its_locks<C: Cache<ReentrantValue>>() {
    let cache = Arc::new(C::new(room(1)));
    let (poke, locked_out) = (Arc::new(OnceLock::<Poke>::new()), Arc::new(AtomicBool::new(false)));
    let poked = Arc::downgrade(&cache);
    let use_it = move || {
        if let Some(cache) = poked.upgrade() {
            assert!(get(&*cache, 1000).is_none());
            block_on(cache.remove(id(1000)));
        }
    };
    assert!(poke.set(Box::new(use_it)).is_ok());
    // Evicted, and replaced where the cache holds on to the newcomer, and removed.
    for number in [1, 2, 2, 3, 3] {
        put(&*cache, number, ReentrantValue { poke: poke.clone(), locked_out: locked_out.clone() });
    }
    for number in 1..=3 {
        block_on(cache.remove(id(number)));
    }
    assert!(!locked_out.load(SeqCst), "a value ended under a lock of the cache");
}

/// Four threads put in, find and remove, each its own ids in the end: the bound holds all the time, and what a thread
/// has removed and did not put in again stays away.
pub fn it_holds_under_concurrency<C: Cache<u64>>() {
    const THREADS: u64 = 4;
    const CAPACITY: usize = 40;
    let cache = C::new(room(CAPACITY));
    let start = Barrier::new(THREADS as usize);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (cache, start) = (&cache, &start);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                start.wait();
                runtime.block_on(async {
                    for round in 0..2_000 {
                        let (own, shared) = (1_000 * (thread + 1) + round % 17, round % 50);
                        cache.insert(id(own), Arc::new(own)).await;
                        cache.insert(id(shared), Arc::new(shared)).await;
                        if let Some(found) = cache.get(id(own)).await {
                            assert_eq!(*found, own);
                        }
                        if let Some(seen) = cache.visit(id(shared), |value| *value).await {
                            assert_eq!(seen, shared);
                        }
                        cache.remove(id(own)).await;
                        assert!(cache.get(id(own)).await.is_none(), "what was removed was found");
                        assert!(cache.visit(id(own), |_| ()).await.is_none(), "what was removed was seen");
                        let CacheStats { len, .. } = cache.stats().await;
                        assert!(len <= CAPACITY, "{len} inside, and room for {CAPACITY}");
                    }
                });
            });
        }
    });
    let CacheStats { len, .. } = stats(&cache);
    assert!(len <= CAPACITY, "{len} inside, and room for {CAPACITY}");
    assert_eq!(inside(&cache, (0..50).chain(1_000..1_000 * (THREADS + 2))).len(), len);
}

/// A look needs no handle: the value's count of owners is the cache's one while it is looked at.
pub fn a_look_takes_no_handle<C: Cache<u64>>() {
    let cache = C::new(room(4));
    let value = Arc::new(10);
    block_on(cache.insert(id(1), value.clone()));
    let seen = block_on(cache.visit(id(1), |seen| (*seen, Arc::strong_count(&value))));
    assert_eq!(seen, Some((10, 2)), "here, and in the cache");
    assert_eq!(block_on(cache.visit(id(2), |seen| *seen)), None);
}

/// A cache that says it gives no looks gives none: one that does and does not say so is measured without them.
pub fn there_are_no_looks<C: Cache<u64>>() {
    let cache = C::new(room(4));
    put(&cache, 1, 10);
    let seen = block_on(cache.visit(id(1), |seen| *seen));
    assert_eq!(seen, None, "it gives looks: set `VISITED`, so that they are used");
}
