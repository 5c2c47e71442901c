//! The lock-order graph, as a function of values: which locks were asked for while which were held, and can that end in
//! a deadlock that has not happened yet?
//!
//! By class: a cycle of classes is an inversion, whichever instances it was seen on, unless a lock that was held alone
//! all the while keeps its sides apart. By instance: locks of one class that are held together must be taken in one
//! order, which only a cycle of the instances themselves can disprove. (The lock dependency validator of the Linux
//! kernel keeps the first; T. Harrow, "Runtime checking of multithreaded applications with Visual Threads", 2000, the
//! second and the locks that keep apart.)

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::Location;

use lockyard_lock::LockClass;

use super::cycle::LockId;
use super::mode::{Mode, Rule};

/// One lock taken, or asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct LockUse {
    pub(super) lock: LockId,
    pub(super) class: &'static LockClass,
    pub(super) mode: Mode,
    pub(super) rule: Rule,
    pub(super) place: &'static Location<'static>,
}

/// One lock was asked for while another was held.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) held: LockUse,
    pub(super) asked: LockUse,
    /// Locks that were held alone each time.
    guards: Vec<LockId>,
}

/// Orders that cannot all be kept: each edge asks for what the next one holds.
pub(super) type Inversion = Vec<Edge>;

/// How many pairs of instances are remembered. Older ones are forgotten, so an inversion is found if both orders
/// are seen within so many.
const INSTANCES: usize = 16_384;

/// How many instances are looked at in one search.
const REACH: usize = 4_096;

/// A way of holding one class while asking for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ByClass(usize, Mode, usize, Mode);

/// Every order seen so far.
#[derive(Default)]
pub(super) struct OrderGraph {
    classes: HashMap<ByClass, Edge>,
    instances: HashMap<(LockId, LockId), Edge>,
    /// The same by the one that is held: what was asked for.
    asked_while: HashMap<LockId, Vec<LockId>>,
    /// The instances' keys in the order of their coming.
    age: VecDeque<(LockId, LockId)>,
    safe: HashSet<(usize, usize)>,
    /// Inversions that were told, by their places.
    told: HashSet<Vec<(usize, usize)>>,
}

fn id<T>(of: &'static T) -> usize {
    std::ptr::from_ref(of).addr()
}

impl Edge {
    fn class_key(&self) -> ByClass {
        ByClass(id(self.held.class), self.held.mode, id(self.asked.class), self.asked.mode)
    }

    /// Whether `next` may keep waiting whoever asks here: it has what is asked for, in a way that excludes it.
    fn meets(&self, next: &Edge) -> bool {
        self.asked.mode.excludes(next.held.mode)
            || (self.asked.mode == Mode::Read
                && next.held.mode == Mode::Read
                && next.held.rule.readers_meet())
    }
}

impl OrderGraph {
    /// Asking for `asked` while holding `held` is known to be right: no edge is drawn.
    pub(super) fn declare_safe(&mut self, held: &'static LockClass, asked: &'static LockClass) {
        self.safe.insert((id(held), id(asked)));
        let safe = |edge: &Edge| id(edge.held.class) == id(held) && id(edge.asked.class) == id(asked);
        self.classes.retain(|_, edge| !safe(edge));
        let gone: Vec<_> =
            self.instances.iter().filter(|(_, edge)| safe(edge)).map(|(key, _)| *key).collect();
        for key in gone {
            self.remove(key);
        }
    }

    /// Notes that `asked` was asked for while all of `held` were; the inversions that come to light by it, each told
    /// once.
    pub(super) fn note(&mut self, held: &[LockUse], asked: LockUse) -> Vec<Inversion> {
        let mut found = Vec::new();
        for (at, one) in held.iter().enumerate() {
            // A look neither waits nor keeps a caller waiting, so it has no place in any order. A lock asked for
            // while it is held is no order of two either: the wait-for graph reports it if it ever waits.
            let looks = one.mode == Mode::Look || asked.mode == Mode::Look;
            if looks || one.lock == asked.lock || self.safe.contains(&(id(one.class), id(asked.class))) {
                continue;
            }
            // Only a lock held in write mode guards: under a read guard both sides can be inside together.
            let alone = held.iter().enumerate().filter(|(nth, it)| *nth != at && it.mode == Mode::Write);
            let edge = Edge { held: *one, asked, guards: alone.map(|(_, it)| it.lock).collect() };
            // Within one class the class graph has a self-loop for every pair, in whichever order it was taken, so
            // there only the instances can tell.
            let inversion = if id(one.class) == id(asked.class) {
                self.note_instances(&edge)
            } else {
                self.note_classes(edge)
            };
            found.extend(inversion);
        }
        // A search ends at the first cycle, though it be a known one; what was reported before is filtered out only
        // here.
        found.retain(|inversion| self.tell(inversion));
        found
    }

    /// Forgets a lock that is no more.
    pub(super) fn forget(&mut self, lock: LockId) {
        let gone: Vec<_> =
            self.instances.keys().filter(|(held, asked)| *held == lock || *asked == lock).copied().collect();
        for key in gone {
            self.remove(key);
        }
    }

    fn remove(&mut self, (held, asked): (LockId, LockId)) {
        self.instances.remove(&(held, asked));
        if let Some(all) = self.asked_while.get_mut(&held) {
            all.retain(|it| *it != asked);
            if all.is_empty() {
                self.asked_while.remove(&held);
            }
        }
    }

    /// Pairs of instances that are remembered.
    pub(super) fn instances(&self) -> usize {
        self.instances.len()
    }

    fn note_classes(&mut self, edge: Edge) -> Option<Inversion> {
        // A known edge is searched from again only if its guards shrank. With the same guards, every cycle through
        // it was searched for when the youngest of that cycle's edges came or lost a guard.
        let edge = if let Some(known) = self.classes.get_mut(&edge.class_key()) {
            if !narrow(&mut known.guards, &edge.guards) {
                return None;
            }
            // The edge as it is known, not as it was seen now: its guards are those of all sightings, and
            // `kept_apart` must not count one that was missing once.
            known.clone()
        } else {
            self.classes.insert(edge.class_key(), edge.clone());
            edge
        };
        let goal = id(edge.held.class);
        // Breadth first: a path gets one edge longer per round, so the first cycle that closes is a shortest one.
        let mut paths = VecDeque::from([vec![edge]]);
        while let Some(path) = paths.pop_front() {
            let last = path.last().expect("a path has its first edge");
            for next in self.classes.values().filter(|next| id(next.held.class) == id(last.asked.class)) {
                // Each class at most once: simple cycles suffice, and without this test the search would not end.
                // The test is by path and not by search, because what may follow a class depends on the mode in
                // which it was reached.
                if !last.meets(next) || path.iter().any(|edge| id(edge.held.class) == id(next.held.class)) {
                    continue;
                }
                let path: Vec<_> = path.iter().chain([next]).cloned().collect();
                if id(next.asked.class) != goal {
                    paths.push_back(path);
                } else if next.meets(&path[0]) && !kept_apart(&path) {
                    // The closing edge must meet the first as each edge meets its next. If a reader asks there for
                    // what a reader holds, and no writer can come between, it does not wait and the chain stays
                    // open.
                    return Some(path);
                }
            }
        }
        None
    }

    fn note_instances(&mut self, edge: &Edge) -> Option<Inversion> {
        let key = (edge.held.lock, edge.asked.lock);
        if let Some(known) = self.instances.get_mut(&key) {
            if !narrow(&mut known.guards, &edge.guards) {
                return None;
            }
        } else {
            // `forget` removes pairs from the map and not from `age`, so `age` is never the shorter of the two and
            // its bound holds for the map. A key that is stale there is removed in vain: no lock gets its number
            // again.
            if self.age.len() >= INSTANCES
                && let Some(oldest) = self.age.pop_front()
            {
                self.remove(oldest);
            }
            // The tables change together: the search below indexes `instances` by what `asked_while` lists.
            self.instances.insert(key, edge.clone());
            self.asked_while.entry(key.0).or_default().push(key.1);
            self.age.push_back(key);
        }
        // One set for the whole search, unlike above: of instances there may be thousands, and paths that only
        // differ in how they reach one would multiply. What follows is then judged by the mode of the first path
        // alone.
        let mut seen = HashSet::from([edge.asked.lock]);
        let mut paths = VecDeque::from([vec![edge.clone()]]);
        while let Some(path) = paths.pop_front() {
            let last = path.last().expect("a path has its first edge");
            let from = last.asked.lock;
            for to in self.asked_while.get(&from).into_iter().flatten() {
                let next = &self.instances[&(from, *to)];
                // Past the bound the remaining paths are not extended: a cycle may be missed, none is invented.
                if !last.meets(next) || seen.len() > REACH {
                    continue;
                }
                let path: Vec<_> = path.iter().chain([next]).cloned().collect();
                // The goal is tested before `seen`: it ends the path, and another path may end there with other
                // guards.
                if next.asked.lock == edge.held.lock {
                    if next.meets(edge) && !kept_apart(&path) {
                        return Some(path);
                    }
                } else if seen.insert(next.asked.lock) {
                    paths.push_back(path);
                }
            }
        }
        None
    }

    fn tell(&mut self, inversion: &Inversion) -> bool {
        let mut places: Vec<_> =
            inversion.iter().map(|edge| (id(edge.held.place), id(edge.asked.place))).collect();
        // Sorted, so that one cycle has one key from whichever of its edges it is found.
        places.sort_unstable();
        self.told.insert(places)
    }
}

/// Leaves those guards that were held this time, too; whether any went.
fn narrow(known: &mut Vec<LockId>, now: &[LockId]) -> bool {
    let before = known.len();
    // The intersection over all sightings: one acquisition without the guard is enough for the other side to get
    // in.
    known.retain(|guard| now.contains(guard));
    known.len() < before
}

/// Whether one lock was held alone on all sides, so that no two of them can ever be at work together.
fn kept_apart(path: &[Edge]) -> bool {
    // A guard common to all edges is among those of the first. A guard common to two edges would rule the cycle out
    // as well (S. Bensalem and K. Havelund, "Dynamic deadlock analysis of multi-threaded programs", 2005, ask for
    // guards that are disjoint pair by pair); asking for more reports more cycles, and suppresses none that is
    // real.
    path[0].guards.iter().any(|guard| path.iter().all(|edge| edge.guards.contains(guard)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Mode::{Look, Read, Write};
    use Rule::{AnyOrder, InLine};

    static CACHE: LockClass = LockClass::new("cache");
    static GATE: LockClass = LockClass::new("gate");
    static ENTRY: LockClass = LockClass::new("entry");

    #[track_caller]
    fn taken(class: &'static LockClass, lock: LockId, mode: Mode, rule: Rule) -> LockUse {
        LockUse { lock, class, mode, rule, place: Location::caller() }
    }

    #[test]
    fn one_order_is_none_and_both_are_an_inversion_told_once() {
        let mut graph = OrderGraph::default();
        let (cache, entry) = (taken(&CACHE, 1, Write, InLine), taken(&ENTRY, 2, Write, InLine));
        assert!(graph.note(&[cache], entry).is_empty());
        let other = taken(&ENTRY, 3, Write, InLine);
        let found = graph.note(&[other], cache);
        assert_eq!(found.len(), 1, "classes are compared, not instances");
        assert_eq!((found[0][0].held.lock, found[0][1].held.lock), (3, 1));
        assert!(graph.note(&[other], cache).is_empty());
    }

    #[test]
    fn three_classes_in_a_ring_are_an_inversion() {
        let mut graph = OrderGraph::default();
        let of = |class, lock| taken(class, lock, Write, InLine);
        assert!(graph.note(&[of(&CACHE, 1)], of(&GATE, 2)).is_empty());
        assert!(graph.note(&[of(&GATE, 2)], of(&ENTRY, 3)).is_empty());
        assert_eq!(graph.note(&[of(&ENTRY, 3)], of(&CACHE, 1))[0].len(), 3);
    }

    #[test]
    fn a_lock_around_both_orders_keeps_them_apart() {
        let mut graph = OrderGraph::default();
        let of = |class, lock| taken(class, lock, Write, InLine);
        let gate = of(&GATE, 9);
        assert!(graph.note(&[gate, of(&CACHE, 1)], of(&ENTRY, 2)).is_empty());
        assert!(graph.note(&[gate, of(&ENTRY, 2)], of(&CACHE, 1)).is_empty());
        let without = graph.note(&[of(&ENTRY, 2)], of(&CACHE, 1));
        assert_eq!(without.len(), 1, "one side does without the gate, so it keeps nobody apart");
    }

    #[test]
    fn readers_only_meet_where_writers_come_between() {
        for (rule, count) in [(AnyOrder, 0), (InLine, 1)] {
            let mut graph = OrderGraph::default();
            let (cache, entry) = (taken(&CACHE, 1, Read, rule), taken(&ENTRY, 2, Read, rule));
            graph.note(&[cache], entry);
            assert_eq!(graph.note(&[entry], cache).len(), count, "{rule:?}");
        }
    }

    #[test]
    fn looks_at_snapshots_have_no_order() {
        let mut graph = OrderGraph::default();
        let (cache, entry) = (taken(&CACHE, 1, Write, InLine), taken(&ENTRY, 2, Look, AnyOrder));
        assert!(graph.note(&[cache], entry).is_empty());
        assert!(graph.note(&[entry], cache).is_empty());
    }

    #[test]
    fn two_of_one_class_are_an_inversion_by_instance_alone() {
        let mut graph = OrderGraph::default();
        let of = |lock| taken(&ENTRY, lock, Write, InLine);
        for pair in [(1, 2), (2, 3), (1, 3)] {
            assert!(graph.note(&[of(pair.0)], of(pair.1)).is_empty(), "an ascending order is an order");
        }
        let found = graph.note(&[of(3)], of(1));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_ring_of_three_instances_is_found() {
        let mut graph = OrderGraph::default();
        let of = |lock| taken(&ENTRY, lock, Write, InLine);
        graph.note(&[of(1)], of(2));
        graph.note(&[of(2)], of(3));
        assert_eq!(graph.note(&[of(3)], of(1))[0].len(), 3);
    }

    #[test]
    fn instances_are_forgotten_with_their_lock_and_bounded_in_number() {
        let mut graph = OrderGraph::default();
        let of = |lock| taken(&ENTRY, lock, Write, InLine);
        graph.note(&[of(1)], of(2));
        graph.forget(2);
        assert!(graph.note(&[of(2)], of(1)).is_empty());
        for lock in 0..2 * INSTANCES as u64 {
            graph.note(&[of(2 * lock + 10)], of(2 * lock + 11));
        }
        assert!(graph.instances() <= INSTANCES, "{}", graph.instances());
    }

    #[test]
    fn a_safe_order_is_not_drawn() {
        let mut graph = OrderGraph::default();
        let (cache, entry) = (taken(&CACHE, 1, Write, InLine), taken(&ENTRY, 2, Write, InLine));
        graph.note(&[entry], cache);
        graph.declare_safe(&ENTRY, &CACHE);
        assert!(graph.note(&[cache], entry).is_empty());
        assert!(graph.note(&[entry], cache).is_empty());
    }
}
