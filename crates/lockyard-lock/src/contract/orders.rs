//! Every order of a few tasks over one lock: when each asks, is polled again because it was woken, is cancelled, or leaves.
//!
//! One thread does it all by hand, so no order depends on luck. A waiter is polled again only when its waker was
//! woken: so a wake-up that is forgotten is seen as one, where an executor that polls at will would pass over it.

use std::fmt;
use std::ops::DerefMut;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

use super::checker::{LockChecker, LockViolation, ViolationKind};
use super::executor::poll_once;
use super::fixture::lock_of;
use crate::{AwaitFamily, LockOf, SharedLock};

/// So many use the lock: one that gets it, and three that come after it.
const TASKS: usize = 4;

/// So much may befall the tasks of one run: a cancellation is one, and a waiter that moves to another task two.
const MISHAPS: usize = 3;

/// So often a waiter is polled in vain before something else happens: locks may wake more than they let in, even in
/// turns without an end.
const POLLED_IN_VAIN: u32 = 1;

/// A lock that still lets in none after so many steps never will.
const MOST_STEPS: usize = 200;

/// What a task asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Read,
    Write,
    /// To write, by the future whose guard may be held across awaits.
    Hold,
}

/// What each task asks for.
type Modes = [Mode; TASKS];

/// One step of one task, by its number.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask(usize),
    Poll(usize),
    /// It is polled by another task, as one that is taken out of a `select!`: from then on that is to be woken.
    Move(usize),
    Cancel(usize),
    Release(usize),
}

/// What was done, in order.
struct Script<'a>(Modes, &'a [Step]);

impl fmt::Display for Script<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, step) in self.1.iter().enumerate() {
            let (what, task) = match *step {
                Step::Ask(task) => ("asks", task),
                Step::Poll(task) => ("is polled, since it was woken", task),
                Step::Move(task) => ("is polled by another task", task),
                Step::Cancel(task) => ("is cancelled", task),
                Step::Release(task) => ("leaves", task),
            };
            let mode = if self.0[task] == Mode::Read { "reader" } else { "writer" };
            write!(f, "{}{mode} #{task} {what}", if nth > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

/// Whether a task was woken since it was polled last.
#[derive(Default)]
struct WokenFlag(AtomicBool);

impl Wake for WokenFlag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

enum Guard<'a, F: AwaitFamily> {
    Read { _guard: <LockOf<F, u64> as SharedLock<u64>>::Read<'a> },
    Write(<LockOf<F, u64> as SharedLock<u64>>::Write<'a>),
    Hold(Box<dyn DerefMut<Target = u64> + 'a>),
}

enum Stage<'a, F: AwaitFamily> {
    Before,
    Waiting(Pin<Box<dyn Future<Output = Guard<'a, F>> + 'a>>),
    Inside { _guard: Guard<'a, F> },
    After,
}

/// The choices of one run, each with how many there were: what an odometer shows, which is put forward from run to run.
#[derive(Default)]
struct Choices {
    made: Vec<(usize, usize)>,
    next: usize,
}

impl Choices {
    fn choose(&mut self, of: usize) -> usize {
        match self.made.get_mut(self.next) {
            None => self.made.push((0, of)),
            Some((_, before)) if *before == of => {}
            Some(other) => {
                // A lock that looks at a clock may go on otherwise than in the run before. What came after that is void.
                *other = (other.0.min(of - 1), of);
                self.made.truncate(self.next + 1);
            }
        }
        self.next += 1;
        self.made[self.next - 1].0
    }

    /// On to the next run; whether there is one.
    fn advance(&mut self) -> bool {
        self.next = 0;
        while let Some((chosen, of)) = self.made.pop() {
            if chosen + 1 < of {
                self.made.push((chosen + 1, of));
                return true;
            }
        }
        false
    }
}

/// One run.
struct Run<'a, F: AwaitFamily> {
    lock: &'a LockOf<F, u64>,
    modes: Modes,
    stages: [Stage<'a, F>; TASKS],
    woken: [Arc<WokenFlag>; TASKS],
    checker: LockChecker,
    asked: usize,
    mishaps: usize,
    /// How often each was polled in vain since something else happened.
    in_vain: [u32; TASKS],
    /// What the writers that were let in have made of the value.
    written: u64,
}

impl<'a, F: AwaitFamily> Run<'a, F> {
    fn new(lock: &'a LockOf<F, u64>, modes: Modes) -> Self {
        Self {
            lock,
            modes,
            stages: std::array::from_fn(|_| Stage::Before),
            woken: Default::default(),
            checker: LockChecker::new::<F>(),
            asked: 0,
            mishaps: 0,
            in_vain: [0; TASKS],
            written: 0,
        }
    }

    /// What can be done next; cancellations last. Tasks ask in the order of their numbers: other orders are other modes.
    fn possible(&self, steps: &mut Vec<Step>) {
        steps.clear();
        if self.asked < TASKS {
            steps.push(Step::Ask(self.asked));
        }
        let is_woken =
            |task: usize| matches!(self.stages[task], Stage::Waiting(_)) && self.woken[task].0.load(Relaxed);
        for (task, stage) in self.stages.iter().enumerate() {
            if is_woken(task) && self.in_vain[task] < POLLED_IN_VAIN {
                steps.push(Step::Poll(task));
            } else if let Stage::Inside { .. } = stage {
                steps.push(Step::Release(task));
            }
        }
        if steps.is_empty() {
            steps.extend((0..TASKS).filter(|task| is_woken(*task)).map(Step::Poll));
        }
        // Where nothing else can be done, a cancellation would only hide that.
        if !steps.is_empty() {
            let waits = |task: &usize| matches!(self.stages[*task], Stage::Waiting(_));
            if self.mishaps < MISHAPS {
                steps.extend((0..TASKS).filter(waits).map(Step::Cancel));
            }
            if self.mishaps + 2 <= MISHAPS {
                steps.extend((0..TASKS).filter(|task| waits(task) && !is_woken(*task)).map(Step::Move));
            }
        }
    }

    fn is_woken(&self, task: usize) -> bool {
        matches!(self.stages[task], Stage::Waiting(_)) && self.woken[task].0.load(Relaxed)
    }

    fn step(&mut self, step: Step) -> Result<(), LockViolation> {
        if !matches!(step, Step::Poll(_)) {
            self.in_vain = [0; TASKS];
        }
        self.make(step)?;
        // What is to be woken is woken within the step that makes room for it.
        if (0..TASKS).any(|task| self.is_woken(task)) { Ok(()) } else { self.checker.nothing_waits_in_vain() }
    }

    fn make(&mut self, step: Step) -> Result<(), LockViolation> {
        match step {
            Step::Ask(task) => {
                self.asked += 1;
                let number = self.checker.request(self.modes[task] != Mode::Read);
                debug_assert_eq!(number, task, "they ask in the order of their numbers");
                let lock = self.lock;
                self.stages[task] = Stage::Waiting(match self.modes[task] {
                    Mode::Read => Box::pin(async move { Guard::Read { _guard: lock.read().await } }),
                    Mode::Write => Box::pin(async move { Guard::Write(lock.write().await) }),
                    Mode::Hold => Box::pin(async move { Guard::Hold(Box::new(F::hold(lock).await)) }),
                });
                self.poll(task)
            }
            Step::Poll(task) => self.poll(task),
            Step::Move(task) => {
                self.mishaps += 2;
                self.woken[task] = Arc::default();
                self.poll(task)
            }
            Step::Cancel(task) | Step::Release(task) => {
                self.mishaps += usize::from(matches!(step, Step::Cancel(_)));
                self.stages[task] = Stage::After;
                self.checker.ends(task);
                Ok(())
            }
        }
    }

    fn poll(&mut self, task: usize) -> Result<(), LockViolation> {
        let Stage::Waiting(future) = &mut self.stages[task] else { return Ok(()) };
        self.woken[task].0.store(false, Relaxed);
        let waker = Waker::from(self.woken[task].clone());
        let Poll::Ready(mut guard) = future.as_mut().poll(&mut Context::from_waker(&waker)) else {
            self.in_vain[task] += 1;
            return self.checker.waits(task);
        };
        self.in_vain = [0; TASKS];
        self.checker.granted(task)?;
        let value = match &mut guard {
            Guard::Read { .. } => None,
            Guard::Write(value) => Some(&mut **value),
            Guard::Hold(value) => Some(&mut ***value),
        };
        if let Some(value) = value {
            *value += 1;
            self.written += 1;
        }
        self.stages[task] = Stage::Inside { _guard: guard };
        Ok(())
    }

    /// Nothing can be done any more.
    fn finish(&self) -> Result<(), LockViolation> {
        let leak =
            |who| LockViolation::new(ViolationKind::Leak, format!("all have left, and {who} is kept out"));
        let value = *self.lock.try_read().ok_or_else(|| leak("a reader"))?;
        if poll_once(self.lock.write()).is_pending() {
            return Err(leak("a writer"));
        }
        if value != self.written {
            let message = format!("{} changes were made, and {value} are left", self.written);
            return Err(LockViolation::new(ViolationKind::Exclusion, message));
        }
        Ok(())
    }
}

/// Runs in the order that is chosen; what was done, and what came of it.
fn run<F: AwaitFamily>(modes: Modes, choices: &mut Choices) -> (Vec<Step>, Result<(), LockViolation>) {
    let lock = lock_of::<F, u64>(0);
    let mut run = Run::<F>::new(&lock, modes);
    let (mut made, mut possible) = (Vec::new(), Vec::new());
    loop {
        run.possible(&mut possible);
        if possible.is_empty() {
            let outcome = run.finish();
            return (made, outcome);
        }
        if made.len() == MOST_STEPS {
            let message = "waiters are woken and polled again and again, and none is let in";
            return (made, Err(LockViolation::new(ViolationKind::LostWakeUp, message)));
        }
        let step = possible[choices.choose(possible.len())];
        made.push(step);
        if let Err(violation) = run.step(step) {
            return (made, Err(violation));
        }
    }
}

/// What the tasks ask for: each to read or to write, in every combination. Every other one that writes asks for a guard
/// that may be held across awaits.
fn programs() -> impl Iterator<Item = Modes> {
    let mode = |bits: usize, task: usize| match (bits >> task & 1, task % 2) {
        (0, _) => Mode::Read,
        (_, 0) => Mode::Write,
        _ => Mode::Hold,
    };
    (0..1_usize << TASKS).map(move |bits| std::array::from_fn(|task| mode(bits, task)))
}

/// Runs every order; how many there are. Ends the test at the first violation of this kind.
fn every_order<F: AwaitFamily>(kind: ViolationKind) -> usize {
    let mut orders = 0;
    for modes in programs() {
        let mut choices = Choices::default();
        loop {
            orders += 1;
            let (steps, outcome) = run::<F>(modes, &mut choices);
            if let Err(violation) = outcome
                && violation.kind == kind
            {
                panic!("{violation}: {}", Script(modes, &steps));
            }
            if !choices.advance() {
                break;
            }
        }
    }
    orders
}

/// In no order are two inside that exclude each other, and no change is lost.
pub fn holders_exclude_each_other_in_every_order<F: AwaitFamily>() {
    every_order::<F>(ViolationKind::Exclusion);
}

/// In no order is one let in before another that the family's [`Policy`](crate::Policy) lets in first.
pub fn no_waiter_is_overtaken_beyond_the_policy<F: AwaitFamily>() {
    every_order::<F>(ViolationKind::Order);
}

/// In no order is the lock left free while a waiter has not been woken, cancelled waiters that were woken included.
pub fn no_wake_up_is_lost_in_any_order<F: AwaitFamily>() {
    every_order::<F>(ViolationKind::LostWakeUp);
}

/// When all have left or were cancelled, wherever they stood, the lock is free.
pub fn nothing_is_left_of_cancelled_waiters_in_any_order<F: AwaitFamily>() {
    every_order::<F>(ViolationKind::Leak);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokioRwLock;

    #[test]
    fn an_odometer_comes_to_every_number() {
        let (mut choices, mut seen) = (Choices::default(), Vec::new());
        loop {
            let first = choices.choose(2);
            let second = if first == 0 { choices.choose(3) } else { 9 };
            seen.push((first, second));
            if !choices.advance() {
                break;
            }
        }
        assert_eq!(seen, [(0, 0), (0, 1), (0, 2), (1, 9)]);
    }

    #[test]
    fn an_odometer_goes_on_where_there_is_less_to_choose_than_before() {
        let mut choices = Choices { made: vec![(0, 2), (3, 4), (1, 2)], next: 0 };
        assert_eq!([choices.choose(2), choices.choose(2), choices.choose(3)], [0, 1, 0]);
        assert_eq!(choices.made, [(0, 2), (1, 2), (0, 3)]);
    }

    /// An executor that tried fewer would pass what it is to catch.
    #[test]
    fn there_are_so_many_orders() {
        assert_eq!(every_order::<TokioRwLock>(ViolationKind::Exclusion), 19_547);
    }
}
