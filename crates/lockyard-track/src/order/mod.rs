//! The lock-order graph: which locks were asked for while which were held, and can that end in a deadlock that has not
//! happened yet?
//!
//! By class: a cycle of classes is an inversion, whichever instances it was seen on. By instance: locks of one class that
//! are held together must be taken in one order, which only a cycle of the instances themselves can disprove.
//!
//! A cycle is no inversion if two of its sides can never be at once: one lock is held on both, one of them alone; or a
//! spawn or a join is between them (the gate locks of K. Havelund, "Using runtime analysis to guide model checking of
//! Java programs", 2000; the segments of S. Bensalem and K. Havelund, "Dynamic deadlock analysis of multi-threaded
//! programs", 2005). They drop a cycle within one thread as well; here it is only suspected, because what one task did in
//! turns another program run may do in two tasks.

mod classes;
mod context;
mod few;
mod held;
mod ids;
mod instances;
mod lock_use;
mod moment;
mod not_seen;
mod ranks;

use std::collections::HashSet;
use std::sync::Arc;

use lockyard_lock::LockClass;

use super::cycle::LockId;
use classes::ClassGraph;
use context::{Context, Side};
use instances::InstanceGraph;
use lock_use::id;

pub(super) use context::Doubt;
pub(super) use held::{Held, HeldNow};
pub(super) use ids::{IdMap, IdSet, mix};
pub(super) use lock_use::LockUse;
pub(super) use moment::{Moment, Progress};
pub(super) use not_seen::NotSeen;

/// One lock was asked for while another was held.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) held: LockUse,
    pub(super) asked: LockUse,
    pub(super) task: Arc<str>,
}

/// Orders that cannot all be kept: each edge asks for what the next one holds.
#[derive(Clone, Debug)]
pub(super) struct Inversion {
    pub(super) edges: Vec<Edge>,
    pub(super) doubt: Doubt,
}

/// The class and place of each hold of an inversion, with those of what is asked for.
type Places = Vec<((usize, usize), (usize, usize))>;

/// How many inversions are reported.
const MAX_REPORTED: usize = 4_096;

/// Every order seen so far.
#[derive(Default)]
pub(super) struct OrderGraph {
    classes: ClassGraph,
    instances: InstanceGraph,
    safe: HashSet<(usize, usize)>,
    /// Inversions that were reported, by their classes and places, and whether they were sure.
    reported: HashSet<(Places, bool)>,
    not_seen: NotSeen,
}

impl OrderGraph {
    /// Asking for `asked` while holding `held` is known to be right: no edge is drawn.
    pub(super) fn declare_safe(&mut self, held: &'static LockClass, asked: &'static LockClass) {
        self.safe.insert((id(held), id(asked)));
        self.classes.declare_safe(id(held), id(asked));
        if std::ptr::eq(held, asked) {
            self.instances.declare_safe(id(held));
        }
    }

    /// Notes that `asked` was asked for while all that was held; the inversions that come to light by it, each
    /// reported once.
    pub(super) fn note(&mut self, held: HeldNow, asked: LockUse, moment: Moment) -> Vec<Inversion> {
        let HeldNow { held, holds, built, task } = held;
        let context = Arc::new(Context { held, asked, moment, task, holds, built });
        let mut found = self.classes.note(&context, &self.safe, &mut self.not_seen);
        if !self.safe.contains(&(asked.class_id(), asked.class_id())) {
            found.extend(self.instances.note(&context, &mut self.not_seen));
        }
        found.into_iter().filter_map(|(sides, doubt)| self.report(&sides, doubt)).collect()
    }

    /// Forgets a lock that is no more.
    pub(super) fn forget(&mut self, lock: LockId) {
        self.instances.forget(lock);
    }

    /// Pairs of instances that are remembered.
    pub(super) fn instances(&self) -> usize {
        self.instances.pairs()
    }

    /// What was left out so far.
    pub(super) fn not_seen(&self) -> NotSeen {
        self.not_seen
    }

    fn report(&mut self, sides: &[Side], doubt: Doubt) -> Option<Inversion> {
        let edge = |side: &Side| {
            let Context { asked, task, .. } = &*side.context;
            Edge { held: side.held, asked: *asked, task: task.clone() }
        };
        let mut edges: Vec<_> = sides.iter().map(edge).collect();
        // From the least place on, so that one cycle reads alike from whichever of its edges it is found.
        let place = |edge: &Edge| (*edge.held.place, *edge.asked.place, edge.held.class_id());
        let first = (0..edges.len()).min_by_key(|nth| place(&edges[*nth]))?;
        edges.rotate_left(first);
        let of = |it: &LockUse| (it.class_id(), id(it.place));
        let mut places: Vec<_> = edges.iter().map(|edge| (of(&edge.held), of(&edge.asked))).collect();
        // Once each: that a longer cycle comes by the same places more often is nothing new to fix.
        places.sort_unstable();
        places.dedup();
        let sure = doubt == Doubt::None;
        if self.reported.contains(&(places.clone(), true)) || self.reported.contains(&(places.clone(), sure))
        {
            return None;
        }
        if self.reported.len() == MAX_REPORTED {
            self.not_seen.inversions_unreported += 1;
            return None;
        }
        self.reported.insert((places, sure));
        Some(Inversion { edges, doubt })
    }
}

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
