//! One contract, every cache: what the session manager may rely on, whichever cache it is given. What is evicted is
//! each cache's own policy: see `cache_recency`.

#[macro_use]
#[path = "support/cache.rs"]
mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, OnceLock, mpsc};
use std::time::Duration;

use lockyard::backend::session::{Cache, CacheStats, MutexLru};
use lockyard::lock::TokioMutex;
use lockyard::strategy::CacheFamily;
use support::{block_on, get, id, inside, put, room, stats};

fn it_gives_what_was_put_in<C: Cache<u64>>() {
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
fn it_keeps_to_its_capacity<C: Cache<u64>>() {
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
fn what_is_removed_leaves_its_place<C: Cache<u64>>() {
    let cache = C::new(room(1));
    for number in 0..100 {
        put(&cache, number, number);
        assert_eq!(get(&cache, number).as_deref(), Some(&number));
        block_on(cache.remove(id(number)));
    }
    assert_eq!(stats(&cache), CacheStats::default());
}

/// Counts how many of its kind are alive.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, SeqCst);
        Self(alive.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// A cache keeps nothing alive for good but what is inside, even if it frees what it dropped with operations that come
/// later.
fn what_it_drops_ends_some_time<C: Cache<Counted>>() {
    let alive = Arc::new(AtomicUsize::new(0));
    let cache = C::new(room(8));
    for number in 0..64 {
        put(&cache, number % 32, Counted::new(&alive));
    }
    block_on(cache.remove(id(31)));
    let settled = (0..100_000).any(|_| {
        // An entry comes and goes: an operation that may free what earlier ones have left.
        put(&cache, 99, Counted::new(&alive));
        block_on(cache.remove(id(99)));
        alive.load(SeqCst) == stats(&cache).len
    });
    assert!(settled, "{} alive, {} inside", alive.load(SeqCst), stats(&cache).len);
    drop(cache);
    assert_eq!(alive.load(SeqCst), 0);
}

/// Where no other thread is looking at it, what was dropped has ended before the call returns.
fn what_it_drops_ends_at_once<C: Cache<Counted>>() {
    let alive = Arc::new(AtomicUsize::new(0));
    let cache = C::new(room(8));
    for number in 0..64 {
        put(&cache, number % 32, Counted::new(&alive));
        assert_eq!(alive.load(SeqCst), stats(&cache).len);
    }
    for number in 0..32 {
        block_on(cache.remove(id(number)));
        assert_eq!(alive.load(SeqCst), stats(&cache).len);
    }
    it_ends_while_others_look::<C>();
}

/// Nor does it wait for a thread that looks at another entry.
fn it_ends_while_others_look<C: Cache<Counted>>() {
    let alive = Arc::new(AtomicUsize::new(0));
    let cache = C::new(room(2));
    put(&cache, 1, Counted::new(&alive));
    let (looking, looks) = mpsc::channel();
    let (done, wait) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let cache = &cache;
        scope.spawn(move || {
            let look = move |_: &Counted| {
                looking.send(()).unwrap();
                // Ends when the other side does, whichever way.
                let _ = wait.recv();
            };
            block_on(cache.visit(id(1), look));
        });
        // Over a cache that gives no looks, no thread is looking.
        let _ = looks.recv();
        put(cache, 2, Counted::new(&alive));
        block_on(cache.remove(id(2)));
        assert_eq!(alive.load(SeqCst), 1, "only the one that is looked at");
        drop(done);
    });
}

/// A handle outlives the cache's interest in it, and the cache itself.
fn a_handle_keeps_its_value<C: Cache<u64>>() {
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
struct Nosy {
    poke: Arc<OnceLock<Poke>>,
    locked_out: Arc<AtomicBool>,
}

impl Drop for Nosy {
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
fn what_it_drops_ends_outside_its_locks<C: Cache<Nosy>>() {
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
        put(&*cache, number, Nosy { poke: poke.clone(), locked_out: locked_out.clone() });
    }
    for number in 1..=3 {
        block_on(cache.remove(id(number)));
    }
    assert!(!locked_out.load(SeqCst), "a value ended under a lock of the cache");
}

/// Four threads put in, find and remove, each its own ids in the end: the bound holds all the time, and what a thread
/// has removed and did not put in again stays away.
fn it_holds_under_concurrency<C: Cache<u64>>() {
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
fn a_look_takes_no_handle<C: Cache<u64>>() {
    let cache = C::new(room(4));
    let value = Arc::new(10);
    block_on(cache.insert(id(1), value.clone()));
    let seen = block_on(cache.visit(id(1), |seen| (*seen, Arc::strong_count(&value))));
    assert_eq!(seen, Some((10, 2)), "here, and in the cache");
    assert_eq!(block_on(cache.visit(id(2), |seen| *seen)), None);
}

macro_rules! contract {
    ($($module:ident: $cache:ident ($($lock:ident)?) [$($fact:ident)?] $name:literal;)*) => { $(
        contract! { @cache $module, cache_of!(V, $cache $($lock)?), $($fact)? }
    )* };
    (@cache $module:ident, $cache:ty, $($fact:ident)?) => {
        mod $module {
            use super::*;

            type Of<V> = $cache;

            contract! { @tests
                it_gives_what_was_put_in u64
                it_keeps_to_its_capacity u64
                what_is_removed_leaves_its_place u64
                what_it_drops_ends_outside_its_locks Nosy
                a_handle_keeps_its_value u64
                it_holds_under_concurrency u64
            }
            contract! { @fact $($fact)? }
        }
    };
    (@fact) => {
        contract! { @tests what_it_drops_ends_at_once Counted }
    };
    (@fact background) => {
        contract! { @tests what_it_drops_ends_some_time Counted }
    };
    (@fact visited) => {
        contract! { @tests what_it_drops_ends_at_once Counted a_look_takes_no_handle u64 }
    };
    (@tests $($test:ident $value:ty)*) => { $(
        #[test]
        fn $test() {
            super::$test::<Of<$value>>();
        }
    )* };
}

lockyard::for_each_cache! { contract }
contract! { @cache mutex_lru_that_yields, MutexLru<TokioMutex, V>, }
