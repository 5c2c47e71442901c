//! The graph by itself: contexts in, inversions out.

use std::panic::Location;

use super::*;
use crate::mode::{Mode, Rule};
use Mode::{Look, Read, Write};
use Rule::{AnyOrder, Fifo};

static CACHE: LockClass = LockClass::new("cache");
static GATE: LockClass = LockClass::new("gate");
static ENTRY: LockClass = LockClass::new("entry");
static GATES: [LockClass; 4] =
    [LockClass::new("gate 0"), LockClass::new("gate 1"), LockClass::new("gate 2"), LockClass::new("gate 3")];

#[track_caller]
fn taken(class: &'static LockClass, lock: LockId, mode: Mode, rule: Rule) -> LockUse {
    LockUse::new(lock, class, mode, rule, Location::caller())
}

/// A task of its own each time.
fn task() -> Arc<Progress> {
    Progress::of_unknown_origin(crate::number::number())
}

/// What one task holds in turn, and then asks for.
fn note_by(task: &Arc<Progress>, graph: &mut OrderGraph, held: &[LockUse], asked: LockUse) -> Vec<Inversion> {
    let list = held.iter().fold(None, |below, taken| Some(Held::push(*taken, below)));
    note_list(task, graph, list.unwrap(), held.len(), asked)
}

fn note_list(
    task: &Arc<Progress>,
    graph: &mut OrderGraph,
    held: Arc<Held>,
    built: usize,
    asked: LockUse,
) -> Vec<Inversion> {
    let holds = held.iter().fold(0_u64, |sum, taken| sum.wrapping_add(taken.hash()));
    graph.note(HeldNow { held, holds, built, task: Arc::from("task") }, asked, task.now())
}

/// The same by a task of its own each time.
fn note(graph: &mut OrderGraph, held: &[LockUse], asked: LockUse) -> Vec<Inversion> {
    note_by(&task(), graph, held, asked)
}

/// Locks of one class taken one on top of the other, each asked for while all before it are held.
fn note_all(task: &Arc<Progress>, graph: &mut OrderGraph, locks: &[LockUse]) -> Vec<Inversion> {
    let mut held = Held::push(locks[0], None);
    let mut found = Vec::new();
    for asked in &locks[1..] {
        found.extend(note_list(task, graph, held.clone(), 1, *asked));
        held = Held::push(*asked, Some(held));
    }
    found
}

fn doubts(found: &[Inversion]) -> Vec<Doubt> {
    found.iter().map(|inversion| inversion.doubt).collect()
}

#[test]
fn one_order_is_none_and_both_are_an_inversion_reported_once() {
    let mut graph = OrderGraph::default();
    let (cache, entry) = (taken(&CACHE, 1, Write, Fifo), taken(&ENTRY, 2, Write, Fifo));
    assert!(note(&mut graph, &[cache], entry).is_empty());
    let other = taken(&ENTRY, 3, Write, Fifo);
    let found = note(&mut graph, &[other], cache);
    assert_eq!(found.len(), 1, "classes are compared, not instances");
    let mut held: Vec<_> = found[0].edges.iter().map(|edge| edge.held.lock).collect();
    held.sort_unstable();
    assert_eq!(held, [1, 3]);
    assert!(note(&mut graph, &[other], cache).is_empty());
}

#[test]
fn three_classes_in_a_ring_are_an_inversion() {
    let mut graph = OrderGraph::default();
    let of = |class, lock| taken(class, lock, Write, Fifo);
    assert!(note(&mut graph, &[of(&CACHE, 1)], of(&GATE, 2)).is_empty());
    assert!(note(&mut graph, &[of(&GATE, 2)], of(&ENTRY, 3)).is_empty());
    assert_eq!(note(&mut graph, &[of(&ENTRY, 3)], of(&CACHE, 1))[0].edges.len(), 3);
}

#[test]
fn every_cycle_that_a_new_edge_closes_is_reported() {
    let mut graph = OrderGraph::default();
    let of = |class, lock| taken(class, lock, Write, Fifo);
    let (cache, gate, entry) = (of(&CACHE, 1), of(&GATE, 2), of(&ENTRY, 3));
    note(&mut graph, &[cache], entry);
    note(&mut graph, &[cache], gate);
    note(&mut graph, &[gate], entry);
    let found = note(&mut graph, &[entry], cache);
    let mut sides: Vec<_> = found.iter().map(|it| it.edges.len()).collect();
    sides.sort_unstable();
    assert_eq!(sides, [2, 3], "the short one does not hide the long one");
}

#[test]
fn a_lock_around_both_orders_keeps_them_apart() {
    let mut graph = OrderGraph::default();
    let of = |class, lock| taken(class, lock, Write, Fifo);
    let gate = of(&GATE, 9);
    assert!(note(&mut graph, &[gate, of(&CACHE, 1)], of(&ENTRY, 2)).is_empty());
    assert!(note(&mut graph, &[gate, of(&ENTRY, 2)], of(&CACHE, 1)).is_empty());
    let without = note(&mut graph, &[of(&ENTRY, 2)], of(&CACHE, 1));
    assert_eq!(doubts(&without), [Doubt::None], "one side does without the gate, so it excludes nothing");
}

/// Held by readers on both sides it excludes nothing; against a writer it does.
#[test]
fn a_gate_keeps_apart_what_its_modes_keep_apart() {
    for (one, other, count) in [(Read, Read, 1), (Read, Write, 0), (Write, Read, 0)] {
        let mut graph = OrderGraph::default();
        let of = |class, lock| taken(class, lock, Write, Fifo);
        let gate = |mode| taken(&GATE, 9, mode, AnyOrder);
        note(&mut graph, &[gate(one), of(&CACHE, 1)], of(&ENTRY, 2));
        let found = note(&mut graph, &[gate(other), of(&ENTRY, 2)], of(&CACHE, 1));
        assert_eq!(found.len(), count, "{one:?} {other:?}");
    }
}

/// Guards held on the first sighting of an order, and other ones on the second: no cycle needs both sightings.
#[test]
fn a_guarded_sighting_hides_no_unguarded_one() {
    let mut graph = OrderGraph::default();
    let of = |class, lock| taken(class, lock, Write, Fifo);
    let (cache, entry) = (of(&CACHE, 1), of(&ENTRY, 2));
    let gates: Vec<_> = GATES.iter().zip(10..).map(|(class, lock)| of(class, lock)).collect();
    let there = |graph: &mut OrderGraph, gate: LockUse| note(graph, &[gate, cache], entry);
    let back = |graph: &mut OrderGraph, gate: LockUse| note(graph, &[gate, entry], cache);
    there(&mut graph, gates[0]);
    there(&mut graph, gates[1]);
    let at = |found: &[Inversion]| found.iter().filter(|it| it.edges.len() == 2).count();
    assert_eq!(at(&back(&mut graph, gates[0])), 1, "against the second sighting");
}

#[test]
fn readers_only_meet_where_writers_come_between() {
    for (rule, count) in [(AnyOrder, 0), (Fifo, 1)] {
        let mut graph = OrderGraph::default();
        let (cache, entry) = (taken(&CACHE, 1, Read, rule), taken(&ENTRY, 2, Read, rule));
        note(&mut graph, &[cache], entry);
        assert_eq!(note(&mut graph, &[entry], cache).len(), count, "{rule:?}");
    }
}

#[test]
fn looks_at_snapshots_keep_no_task_waiting() {
    let mut graph = OrderGraph::default();
    let (cache, entry) = (taken(&CACHE, 1, Write, Fifo), taken(&ENTRY, 2, Look, AnyOrder));
    assert!(note(&mut graph, &[cache], entry).is_empty());
    assert!(note(&mut graph, &[entry], cache).is_empty());
}

#[test]
fn two_of_one_class_are_an_inversion_by_instance_alone() {
    let mut graph = OrderGraph::default();
    let of = |lock| taken(&ENTRY, lock, Write, Fifo);
    for pair in [(1, 2), (2, 3), (1, 3)] {
        assert!(note(&mut graph, &[of(pair.0)], of(pair.1)).is_empty(), "an ascending order is an order");
    }
    assert_eq!(note(&mut graph, &[of(3)], of(1)).len(), 1);
}

/// Readers in both orders cannot deadlock where no writer comes between. Writers of the same two can.
#[test]
fn a_pair_that_was_read_in_both_orders_hides_no_writers() {
    let mut graph = OrderGraph::default();
    let of = |lock, mode| taken(&ENTRY, lock, mode, AnyOrder);
    for mode in [Read, Write] {
        let there = note(&mut graph, &[of(1, mode)], of(2, mode));
        let back = note(&mut graph, &[of(2, mode)], of(1, mode));
        // The first writer already meets the readers of the other order.
        let count = usize::from(mode == Write);
        assert_eq!((there.len(), back.len()), (count, 0), "{mode:?}");
    }
}

/// One lock is come to in two modes, and only one of them leads on.
#[test]
fn a_lock_that_was_come_to_by_a_reader_is_come_to_by_a_writer_too() {
    let mut graph = OrderGraph::default();
    let of = |lock, mode| taken(&ENTRY, lock, mode, AnyOrder);
    let one = task();
    note_by(&one, &mut graph, &[of(1, Write)], of(2, Read));
    note_by(&one, &mut graph, &[of(1, Write)], of(2, Write));
    note(&mut graph, &[of(2, Read)], of(3, Write));
    assert_eq!(note(&mut graph, &[of(3, Write)], of(1, Write)).len(), 1);
}

#[test]
fn a_ring_of_three_instances_is_found() {
    let mut graph = OrderGraph::default();
    let of = |lock| taken(&ENTRY, lock, Write, Fifo);
    note(&mut graph, &[of(1)], of(2));
    note(&mut graph, &[of(2)], of(3));
    assert_eq!(note(&mut graph, &[of(3)], of(1))[0].edges.len(), 3);
}

/// Each two of three sides have a guard that the third has not, for classes and for instances.
#[test]
fn a_guard_of_any_two_sides_rules_the_cycle_out() {
    let of = |class, lock| taken(class, lock, Write, Fifo);
    let classes = [of(&CACHE, 1), of(&GATE, 2), of(&ENTRY, 3)];
    let instances = [1, 2, 3].map(|lock| of(&ENTRY, lock));
    for locks in [classes, instances] {
        let mut graph = OrderGraph::default();
        let gate = |nth: usize| of(&GATES[nth], 100 + nth as u64);
        let sides = [[0, 1], [1, 2], [0, 2]];
        for (nth, side) in sides.into_iter().enumerate() {
            let held = [gate(side[0]), gate(side[1]), locks[nth]];
            let found = note(&mut graph, &held, locks[(nth + 1) % 3]);
            assert!(found.is_empty(), "{found:?}");
        }
        let mut found = Vec::new();
        for nth in 0..3 {
            found.extend(note(&mut graph, &[locks[nth]], locks[(nth + 1) % 3]));
        }
        assert_eq!(found.len(), 1, "without their guards");
    }
}

/// The same edge under another hold is another context: it alone shows that this one came first.
#[test]
fn what_was_held_below_is_not_hidden_by_an_earlier_sighting_without_it() {
    let mut graph = OrderGraph::default();
    let of = |lock| taken(&ENTRY, lock, Write, Fifo);
    let one = task();
    note_by(&one, &mut graph, &[of(2)], of(3));
    note_all(&one, &mut graph, &[of(1), of(2), of(3)]);
    let found = note(&mut graph, &[of(3)], of(1));
    assert_eq!((doubts(&found), found[0].edges.len()), (vec![Doubt::None], 2));
}

/// No order is noted between what was held and what was tried for, but what is asked for next comes behind both.
#[test]
fn a_hold_that_was_tried_for_does_not_hide_the_one_below() {
    let mut graph = OrderGraph::default();
    let of = |lock| taken(&ENTRY, lock, Write, Fifo);
    let tried = LockUse { tried: true, ..of(2) };
    note(&mut graph, &[of(1), tried], of(3));
    assert!(note(&mut graph, &[of(2)], of(1)).is_empty(), "trying does not wait");
    assert_eq!(note(&mut graph, &[of(3)], of(1)).len(), 1);
}

#[test]
fn both_orders_in_one_task_are_only_suspected() {
    let of = |class, lock| taken(class, lock, Write, Fifo);
    for (one, other) in [(of(&CACHE, 1), of(&ENTRY, 2)), (of(&ENTRY, 1), of(&ENTRY, 2))] {
        let mut graph = OrderGraph::default();
        let task = task();
        note_by(&task, &mut graph, &[one], other);
        assert_eq!(doubts(&note_by(&task, &mut graph, &[other], one)), [Doubt::OneTask]);
        assert_eq!(doubts(&note(&mut graph, &[other], one)), [Doubt::None], "and are sure in two");
    }
}

#[test]
fn a_hold_of_another_branch_makes_it_a_suspicion_and_is_no_guard() {
    let of = |class, lock| taken(class, lock, Write, Fifo);
    let maybe = |it: LockUse| LockUse { sequence: false, ..it };
    let (cache, entry, gate) = (of(&CACHE, 1), of(&ENTRY, 2), of(&GATE, 3));
    let mut graph = OrderGraph::default();
    note(&mut graph, &[cache], entry);
    assert_eq!(doubts(&note(&mut graph, &[maybe(entry)], cache)), [Doubt::Branches]);
    let mut graph = OrderGraph::default();
    note(&mut graph, &[maybe(gate), cache], entry);
    let found = note(&mut graph, &[maybe(gate), entry], cache);
    assert!(doubts(&found).contains(&Doubt::None), "{found:?}");
}

/// Both ends of a thousand that are held at once, and the first two.
#[test]
fn of_a_thousand_of_one_class_every_pair_is_known() {
    let mut graph = OrderGraph::default();
    let of = |lock| taken(&ENTRY, lock, Write, Fifo);
    let locks: Vec<_> = (1..=1_000).map(of).collect();
    assert!(note_all(&task(), &mut graph, &locks).is_empty());
    assert_eq!(graph.instances(), 999, "an edge for each, and not for each pair");
    let [at_ends, at_start] =
        [(1_000, 1), (2, 1)].map(|(held, asked)| (of(held), taken(&ENTRY, asked, Write, Fifo)));
    assert_eq!(note(&mut graph, &[at_ends.0], at_ends.1)[0].edges.len(), 2);
    let again = LockUse { place: Location::caller(), ..at_start.1 };
    assert_eq!(note(&mut graph, &[at_start.0], again)[0].edges.len(), 2);
    assert_eq!(graph.not_seen(), NotSeen::default());
}

#[test]
fn instances_are_forgotten_with_their_lock() {
    let mut graph = OrderGraph::default();
    let of = |lock| taken(&ENTRY, lock, Write, Fifo);
    note(&mut graph, &[of(1)], of(2));
    graph.forget(2);
    assert_eq!(graph.instances(), 0);
    assert!(note(&mut graph, &[of(2)], of(1)).is_empty());
}

/// A lock that is gone was between two others: that these have an order is known all the same.
#[test]
fn what_a_lock_that_is_gone_was_between_is_not_forgotten() {
    let mut graph = OrderGraph::default();
    let of = |lock| taken(&ENTRY, lock, Write, Fifo);
    note_all(&task(), &mut graph, &[of(1), of(2), of(3)]);
    graph.forget(2);
    let found = note(&mut graph, &[of(3)], of(1));
    assert_eq!(found.len(), 1);
    assert!(found[0].edges.iter().all(|edge| edge.held.lock != 2 && edge.asked.lock != 2), "{found:?}");
}

#[test]
fn what_is_forgotten_for_want_of_room_is_counted() {
    let mut graph = OrderGraph::default();
    let of = |lock| taken(&ENTRY, lock, Write, Fifo);
    let pairs = 2 * instances::PAIRS as u64;
    for lock in 0..pairs {
        note(&mut graph, &[of(2 * lock + 10)], of(2 * lock + 11));
    }
    assert_eq!(graph.instances(), instances::PAIRS);
    assert_eq!(graph.not_seen().sightings_forgotten, pairs - instances::PAIRS as u64);
}

/// As many tasks as there may ever be: each is another chance to be at once with a later one.
#[test]
fn sightings_of_one_order_are_bounded_and_those_replaced_are_counted() {
    let mut graph = OrderGraph::default();
    let (cache, entry) = (taken(&CACHE, 1, Write, Fifo), taken(&ENTRY, 2, Write, Fifo));
    for _ in 0..1_000 {
        note(&mut graph, &[cache], entry);
    }
    let not_seen = graph.not_seen();
    assert_eq!((not_seen.sightings_replaced, not_seen.sightings_forgotten), (984, 0));
    // One that is not over stays, however many come after it that are.
    let mut graph = OrderGraph::default();
    let main = task();
    for _ in 0..1_000 {
        let child = main.spawn();
        note_by(&child, &mut graph, &[cache], entry);
        child.join(&main);
    }
    assert!(note_by(&main, &mut graph, &[entry], cache).is_empty());
    let beside = main.spawn();
    note_by(&beside, &mut graph, &[cache], entry);
    for _ in 0..1_000 {
        let child = main.spawn();
        note_by(&child, &mut graph, &[cache], entry);
        child.join(&main);
    }
    assert_eq!(doubts(&note_by(&main, &mut graph, &[entry], cache)), [Doubt::None]);
}

#[test]
fn a_safe_order_is_not_drawn() {
    let mut graph = OrderGraph::default();
    let (cache, entry) = (taken(&CACHE, 1, Write, Fifo), taken(&ENTRY, 2, Write, Fifo));
    note(&mut graph, &[entry], cache);
    graph.declare_safe(&ENTRY, &CACHE);
    assert!(note(&mut graph, &[cache], entry).is_empty());
    assert!(note(&mut graph, &[entry], cache).is_empty());
    let of = |lock| taken(&ENTRY, lock, Write, Fifo);
    note(&mut graph, &[of(1)], of(2));
    graph.declare_safe(&ENTRY, &ENTRY);
    assert!(note(&mut graph, &[of(2)], of(1)).is_empty());
    assert_eq!(graph.instances(), 0);
}
