//! Which strategies the explorer models, and as what: locks by what their families promise, caches by what they are.

use crate::checks::explored::CacheModel;
use crate::strategy::{CacheKind, Factors, LockKind, PRESETS, SaveKind, StatePolicy};
use lockyard_explore::LockModel;
use lockyard_lock::{
    ArcSwap, AsyncLockMutex, AsyncLockRwLock, LockFamily, ParkingLotFairMutex, ParkingLotMutex,
    ParkingLotRwLock, StdMutex, StdRwLock, TokioMutex, TokioRwLock,
};

use super::models::Over;

/// A strategy that the explorer does not model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{cache} is not explored: it works in the background, in steps of its own; explore the strategy over another cache"
)]
pub struct NotModelled {
    cache: String,
}

/// What the explorer runs for a strategy.
///
/// # Errors
/// For strategies over moka.
pub fn modelled(factors: &Factors) -> Result<Over, NotModelled> {
    let (cache, cache_lock) = match factors.cache {
        CacheKind::MutexLru(lock) => (CacheModel::MutexLru, lock_model(lock)),
        CacheKind::ShardedLru(lock) => (CacheModel::ShardedLru, lock_model(lock)),
        CacheKind::QuickCache => (CacheModel::OneStep, LockModel::UNFAIR),
        CacheKind::Clock => (CacheModel::Visited, LockModel::UNFAIR),
        CacheKind::Moka => return Err(NotModelled { cache: factors.cache.to_string() }),
    };
    Ok(Over {
        session: lock_model(factors.session),
        cache_lock,
        cache,
        under_lock: factors.save == SaveKind::UnderLock,
        published: factors.state == StatePolicy::Published,
    })
}

/// The presets, each with what it is modelled as; of those that are modelled alike only the first, with the names of
/// the others.
pub fn strategies() -> Vec<(&'static str, Over, Vec<&'static str>)> {
    let mut strategies: Vec<(&'static str, Over, Vec<&'static str>)> = Vec::new();
    for preset in &PRESETS {
        let Ok(over) = modelled(&preset.factors) else { continue };
        match strategies.iter_mut().find(|(_, same, _)| *same == over) {
            Some((_, _, alike)) => alike.push(preset.name),
            None => strategies.push((preset.name, over, Vec::new())),
        }
    }
    strategies
}

fn lock_model(kind: LockKind) -> LockModel {
    match kind {
        LockKind::TokioMutex => of::<TokioMutex>(),
        LockKind::TokioRwLock => of::<TokioRwLock>(),
        LockKind::ParkingLotMutex => of::<ParkingLotMutex>(),
        LockKind::ParkingLotRwLock => of::<ParkingLotRwLock>(),
        LockKind::ParkingLotFairMutex => of::<ParkingLotFairMutex>(),
        LockKind::StdMutex => of::<StdMutex>(),
        LockKind::StdRwLock => of::<StdRwLock>(),
        LockKind::AsyncLockMutex => of::<AsyncLockMutex>(),
        LockKind::AsyncLockRwLock => of::<AsyncLockRwLock>(),
        LockKind::ArcSwap => of::<ArcSwap>(),
    }
}

/// A hand-over is modelled as no promise, for whoever is awake may come in between.
fn of<F: LockFamily>() -> LockModel {
    let policy = match F::POLICY {
        lockyard_lock::Policy::Handover => lockyard_lock::Policy::Unfair,
        policy => policy,
    };
    LockModel { policy, shared_reads: F::SHARED_READS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_modelled() {
        let all: Vec<_> = strategies();
        let names = all.iter().map(|(_, _, alike)| 1 + alike.len()).sum::<usize>();
        assert_eq!(names, PRESETS.len());
        let over = |name| all.iter().find(|(first, ..)| *first == name).map(|(_, over, _)| *over);
        assert!(over("before").is_some_and(|over| over.under_lock));
        assert!(over("best").is_some_and(|over| over.published && over.cache == CacheModel::Visited));
    }

    #[test]
    fn a_cache_with_background_work_is_refused() {
        let factors = Factors { cache: CacheKind::Moka, ..PRESETS[1].factors };
        let refusal = modelled(&factors).unwrap_err().to_string();
        assert!(refusal.contains("moka is not explored"), "{refusal}");
    }
}
