//! A word that stands for what a lock guards is stored with `Relaxed`: somebody reads the new word and, beside it, what was
//! there before. The twin is the state word as it is, which is stored and read so that whoever sees it sees what it tells of.
//!
//! No run shows it on a machine that orders memory strictly, and no order of steps: it takes a model of memory. The program
//! is a model under loom, `loom-tests/tests/models/published.rs`.

use crate::checks::pitfalls::{Pitfall, Trial};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "relaxed-publication",
    class: "visibility",
    about: "a session's state word is published with Relaxed, so it can be visible before the change it announces",
    met: "L. Lamport, \"How to make a multiprocessor computer that correctly executes multiprocess programs\", 1979; \
          double-checked locking, before and after memory models",
    trials: &[Trial::Loom],
};
