//! Names become types: from factors to the types of a combination that is compiled.

use lockyard_lock::LockFamily;
use lockyard_track::Tracked;

use crate::backend::session::{self, SaveMode, StateMode};

use super::cache::{CacheFamily, family};
use super::error::StrategyError;
use super::factors::{Factors, SaveKind, StatePolicy};
use super::kinds::{CacheKind, LockKind};
use super::known::{custom_factors, is_custom, presets};
use super::list::for_each_combination;

/// What to do once the types of a strategy are known. How answers are built is no type: see [`Factors::dto`].
pub trait WithTypes {
    /// What comes of it.
    type Output;

    /// Called once, with the types of the strategy chosen: the lock of a session, the cache, when a session is saved and how
    /// its state is read.
    fn with<F: LockFamily, C: CacheFamily, S: SaveMode<F>, P: StateMode>(self) -> Self::Output;
}

/// The part of a strategy that is chosen by type.
type Combination = (LockKind, CacheKind, SaveKind, StatePolicy);

/// A line of the list as a [`Combination`]: a value or a pattern.
macro_rules! line {
    ($session:ident, $cache:ident $(($lock:ident))?, $save:ident, $state:ident) => {
        (
            LockKind::$session,
            CacheKind::$cache $((LockKind::$lock))?,
            SaveKind::$save,
            StatePolicy::$state,
        )
    };
}

/// Hands the types of a line to some work.
macro_rules! with {
    ($work:ident: $session:ident, $cache:ident $(($lock:ident))?, $save:ident, $state:ident) => {
        $work.with::<
            lockyard_lock::$session,
            family::$cache $(<lockyard_lock::$lock>)?,
            session::$save,
            session::$state,
        >()
    };
    ($work:ident tracked: $session:ident, $cache:ident $(($lock:ident))?, $save:ident, $state:ident) => {
        $work.with::<
            Tracked<lockyard_lock::$session>,
            family::$cache $(<Tracked<lockyard_lock::$lock>>)?,
            session::$save,
            session::$state,
        >()
    };
}

macro_rules! compiled {
    (
        presets { $(
            $name:expr, $about:literal: $p:ident, $p_cache:ident $(($p_lock:ident))?, $dto:ident, $p_save:ident, $p_state:ident;
        )* }
        others { $($o:ident, $o_cache:ident $(($o_lock:ident $(as $role:ident)?))?, $o_save:ident, $o_state:ident;)* }
    ) => {
        /// Every combination that is compiled; how answers are built is chosen at run time.
        const BUILT: &[Combination] = &[
            $(line!($p, $p_cache $(($p_lock))?, $p_save, $p_state),)*
            $(line!($o, $o_cache $(($o_lock))?, $o_save, $o_state),)*
        ];

        /// Hands the types of a strategy to `work`.
        ///
        /// Whatever `work` does is compiled for every combination there is: keep it small, or let it soon come to what is
        /// the same for all.
        ///
        /// # Errors
        /// [`StrategyError::CannotHold`] or [`StrategyError::NotBuilt`] for factors that [`Strategy`](super::Strategy)
        /// would not have let through.
        pub fn dispatch<W: WithTypes>(factors: Factors, work: W) -> Result<W::Output, StrategyError> {
            Ok(match combination(factors) {
                $(line!($p, $p_cache $(($p_lock))?, $p_save, $p_state) => {
                    with!(work: $p, $p_cache $(($p_lock))?, $p_save, $p_state)
                })*
                $(line!($o, $o_cache $(($o_lock))?, $o_save, $o_state) => {
                    with!(work: $o, $o_cache $(($o_lock))?, $o_save, $o_state)
                })*
                _ => return Err(refusal(factors)),
            })
        }

        /// Hands the types of a preset with every lock [tracked](Tracked) to `work`: other types, so that what is not tracked
        /// pays nothing for it, and only for the presets, since each costs build time.
        ///
        /// # Errors
        /// [`StrategyError::NotTracked`] for other strategies.
        pub fn dispatch_tracked<W: WithTypes>(factors: Factors, work: W) -> Result<W::Output, StrategyError> {
            Ok(match combination(factors) {
                $(line!($p, $p_cache $(($p_lock))?, $p_save, $p_state) => {
                    with!(work tracked: $p, $p_cache $(($p_lock))?, $p_save, $p_state)
                })*
                _ => return Err(not_tracked(factors)),
            })
        }
    };
}

for_each_combination! { compiled }

fn combination(Factors { session, cache, save, state, dto: _ }: Factors) -> Combination {
    (session, cache, save, state)
}

/// Agrees if the combination is compiled.
pub(super) fn check(factors: Factors) -> Result<(), StrategyError> {
    let is_built = BUILT.contains(&combination(factors)) || is_custom(factors);
    if is_built { Ok(()) } else { Err(refusal(factors)) }
}

/// Agrees if the strategy can be [tracked](dispatch_tracked).
///
/// # Errors
/// [`StrategyError::NotTracked`] if it is not a preset.
pub fn check_tracked(factors: Factors) -> Result<(), StrategyError> {
    /// Nothing, for whatever types.
    struct Nothing;

    impl WithTypes for Nothing {
        type Output = ();

        fn with<F: LockFamily, C: CacheFamily, S: SaveMode<F>, P: StateMode>(self) {}
    }

    if is_custom(factors) { Ok(()) } else { dispatch_tracked(factors, Nothing) }
}

/// Why a combination that is not compiled is not.
fn refusal(factors: Factors) -> StrategyError {
    let Factors { session, save, .. } = factors;
    if save == SaveKind::UnderLock && !LockKind::HELD.contains(&session) {
        let able: Vec<_> = LockKind::HELD.iter().map(|lock| lock.name()).collect();
        return StrategyError::CannotHold { lock: session.name(), able: able.join(", ") };
    }
    let given = written(combination(factors));
    StrategyError::NotBuilt { given, built: combinations().collect::<Vec<_>>().join("\n  ") }
}

fn not_tracked(factors: Factors) -> StrategyError {
    let presets = presets().map(|preset| preset.name).collect::<Vec<_>>().join(", ");
    StrategyError::NotTracked { given: factors.to_string(), presets }
}

/// The combinations that are compiled, as they are written.
pub fn combinations() -> impl Iterator<Item = String> {
    BUILT.iter().copied().chain(custom_factors().map(combination)).map(written)
}

fn written((session, cache, save, state): Combination) -> String {
    format!("session={session},cache={cache},save={save}{}", state.suffix())
}

#[cfg(test)]
mod tests {
    use super::super::presets::PRESETS;
    use super::*;

    #[test]
    fn every_preset_is_built() {
        for preset in PRESETS {
            check(preset.factors).unwrap_or_else(|error| panic!("{}: {error}", preset.name));
        }
    }

    /// Two lines of one combination would be compiled twice, the second to no use.
    #[test]
    fn no_combination_is_built_twice() {
        for (at, combination) in BUILT.iter().enumerate() {
            assert!(!BUILT[..at].contains(combination), "{}", written(*combination));
        }
    }

    #[test]
    fn every_lock_that_can_be_held_is_built_so() {
        for session in LockKind::HELD {
            let held = |built: &&Combination| built.0 == *session && built.2 == SaveKind::UnderLock;
            assert_eq!(BUILT.iter().filter(held).count(), 1, "{session}");
        }
    }

    #[test]
    fn every_lock_is_built_over_one_cache() {
        for session in LockKind::ALL {
            let over = CacheKind::MutexLru(LockKind::ParkingLotMutex);
            assert!(
                BUILT.contains(&(session, over, SaveKind::AfterUnlock, StatePolicy::Locked)),
                "{session}"
            );
        }
    }

    #[test]
    fn every_cache_is_built_over_two_locks() {
        let inner = LockKind::ParkingLotMutex;
        for cache in
            CacheKind::all().into_iter().filter(|cache| cache.lock().is_none_or(|lock| lock == inner))
        {
            for session in [LockKind::TokioRwLock, LockKind::ParkingLotRwLock] {
                let wanted = (session, cache, SaveKind::AfterUnlock, StatePolicy::Locked);
                assert!(BUILT.contains(&wanted), "{}", written(wanted));
            }
        }
    }

    #[test]
    fn a_lock_that_blocks_cannot_be_held_while_saving() {
        let factors =
            "session=std-mutex,cache=mutex-lru(tokio-mutex),dto=cloned,save=under-lock".parse().unwrap();
        let message = check(factors).unwrap_err().to_string();
        let able = "use one of: tokio-mutex, tokio-rwlock, ";
        assert!(message.contains("std-mutex") && message.contains(able), "{message}");
    }

    #[test]
    fn a_combination_that_is_not_built_is_refused_with_the_list() {
        let factors =
            "session=tokio-mutex,cache=mutex-lru(tokio-rwlock),dto=cloned,save=after-unlock".parse().unwrap();
        let message = check(factors).unwrap_err().to_string();
        for line in combinations() {
            assert!(message.contains(&line), "{message}");
        }
    }
}
