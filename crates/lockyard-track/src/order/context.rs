//! What was held while a lock was asked for, and whether two such contexts can be at once.

use std::sync::Arc;

use super::held::Held;
use super::lock_use::LockUse;
use super::moment::{Moment, Relation};
use crate::cycle::LockId;
use crate::mode::{Mode, Rule};

/// A lock was asked for while others were held.
pub(crate) struct Context {
    pub(super) held: Arc<Held>,
    pub(super) asked: LockUse,
    pub(super) moment: Moment,
    /// Who asked, as it stands in reports.
    pub(super) task: Arc<str>,
    /// A hash of all that is held, whatever the turn in which it was taken.
    pub(super) holds: u64,
    /// Elements of the list that no earlier context has.
    pub(super) built: usize,
}

/// Why an inversion may be none. The worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doubt {
    /// It is one.
    None,
    /// One order was seen while the locks were used by their maker alone.
    BeforeShared,
    /// Both orders were seen in one task, one after the other.
    OneTask,
    /// A hold may belong to another branch of its task.
    Branches,
}

/// One side of an inversion: the hold that keeps the side before it waiting, and what it asks for meanwhile.
#[derive(Clone)]
pub(super) struct Side {
    pub(super) context: Arc<Context>,
    pub(super) held: LockUse,
}

impl Side {
    /// What is in doubt of it by itself.
    pub(super) fn doubt(&self) -> Doubt {
        let sequence = self.held.sequence && self.context.asked.sequence;
        if sequence { Doubt::None } else { Doubt::Branches }
    }

    pub(super) fn is_private(&self) -> bool {
        self.held.private && self.context.asked.private
    }

    /// Whether this and `other` can both be at work at a time, and what is in doubt of it; `but` and `other_but` are no
    /// guards: see [`Held::can_meet`].
    pub(super) fn beside(&self, but: LockId, other: &Self, other_but: LockId) -> Option<Doubt> {
        let (one, another) = (&self.context, &other.context);
        let doubt = match one.moment.relation(&another.moment) {
            Relation::Parted => return None,
            Relation::Sequence => Doubt::OneTask,
            // What its maker does with a lock before another task has it is over by then (S. Savage et al., "Eraser",
            // 1997, leave initialization out alike). A guess, so made only where no spawn is known that says it better.
            Relation::Concurrent
                if (self.is_private() || other.is_private()) && !one.moment.is_related(&another.moment) =>
            {
                Doubt::BeforeShared
            }
            Relation::Concurrent => Doubt::None,
        };
        // Guards that are disjoint pair by pair: one lock that two sides hold already keeps these two apart, and a
        // deadlock needs all sides at once (Bensalem and Havelund 2005; the gate locks of K. Havelund, "Using runtime
        // analysis to guide model checking of Java programs", 2000).
        one.held.can_meet(but, &another.held, other_but).then_some(doubt)
    }
}

/// Whether one who asks so may be kept waiting by one who holds it so.
pub(super) fn meets(asked: Mode, held: Mode, rule: Rule) -> bool {
    asked.excludes(held) || (asked == Mode::Read && held == Mode::Read && rule.readers_meet())
}

/// How much work a search may do.
pub(super) struct Effort {
    left: usize,
}

impl Effort {
    pub(super) fn new(steps: usize) -> Self {
        Self { left: steps }
    }

    /// Takes so many steps; `false` once they are used up.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        self.left = self.left.saturating_sub(steps);
        self.left > 0
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }
}
