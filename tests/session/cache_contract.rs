//! One contract, every cache: see `lockyard::cache_contract`. What is evicted is each cache's own policy: see `cache_recency`.

macro_rules! contract {
    ($($module:ident: $cache:ident ($($lock:ident)?) [$($fact:ident)?] $name:literal;)*) => { $(
        mod $module {
            contract! { @tests contract!(@family $cache $($lock)?), $($fact)? }
        }
    )* };
    (@family $cache:ident lock) => { lockyard::strategy::family::$cache<lockyard::lock::ParkingLotMutex> };
    (@family $cache:ident) => { lockyard::strategy::family::$cache };
    (@tests $family:ty,) => { lockyard::cache_contract! { @tests $family, false, false } };
    (@tests $family:ty, visited) => { lockyard::cache_contract! { @tests $family, true, false } };
    (@tests $family:ty, background) => { lockyard::cache_contract! { @tests $family, false, true } };
}

lockyard::for_each_cache! { contract }

mod mutex_lru_that_yields {
    use lockyard::lock::TokioMutex;
    use lockyard::strategy::family::MutexLru;

    lockyard::cache_contract! { @tests MutexLru<TokioMutex>, false, false }
}
