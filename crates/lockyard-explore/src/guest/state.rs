//! What a run keeps for its guests: who has what, which tasks are over, the clock, the choices of the step at work.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::ask::{Ask, Held};
use super::choices::Choices;
use super::order::{LockOrder, LockOrders, LockUse};
use super::turn_waker::TurnWakers;
use crate::footprint::Object;
use crate::place::Place;
use crate::setting::Setting;

/// How a task that was [spawned](super::spawn) has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskEnd {
    /// It has returned.
    Returned,
    /// It was [aborted](super::abort).
    Aborted,
    /// The schedule has dropped it where it stood, as the [setting](Setting::cancels) allows.
    Cancelled,
}

/// What is known of one task.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Life {
    /// What each of its steps reads, and its end and each abort write. Only of those that were spawned by guests.
    pub(crate) object: Option<Object>,
    pub(crate) aborted: bool,
    pub(crate) end: Option<TaskEnd>,
}

/// The guests' part of a run.
#[derive(Default)]
pub(crate) struct GuestState {
    /// The number of this run, which no run of another thread has.
    pub(crate) run: u64,
    /// By task.
    pub(crate) lives: Vec<Life>,
    pub(crate) held: Vec<Held>,
    last_stamp: u32,
    /// The virtual clock.
    pub(crate) now: Duration,
    /// How often it may still go on while others can.
    pub(crate) early_left: u32,
    pub(crate) choices: Choices,
    /// Why the program cannot be explored.
    pub(crate) refusal: Option<String>,
    /// A task that has polled a future once and left it before it could begin, and where that was asked for.
    pub(crate) left: Option<(usize, Place)>,
    /// By task: its last step.
    last_steps: Vec<u32>,
    /// Kept over all runs, for their memory.
    pub(crate) wakers: TurnWakers,
    /// Kept over all runs of a search.
    pub(crate) orders: LockOrders,
}

/// So many runs a thread may number before they could be taken for those of another: some weeks' worth.
const RUNS_OF_A_THREAD: u64 = 1 << 40;

impl GuestState {
    /// Of a thread that has run nothing yet.
    pub(crate) fn of_thread() -> Self {
        static THREADS: AtomicU64 = AtomicU64::new(0);
        let before = THREADS.fetch_add(1, Relaxed).wrapping_mul(RUNS_OF_A_THREAD);
        Self { run: before, ..Self::default() }
    }

    /// Clears everything for a run, keeping the memory.
    pub(crate) fn begin(&mut self, setting: &Setting) {
        self.run += 1;
        self.lives.clear();
        self.held.clear();
        self.last_stamp = 0;
        (self.now, self.early_left) = (Duration::ZERO, setting.early_timers);
        self.choices.clear();
        self.choices.random = None;
        (self.refusal, self.left) = (None, None);
        self.last_steps.clear();
    }

    /// The last step of this task; 0 before its first.
    pub(crate) fn last_step(&self, task: usize) -> u32 {
        self.last_steps.get(task).copied().unwrap_or(0)
    }

    /// This was a step of the task.
    pub(crate) fn stepped(&mut self, task: usize, step: u32) {
        if self.last_steps.len() <= task {
            self.last_steps.resize(task + 1, 0);
        }
        self.last_steps[task] = step;
    }

    /// Whether this task is to be dropped.
    pub(crate) fn is_aborted(&self, task: usize) -> bool {
        self.lives.get(task).is_some_and(|life| life.aborted)
    }

    /// Whether this task has come to its end.
    pub(crate) fn is_over(&self, task: usize) -> bool {
        self.lives.get(task).is_some_and(|life| life.end.is_some())
    }

    /// A task has come to its end; what tells others of it, if anything does.
    pub(crate) fn ends(&mut self, task: usize, end: TaskEnd) -> Option<Object> {
        let life = self.lives.get_mut(task)?;
        life.end = Some(end);
        life.object
    }

    /// Notes that a task has this from now on; by which number it lets go of it.
    pub(crate) fn hold(&mut self, task: usize, ask: Ask, place: Place) -> u32 {
        self.last_stamp += 1;
        self.held.push(Held { stamp: self.last_stamp, task, ask, place });
        self.last_stamp
    }

    /// Lets go of it, if it was had.
    pub(crate) fn let_go(&mut self, stamp: u32) -> Option<Held> {
        // What was taken last is let go of first, mostly.
        let at = self.held.iter().rposition(|held| held.stamp == stamp)?;
        Some(self.held.remove(at))
    }

    /// A task asks for a lock, whatever it holds.
    pub(crate) fn note_orders(&mut self, task: usize, ask: Ask, place: Place) {
        let of = |ask: Ask, place| LockUse { kind: ask.kind, number: ask.number, mode: ask.what, place };
        for held in self.held.iter().filter(|held| held.task == task) {
            self.orders.note(LockOrder { held: of(held.ask, held.place), asked: of(ask, place) });
        }
    }
}
