//! The choices within a step: those that a schedule gives, those that were made, and how the others are drawn.

/// The choices of the step at work.
#[derive(Default)]
pub(crate) struct Choices {
    /// What the schedule gives, in order.
    pub(crate) given: Vec<u8>,
    /// What was chosen, of how many.
    pub(crate) made: Vec<(u8, u8)>,
    /// Draws what the schedule does not give; none to take the first.
    pub(crate) random: Option<u64>,
    /// What is given is not among what can be chosen.
    pub(crate) misfits: bool,
}

impl Choices {
    /// Forgets the step before this.
    pub(crate) fn clear(&mut self) {
        self.given.clear();
        self.made.clear();
        self.misfits = false;
    }

    /// Whether some were given or made.
    pub(crate) fn are_any(&self) -> bool {
        !self.made.is_empty() || !self.given.is_empty()
    }

    /// The next choice, of so many.
    pub(crate) fn next(&mut self, of: u8) -> u8 {
        let value = match (self.given.get(self.made.len()), &mut self.random) {
            (Some(given), _) => *given,
            (None, Some(state)) => {
                // SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                ((mixed ^ mixed >> 31) % u64::from(of)) as u8
            }
            (None, None) => 0,
        };
        self.misfits |= value >= of;
        let value = value.min(of - 1);
        self.made.push((value, of));
        value
    }
}
