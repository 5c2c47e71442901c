//! One run on its way: what is possible, one step, and the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Wake, Waker};

use super::failure::FailureKind;
use super::fault::InjectedFault;
use super::footprint::Footprint;
use super::program::{OutcomeFn, PlannedTask, Program, RunEnd, TaskKind};
use super::run_state::{self, Job, NextStep};
use super::schedule::{FOREIGN, MOST_STEPS, Move, MoveKind};
use super::scheduler::Scheduler;
use super::setting::Setting;
use super::stuck;

/// Whether a task was woken by something else than the schedule.
#[derive(Default)]
struct WakeFlag(AtomicBool);

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// A task at work.
struct Task {
    name: String,
    job: Option<Job>,
    kind: TaskKind,
    stalled: bool,
    /// Whether it has made a step, or was given up.
    begun: bool,
    /// Whether it is like the one before it, and begins after that.
    in_order: bool,
}

impl Task {
    fn is_at_work(&self) -> bool {
        self.job.is_some() && !self.stalled
    }

    /// Whether the run waits for it.
    fn is_unfinished(&self) -> bool {
        self.is_at_work() && self.kind != TaskKind::Background
    }
}

/// Why a run did not come to a good end.
pub(super) enum Stopped {
    Pruned,
    Failed(FailureKind, String),
}

impl Stopped {
    fn violation(message: String) -> Self {
        Self::Failed(FailureKind::Violation, message)
    }
}

/// What a run works with.
#[derive(Default)]
pub(super) struct RunBuffers {
    wakers: Vec<(Arc<WakeFlag>, Waker)>,
    moves: Vec<Move>,
    tasks: Vec<Task>,
}

impl RunBuffers {
    /// What the tasks are called.
    pub(super) fn names(&self) -> Vec<String> {
        self.tasks.iter().map(|task| task.name.clone()).collect()
    }

    /// Ends the tasks.
    pub(super) fn clear(&mut self) {
        self.tasks.clear();
    }
}

/// A run on its way.
pub(super) struct Run<'a> {
    bench: &'a mut RunBuffers,
    setting: &'a Setting,
    end: RunEnd,
    /// A task waited for something that the explorer does not see.
    pub(super) blind: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(bench: &'a mut RunBuffers, setting: &'a Setting) -> Self {
        Self { bench, setting, end: RunEnd::default(), blind: false }
    }

    /// Adds the program's tasks.
    pub(super) fn begin(&mut self, program: &mut Program, chooser: &dyn Scheduler) -> Result<(), Stopped> {
        let in_order = chooser.begins_in_order();
        program.tasks.drain(..).try_for_each(|planned| self.add(planned, in_order))
    }

    /// Adds a task, and brings it before its first step.
    fn add(&mut self, planned: PlannedTask, in_order: bool) -> Result<(), Stopped> {
        let PlannedTask { name, job, kind, alike } = planned;
        let (at, in_order) = (self.bench.tasks.len(), in_order && alike);
        self.bench.tasks.push(Task { name, job: Some(job), kind, stalled: false, begun: false, in_order });
        if self.bench.wakers.len() <= at {
            let woken = Arc::new(WakeFlag::default());
            self.bench.wakers.push((woken.clone(), Waker::from(woken)));
        }
        let before = run_state::with(|state| {
            state.background.push(kind == TaskKind::Background);
            if state.stops.len() <= at {
                state.stops.resize_with(at + 1, Vec::new);
            }
            state.stepping = true;
            (state.task, state.footprint) = (at, Footprint::default());
            state.footprint
        });
        // Up to its first stop, before the schedule chooses anything: so nothing shared may be touched on the way
        // there, or the order of `begin` would be an order of steps that is never varied.
        self.poll(at)?;
        let (touched, unseen) =
            run_state::with(|state| (state.footprint != before, state.stops[at].is_empty()));
        self.blind |= unseen && self.bench.tasks[at].job.is_some();
        if touched {
            let message = "a task has touched something shared before its first await: let it begin with \
                           `explore::point().await`";
            return Err(Stopped::violation(message.to_owned()));
        }
        Ok(())
    }

    /// Polls a task once.
    fn poll(&mut self, at: usize) -> Result<(), Stopped> {
        let task = &mut self.bench.tasks[at];
        let Some(job) = &mut task.job else { return Ok(()) };
        let (woken, waker) = &self.bench.wakers[at];
        // Before the poll: a wake-up from inside it asks for another. The flag carries no data, so no order is
        // needed; what it announces, the poll finds by itself.
        woken.0.store(false, Relaxed);
        let poll = catch_unwind(AssertUnwindSafe(|| job.as_mut().poll(&mut Context::from_waker(waker))));
        match poll {
            Ok(poll) if poll.is_ready() => task.job = None,
            Ok(_) => {}
            Err(panic) => {
                let said = panic.downcast_ref::<String>().cloned();
                let said = said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
                let said = said.unwrap_or_else(|| "a panic without words".to_owned());
                return Err(Stopped::Failed(FailureKind::Panic, said));
            }
        }
        Ok(())
    }

    /// Runs until all tasks that end have ended.
    pub(super) fn drive(
        &mut self,
        program: &mut Program,
        chooser: &mut dyn Scheduler,
    ) -> Result<(), Stopped> {
        let mut depth = 0;
        loop {
            if !self.bench.tasks.iter().any(Task::is_unfinished) {
                return Ok(());
            }
            let chosen = if let Some(known) = chooser.known(depth) {
                // One that was told by somebody else need not fit.
                if !self.is_possible(known) {
                    let message =
                        format!("schedule does not match this model: step {depth}, {known}, is not enabled");
                    return Err(Stopped::violation(message));
                }
                known
            } else {
                // Past the known prefix. Cancelling a task is always possible and may free the others, so it does
                // not count here: a program that needs it is stuck.
                self.possible();
                if !self.bench.moves.iter().any(|found| is_progress(*found)) {
                    return self.nobody_goes_on();
                }
                chooser.choose(depth, &self.bench.moves).ok_or(Stopped::Pruned)?
            };
            self.step(chosen)?;
            let (footprint, failure, at_rest) = run_state::with(|state| {
                let at_rest = state.footprint.responds && state.in_flight == 0;
                (state.footprint, state.failure.take(), at_rest)
            });
            // Before the failure ends the run: a search that keeps going needs the footprint of this step for its
            // siblings.
            chooser.taken(depth, &footprint);
            if let Some(message) = failure {
                return Err(Stopped::violation(message));
            }
            if at_rest {
                // Off the schedule: what the checks read belongs to no step and must not enter a footprint.
                run_state::with(|state| state.stepping = false);
                for check in &mut program.at_rest {
                    check().map_err(Stopped::violation)?;
                }
                run_state::with(|state| state.stepping = true);
            }
            depth += 1;
            if depth >= MOST_STEPS {
                let message = format!("livelock: tasks are still running after {MOST_STEPS} steps");
                return Err(Stopped::Failed(FailureKind::Endless, message));
            }
        }
    }

    /// Collects what is possible now, in an order that depends on nothing else.
    fn possible(&mut self) {
        let Self { bench: RunBuffers { wakers, moves, tasks }, end, setting, .. } = self;
        moves.clear();
        let may_fail = end.faults < setting.faults;
        let has_turn = |at: usize, task: &Task| !task.in_order || tasks[at - 1].begun;
        let at_work =
            || tasks.iter().enumerate().filter(|(at, task)| task.is_at_work() && has_turn(*at, task));
        run_state::with(|state| {
            for (at, _) in at_work() {
                let number = at as u16;
                for (stop, standing) in state.stops[at].iter().enumerate() {
                    if !state.is_open(at, standing) {
                        continue;
                    }
                    let mut push = |kind| moves.push(Move { task: number, stop: stop as u8, kind });
                    push(MoveKind::Run);
                    if may_fail && matches!(standing.want, NextStep::Call(_)) {
                        push(MoveKind::Fail);
                        push(MoveKind::FailLate);
                        push(MoveKind::Slow);
                    }
                }
                if wakers[at].0.0.load(Relaxed) {
                    moves.push(Move { task: number, stop: FOREIGN, kind: MoveKind::Run });
                }
            }
        });
        for (at, _) in at_work().filter(|(_, task)| task.kind == TaskKind::Client) {
            let mut push = |kind| moves.push(Move { task: at as u16, stop: 0, kind });
            if end.cancelled < setting.cancels {
                push(MoveKind::Cancel);
            }
            if end.stalled < setting.stalls {
                push(MoveKind::Stall);
            }
        }
        // Nobody is given up before all else was tried, answers come before questions, and who went on last goes on: what
        // fails first is simple, and what was tried then need not be tried the other way round.
        run_state::with(|state| {
            moves.sort_by_key(|found| {
                let at = usize::from(found.task);
                (!is_progress(*found), state.is_unasked(at), state.clock > 0 && at != state.task)
            });
        });
    }

    /// Whether this step can be made.
    fn is_possible(&self, Move { task, stop, kind }: Move) -> bool {
        let at = usize::from(task);
        let Some(task) = self.bench.tasks.get(at).filter(|task| task.is_at_work()) else { return false };
        match kind {
            MoveKind::Cancel | MoveKind::Stall => task.kind == TaskKind::Client,
            _ if stop == FOREIGN => self.bench.wakers[at].0.0.load(Relaxed),
            _ => run_state::with(|state| {
                state.stops[at].get(usize::from(stop)).is_some_and(|stop| state.is_open(at, stop))
            }),
        }
    }

    /// Makes one step.
    fn step(&mut self, Move { task, stop, kind }: Move) -> Result<(), Stopped> {
        let at = usize::from(task);
        let fault = match kind {
            MoveKind::Fail => InjectedFault::Fails,
            MoveKind::FailLate => InjectedFault::FailsLate,
            MoveKind::Slow => InjectedFault::Slow,
            _ => InjectedFault::None,
        };
        // Set for a step that gives the task up as well: the next one alike waits for this one to begin, not to go
        // on.
        self.bench.tasks[at].begun = true;
        // Whether somebody asks where clients have stood.
        let watched = self.setting.cancels + self.setting.stalls > 0;
        let own = &self.bench.wakers[at].1;
        let foreign = run_state::with(|state| {
            state.begin_step(at, fault);
            if !is_progress(Move { task, stop, kind }) {
                state.give_up(kind);
                return None;
            }
            if watched {
                state.awaits.extend(state.stops[at].iter().map(|stop| (at, stop.place)));
            }
            state.go_on_from(stop, own)
        });
        match kind {
            MoveKind::Cancel => {
                self.end.cancelled += 1;
                // Dropped outside `world::with`: guards that end with the job enter the world themselves. A panic
                // in a drop is a failure of the run, not of the explorer.
                let job = self.bench.tasks[at].job.take();
                if catch_unwind(AssertUnwindSafe(|| drop(job))).is_err() {
                    return Err(Stopped::Failed(
                        FailureKind::Panic,
                        "a task has panicked while it was dropped".into(),
                    ));
                }
            }
            MoveKind::Stall => {
                self.end.stalled += 1;
                self.bench.tasks[at].stalled = true;
            }
            _ => {
                if fault != InjectedFault::None {
                    self.end.faults += 1;
                }
                // The stop is inside a set of futures, which polls only members that were woken. Without this call
                // the poll below would pass over it.
                if let Some(foreign) = foreign {
                    foreign.wake();
                }
                self.poll(at)?;
            }
        }
        let (spawned, unseen) = run_state::with(|state| {
            debug_assert!(state.fired.is_none(), "a stop that was chosen was not polled");
            state.fired = None;
            (std::mem::take(&mut state.spawned), state.stops[at].is_empty())
        });
        self.blind |= unseen && self.bench.tasks[at].job.is_some();
        for job in spawned {
            // `add` polls as the new task, with an empty footprint. Both are put back: the chooser has yet to read
            // what the step that spawned it has touched.
            let (task, footprint) = run_state::with(|state| (state.task, state.footprint));
            let name = "background".to_owned();
            self.add(PlannedTask { name, job, kind: TaskKind::Steady, alike: false }, false)?;
            run_state::with(|state| (state.task, state.footprint) = (task, footprint));
        }
        Ok(())
    }

    /// Nobody can go on, and not all have ended.
    fn nobody_goes_on(&mut self) -> Result<(), Stopped> {
        if self.end.stalled > 0 {
            // Whoever is not polled keeps what it has. That the others wait for it is no fault of theirs.
            self.end.held_up = self.bench.tasks.iter().filter(|task| task.is_unfinished()).count() as u32;
            return Ok(());
        }
        Err(Stopped::Failed(FailureKind::Deadlock, run_state::with(|state| stuck::describe(state))))
    }

    /// Looks at what the run has come to; who tells it in words.
    pub(super) fn finish(&mut self, program: &mut Program) -> Result<Option<OutcomeFn>, Stopped> {
        run_state::with(|state| state.stepping = false);
        self.end.overtaken = run_state::with(|state| {
            state.lock_states.iter().map(|lock_state| lock_state.overtaken).max().unwrap_or(0)
        });
        // Before the leak check: a background task ends with the run, and so does what it holds.
        for task in &mut self.bench.tasks {
            if task.kind == TaskKind::Background {
                task.job = None;
            }
        }
        if self.end.stalled == 0
            && let Some(leak) = run_state::with(|state| stuck::leak(state))
        {
            return Err(Stopped::violation(leak));
        }
        for check in program.at_end.drain(..) {
            check(&self.end).map_err(Stopped::violation)?;
        }
        if let Some(message) = run_state::with(|state| state.failure.take()) {
            return Err(Stopped::violation(message));
        }
        Ok(program.outcome.take())
    }
}

/// Whether somebody goes on in it, rather than is given up.
fn is_progress(found: Move) -> bool {
    !matches!(found.kind, MoveKind::Cancel | MoveKind::Stall)
}
