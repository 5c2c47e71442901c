//! What is evicted: every cache judged by the policy that it claims, exact or approximate.

use lockyard::backend::session::{Cache, CacheStats, MutexLru, ShardedLru};
use lockyard::lock::{ParkingLotMutex, StdMutex};
use lockyard::strategy::cache::contract::{block_on, get, id, inside, put, room, stats};
use lockyard::strategy::{CacheFamily, Clock, Moka};

/// The cache of `V`s, by its row in the list of caches: over a plain lock where it has one.
macro_rules! cache_of {
    ($value:ty, $cache:ident lock) => {
        <lockyard::strategy::family::$cache<lockyard::lock::ParkingLotMutex> as CacheFamily>::Cache<$value>
    };
    ($value:ty, $cache:ident) => {
        <lockyard::strategy::family::$cache as CacheFamily>::Cache<$value>
    };
}

/// Exact: the least recently used is evicted.
fn the_least_recently_used_goes<C: Cache<u64>>() {
    let cache = C::new(room(3));
    for number in 1..=3 {
        put(&cache, number, number);
    }
    assert!(get(&cache, 1).is_some());
    put(&cache, 4, 4);
    assert_eq!(inside(&cache, [2, 1, 3, 4]), [1, 3, 4]);
    put(&cache, 1, 1);
    put(&cache, 5, 5);
    assert_eq!(inside(&cache, 1..=5), [1, 4, 5], "putting in again renews recency, too");
}

/// Exact within a shard: of those that meet in one, the least recently used goes, and the others know nothing of it.
fn the_least_recently_used_of_its_shard_goes<C: Cache<u64>>() {
    // Eight shards, with room for two each.
    let together: Vec<u64> = neighbours_of_zero::<C>().take(3).collect();
    let [a, b, c] = together[..] else { unreachable!("three were taken") };
    let cache = C::new(room(16));
    put(&cache, a, a);
    put(&cache, b, b);
    assert!(get(&cache, a).is_some());
    put(&cache, c, c);
    assert_eq!(inside(&cache, [a, b, c]), [a, c], "with room in all other shards");
    assert_eq!(stats(&cache).evictions, 1);
}

/// Numbers that share a shard with 0: where each shard has room for one, the two do not fit in together.
fn neighbours_of_zero<C: Cache<u64>>() -> impl Iterator<Item = u64> {
    (1..).filter(|other| {
        let cache = C::new(room(8));
        put(&cache, 0, 0);
        put(&cache, *other, *other);
        stats(&cache).evictions == 1
    })
}

/// Approximate: what is used between two evictions survives the second.
fn what_is_used_between_two_evictions_stays<C: Cache<u64>>() {
    let cache = C::new(room(8));
    for number in 0..8 {
        put(&cache, number, number);
    }
    for newcomer in 100..200 {
        assert!(get(&cache, 3).is_some(), "3 was evicted before {newcomer} came, though it was used");
        assert!(
            block_on(cache.visit(id(5), |_| ())).is_some(),
            "5 went before {newcomer}, though it was seen"
        );
        put(&cache, newcomer, newcomer);
    }
    assert_eq!(stats(&cache), CacheStats { len: 8, evictions: 100, refused: 0 });
}

/// Approximate: what is asked for again and again outlives what came once, however many of those there are.
fn what_is_asked_for_often_outlives_what_came_once<C: Cache<u64>>() {
    let cache = C::new(room(100));
    for number in 0..50 {
        put(&cache, number, number);
    }
    for stranger in 1_000..3_000 {
        put(&cache, stranger, stranger);
        let popular = stranger % 50;
        if get(&cache, popular).is_none() {
            put(&cache, popular, popular);
        }
        // Some policies keep books of what was asked for, hit or not, and look into them now and then.
        stats(&cache);
    }
    let left = inside(&cache, 0..50).len();
    assert!(left >= 45, "{left} of 50 popular ones are left, of room for 100");
}

/// A newcomer that is not asked for does not displace what is asked for often, and that is counted.
fn newcomers_may_be_refused<C: Cache<u64>>() {
    let cache = C::new(room(10));
    for number in 0..10 {
        put(&cache, number, number);
    }
    for _ in 0..10 {
        assert_eq!(inside(&cache, 0..10).len(), 10);
        stats(&cache);
    }
    for stranger in 100..120 {
        put(&cache, stranger, stranger);
    }
    assert_eq!(stats(&cache), CacheStats { len: 10, evictions: 20, refused: 20 });
    assert_eq!(inside(&cache, 0..10).len(), 10);
}

macro_rules! policies {
    ($($test:ident: $($name:ident = $cache:ty),*;)*) => { $(
        mod $test {
            use super::*;

            $(
                #[test]
                fn $name() {
                    super::$test::<$cache>();
                }
            )*
        }
    )* };
}

policies! {
    the_least_recently_used_goes: mutex_lru = MutexLru<ParkingLotMutex, u64>, another = MutexLru<StdMutex, u64>;
    the_least_recently_used_of_its_shard_goes: sharded_lru = ShardedLru<ParkingLotMutex, u64>;
    what_is_used_between_two_evictions_stays: clock = Clock<u64>;
    newcomers_may_be_refused: moka = Moka<u64>;
}

macro_rules! every_cache {
    ($($module:ident: $cache:ident ($($lock:ident)?) [$($fact:ident)?] $name:literal;)*) => {
        policies! {
            what_is_asked_for_often_outlives_what_came_once: $($module = cache_of!(u64, $cache $($lock)?)),*;
        }
    };
}

lockyard::for_each_cache! { every_cache }
