//! When all clients have their last answer: waits until nothing is at work any more, and holds the sessions, in memory and
//! in the store, against what was answered.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lockyard_bench::{Broken, Workload};

use crate::backend::chat::ContextId;
use crate::backend::service::DynBackend;
use crate::checks::invariants;
use crate::checks::spec::Recording;
use crate::workload::Scenario;

use super::recording::token_of;

/// Between two looks whether all has settled.
const LOOK: Duration = Duration::from_millis(1);

/// So long is waited at most, on top of what an operation may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a scenario may take to settle.
pub(super) fn patience(scenario: &Scenario) -> Duration {
    PATIENCE + scenario.shape().patience
}

/// Waits until no turn is at work and all is saved, or until the deadline, and returns what does not hold then of the sessions
/// with these names.
pub(super) async fn settled(
    backend: &dyn DynBackend,
    scenario: &Scenario,
    answers: &Recording,
    names: &BTreeMap<u32, ContextId>,
    deadline: Instant,
) -> Vec<Broken> {
    loop {
        let failures = backend.flush().await;
        let stats = backend.stats().await;
        let held = invariants::Held {
            cached: stats.cache.len,
            capacity: scenario.capacity.get() as usize,
            live: stats.live,
            in_use: 0,
            unsaved: stats.unsaved,
        };
        let (mut last, mut stored) = (BTreeMap::new(), BTreeMap::new());
        for (&key, &id) in names {
            last.extend(backend.whole(id).await.ok().map(|context| (key, context)));
            stored.extend(backend.stored(id).await.ok().flatten().map(|context| (key, context)));
        }
        let settled = failures.is_empty()
            && held.unsaved == 0
            && invariants::bounds(&held).is_empty()
            && last.values().all(|context| !context.state_kind().is_working());
        if settled || Instant::now() >= deadline {
            let last: invariants::Sessions<'_> = last.iter().map(|(key, context)| (*key, context)).collect();
            let stored = stored.iter().map(|(key, context)| (*key, context)).collect();
            let all = [
                invariants::appends(answers, &last, token_of),
                invariants::versions(answers, &last),
                invariants::at_rest(&last),
                invariants::bounds(&held),
                invariants::stored(answers, &last, &stored),
            ];
            return all.into_iter().flatten().map(broken).collect();
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// An invariant's finding, as the driver takes it.
pub(super) fn broken(finding: invariants::Finding) -> Broken {
    Broken { rule: finding.rule, message: finding.message, place: finding.place.to_string() }
}
