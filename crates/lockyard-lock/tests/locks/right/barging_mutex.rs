//! Right: the mutex without an order, with each of its steps as it should be.

use super::super::barging::{Barging, Steps};

/// Its steps.
pub struct BargingSteps;

impl Steps for BargingSteps {
    const NAME: &'static str = "barging-mutex";
}

/// Its family.
pub type BargingMutex = Barging<BargingSteps>;
