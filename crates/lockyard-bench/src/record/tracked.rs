//! What a run with tracked locks has seen, beside a run that was measured without.

use super::cell::Verification;
use super::run::Record;

impl Record {
    /// Takes over what a run of the same strategies under the same scenarios has seen of their locks: deadlocks, inversions,
    /// starvation, waits and holds. Its throughput and latencies are those of tracked locks, and stay out.
    ///
    /// A cell that is not in the other run stays as it is, and so does one that was measured with tracked locks itself.
    pub fn add_tracked(&mut self, tracked: Self) {
        for of in tracked.cells {
            let own =
                self.cells.iter_mut().find(|it| (&it.scenario, &it.strategy) == (&of.scenario, &of.strategy));
            let Some(cell) = own.filter(|it| it.lock_uses.is_none()) else { continue };
            let (Some(seen), Some(uses)) = (of.verification, of.lock_uses) else { continue };
            cell.tracked_beside_s = Some(of.seconds);
            (cell.wait_ns, cell.hold_ns, cell.lock_uses) = (of.wait_ns, of.hold_ns, Some(uses));
            cell.verification = Some(Verification {
                deadlocks: seen.deadlocks,
                order_inversions: seen.order_inversions,
                starvations: seen.starvations,
                ..cell.verification.unwrap_or_default()
            });
            // That so short a slice is imprecise, or that a cache turned something away in it, is no news.
            let news = of.findings.into_iter().filter(|it| it.is_error() || it.kind.is_of_locks());
            cell.findings.extend(news);
            cell.violations.extend(of.violations);
        }
    }
}
