//! A word that stands for what a lock guards is stored with `Relaxed`: a reader may see the new word and, beside it, what
//! was there before. Fixed: the state word as it is, stored with release and read with acquire, so that a reader that sees it
//! sees what it stands for.
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
