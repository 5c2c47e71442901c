//! What a tracker counts of what it does not see.

/// What was counted of what is not seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BlindSpotCounts {
    pub(super) cancelled: u64,
    pub(super) unnamed: u64,
    pub(super) branches: u64,
    pub(super) orders: u64,
    pub(super) findings: u64,
    pub(super) switched_off: u64,
}
