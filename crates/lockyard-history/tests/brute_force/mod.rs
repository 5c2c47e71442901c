//! Random histories, right ones and broken ones, and the slowest and plainest judge there is.

#![allow(dead_code, reason = "every test file compiles its own copy and uses its own part of it")]

pub mod objects;
pub mod random;

use lockyard_history::{
    Checker, Consistency, Decision, DirectVerdict, History, OperationOf, Pairing, SequentialSpec,
};

pub use random::Random;

/// A specification once more, written in the plainest way.
pub trait Plain: SequentialSpec<Call: Clone, Answer: Clone + PartialEq> + Default {
    type Object: Clone;

    /// What a history begins with: as the plain object has it, and as the specification does.
    fn begins(random: &mut Random) -> (Self::Object, Self::State);

    /// What the call does, and its answer in full; nothing if it has to wait.
    fn apply(object: &mut Self::Object, call: &Self::Call) -> Option<Self::Answer>;

    /// Whether the answer says nothing else than the full one.
    fn agrees(answer: &Self::Answer, full: &Self::Answer) -> bool {
        answer == full
    }

    /// An answer that says the same, or less.
    fn says_less(_: &mut Random, answer: Self::Answer) -> Self::Answer {
        answer
    }

    /// Another answer to the call, be it right or wrong.
    fn other(random: &mut Random, call: &Self::Call, answer: Self::Answer) -> Self::Answer;
}

/// What a test asks next.
pub type Asks<'a, S> = &'a mut dyn FnMut(&mut Random) -> <S as SequentialSpec>::Call;

/// How histories are made.
#[derive(Clone, Copy)]
pub struct Recipe {
    pub operations: usize,
    pub keys: &'static [&'static str],
}

pub const ONE_KEY: Recipe = Recipe { operations: 7, keys: &["x"] };

enum Doing<S: SequentialSpec> {
    Nothing,
    /// It asked for this, of this key, which has not happened yet.
    Asked(usize, S::Call),
    /// It has happened, and this will be answered.
    Happened(S::Answer),
}

/// A history of three or four processes on an object that is broken two times out of three: every third operation then sees
/// a state of the past, is forgotten, or gets another answer.
pub fn history<S: Plain>(
    random: &mut Random,
    recipe: Recipe,
    initial: &S::Object,
    asks: Asks<'_, S>,
) -> History<S> {
    let mut pairing = Pairing::<S>::default();
    let mut left = recipe.operations - random.below(recipe.operations / 2);
    let broken = !random.one_in(3);
    let mut objects: Vec<_> = recipe.keys.iter().map(|_| vec![initial.clone()]).collect();
    let mut processes: Vec<_> = (0..3 + random.below(2)).map(|_| Doing::<S>::Nothing).collect();
    let mut at = 0;
    // A lock that nobody releases leaves the others waiting.
    for _ in 0..20 * recipe.operations {
        // Rather the same as before: where all overlaps, anything can be explained.
        if random.one_in(3) {
            at = random.below(processes.len());
        }
        let process = at as u64;
        processes[at] = match std::mem::replace(&mut processes[at], Doing::Nothing) {
            Doing::Nothing if left == 0 => Doing::Nothing,
            Doing::Nothing => {
                left -= 1;
                let (key, call) = (random.below(recipe.keys.len()), asks(random));
                pairing.invoke(process, Some(recipe.keys[key]), call.clone()).unwrap();
                Doing::Asked(key, call)
            }
            Doing::Asked(..) if random.one_in(25) => {
                if random.one_in(2) { pairing.fail(process) } else { pairing.info(process) }.unwrap();
                Doing::Nothing
            }
            Doing::Asked(key, call) => {
                let wrong = broken && random.one_in(3);
                match happens::<S>(random, &mut objects[key], &call, wrong) {
                    Some(answer) => Doing::Happened(S::says_less(random, answer)),
                    None => Doing::Asked(key, call),
                }
            }
            Doing::Happened(answer) => {
                match random.below(10) {
                    0 => pairing.info(process),
                    1 => pairing.ok(process, None, None),
                    _ => pairing.ok(process, None, answer),
                }
                .unwrap();
                Doing::Nothing
            }
        };
    }
    pairing.finish().unwrap()
}

/// The call takes effect on the last of these states, and leaves another one; or does so wrongly.
fn happens<S: Plain>(
    random: &mut Random,
    past: &mut Vec<S::Object>,
    call: &S::Call,
    wrong: bool,
) -> Option<S::Answer> {
    let (seen, forgotten, answered) = if wrong {
        (random.below(past.len()), random.one_in(3), random.one_in(3))
    } else {
        (past.len() - 1, false, false)
    };
    let mut object = past[seen].clone();
    let answer = S::apply(&mut object, call)?;
    if !forgotten {
        past.push(object);
    }
    Some(if answered { S::other(random, call, answer) } else { answer })
}

/// Whether any order of these operations explains their answers: all permutations, with and without each operation of
/// unknown outcome. An order is given up as soon as it has gone wrong.
pub fn some_order_explains<S: Plain>(
    operations: &[&OperationOf<S>],
    initial: &S::Object,
    consistency: Consistency,
) -> bool {
    let keys = operations.iter().map(|operation| operation.key + 1).max().unwrap_or(0);
    extend::<S>(operations, &vec![initial.clone(); keys], consistency)
}

fn extend<S: Plain>(left: &[&OperationOf<S>], objects: &[S::Object], consistency: Consistency) -> bool {
    if left.iter().all(|operation| operation.ret.is_none()) {
        return true;
    }
    (0..left.len()).any(|at| {
        let next = left[at];
        let comes_before = |other: &&&OperationOf<S>| {
            other.ret.is_some_and(|ret| ret < next.call)
                && (consistency == Consistency::Linearizable || other.process == next.process)
        };
        if left.iter().any(|other| comes_before(&other)) {
            return false;
        }
        let mut objects = objects.to_vec();
        let Some(full) = S::apply(&mut objects[next.key], &next.asked) else { return false };
        next.answer.as_ref().is_none_or(|answer| S::agrees(answer, &full))
            && extend::<S>(&[&left[..at], &left[at + 1..]].concat(), &objects, consistency)
    })
}

/// How many histories, unless the environment asks for more.
pub fn histories(unless_asked: u64) -> u64 {
    std::env::var("LOCKYARD_HISTORIES").map_or(unless_asked, |number| number.parse().expect("a number"))
}

/// Counts verdicts, and says how many there were.
#[derive(Default)]
pub struct Counts {
    pub right: u64,
    pub wrong: u64,
}

impl Counts {
    pub fn count(&mut self, right: bool) {
        *if right { &mut self.right } else { &mut self.wrong } += 1;
    }

    /// # Panics
    /// If there is too little of one of them.
    pub fn told(&self, name: &str) {
        let Self { right, wrong } = self;
        println!("{name}: {right} right and {wrong} wrong");
        let few = (right + wrong) / 10;
        assert!(*right >= few && *wrong >= few, "{name}: a sample that proves little: {right} and {wrong}");
    }
}

/// Judges histories of one key by the checker and by all permutations.
pub fn agree<S: Plain>(
    name: &str,
    unless_asked: u64,
    asks: impl Fn() -> Box<dyn FnMut(&mut Random) -> S::Call>,
) {
    let spec = S::default();
    let mut counts = Counts::default();
    for seed in 0..histories(unless_asked) {
        let mut random = Random::new(seed);
        let (object, state) = S::begins(&mut random);
        let history = history::<S>(&mut random, ONE_KEY, &object, &mut asks());
        let operations: Vec<_> = history.operations.iter().collect();
        let plainly = some_order_explains::<S>(&operations, &object, Consistency::Linearizable);
        let decision = Checker::new(&spec).starting_at(state.clone()).decide(&history);
        let judged = is_right(&decision);
        assert_eq!(judged, plainly, "{name}, seed {seed}, from {state:?}: {operations:#?}");
        counts.count(plainly);
    }
    counts.told(name);
}

pub fn is_right<S: SequentialSpec>(decision: &Decision<'_, S>) -> bool {
    match decision {
        Decision::Linearizable => true,
        Decision::Violation(_) => false,
        Decision::Unknown => panic!("no limit was set"),
    }
}

/// Judges histories of a kind by its shortcut and by all permutations, and what the shortcut shows of each violation.
pub fn shortcut_agrees<S: Plain>(
    name: &str,
    unless_asked: u64,
    asks: impl Fn() -> Box<dyn FnMut(&mut Random) -> S::Call>,
    make_of_the_kind: impl Fn(&mut Vec<OperationOf<S>>),
) {
    let spec = S::default();
    let (mut counts, mut most) = (Counts::default(), 0);
    for seed in 0..histories(unless_asked) {
        let mut random = Random::new(seed);
        let (object, state) = S::begins(&mut random);
        let mut history = history::<S>(&mut random, ONE_KEY, &object, &mut asks());
        make_of_the_kind(&mut history.operations);
        let operations: Vec<_> = history.operations.iter().collect();
        let plainly = some_order_explains::<S>(&operations, &object, Consistency::Linearizable);
        let shortcut = spec.shortcut(&state, &operations);
        let story = || format!("{name}, seed {seed}, from {state:?}: {shortcut:?} of {operations:#?}");
        match &shortcut {
            None => panic!("undecided: {}", story()),
            Some(DirectVerdict::Linearizable) => assert!(plainly, "no order explains {}", story()),
            Some(DirectVerdict::Violation(shown)) => {
                assert!(!plainly, "some order explains {}", story());
                assert!(is_impossible_alone::<S>(&operations, shown, &object), "not by itself: {}", story());
                most = most.max(shown.len());
            }
        }
        counts.count(plainly);
    }
    println!("{name}: violations of up to {most} operations");
    counts.told(name);
}

/// Whether these are impossible whatever became of all others: those may have happened or not, with any answer.
pub fn is_impossible_alone<S: Plain>(
    operations: &[&OperationOf<S>],
    shown: &[usize],
    initial: &S::Object,
) -> bool {
    let relaxed = |(at, operation): (usize, &&OperationOf<S>)| {
        if shown.contains(&at) {
            return (*operation).clone();
        }
        OperationOf::<S> { ret: None, answer: None, ..(*operation).clone() }
    };
    let relaxed: Vec<OperationOf<S>> = operations.iter().enumerate().map(relaxed).collect();
    let relaxed: Vec<_> = relaxed.iter().collect();
    let is_listed_once = (1..shown.len()).all(|at| !shown[..at].contains(&shown[at]));
    is_listed_once && !some_order_explains::<S>(&relaxed, initial, Consistency::Linearizable)
}
