//! The simulation itself: tasks on cores that ask for one lock, as a discrete-event model with a future-event list
//! (A. M. Law, "Simulation Modeling and Analysis", 5th ed. 2015, chapter 1.3).
//!
//! An access asks (a change of the lock's cache line), holds, releases (another) and thinks. Where someone waits, a release
//! hands the lock over or wakes one of them, by the lock's order, and that takes its hand-over time.

use std::collections::VecDeque;

use rand::RngExt;

use super::events::Events;
use super::line::{Line, by_spinning};
use super::model::{LockModel, SimulatedLoad, VariedTimes};
use super::queue::{Queue, Waiter};
use crate::random::Random;
use crate::record::{GrantOrder, Waiting};

/// What one replication saw after its warm-up.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Replicate {
    /// Accesses.
    pub(super) accesses: u64,
    /// In how many nanoseconds.
    pub(super) ns: f64,
    /// From asking to having the lock, of each.
    pub(super) waits_ns: Vec<f64>,
    /// Accesses of each task, those of the warm-up too.
    pub(super) of_tasks: Vec<u64>,
}

/// What happens next to a task.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// It asks for the lock.
    Asks,
    /// Its change of the lock's line is done: it has the lock or waits.
    Asked,
    /// Its hold time is over.
    Leaves,
    /// It is out.
    Left,
    /// It goes on to its next access.
    Next,
    /// Others have a turn before it.
    Yields,
    /// It was woken to try again.
    Tries,
    /// It has been given the lock.
    Has,
}

struct Task {
    core: usize,
    reads: bool,
    asked_at: f64,
    until_turn: u64,
}

pub(super) struct Simulation<'a> {
    model: &'a LockModel,
    load: &'a SimulatedLoad,
    random: &'a mut Random,
    events: Events<(usize, Step)>,
    line: Line,
    queue: Queue,
    tasks: Vec<Task>,
    /// Tasks that could run and have no core, each with what it does then and from when on. If tasks yield, any core takes the
    /// first; else each has those that were started on it.
    ready: Vec<VecDeque<(usize, Step, f64)>>,
    idle: Vec<usize>,
    log: Replicate,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(model: &'a LockModel, load: &'a SimulatedLoad, random: &'a mut Random) -> Self {
        let (cores, tasks) = (load.cores.max(1) as usize, load.tasks as usize);
        let until_turn = load.turn();
        let task = |nth| Task { core: nth % cores, reads: false, asked_at: 0.0, until_turn };
        let queues = if model.waiting == Waiting::Yields { 1 } else { cores };
        Self {
            model,
            load,
            random,
            events: Events::new(),
            line: Line::new(model.costs.transfer_ns, cores),
            queue: Queue::new(model.order),
            tasks: (0..tasks).map(task).collect(),
            ready: vec![VecDeque::new(); queues],
            idle: (tasks..cores).rev().collect(),
            log: Replicate { of_tasks: vec![0; tasks], ..Replicate::default() },
        }
    }

    /// So many accesses after so many of a warm-up.
    pub(super) fn run(mut self, warm_up: u64, accesses: u64) -> Replicate {
        let cores = self.load.cores.max(1) as usize;
        for task in 0..self.tasks.len() {
            if task < cores {
                // They do not begin at once, or all would ask at the same moment for ever.
                let whole = self.load.hold_ns + self.load.think_ns + self.model.costs.write_ns;
                let at = self.random.random::<f64>() * whole;
                self.events.at(at, (task, Step::Asks));
            } else {
                let queue = self.queue_of(task % cores);
                self.ready[queue].push_back((task, Step::Asks, 0.0));
            }
        }
        let (mut done, mut begun) = (0, 0.0);
        while let Some((now, (task, step))) = self.events.next() {
            if let Step::Leaves = step {
                done += 1;
                self.log.of_tasks[task] += 1;
                if done == warm_up {
                    begun = now;
                    self.log.waits_ns.clear();
                }
                if done == warm_up + accesses {
                    self.log.accesses = accesses;
                    self.log.ns = now - begun;
                    break;
                }
            }
            self.step(now, task, step);
        }
        self.log
    }

    fn step(&mut self, now: f64, task: usize, step: Step) {
        match step {
            Step::Asks => self.asks(now, task),
            Step::Asked => self.asked(now, task),
            Step::Leaves => self.leaves(now, task),
            Step::Left => self.left(now, task),
            Step::Next => self.next(now, task),
            Step::Tries => self.tries(now, task),
            Step::Yields => self.yields(now, task),
            Step::Has => {
                self.line.taken_by(self.tasks[task].core);
                self.has(now, task);
            }
        }
    }

    fn asks(&mut self, now: f64, task: usize) {
        let reads = self.load.reads > 0.0 && self.random.random::<f64>() < self.load.reads;
        self.tasks[task].reads = reads;
        self.tasks[task].asked_at = now;
        let core = self.tasks[task].core;
        let done = self.touch(now, core, reads);
        self.events.at(done, (task, Step::Asked));
    }

    fn asked(&mut self, now: f64, task: usize) {
        let reads = self.tasks[task].reads;
        if self.passes(reads) || self.queue.ask(task, self.shares(reads)) {
            self.has(now, task);
        } else {
            self.waits(now, task);
        }
    }

    fn has(&mut self, now: f64, task: usize) {
        self.log.waits_ns.push(now - self.tasks[task].asked_at);
        let hold = self.time(self.load.hold_ns);
        self.events.at(now + hold, (task, Step::Leaves));
    }

    /// A task that waits gives its core away, if that is how it waits.
    fn waits(&mut self, now: f64, task: usize) {
        if self.model.waiting == Waiting::Yields {
            self.give_core(now, self.tasks[task].core);
        }
    }

    fn leaves(&mut self, now: f64, task: usize) {
        let Task { core, reads, .. } = self.tasks[task];
        let handed_over = self.model.order == GrantOrder::FirstCome
            && !self.passes(reads)
            && self.queue.is_last_inside()
            && self.queue.waiting() > 0;
        if handed_over {
            // The time of a hand-over holds that of the release.
            self.queue.leave(self.shares(reads));
            self.hand_over(now);
            self.events.at(now + self.half_cost(reads), (task, Step::Next));
        } else {
            let done = self.touch(now, core, reads);
            self.events.at(done, (task, Step::Left));
        }
    }

    fn left(&mut self, now: f64, task: usize) {
        let reads = self.tasks[task].reads;
        if !self.passes(reads) {
            self.queue.leave(self.shares(reads));
            if self.model.order == GrantOrder::FirstCome {
                self.hand_over(now);
            } else {
                let takes = self.handover_ns();
                let woken = self.queue.wake();
                for waiter in &woken {
                    self.goes_on(now, now + takes, waiter.task, Step::Tries);
                }
                if !woken.is_empty() && matches!(self.model.waiting, Waiting::Parks | Waiting::Yields) {
                    // Half of the time of waking is that of the one who wakes, and half of the one who comes to run.
                    self.events.at(now + takes / 2.0, (task, Step::Next));
                    return;
                }
            }
        }
        self.next(now, task);
    }

    fn hand_over(&mut self, now: f64) {
        let takes = self.handover_ns();
        for Waiter { task, .. } in self.queue.hand_over() {
            self.goes_on(now, now + takes, task, Step::Has);
        }
    }

    fn tries(&mut self, now: f64, task: usize) {
        if self.queue.try_again(task) {
            self.line.taken_by(self.tasks[task].core);
            self.has(now, task);
        } else {
            self.waits(now, task);
        }
    }

    fn next(&mut self, now: f64, task: usize) {
        self.tasks[task].until_turn -= 1;
        let think = self.time(self.load.think_ns);
        if self.tasks[task].until_turn > 0 {
            self.events.at(now + think, (task, Step::Asks));
            return;
        }
        self.tasks[task].until_turn = self.load.turn();
        self.events.at(now + think, (task, Step::Yields));
    }

    /// Others have a turn, if there are any.
    fn yields(&mut self, now: f64, task: usize) {
        let core = self.tasks[task].core;
        let queue = self.queue_of(core);
        self.ready[queue].push_back((task, Step::Asks, now));
        self.give_core(now, core);
    }

    /// One who waited goes on at a time: on its own core, or on the next that is free.
    fn goes_on(&mut self, now: f64, at: f64, task: usize, step: Step) {
        if self.model.waiting != Waiting::Yields {
            self.events.at(at, (task, step));
            return;
        }
        self.ready[0].push_back((task, step, at));
        if let Some(core) = self.idle.pop() {
            self.give_core(now, core);
        }
    }

    fn give_core(&mut self, now: f64, core: usize) {
        let queue = self.queue_of(core);
        match self.ready[queue].pop_front() {
            Some((task, step, at)) => {
                self.tasks[task].core = core;
                self.events.at(now.max(at), (task, step));
            }
            None => self.idle.push(core),
        }
    }

    fn queue_of(&self, core: usize) -> usize {
        core.min(self.ready.len() - 1)
    }

    /// A core changes the lock's line, or only reads it; when that is done.
    fn touch(&mut self, now: f64, core: usize, reads: bool) -> f64 {
        let cost = self.half_cost(reads);
        if self.passes(reads) {
            return self.line.look(core, now, cost);
        }
        let spinning = if self.model.waiting == Waiting::SpinsOnLock { self.queue.waiting() } else { 0 };
        self.line.change(core, now, cost, spinning)
    }

    fn handover_ns(&self) -> f64 {
        let spinning = if self.model.waiting == Waiting::SpinsOnLock { self.queue.waiting() } else { 1 };
        self.model.costs.handover_ns * by_spinning(spinning)
    }

    /// Half of an access that nobody disturbs is acquiring, and half releasing.
    fn half_cost(&self, reads: bool) -> f64 {
        let costs = &self.model.costs;
        (if reads { costs.read_ns } else { costs.write_ns }) / 2.0
    }

    /// Whether such an access asks nobody.
    fn passes(&self, reads: bool) -> bool {
        reads && self.model.order == GrantOrder::Snapshot
    }

    fn shares(&self, reads: bool) -> bool {
        reads && self.model.shared_reads
    }

    fn time(&mut self, mean: f64) -> f64 {
        if mean <= 0.0 {
            return 0.0;
        }
        match self.load.times {
            VariedTimes::Fixed => mean,
            VariedTimes::Uniform(share) => mean * (1.0 + share * (2.0 * self.random.random::<f64>() - 1.0)),
            VariedTimes::Exponential => -mean * (1.0 - self.random.random::<f64>()).ln(),
        }
    }
}
