//! Orders of classes: a cycle of classes is an inversion, whichever instances it was seen on. (The lock dependency
//! validator of the Linux kernel, I. Molnar and A. van de Ven, 2006.)

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::context::{Context, Doubt, Effort, Side, meets};
use super::not_seen::NotSeen;
use crate::mode::{Mode, Rule};

/// A way of holding one class while asking for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Order {
    held: usize,
    held_mode: Mode,
    held_rule: Rule,
    asked: usize,
    asked_mode: Mode,
}

impl Order {
    fn of(side: &Side) -> Self {
        let (held, asked) = (&side.held, &side.context.asked);
        Self {
            held: held.class_id(),
            held_mode: held.mode,
            held_rule: held.rule,
            asked: asked.class_id(),
            asked_mode: asked.mode,
        }
    }
}

/// How many sightings of one order are kept: by different tasks, under different guards.
const SIGHTINGS: usize = 16;

/// How much is looked at for one new sighting.
const STEPS: usize = 20_000;

#[derive(Default)]
pub(super) struct ClassGraph {
    seen: HashMap<Order, Vec<Side>>,
    from: HashMap<usize, Vec<Order>>,
    to: HashMap<usize, Vec<Order>>,
}

impl ClassGraph {
    /// Takes in what a context says of classes; the inversions that come of it.
    pub(super) fn note(
        &mut self,
        context: &Arc<Context>,
        safe: &HashSet<(usize, usize)>,
        not_seen: &mut NotSeen,
    ) -> Vec<(Vec<Side>, Doubt)> {
        let asked = context.asked.class_id();
        let mut found = Vec::new();
        for held in context.held.kinds() {
            // Within one class every pair would be a cycle in itself: there the instances decide.
            if held.class_id() == asked || safe.contains(&(held.class_id(), asked)) {
                continue;
            }
            let side = Side { context: context.clone(), held: *held };
            if self.add(&side, not_seen) {
                let mut effort = Effort::new(STEPS);
                found.extend(self.cycles(&side, &mut effort));
                not_seen.searches_cut += u64::from(effort.is_spent());
            }
        }
        found
    }

    pub(super) fn declare_safe(&mut self, held: usize, asked: usize) {
        let is_safe = |order: &Order| order.held == held && order.asked == asked;
        self.seen.retain(|order, _| !is_safe(order));
        for table in [&mut self.from, &mut self.to] {
            table.values_mut().for_each(|orders| orders.retain(|order| !is_safe(order)));
        }
    }

    /// Keeps a sighting; `false` if what is known already says as much.
    fn add(&mut self, side: &Side, not_seen: &mut NotSeen) -> bool {
        let order = Order::of(side);
        let sightings = self.seen.entry(order).or_insert_with(|| {
            self.from.entry(order.held).or_default().push(order);
            self.to.entry(order.asked).or_default().push(order);
            Vec::new()
        });
        if sightings
            .iter()
            .any(|known| known.context.moment.same_segment(&side.context.moment) && covers(known, side))
        {
            return false;
        }
        // Another segment, or fewer guards: a cycle may go by this one that no known one is part of.
        if sightings.len() == SIGHTINGS {
            // Best one that is over before this begins, and has no fewer guards: whatever comes later and may be at
            // once with it may be at once with this. It is counted all the same, for a cycle of three with an earlier
            // one may be lost. Else one that this covers for all but the task; else the oldest.
            let is_covered = |known: &Side| covers(side, known);
            let is_over =
                |known: &Side| is_covered(known) && known.context.moment.is_before(&side.context.moment);
            let at = sightings.iter().position(is_over).or_else(|| sightings.iter().position(is_covered));
            if at.is_some() {
                not_seen.sightings_replaced += 1;
            } else {
                not_seen.sightings_forgotten += 1;
            }
            sightings.remove(at.unwrap_or(0));
        }
        sightings.push(side.clone());
        true
    }

    /// Every cycle of classes by this sighting, with the sightings that make it surest.
    fn cycles(&self, start: &Side, effort: &mut Effort) -> Vec<(Vec<Side>, Doubt)> {
        let first = Order::of(start);
        let back = self.leading_to(first.held);
        if !back.contains(&first.asked) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut path = vec![first];
        self.walk(&mut path, &back, effort, &mut |orders, effort| {
            let mut sides = vec![start.clone()];
            let mut best = None;
            self.assign(orders, &mut sides, start.doubt(), effort, &mut best);
            found.extend(best);
        });
        found
    }

    /// Classes from which `goal` can be come to: a walk that keeps to them never ends in vain.
    fn leading_to(&self, goal: usize) -> HashSet<usize> {
        let mut reached = HashSet::from([goal]);
        let mut next = vec![goal];
        while let Some(class) = next.pop() {
            for order in self.to.get(&class).into_iter().flatten() {
                if reached.insert(order.held) {
                    next.push(order.held);
                }
            }
        }
        reached
    }

    /// Every way from the end of `path` to its beginning that comes by no class twice.
    fn walk(
        &self,
        path: &mut Vec<Order>,
        back: &HashSet<usize>,
        effort: &mut Effort,
        found: &mut impl FnMut(&[Order], &mut Effort),
    ) {
        let last = *path.last().expect("a path has its first order");
        for next in self.from.get(&last.asked).into_iter().flatten() {
            // By path and not by walk: what may follow a class depends on the mode in which it was come to.
            if !effort.spend(1) {
                return;
            }
            if !follows(&last, next) || path.iter().any(|order| order.held == next.held) {
                continue;
            }
            path.push(*next);
            if next.asked == path[0].held {
                // The last must keep to the first as each keeps to its next: where a reader asks for what a reader
                // holds and no writer comes between, the chain stays open.
                if follows(next, &path[0]) {
                    found(path, effort);
                }
            } else if back.contains(&next.asked) {
                self.walk(path, back, effort, found);
            }
            path.pop();
        }
    }

    /// Puts a sighting to each order, so that all can be at once: the choice with the least doubt.
    fn assign(
        &self,
        orders: &[Order],
        sides: &mut Vec<Side>,
        doubt: Doubt,
        effort: &mut Effort,
        best: &mut Option<(Vec<Side>, Doubt)>,
    ) {
        if best.as_ref().is_some_and(|(_, known)| *known <= doubt) {
            return;
        }
        let Some(order) = orders.get(sides.len()) else {
            *best = Some((sides.clone(), doubt));
            return;
        };
        for next in &self.seen[order] {
            if !effort.spend(1 + next.context.held.len() / 8) {
                return;
            }
            let with_all = sides.iter().try_fold(doubt.max(next.doubt()), |doubt, side| {
                Some(doubt.max(side.beside(side.held.lock, next, next.held.lock)?))
            });
            if let Some(doubt) = with_all {
                sides.push(next.clone());
                self.assign(orders, sides, doubt, effort, best);
                sides.pop();
            }
        }
    }
}

/// Whether one who asks by `one` may be kept waiting by one who holds by `next`.
fn follows(one: &Order, next: &Order) -> bool {
    meets(one.asked_mode, next.held_mode, next.held_rule)
}

/// Whether every cycle by `other` that only the moment does not forbid is one by `known`, as sure.
fn covers(known: &Side, other: &Side) -> bool {
    known.doubt() <= other.doubt()
        && (!known.is_private() || other.is_private())
        && known.context.held.is_within(known.held.lock, &other.context.held, other.held.lock)
}
