//! Orders of the locks of one class, by instance: those that are held together must be taken in one order.
//!
//! Of a task that holds a thousand and asks for one more, only the edge from the newest hold is drawn: those from the
//! older ones follow, since each was held while the next was asked for. As long as the locks can be ranked so that every
//! edge leads upwards there is no inversion, and nothing is searched. Once they cannot, the contexts decide: which locks
//! each task held, how, and when.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use super::context::{Context, Doubt, Effort, Side, meets};
use super::few::Few;
use super::ids::{IdMap, IdSet};
use super::not_seen::NotSeen;
use super::ranks::Ranks;
use crate::cycle::LockId;

type Pair = (LockId, LockId);

/// How many pairs are remembered. Older ones are forgotten, and counted.
pub(super) const PAIRS: usize = 16_384;

/// How many contexts of one pair.
const CONTEXTS: usize = 8;

/// How many elements the lists of all contexts may have together.
const ELEMENTS: usize = 262_144;

/// How much is looked at for one new context.
const STEPS: usize = 50_000;

/// No lock has this number.
const NO_LOCK: LockId = 0;

#[derive(Default)]
pub(super) struct InstanceGraph {
    ranks: Ranks,
    contexts: IdMap<Pair, Few<Arc<Context>>>,
    /// The pairs in the order of their coming; some are no more.
    age: VecDeque<Pair>,
    /// Elements of the lists of all contexts, at most.
    elements: usize,
    /// Classes whose locks have no order that agrees with all edges. Whether that can deadlock is for the search.
    unordered: HashSet<usize>,
}

impl InstanceGraph {
    pub(super) fn pairs(&self) -> usize {
        self.ranks.len()
    }

    /// Takes in what a context says of locks of the asked one's class; the inversions that come of it.
    pub(super) fn note(&mut self, context: &Arc<Context>, not_seen: &mut NotSeen) -> Vec<(Vec<Side>, Doubt)> {
        let class = context.asked.class_id();
        let asked = context.asked.lock;
        let mut is_new = false;
        for held in context.held.of_class(class).filter(|held| held.lock != asked) {
            is_new |= self.add((held.lock, asked), context, not_seen);
            // From one that was only tried there is no edge upwards to it, so those below must have their own.
            if !held.tried {
                break;
            }
        }
        if !is_new || !self.unordered.contains(&class) {
            return Vec::new();
        }
        let mut effort = Effort::new(STEPS);
        let mut found = self.search(context, Doubt::None, &mut effort);
        not_seen.searches_cut += u64::from(effort.is_spent());
        if found.is_empty() {
            // What is in doubt is looked for where nothing sure was found, and once is enough.
            let mut effort = Effort::new(STEPS);
            found = self.search(context, Doubt::Branches, &mut effort);
            not_seen.searches_cut += u64::from(effort.is_spent());
        }
        found
    }

    /// Keeps a context of a pair; `false` if the same is known.
    fn add(&mut self, pair: Pair, context: &Arc<Context>, not_seen: &mut NotSeen) -> bool {
        let contexts = self.contexts.entry(pair).or_default();
        let asked = |it: &Context| (it.asked.mode, it.asked.private, it.asked.sequence);
        let is_known = contexts.as_slice().iter().any(|known| {
            known.holds == context.holds
                && asked(known) == asked(context)
                && known.moment.same_segment(&context.moment)
        });
        if is_known {
            return false;
        }
        if contexts.as_slice().is_empty() {
            // Before the first context of the pair: an edge without one would be walked along in vain.
            if !self.ranks.insert(pair.0, pair.1) {
                self.unordered.insert(context.asked.class_id());
            }
            self.age.push_back(pair);
        } else if contexts.as_slice().len() == CONTEXTS
            && let Some(oldest) = contexts.remove_first()
        {
            self.elements -= oldest.built;
            if contexts
                .as_slice()
                .iter()
                .any(|it| it.holds == oldest.holds && it.asked.mode == oldest.asked.mode)
            {
                not_seen.sightings_replaced += 1;
            } else {
                not_seen.sightings_forgotten += 1;
            }
        }
        self.elements += context.built;
        contexts.push(context.clone());
        self.make_room(not_seen);
        true
    }

    fn make_room(&mut self, not_seen: &mut NotSeen) {
        while self.ranks.len() > PAIRS || self.elements > ELEMENTS {
            let Some(oldest) = self.age.pop_front() else { return };
            let gone = self.contexts.remove(&oldest).unwrap_or_default().into_vec();
            self.elements -= gone.iter().map(|context| context.built).sum::<usize>();
            not_seen.sightings_forgotten += gone.len() as u64;
            self.ranks.remove(oldest.0, oldest.1);
        }
        // Pairs whose locks are no more go in bulk, so the queue is never more than twice what it must hold.
        if self.age.len() > 2 * PAIRS {
            self.age.retain(|pair| self.contexts.contains_key(pair));
        }
    }

    /// Forgets a lock that is no more.
    pub(super) fn forget(&mut self, lock: LockId) {
        let (contexts, elements) = (&mut self.contexts, &mut self.elements);
        self.ranks.forget(lock, |from, to| {
            let gone = contexts.remove(&(from, to)).unwrap_or_default().into_vec();
            *elements -= gone.iter().map(|context| context.built).sum::<usize>();
        });
    }

    pub(super) fn declare_safe(&mut self, class: usize) {
        let of_class = |it: &Few<Arc<Context>>| it.as_slice().iter().any(|it| it.asked.class_id() == class);
        let pairs: Vec<_> =
            self.contexts.iter().filter(|(_, it)| of_class(it)).map(|(pair, _)| *pair).collect();
        for pair in pairs {
            let gone = self.contexts.remove(&pair).unwrap_or_default().into_vec();
            self.elements -= gone.iter().map(|context| context.built).sum::<usize>();
            self.ranks.remove(pair.0, pair.1);
        }
        self.unordered.remove(&class);
    }

    /// Every cycle by this context in which nothing is more doubtful than `most`: contexts each of which asks for what
    /// the next one holds, and any two of which can be at once. Beyond no doubt, the first one found.
    ///
    /// That the locks held are disjoint pair by pair counts a context as one side, however many of its holds an edge
    /// could come from: it is the chain of P. Joshi, C.-S. Park, K. Sen and M. Naik, "A randomized dynamic program
    /// analysis technique for detecting real deadlocks", 2009.
    fn search(&self, first: &Arc<Context>, most: Doubt, effort: &mut Effort) -> Vec<(Vec<Side>, Doubt)> {
        let class = first.asked.class_id();
        let mut found = Vec::new();
        // The first side's hold is known once the cycle closes; until then any of the class will do.
        let newest = first.held.of_class(class).next().copied().unwrap_or(first.held.taken);
        let start = Side { context: first.clone(), held: newest };
        // Breadth first: the fewer tasks it takes, the sooner it is found.
        let mut paths = VecDeque::from([(vec![start], Doubt::None)]);
        while let Some((path, doubt)) = paths.pop_front() {
            let last = path.last().expect("a path has its first side");
            for next in self.holders(&path, most, effort) {
                if !meets(last.context.asked.mode, next.held.mode, next.held.rule) {
                    continue;
                }
                if path.iter().any(|side| Arc::ptr_eq(&side.context, &next.context)) {
                    continue;
                }
                let with_all = path.iter().try_fold(doubt.max(next.doubt()), |doubt, side| {
                    Some(doubt.max(side.beside(NO_LOCK, &next, NO_LOCK)?)).filter(|doubt| *doubt <= most)
                });
                if !effort.spend(path.len()) {
                    return found;
                }
                let Some(mut doubt) = with_all else { continue };
                let asked = &next.context.asked;
                let back = first.held.find(asked.lock, class).copied();
                let closes = back.filter(|held| meets(asked.mode, held.mode, held.rule));
                let mut sides = path.clone();
                sides.push(next);
                let Some(held) = closes else {
                    paths.push_back((sides, doubt));
                    continue;
                };
                sides[0].held = held;
                doubt = doubt.max(sides[0].doubt());
                if doubt <= most {
                    found.push((sides, doubt));
                    if most > Doubt::None {
                        return found;
                    }
                }
            }
        }
        found
    }

    /// The contexts in which the lock was held that the last of `path` asks for, but those of strands that are in the path
    /// already, if these cannot be without doubt.
    fn holders(&self, path: &[Side], most: Doubt, effort: &mut Effort) -> Vec<Side> {
        let Some(Side { context: last, .. }) = path.last() else { return Vec::new() };
        let (lock, class) = (last.asked.lock, last.asked.class_id());
        let is_other = |context: &Context| {
            most > Doubt::None || path.iter().all(|side| !side.context.moment.same_strand(&context.moment))
        };
        let mut holders = Vec::new();
        let mut seen = IdSet::from_iter([lock]);
        let mut next = vec![lock];
        while let Some(from) = next.pop() {
            for to in self.ranks.next(from) {
                for context in self.contexts.get(&(from, *to)).into_iter().flat_map(Few::as_slice) {
                    // While it is held, each lock that the strand takes is asked for in such a context, and the next
                    // one's edge begins there. A context without it is of another sequence, and leads to no more.
                    if !effort.spend(1) {
                        return holders;
                    }
                    if !is_other(context) || !effort.spend(1 + context.held.len() / 32) {
                        continue;
                    }
                    let Some(held) = context.held.find(lock, class) else { continue };
                    // A lock that is gone has no waiters.
                    if !self.ranks.is_gone(*to) {
                        holders.push(Side { context: context.clone(), held: *held });
                    }
                    if seen.insert(*to) {
                        next.push(*to);
                    }
                }
            }
        }
        holders
    }
}
