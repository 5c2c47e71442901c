//! What the lock-order graph did not look at, or does not remember: so that its silence can be judged.

/// Counts of what was left out. All zero: nothing was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NotSeen {
    /// Searches for a cycle that were broken off: they may have missed one.
    pub(crate) searches_cut: u64,
    /// Sightings that were dropped for a later one of the same order, of another task, under no more guards.
    pub(crate) sightings_replaced: u64,
    /// Sightings that were dropped though none that is kept says as much.
    pub(crate) sightings_forgotten: u64,
    /// Inversions that are not reported, because so many were.
    pub(crate) inversions_unreported: u64,
}
