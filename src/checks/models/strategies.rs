//! Which strategies the explorer models, and as what: locks by what their families promise, caches by what they are.

use crate::checks::explored::CacheModel;
use crate::strategy::{CacheKind, Factors, LockKind, SaveKind, StatePolicy, presets};
use lockyard_explore::LockModel;
use lockyard_lock::Policy;

use super::list::StrategyModel;

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
/// For strategies over a cache that works in the background.
pub fn modelled(factors: &Factors) -> Result<StrategyModel, NotModelled> {
    let cache = match factors.cache {
        CacheKind::MutexLru(_) => CacheModel::MutexLru,
        CacheKind::ShardedLru(_) => CacheModel::ShardedLru,
        other if other.is_background() => return Err(NotModelled { cache: other.to_string() }),
        other if other.is_visited() => CacheModel::Visited,
        _ => CacheModel::OneStep,
    };
    let cache_lock = factors.cache.lock().map_or(LockModel::UNFAIR, lock_model);
    Ok(StrategyModel {
        session: lock_model(factors.session),
        cache_lock,
        cache,
        under_lock: factors.save == SaveKind::UnderLock,
        published: factors.state == StatePolicy::Published,
    })
}

/// A strategy that is explored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelledStrategy {
    /// Its name.
    pub name: String,
    /// What it is modelled as.
    pub over: StrategyModel,
    /// Other strategies that are modelled alike: what is found of the one holds of the others.
    pub represents: Vec<String>,
}

/// Strategies by their names and factors, as they are modelled; of those that are modelled alike only the first, with the names
/// of the others. Those that are not modelled are left out.
pub fn representatives<'a>(all: impl IntoIterator<Item = (&'a str, Factors)>) -> Vec<ModelledStrategy> {
    let mut strategies: Vec<ModelledStrategy> = Vec::new();
    for (name, factors) in all {
        let Ok(over) = modelled(&factors) else { continue };
        match strategies.iter_mut().find(|it| it.over == over) {
            Some(it) => it.represents.push(name.to_owned()),
            None => {
                strategies.push(ModelledStrategy { name: name.to_owned(), over, represents: Vec::new() });
            }
        }
    }
    strategies
}

/// The presets, as they are modelled.
pub fn strategies() -> Vec<ModelledStrategy> {
    representatives(presets().map(|preset| (preset.name, preset.factors)))
}

/// A hand-over is modelled as no promise, for a running task may come in between.
fn lock_model(kind: LockKind) -> LockModel {
    let policy = match kind.policy() {
        Policy::Handover => Policy::Unfair,
        policy => policy,
    };
    LockModel { policy, shared_reads: kind.shared_reads() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::PRESETS;

    #[test]
    fn every_preset_is_modelled() {
        let all: Vec<_> = strategies();
        let names = all.iter().map(|it| 1 + it.represents.len()).sum::<usize>();
        assert_eq!(names, PRESETS.len());
        let over = |name| all.iter().find(|it| it.name == name).map(|it| it.over);
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
