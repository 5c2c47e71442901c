//! Programs drawn at random: the reduced search comes to the same verdicts and final states as one that leaves nothing out.
//!
//! `LOCKYARD_PROGRAMS` says how many are drawn, `LOCKYARD_SEED` from which seed on.

#[path = "support/programs.rs"]
mod programs;
mod support;

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use futures_util::future::{Either, select};
use lockyard_explore::{EventKind, LockModel, Program, Setting, Shared, look, marks, point, spawn};
use lockyard_lock::{LockClass, SharedLock};
use programs::{A, B, COUNTER, Lock, MODELS, all, lock};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use support::compared;

static CLASSES: [&LockClass; 3] = [&A, &B, &COUNTER];

/// What a task does. Locks and words are given by number.
#[derive(Clone, Debug)]
enum Action {
    Point,
    Read(usize),
    TryRead(usize),
    Write(usize),
    /// Raises the second, a word, to what it reads or leaves, before anybody else gets in or the value is used.
    ReadFirst(usize, usize),
    Finish(usize, usize),
    HoldRead(usize, Vec<Action>),
    HoldWrite(usize, Vec<Action>),
    /// Whichever of the two is free first.
    EitherLock(usize, usize),
    LookAtWord(usize),
    WriteWord(usize),
    /// In the step at work.
    RaiseWord(usize),
    Call(usize),
    /// Does the first if what was seen last is odd.
    IfOdd(Vec<Action>, Vec<Action>),
    FailIfThree,
    Spawn(Vec<Action>),
}

fn actions(random: &mut ChaCha8Rng, most: usize, deep: u32) -> Vec<Action> {
    (0..random.random_range(1..=most)).map(|_| action(random, deep)).collect()
}

fn action(random: &mut ChaCha8Rng, deep: u32) -> Action {
    let (one, other) = (random.random_range(0..3), random.random_range(0..3));
    let kinds = if deep == 0 { 11 } else { 16 };
    match random.random_range(0..kinds) {
        0 => Action::Point,
        1 => Action::Read(one),
        2 => Action::TryRead(one),
        3 => Action::Write(one),
        4 => Action::LookAtWord(one % 2),
        5 => Action::WriteWord(one % 2),
        6 => Action::RaiseWord(one % 2),
        7 => Action::Call(one % 2),
        8 => Action::FailIfThree,
        9 => Action::ReadFirst(one, other % 2),
        10 => Action::Finish(one, other % 2),
        11 => Action::HoldRead(one, actions(random, 2, deep - 1)),
        12 => Action::HoldWrite(one, actions(random, 2, deep - 1)),
        13 => Action::EitherLock(one, other),
        14 => Action::IfOdd(actions(random, 2, deep - 1), actions(random, 1, deep - 1)),
        _ => Action::Spawn(actions(random, 2, 0)),
    }
}

type Word = (Shared, AtomicU64);

fn raise((shared, value): &Word, to: u64) {
    shared.commutative();
    value.fetch_max(to, SeqCst);
}

/// What tasks share.
struct World {
    locks: Vec<Lock<u64>>,
    words: Vec<Word>,
    seen: RefCell<Vec<String>>,
}

/// One task, and what it saw last.
struct Doing {
    world: Rc<World>,
    name: String,
    last: Cell<u64>,
}

impl Doing {
    fn saw(&self, value: u64) {
        self.last.set(value);
        self.world.seen.borrow_mut().push(format!("{} saw {value}", self.name));
    }

    fn changed(&self, value: &mut u64, by: u64) {
        // Whoever comes first can be told from it.
        *value = (*value * 3 + by) % 1_000_003;
        self.saw(*value);
    }

    fn by(&self) -> u64 {
        u64::from(self.name.as_bytes()[0] - b'a') + 1
    }

    fn run<'a>(&'a self, actions: &'a [Action]) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        Box::pin(async move {
            for action in actions {
                self.act(action).await;
            }
        })
    }

    async fn act(&self, action: &Action) {
        let World { locks, words, .. } = &*self.world;
        match action {
            Action::Point => point().await,
            Action::Read(lock) => self.saw(*locks[*lock].read().await),
            Action::TryRead(lock) => self.saw(locks[*lock].try_read().map_or(0, |it| *it)),
            Action::Write(lock) => self.changed(&mut *locks[*lock].write().await, self.by()),
            Action::ReadFirst(lock, word) => {
                let seen = locks[*lock].read_first(|it| raise(&words[*word], *it)).await;
                self.saw(*seen);
            }
            Action::Finish(lock, word) => {
                let mut guard = locks[*lock].write().await;
                self.changed(&mut guard, self.by());
                locks[*lock].finish(guard, |it| raise(&words[*word], *it)).await;
            }
            Action::HoldRead(lock, inside) => {
                let held = locks[*lock].read().await;
                self.run(inside).await;
                self.saw(*held);
            }
            Action::HoldWrite(lock, inside) => {
                let mut held = locks[*lock].write().await;
                self.run(inside).await;
                self.changed(&mut held, self.by());
            }
            Action::EitherLock(one, other) => {
                let (read, write) = (Box::pin(locks[*one].read()), Box::pin(locks[*other].write()));
                match select(read, write).await {
                    Either::Left((read, _)) => self.saw(*read),
                    Either::Right((mut write, _)) => self.changed(&mut write, self.by()),
                }
            }
            Action::LookAtWord(word) => {
                words[*word].0.step("look", false).await;
                self.saw(words[*word].1.load(SeqCst));
            }
            Action::WriteWord(word) => {
                words[*word].0.step("write", true).await;
                let mut value = words[*word].1.load(SeqCst);
                self.changed(&mut value, self.by());
                words[*word].1.store(value, SeqCst);
            }
            Action::RaiseWord(word) => raise(&words[*word], self.last.get() + self.by()),
            Action::Call(word) => {
                let fault = words[*word].0.call("call", true).await;
                self.saw(fault as u64);
            }
            Action::IfOdd(odd, even) => self.run(if self.last.get() % 2 == 1 { odd } else { even }).await,
            Action::FailIfThree => assert!(self.last.get() != 3, "it is three"),
            Action::Spawn(inside) => {
                let (world, inside) = (self.world.clone(), inside.clone());
                let spawned = Self { world, name: format!("{}s", self.name), last: Cell::new(0) };
                spawn(async move {
                    point().await;
                    spawned.run(&inside).await;
                });
            }
        }
    }
}

/// Tasks of these operations. Either their final states are told apart, or the order of answers and questions is judged: one run of
/// a class fails by that where another, easier to explain, has a final state.
fn program(tasks: Vec<Vec<Vec<Action>>>, judged: bool) -> impl Fn(&mut Program) {
    move |program| {
        let locks = CLASSES.iter().map(|class| lock(class, 0)).collect();
        let words = (0..2).map(|_| (Shared::default(), AtomicU64::new(0))).collect();
        let world = Rc::new(World { locks, words, seen: RefCell::default() });
        // What each operation saw in the end, by its number.
        let saw: Rc<RefCell<Vec<(usize, u64)>>> = Rc::default();
        let mut number = 0;
        for (task, operations) in tasks.iter().enumerate() {
            let name = char::from(b'a' + task as u8).to_string();
            let mut plan = program.task(&name);
            for operation in operations {
                let doing = Doing { world: world.clone(), name: name.clone(), last: Cell::new(0) };
                let (operation, saw, this) = (operation.clone(), saw.clone(), number);
                number += 1;
                plan = plan.op("act", async move {
                    point().await;
                    doing.run(&operation).await;
                    saw.borrow_mut().push((this, doing.last.get()));
                });
            }
            plan.done();
        }
        if !judged {
            program.outcome(move || {
                let locks: Vec<_> =
                    world.locks.iter().map(|lock| look(async { *lock.read().await })).collect();
                let words: Vec<_> = world.words.iter().map(|word| word.1.load(SeqCst)).collect();
                let mut seen = world.seen.take();
                seen.sort();
                format!("{locks:?} {words:?}\n{}", seen.join("\n"))
            });
            return;
        }
        // Of what was asked after something was answered, a smaller number is a fault: some programs have it, in some orders.
        program.at_end(move |_| {
            let (saw, marks) = (saw.take(), marks());
            let at = |operation, kind| {
                marks.iter().position(|mark| mark.operation == operation && mark.kind == kind)
            };
            for (one, high) in &saw {
                for (other, low) in &saw {
                    let (answered, asked) = (at(*one, EventKind::Returned), at(*other, EventKind::Invoked));
                    if answered.zip(asked).is_some_and(|(answered, asked)| answered < asked)
                        && high > low
                        && *low > 0
                    {
                        return Err(format!("{low} after {high}"));
                    }
                }
            }
            Ok(())
        });
    }
}

fn drawn(seed: u64) -> (Setting, Vec<Vec<Vec<Action>>>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let locks: [LockModel; 3] = std::array::from_fn(|_| MODELS[random.random_range(0..MODELS.len())]);
    let mut setting = all(locks[0]).with_lock(&A, locks[1]).with_lock(&B, locks[2]);
    match random.random_range(0..12) {
        0 => setting.cancels = 1,
        1 => setting.stalls = 1,
        2 => setting.faults = 1,
        _ => {}
    }
    // Where tasks wait for themselves, to give one up is no way out: such a run has failed. So what comes after that in one order is
    // not there in the other, and nothing is nested where tasks may be given up.
    let deep = if setting.cancels + setting.stalls > 0 { 0 } else { 2 };
    // Many tasks that do little, or few that do more.
    let tasks = random.random_range(2..=4);
    let (operations, most) = if tasks == 2 { (2, 3) } else { (1, 5 - tasks) };
    let tasks = (0..tasks).map(|_| {
        let operations = random.random_range(1..=operations);
        (0..operations).map(|_| actions(&mut random, most, deep)).collect()
    });
    (setting, tasks.collect())
}

#[test]
fn the_reduction_loses_nothing_of_programs_drawn_at_random() {
    let given = |name, default| std::env::var(name).map_or(default, |it| it.parse().expect("a number"));
    let (programs, from) = (given("LOCKYARD_PROGRAMS", 300), given("LOCKYARD_SEED", 1));
    let (mut searched, mut sum) = (0, (0, 0));
    for seed in from..from + programs {
        let (setting, tasks) = drawn(seed);
        let build = program(tasks.clone(), seed % 3 == 0);
        let compare = || compared(&setting, &build, 0, 3_000);
        let agreed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(compare));
        assert!(agreed.is_ok(), "seed {seed}: {setting:?}, {tasks:#?}");
        if let Some((plain, reduced)) = agreed.ok().flatten() {
            searched += 1;
            sum = (sum.0 + plain, sum.1 + reduced);
        }
    }
    let (plain, reduced) = sum;
    println!("{searched} of {programs} were searched plainly: {plain} schedules, {reduced} are enough");
    assert!(searched > programs / 2, "{searched}: too few are small enough");
    assert!(2 * reduced < plain, "{reduced} of {plain}");
}
