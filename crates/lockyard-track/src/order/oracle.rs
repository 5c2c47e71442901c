//! The graphs of instances and of classes against a search of everything, on small programs drawn at random.

use std::panic::Location;

use super::*;
use crate::hold::{Acquisition, Hold, HoldIndex, Holds};
use crate::mode::{Mode, Rule};
use Mode::{Read, Write};

static ENTRY: LockClass = LockClass::new("entry");
static CLASSES: [LockClass; 3] = [LockClass::new("a"), LockClass::new("b"), LockClass::new("c")];

/// A small generator of numbers, the same each time (G. Marsaglia, "Xorshift RNGs", 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}

/// What one task held and asked for.
struct Step {
    task: usize,
    held: Vec<LockUse>,
    asked: LockUse,
}

fn meets(asked: &LockUse, held: &LockUse) -> bool {
    asked.lock == held.lock && context::meets(asked.mode, held.mode, held.rule)
}

/// Whether some steps of different tasks ask in a ring for what the next one holds, and could all be there at once.
fn can_deadlock(steps: &[Step], path: &mut Vec<usize>) -> bool {
    let last = &steps[path[path.len() - 1]];
    for (nth, next) in steps.iter().enumerate() {
        let beside = |other: &usize| {
            let other = &steps[*other];
            let excluded =
                |one: &LockUse| next.held.iter().any(|it| it.lock == one.lock && it.mode.excludes(one.mode));
            other.task != next.task && !other.held.iter().any(excluded)
        };
        if !next.held.iter().any(|held| meets(&last.asked, held)) || !path.iter().all(beside) {
            continue;
        }
        if steps[path[0]].held.iter().any(|held| meets(&next.asked, held)) {
            return true;
        }
        path.push(nth);
        if can_deadlock(steps, path) {
            return true;
        }
        path.pop();
    }
    false
}

/// A hold of a step by which it may keep another one waiting.
type ByClass<'a> = (&'a Step, LockUse);

/// The sides that a step has: the oldest hold of each class and mode.
fn sides(step: &Step) -> Vec<ByClass<'_>> {
    let mut sides: Vec<ByClass<'_>> = Vec::new();
    for held in step.held.iter().rev().filter(|held| held.class_id() != step.asked.class_id()) {
        let same = |known: &LockUse| (known.class_id(), known.mode) == (held.class_id(), held.mode);
        if !sides.iter().any(|(_, known)| same(known)) {
            sides.push((step, *held));
        }
    }
    sides
}

fn guards<'a>(side: &ByClass<'a>) -> impl Iterator<Item = &'a LockUse> + use<'a> {
    let own = side.1.lock;
    side.0.held.iter().filter(move |held| held.lock != own)
}

/// The same for classes, each at most once, with what guards each side besides its own hold.
fn can_deadlock_by_class<'a>(all: &[ByClass<'a>], path: &mut Vec<ByClass<'a>>) -> bool {
    let follows = |one: &ByClass<'_>, next: &ByClass<'_>| {
        one.0.asked.class_id() == next.1.class_id()
            && context::meets(one.0.asked.mode, next.1.mode, next.1.rule)
    };
    for next in all {
        let beside = |one: &ByClass<'_>| {
            let excluded = guards(one)
                .any(|it| guards(next).any(|other| other.lock == it.lock && other.mode.excludes(it.mode)));
            one.0.task != next.0.task && one.1.class_id() != next.1.class_id() && !excluded
        };
        if !follows(&path[path.len() - 1], next) || !path.iter().all(beside) {
            continue;
        }
        path.push(*next);
        if follows(next, &path[0]) || can_deadlock_by_class(all, path) {
            return true;
        }
        path.pop();
    }
    false
}

/// Locks and releases of one task, in whatever turn, of so many locks of one class or of three.
fn run(
    task: usize,
    rule: Rule,
    by_class: bool,
    length: usize,
    numbers: &mut Numbers,
    graph: &mut OrderGraph,
    steps: &mut Vec<Step>,
) -> bool {
    let progress = Progress::of_unknown_origin(crate::number::number());
    let mut holds = Holds::default();
    let mut held: Vec<(HoldIndex, Hold)> = Vec::new();
    let mut is_found = false;
    for number in 0..length as u64 {
        if !held.is_empty() && numbers.below(3) == 0 {
            let (at, hold) = held.remove(numbers.below(held.len()));
            assert!(holds.remove(at, hold.number).is_some());
            continue;
        }
        let lock = 1 + numbers.below(if by_class { 6 } else { 4 }) as u64;
        let class = if by_class { &CLASSES[lock as usize % 3] } else { &ENTRY };
        if held.iter().any(|(_, hold)| hold.taken.lock == lock) {
            continue;
        }
        let mode = if numbers.below(3) == 0 { Read } else { Write };
        let mut taken = LockUse::new(lock, class, mode, rule, Location::caller());
        taken.tried = numbers.below(5) == 0;
        let hash = holds.hash();
        if !taken.tried
            && let (Some(list), built) = holds.list(None)
        {
            let known: Vec<_> = list.iter().map(|it| it.lock).collect();
            let expected: Vec<_> = held.iter().rev().map(|(_, hold)| hold.taken.lock).collect();
            assert_eq!(known, expected, "the list is what is held, from the newest to the oldest");
            steps.push(Step { task, held: list.iter().copied().collect(), asked: taken });
            let now = HeldNow { held: list, holds: hash, built, task: Arc::from("task") };
            // Cycles of one class are those of instances, and not asked for here.
            let is_asked = |it: &Inversion| {
                it.doubt == Doubt::None
                    && (!by_class
                        || it.edges.iter().all(|edge| edge.held.class_id() != edge.asked.class_id()))
            };
            is_found |= graph.note(now, taken, progress.now()).iter().any(is_asked);
        }
        let waited = Acquisition::default();
        let hold = Hold { number, taken, blocks: false, granted: 0, waited, across: false, is_hazard: false };
        held.push((holds.push(hold), hold));
    }
    is_found
}

#[test]
fn an_inversion_is_found_exactly_where_a_search_of_everything_finds_one() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for by_class in [false, true] {
        let mut found = 0;
        for nth in 0..2_000 {
            let rule = if nth % 2 == 0 { Rule::AnyOrder } else { Rule::Fifo };
            let (mut graph, mut steps) = (OrderGraph::default(), Vec::new());
            let mut is_found = false;
            for task in 0..3 {
                let length = 3 + numbers.below(9);
                is_found |= run(task, rule, by_class, length, &mut numbers, &mut graph, &mut steps);
            }
            let all: Vec<_> = steps.iter().flat_map(sides).collect();
            let expected = if by_class {
                all.iter().any(|first| can_deadlock_by_class(&all, &mut vec![*first]))
            } else {
                (0..steps.len()).any(|first| can_deadlock(&steps, &mut vec![first]))
            };
            let shown = || -> Vec<_> {
                let short = |it: &LockUse| (it.lock, it.mode);
                let held = |step: &Step| step.held.iter().map(short).collect::<Vec<_>>();
                steps.iter().map(|step| (step.task, held(step), short(&step.asked))).collect()
            };
            assert_eq!(is_found, expected, "by class: {by_class}, program {nth}: {:?}", shown());
            assert_eq!(graph.not_seen().searches_cut, 0);
            found += usize::from(expected);
        }
        assert!((200..1_800).contains(&found), "both kinds of programs are among them: {found}");
    }
}
