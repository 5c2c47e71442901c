//! The one list of combinations that are compiled, and of the presets among them.

/// Hands the list to a macro: first the presets, each `name, "about": session, cache, dto, save, state;`, then the others,
/// each `session, cache, save, state;`. A cache is `Name` or `Name(Lock)`, among the others also `Name(Lock as lock)`.
///
/// Each line costs build time, those of the presets twice: they are compiled once more with tracked locks.
macro_rules! for_each_combination {
    ($callback:ident) => {
        lockyard_lock::for_each_lock! { $crate::strategy::list::with_locks, [$callback] }
    };
}

/// The list once the locks are known: which of them can be held comes apart.
macro_rules! with_locks {
    ([$callback:ident] $($module:ident: $lock:ident [$($await:ident)?] $about:literal;)*) => {
        $crate::for_each_cache! {
            $crate::strategy::list::with_caches,
            [$callback]
            { $($lock $about;)* }
            { $($($await $lock)?)* }
        }
    };
}

/// The list. What its patterns take out of the lists of locks and caches has lines of its own: tokio's locks are held over
/// the cache of `before`, and every lock stands over `mutex-lru`.
macro_rules! with_caches {
    (
        [$callback:ident]
        { $($plain:ident $about:literal;)* }
        { await TokioMutex await TokioRwLock $(await $held:ident)* }
        mutex_lru: $mutex_lru:ident (lock) [] $mutex_lru_name:literal;
        $($module:ident: $cache:ident ($($lock:ident)?) [$($fact:ident)?] $name:literal;)*
    ) => {
        $callback! {
            presets {
                "before", "before a change to a session manager: a Mutex, deep copies for DTOs, saving under the lock":
                    TokioMutex, MutexLru(TokioMutex), Cloned, UnderLock, Locked;
                "naive", "the baseline for the effect of the lock alone: a Mutex as in before, without copies, saving after the unlock":
                    TokioMutex, MutexLru(TokioMutex), Borrowed, AfterUnlock, Locked;
                "after", "after that change: an RwLock, without copies, saving after the unlock":
                    TokioRwLock, MutexLru(TokioMutex), Borrowed, AfterUnlock, Locked;
                // Every lock, all else being the same.
                $($crate::strategy::LockKind::$plain.name(), $about:
                    $plain, MutexLru(ParkingLotMutex), Borrowed, AfterUnlock, Locked;)*
                "best", "hits that share no lock and write nothing shared; readers that wait for nobody; polling clients read one atomic word":
                    ArcSwap, Clock, Borrowed, AfterUnlock, Published;
            }
            others {
                // What else lies between `before` and `after`.
                TokioRwLock, MutexLru(TokioMutex), UnderLock, Locked;
                // Every other lock that can be held while saving.
                $($held, MutexLru(ParkingLotMutex), UnderLock, Locked;)*
                // Every other cache over two locks.
                $(TokioRwLock, $cache $((ParkingLotMutex as $lock))?, AfterUnlock, Locked;)*
                $(ParkingLotRwLock, $cache $((ParkingLotMutex as $lock))?, AfterUnlock, Locked;)*
                // What else lies between the third of these and `best`.
                ParkingLotRwLock, Clock, AfterUnlock, Published;
                ArcSwap, Clock, AfterUnlock, Locked;
            }
        }
    };
}

pub(super) use {for_each_combination, with_caches, with_locks};
