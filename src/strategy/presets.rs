//! The strategies with names of their own.

use crate::backend::service::DtoPolicy;

use super::factors::{Factors, SaveKind, StatePolicy};
use super::kinds::{CacheKind, LockKind};
use super::list::for_each_combination;

/// The preset that ratios are to: what differs from it in one factor shows the effect of that factor.
pub const REFERENCE: &str = "naive";

/// The preset that locks are compared with, all else being equal: the others named after a lock differ from it in that alone.
pub const LOCK_REFERENCE: &str = "tokio-mutex";

/// The way from `before` over `after` to `best`, in steps of which all combinations are built: first the change itself, then the
/// cache's lock, then the session's lock and the cache, and at last snapshots and the state in an atomic word.
pub const MAIN_WAYS: [&str; 4] = [
    "before..after",
    "after..tokio-rwlock",
    "tokio-rwlock..session=parking-lot-rwlock,cache=clock,dto=borrowed,save=after-unlock",
    "session=parking-lot-rwlock,cache=clock,dto=borrowed,save=after-unlock..best",
];

/// A strategy with a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What it stands for.
    pub factors: Factors,
}

macro_rules! presets {
    (
        presets { $(
            $name:expr, $about:literal: $session:ident, $cache:ident $(($lock:ident))?, $dto:ident, $save:ident, $state:ident;
        )* }
        others $others:tt
    ) => {
        /// Every preset, in the order of the main job.
        pub const PRESETS: [Preset; [$($name),*].len()] = [$(
            Preset {
                name: $name,
                about: $about,
                factors: Factors {
                    session: LockKind::$session,
                    cache: CacheKind::$cache $((LockKind::$lock))?,
                    dto: DtoPolicy::$dto,
                    save: SaveKind::$save,
                    state: StatePolicy::$state,
                },
            },
        )*];
    };
}

for_each_combination! { presets }
