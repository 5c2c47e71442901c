//! The one list of the families of this crate. What is to be done with each of them is derived from it, so that a family
//! which is added is measured, tested and explored without further work.

/// Hands every lock family of this crate to a macro, as one row each:
///
/// ```text
/// module: Family [capabilities] "what it is";
/// ```
///
/// The module is the family's name for modules and tests. The capabilities are `await` for an
/// [`AwaitFamily`](crate::AwaitFamily) or nothing; every family listed is a [`TryFamily`](crate::TryFamily). Those that can
/// be held across awaits yield while they wait, all others block.
///
/// What stands behind the macro's name is handed on, before the rows.
///
/// ```
/// macro_rules! names {
///     ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => {
///         [$((lockyard_lock::$family::NAME, $about)),*]
///     };
/// }
///
/// use lockyard_lock::LockFamily;
/// let names = lockyard_lock::for_each_lock!(names);
/// assert_eq!(names[0], ("tokio-mutex", "tokio::sync::Mutex"));
/// ```
#[macro_export]
macro_rules! for_each_lock {
    ($($callback:ident)::+ $(, $($handed_on:tt)*)?) => {
        $($callback)::+! {
            $($($handed_on)*)?
            tokio_mutex: TokioMutex [await] "tokio::sync::Mutex";
            tokio_rwlock: TokioRwLock [await] "tokio::sync::RwLock";
            parking_lot_mutex: ParkingLotMutex [] "parking_lot::Mutex";
            parking_lot_rwlock: ParkingLotRwLock [] "parking_lot::RwLock";
            parking_lot_fair_mutex: ParkingLotFairMutex [] "parking_lot::FairMutex";
            std_mutex: StdMutex [] "std::sync::Mutex";
            std_rwlock: StdRwLock [] "std::sync::RwLock";
            async_lock_mutex: AsyncLockMutex [await] "async_lock::Mutex";
            async_lock_rwlock: AsyncLockRwLock [await] "async_lock::RwLock";
            arc_swap: ArcSwap [] "arc_swap::ArcSwap: readers never wait, writers publish a changed copy";
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::{AwaitFamily, LockFamily, TryFamily};

    fn can_be_held<F: AwaitFamily>() -> &'static str {
        F::NAME
    }

    /// Every row as its module, its family's name, whether that blocks, and its name once more if it can be held.
    macro_rules! rows {
        ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => {
            [$((
                stringify!($module),
                crate::$family::NAME,
                crate::$family::BLOCKS,
                [$(rows!(@$await $family))?].first().copied(),
            )),*]
        };
        (@await $family:ident) => {
            can_be_held::<crate::$family>()
        };
    }

    #[test]
    fn modules_are_called_as_their_families() {
        for (module, name, ..) in for_each_lock!(rows) {
            assert_eq!(module, name.replace('-', "_"));
        }
    }

    #[test]
    fn those_that_can_be_held_yield_and_all_others_block() {
        for (_, name, blocks, held) in for_each_lock!(rows) {
            let held: Option<&str> = held;
            assert_eq!(held, (!blocks).then_some(name));
        }
    }

    /// A file that the list has forgotten would never be measured, tested or explored.
    #[test]
    fn every_family_of_this_crate_is_listed() {
        let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        let mut files = 0;
        for entry in std::fs::read_dir(sources).expect("the sources of this crate") {
            let path = entry.expect("a file").path();
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            if text.lines().any(|line| line.starts_with("impl LockFamily for ")) {
                files += 1;
                let module = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                let listed = for_each_lock!(rows).map(|(module, ..)| module.to_owned());
                assert!(module.is_some_and(|module| listed.contains(&module)), "{}", path.display());
            }
        }
        assert_eq!(files, for_each_lock!(rows).len());
    }
}
