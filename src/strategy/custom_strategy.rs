//! Locks and caches of a program's own: strategies under names of their own, beside those that are built in.
//!
//! The built-in ones are a list from which types follow. Of these the types are known where the program is written, which is
//! elsewhere: so each brings what needs its types as functions that are made there.

use std::sync::{Arc, OnceLock};

use crate::backend::service::{DtoPolicy, DynBackend};
use crate::backend::session;
use lockyard_lock::{LockFamily, ParkingLotMutex, ParkingLotRwLock, TokioRwLock, TryFamily};
use lockyard_track::{Tracked, Tracker};

use super::assemble::{Setup, backend_of};
use super::cache::{CacheFamily, family};
use super::combinations::WithTypes;
use super::custom::{self, CustomCache, CustomLock};
use super::factors::{Factors, SaveKind, StatePolicy};
use super::kinds::{CacheKind, LockKind};
use super::known::{self, CustomPreset};
use super::presets::{PRESETS, Preset};
use super::stores::AnyStore;
use super::tracked::tracked_backend_of;

/// A family of caches that is given a name: what a program says of a cache of its own.
pub trait NamedCache: CacheFamily {
    /// The name on the command line and in reports, such as `my-cache`.
    const NAME: &'static str;
    /// Whether it gives [looks](session::Cache::visit): whether that method is written.
    const VISITED: bool = false;
    /// Whether it works in the background, where what it drops may end some operations later.
    const BACKGROUND: bool = false;
}

/// A strategy whose types are a program's own, with what needs them.
#[derive(Clone, Copy)]
pub struct CustomStrategy {
    /// What it stands for. Its name is its own if it is a preset.
    pub preset: Preset,
    is_preset: bool,
    plain: fn(DtoPolicy, Setup<AnyStore>) -> Arc<dyn DynBackend>,
    tracked: fn(DtoPolicy, Setup<AnyStore>, &Tracker) -> Arc<dyn DynBackend>,
}

/// Those of this program, once it has said which.
static ALL: OnceLock<Vec<CustomStrategy>> = OnceLock::new();

/// The types of a strategy whose saves come after the unlock, and whose state is behind the lock: what those of a program's own
/// have in common.
fn plain<F: LockFamily, C: CacheFamily>(dto: DtoPolicy, setup: Setup<AnyStore>) -> Arc<dyn DynBackend> {
    Arc::new(backend_of::<F, C, session::AfterUnlock, session::Locked, _>(dto, setup))
}

fn tracked<F: LockFamily, C: CacheFamily>(
    dto: DtoPolicy,
    setup: Setup<AnyStore>,
    tracker: &Tracker,
) -> Arc<dyn DynBackend> {
    tracked_backend_of::<F, C, session::AfterUnlock, session::Locked>(dto, setup, tracker)
}

impl CustomStrategy {
    fn new<F: TryFamily, C: CacheFamily, T: CacheFamily>(
        (name, about): (&'static str, &'static str),
        is_preset: bool,
        session: LockKind,
        cache: CacheKind,
    ) -> Self {
        let factors = Factors {
            session,
            cache,
            dto: DtoPolicy::Borrowed,
            save: SaveKind::AfterUnlock,
            state: StatePolicy::Locked,
        };
        Self {
            preset: Preset { name, about, factors },
            is_preset,
            plain: plain::<F, C>,
            tracked: tracked::<Tracked<F>, T>,
        }
    }

    /// The lock `F` around each session, all else being as in the presets that are called after locks.
    pub fn of_lock<F: TryFamily>() -> Self {
        let lock = CustomLock { name: F::NAME, policy: F::POLICY, shared_reads: F::SHARED_READS };
        Self::new::<F, family::MutexLru<ParkingLotMutex>, family::MutexLru<Tracked<ParkingLotMutex>>>(
            (F::NAME, "a lock of this program's own"),
            true,
            LockKind::Custom(lock),
            CacheKind::MutexLru(LockKind::ParkingLotMutex),
        )
    }

    /// The cache `C` over two locks, as every built-in cache; over the first it is a preset.
    pub fn of_cache<C: NamedCache>() -> [Self; 2] {
        let own = CustomCache { name: C::NAME, is_visited: C::VISITED, is_background: C::BACKGROUND };
        let (words, cache) = ((C::NAME, "a cache of this program's own"), CacheKind::Custom(own));
        [
            Self::new::<ParkingLotRwLock, C, C>(words, true, LockKind::ParkingLotRwLock, cache),
            Self::new::<TokioRwLock, C, C>(words, false, LockKind::TokioRwLock, cache),
        ]
    }

    /// Has `work` done with the types of [`of_lock`](Self::of_lock)'s strategy.
    pub fn with_lock<F: LockFamily, W: WithTypes>(work: W) -> W::Output {
        work.with::<F, family::MutexLru<ParkingLotMutex>, session::AfterUnlock, session::Locked>()
    }

    /// Has `work` done with the types of [`of_cache`](Self::of_cache)'s strategy over the lock `F`.
    pub fn with_cache<F: LockFamily, C: CacheFamily, W: WithTypes>(work: W) -> W::Output {
        work.with::<F, C, session::AfterUnlock, session::Locked>()
    }

    /// Its backend.
    pub(super) fn assemble(&self, dto: DtoPolicy, setup: Setup<AnyStore>) -> Arc<dyn DynBackend> {
        (self.plain)(dto, setup)
    }

    /// Its backend with tracked locks.
    pub(super) fn assemble_tracked(
        &self,
        dto: DtoPolicy,
        setup: Setup<AnyStore>,
        tracker: &Tracker,
    ) -> Arc<dyn DynBackend> {
        (self.tracked)(dto, setup, tracker)
    }

    /// The strategies of this program's own. Said once, before any is asked for by name.
    ///
    /// # Errors
    /// A sentence, where a name is there already or is no name; nothing is changed then.
    pub fn announce(own: Vec<Self>) -> Result<(), String> {
        for (nth, strategy) in own.iter().enumerate().filter(|(_, it)| it.is_preset) {
            let name = strategy.preset.name;
            let is_word = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
            if name.is_empty() || !name.chars().all(is_word) {
                return Err(format!(
                    "`{name}` is no name for a strategy: write it in small letters, digits and hyphens, as tokio-mutex"
                ));
            }
            let is_built_in = PRESETS.iter().any(|preset| preset.name == name)
                || CacheKind::all().iter().any(|cache| cache.name() == name);
            if is_built_in {
                return Err(format!("{name} is built in: give yours another name"));
            }
            if own[..nth].iter().any(|earlier| earlier.is_preset && earlier.preset.name == name) {
                return Err(format!("{name} is given twice: each name stands for one lock or cache"));
            }
        }
        let sessions = own.iter().map(|it| it.preset.factors.session);
        let locks = sessions.filter_map(|it| if let LockKind::Custom(it) = it { Some(it) } else { None });
        let named = own.iter().filter(|it| it.is_preset).map(|it| it.preset.factors.cache);
        let caches = named.filter_map(|it| if let CacheKind::Custom(it) = it { Some(it) } else { None });
        if !custom::announce(locks.collect(), caches.collect()) {
            return Err("the locks and caches of this program were given before".to_owned());
        }
        let presets = own.iter().map(|it| CustomPreset { preset: it.preset, is_named: it.is_preset });
        known::announce(presets.collect());
        // The first time, as above.
        let _ = ALL.set(own);
        Ok(())
    }
}

/// The strategies of this program's own, with those that have no name.
fn all() -> &'static [CustomStrategy] {
    ALL.get().map_or(&[], Vec::as_slice)
}

/// The strategy of this program's own whose types these factors are.
pub(super) fn custom_of(factors: Factors) -> Option<&'static CustomStrategy> {
    all().iter().find(|it| it.preset.factors.has_types_of(factors))
}

#[cfg(test)]
mod tests {
    use lockyard_lock::{LockOf, Policy, SharedLock, StdMutex};

    use super::*;

    /// A family under another name.
    macro_rules! called {
        ($type:ident, $name:literal) => {
            struct $type;

            impl LockFamily for $type {
                const NAME: &'static str = $name;
                const POLICY: Policy = StdMutex::POLICY;
                const SHARED_READS: bool = StdMutex::SHARED_READS;
                type Lock<T: Clone + Send + Sync + 'static> = LockOf<StdMutex, T>;
            }

            impl TryFamily for $type {
                const BLOCKS: bool = true;

                fn try_write<T: Clone + Send + Sync + 'static>(
                    lock: &LockOf<Self, T>,
                ) -> Option<<LockOf<Self, T> as SharedLock<T>>::Write<'_>> {
                    StdMutex::try_write(lock)
                }
            }
        };
    }

    called!(Mine, "mine");
    called!(Naive, "naive");
    called!(Cache, "sharded-lru");
    called!(Spaced, "my lock");
    called!(Nameless, "");

    #[test]
    fn names_that_cannot_be_are_refused_with_the_reason() {
        let refused = |own: Vec<CustomStrategy>| CustomStrategy::announce(own).unwrap_err();
        let mine = CustomStrategy::of_lock::<Mine>();
        for (own, wanted) in [
            (vec![mine, mine], "mine is given twice"),
            (vec![mine, CustomStrategy::of_lock::<Naive>()], "naive is built in"),
            (vec![CustomStrategy::of_lock::<Cache>()], "sharded-lru is built in"),
            (vec![CustomStrategy::of_lock::<Spaced>()], "`my lock` is no name"),
            (vec![CustomStrategy::of_lock::<Nameless>()], "`` is no name"),
        ] {
            let said = refused(own);
            assert!(said.contains(wanted), "{said}");
        }
        assert!(all().is_empty(), "what was refused is not there");
    }
}
