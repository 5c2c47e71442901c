//! The one list of caches. The cache factor, its families, what is compiled and what is tested are derived from it.

/// Hands every cache to a macro, as one row each:
///
/// ```text
/// module: Cache (lock) [facts] "name";
/// ```
///
/// The module is the cache's name for modules and tests, `Cache` that of its [family](crate::strategy::family) and of its
/// [kind](crate::strategy::CacheKind), and the name that in a strategy. `lock` stands with those that have one inside,
/// which is a choice of its own. The facts are `visited` for a cache that gives [looks](crate::backend::session::Cache::visit)
/// and `background` for one that works in the background, where what it drops may end some operations later.
///
/// What stands behind the macro's name is handed on, before the rows.
#[macro_export]
macro_rules! for_each_cache {
    ($($callback:ident)::+ $(, $($handed_on:tt)*)?) => {
        $($callback)::+! {
            $($($handed_on)*)?
            mutex_lru: MutexLru (lock) [] "mutex-lru";
            sharded_lru: ShardedLru (lock) [] "sharded-lru";
            quick_cache: QuickCache () [] "quick-cache";
            moka: Moka () [background] "moka";
            clock: Clock () [visited] "clock";
        }
    };
}
