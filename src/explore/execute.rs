//! One run of a program under one schedule, step by step as somebody chooses.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Wake, Waker};

use super::footprint::{Footprint, Object};
use super::program::{End, Planned, Program, TaskKind};
use super::schedule::{MOST_STEPS, Move, MoveKind};
use super::setting::Setting;
use super::stuck;
use super::world::{self, Job, Luck, Want};

/// Who chooses.
pub(super) trait Choose {
    /// The step at this depth, where it is known without looking at what is possible.
    fn known(&mut self, depth: usize) -> Option<Move>;

    /// One of these, which are all that is possible; none to give this run up.
    fn choose(&mut self, depth: usize, moves: &[Move]) -> Option<Move>;

    /// It was taken, and touched this.
    fn taken(&mut self, depth: usize, footprint: &Footprint);
}

/// How a run went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// To its end, and all held.
    Held,
    /// It was given up: what comes was seen in another order.
    Pruned,
    /// Something does not hold.
    Failed(FailureKind, String),
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// Nobody can go on.
    Deadlock,
    /// A property does not hold.
    Violation,
    /// The program has panicked.
    Panic,
    /// It runs in circles.
    Endless,
}

/// One run that is over.
pub(super) struct Executed {
    pub(super) verdict: Verdict,
    pub(super) steps: usize,
    pub(super) outcome: Option<String>,
    /// A task waited for something that the explorer does not see.
    pub(super) blind: bool,
}

/// Whether a task was woken by something else than the schedule.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// The memory of runs: kept, so that a run costs little but its steps.
#[derive(Default)]
pub(super) struct Executor {
    wakers: Vec<(Arc<Woken>, Waker)>,
    moves: Vec<Move>,
    /// Whether programs are asked what they have come to.
    outcomes: bool,
}

/// A task at work.
struct Task {
    job: Option<Job>,
    kind: TaskKind,
    left: bool,
}

impl Executor {
    pub(super) fn new(outcomes: bool) -> Self {
        Self { outcomes, ..Self::default() }
    }

    /// Runs the program that `build` puts together. `told` is called with it at the end, for those who want to show it.
    pub(super) fn run(
        &mut self,
        setting: &Setting,
        left_out: &[usize],
        build: &dyn Fn(&mut Program),
        chooser: &mut dyn Choose,
        told: &mut dyn FnMut(&[String], &Program),
    ) -> Executed {
        world::with(|world| world.begin(setting));
        let mut program = Program { left_out: left_out.to_vec(), ..Program::default() };
        build(&mut program);
        let planned = std::mem::take(&mut program.tasks);
        let mut names = Vec::with_capacity(planned.len());
        let mut run = Run {
            executor: self,
            tasks: Vec::with_capacity(planned.len()),
            end: End::default(),
            blind: false,
            watched: setting.cancels + setting.leaves > 0,
        };
        let mut outcome = None;
        let began = planned.into_iter().try_for_each(|Planned { name, job, kind }| {
            names.push(name);
            run.add(job, kind)
        });
        let result = began.and_then(|()| run.drive(&mut program, chooser, setting)).and_then(|()| {
            outcome = run.finish(&mut program)?;
            Ok(())
        });
        let (steps, blind) = (world::with(|world| world.clock as usize), run.blind);
        names.resize_with(run.tasks.len().max(names.len()), || "background".to_owned());
        told(&names, &program);
        // What is left ends outside the schedule, and may make new tasks in doing so.
        world::with(|world| world.stepping = false);
        let _ended = catch_unwind(AssertUnwindSafe(|| {
            drop(run);
            drop(program);
            while !world::with(|world| world.spawned.is_empty()) {
                drop(world::with(|world| std::mem::take(&mut world.spawned)));
            }
        }));
        let verdict = match result {
            Ok(()) => Verdict::Held,
            Err(Stopped::Pruned) => Verdict::Pruned,
            Err(Stopped::Failed(kind, message)) => Verdict::Failed(kind, message),
        };
        Executed { verdict, steps, outcome, blind }
    }
}

/// Why a run did not come to a good end.
enum Stopped {
    Pruned,
    Failed(FailureKind, String),
}

impl Stopped {
    fn violation(message: String) -> Self {
        Self::Failed(FailureKind::Violation, message)
    }
}

struct Run<'a> {
    executor: &'a mut Executor,
    tasks: Vec<Task>,
    end: End,
    blind: bool,
    /// Whether somebody asks where clients have stood.
    watched: bool,
}

impl Run<'_> {
    /// Adds a task, and brings it before its first step.
    fn add(&mut self, job: Job, kind: TaskKind) -> Result<(), Stopped> {
        let at = self.tasks.len();
        self.tasks.push(Task { job: Some(job), kind, left: false });
        if self.executor.wakers.len() <= at {
            let woken = Arc::new(Woken::default());
            self.executor.wakers.push((woken.clone(), Waker::from(woken)));
        }
        let before = world::with(|world| {
            world.background.push(kind == TaskKind::Background);
            if world.stops.len() <= at {
                world.stops.resize_with(at + 1, Vec::new);
            }
            world.stepping = true;
            (world.task, world.footprint) = (at, Footprint::default());
            world.footprint
        });
        self.poll(at)?;
        self.blind |= self.waits_unseen(at);
        if world::with(|world| world.footprint != before) {
            let message = "a task has touched something shared before its first await: let it begin with \
                           `explore::point().await`";
            return Err(Stopped::violation(message.to_owned()));
        }
        Ok(())
    }

    /// Polls a task once.
    fn poll(&mut self, at: usize) -> Result<(), Stopped> {
        let task = &mut self.tasks[at];
        let Some(job) = &mut task.job else { return Ok(()) };
        let (woken, waker) = &self.executor.wakers[at];
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
    fn drive(
        &mut self,
        program: &mut Program,
        chooser: &mut dyn Choose,
        setting: &Setting,
    ) -> Result<(), Stopped> {
        let mut depth = 0;
        loop {
            let unfinished =
                |task: &Task| task.job.is_some() && !task.left && task.kind != TaskKind::Background;
            if !self.tasks.iter().any(unfinished) {
                return Ok(());
            }
            let chosen = if let Some(known) = chooser.known(depth) {
                // One that was told by somebody else need not fit.
                if !self.is_possible(known) {
                    let message = format!(
                        "step {depth} of the schedule, {known}, is not possible: it is of another program"
                    );
                    return Err(Stopped::violation(message));
                }
                known
            } else {
                self.possible(setting);
                if !self.executor.moves.iter().any(|found| is_progress(*found)) {
                    return self.nobody_goes_on();
                }
                chooser.choose(depth, &self.executor.moves).ok_or(Stopped::Pruned)?
            };
            self.step(chosen)?;
            let (footprint, failure, at_rest) = world::with(|world| {
                let at_rest = world.footprint.responds && world.in_flight == 0;
                (world.footprint, world.failure.take(), at_rest)
            });
            chooser.taken(depth, &footprint);
            if let Some(message) = failure {
                return Err(Stopped::violation(message));
            }
            if at_rest {
                world::with(|world| world.stepping = false);
                for check in &mut program.at_rest {
                    check().map_err(Stopped::violation)?;
                }
                world::with(|world| world.stepping = true);
            }
            depth += 1;
            if depth >= MOST_STEPS {
                let message =
                    format!("after {MOST_STEPS} steps there are still tasks at work: they run in circles");
                return Err(Stopped::Failed(FailureKind::Endless, message));
            }
        }
    }

    /// Collects what is possible now, in an order that depends on nothing else.
    fn possible(&mut self, setting: &Setting) {
        let Self { executor: Executor { wakers, moves, .. }, tasks, end, .. } = self;
        moves.clear();
        let may_fail = end.faults < setting.faults;
        world::with(|world| {
            for (at, _) in tasks.iter().enumerate().filter(|(_, task)| task.job.is_some() && !task.left) {
                let number = at as u16;
                for (stop, standing) in world.stops[at].iter().enumerate() {
                    if !world.is_open(at, standing) {
                        continue;
                    }
                    let mut push = |kind| moves.push(Move { task: number, stop: stop as u8, kind });
                    push(MoveKind::Run);
                    if may_fail && matches!(standing.want, Want::Store(_)) {
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
        for (at, task) in tasks.iter().enumerate() {
            if task.job.is_none() || task.left || task.kind != TaskKind::Client {
                continue;
            }
            let mut push = |kind| moves.push(Move { task: at as u16, stop: 0, kind });
            if end.cancelled < setting.cancels {
                push(MoveKind::Cancel);
            }
            if end.left < setting.leaves {
                push(MoveKind::Leave);
            }
        }
    }

    /// Whether this step can be made.
    fn is_possible(&self, Move { task, stop, kind }: Move) -> bool {
        let at = usize::from(task);
        let Some(task) = self.tasks.get(at).filter(|task| task.job.is_some() && !task.left) else {
            return false;
        };
        match kind {
            MoveKind::Cancel | MoveKind::Leave => task.kind == TaskKind::Client,
            _ if stop == FOREIGN => self.executor.wakers[at].0.0.load(Relaxed),
            _ => world::with(|world| {
                world.stops[at].get(usize::from(stop)).is_some_and(|stop| world.is_open(at, stop))
            }),
        }
    }

    /// Makes one step.
    fn step(&mut self, Move { task, stop, kind }: Move) -> Result<(), Stopped> {
        let at = usize::from(task);
        let luck = match kind {
            MoveKind::Fail => Luck::Fails,
            MoveKind::FailLate => Luck::FailsLate,
            MoveKind::Slow => Luck::Slow,
            _ => Luck::Good,
        };
        world::with(|world| world.begin_step(at, luck));
        match kind {
            MoveKind::Cancel => {
                self.end.cancelled += 1;
                Self::give_up(at, kind);
                let job = self.tasks[at].job.take();
                if catch_unwind(AssertUnwindSafe(|| drop(job))).is_err() {
                    return Err(Stopped::Failed(
                        FailureKind::Panic,
                        "a task has panicked while it was dropped".into(),
                    ));
                }
            }
            MoveKind::Leave => {
                self.end.left += 1;
                Self::give_up(at, kind);
                self.tasks[at].left = true;
            }
            _ => {
                if luck != Luck::Good {
                    self.end.faults += 1;
                }
                if self.watched {
                    world::with(|world| {
                        world.awaits.extend(world.stops[at].iter().map(|stop| (at, stop.place)));
                    });
                }
                self.fire(at, stop);
                self.poll(at)?;
                let fired = world::with(|world| world.fired.take());
                debug_assert!(fired.is_none(), "a stop that was chosen was not polled");
                self.blind |= self.waits_unseen(at);
            }
        }
        for job in world::with(|world| std::mem::take(&mut world.spawned)) {
            let (task, footprint) = world::with(|world| (world.task, world.footprint));
            self.add(job, TaskKind::Steady)?;
            world::with(|world| (world.task, world.footprint) = (task, footprint));
        }
        Ok(())
    }

    /// Whether a task waits for something that is none of the explorer's.
    fn waits_unseen(&self, at: usize) -> bool {
        self.tasks[at].job.is_some() && world::with(|world| world.stops[at].is_empty())
    }

    /// Opens the stop that the task goes on from.
    fn fire(&mut self, at: usize, stop: u8) {
        let own = &self.executor.wakers[at].1;
        let waker = world::with(|world| {
            if stop == FOREIGN {
                world.touch(Object::FOREIGN, true);
                return None;
            }
            // What it waits for elsewhere may have become free: a step is told from another by that, too.
            for other in 0..world.stops[at].len() {
                if let Want::Lock { desk, write, .. } = world.stops[at][other].want {
                    world.footprint.touch(world.desks[desk].object, write);
                }
            }
            let stop = &world.stops[at][usize::from(stop)];
            world.fired = Some(stop.ticket);
            (!stop.waker.will_wake(own)).then(|| stop.waker.clone())
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// A task will not end by itself.
    fn give_up(at: usize, kind: MoveKind) {
        world::with(|world| {
            world.touch(Object::CANCELS, true);
            world.footprint.responds = true;
            world.given_up_at.extend(world.stops[at].iter().map(|stop| (at, stop.place)));
            let place = world.stops[at].first().map(|stop| stop.place);
            if let Some(place) = place {
                world.note(|| kind.words().to_owned(), place);
            }
        });
    }

    /// Nobody can go on, and not all have ended.
    fn nobody_goes_on(&mut self) -> Result<(), Stopped> {
        if self.end.left > 0 {
            // Whoever is not polled keeps what it has. That the others wait for it is no fault of theirs.
            let waits = |task: &&Task| task.job.is_some() && !task.left && task.kind != TaskKind::Background;
            self.end.held_up = self.tasks.iter().filter(waits).count() as u32;
            return Ok(());
        }
        Err(Stopped::Failed(FailureKind::Deadlock, world::with(|world| stuck::describe(world))))
    }

    /// Looks at what the run has come to.
    fn finish(&mut self, program: &mut Program) -> Result<Option<String>, Stopped> {
        world::with(|world| world.stepping = false);
        self.end.overtaken =
            world::with(|world| world.desks.iter().map(|desk| desk.overtaken).max().unwrap_or(0));
        for task in &mut self.tasks {
            if task.kind == TaskKind::Background {
                task.job = None;
            }
        }
        if self.end.left == 0
            && let Some(leak) = world::with(|world| stuck::leak(world))
        {
            return Err(Stopped::violation(leak));
        }
        for check in program.at_end.drain(..) {
            check(&self.end).map_err(Stopped::violation)?;
        }
        if let Some(message) = world::with(|world| world.failure.take()) {
            return Err(Stopped::violation(message));
        }
        let asked = program.outcome.take().filter(|_| self.executor.outcomes);
        Ok(asked.map(|tell| tell()))
    }
}

/// Stands for a waker that was woken by something else than the schedule.
const FOREIGN: u8 = u8::MAX;

/// Whether somebody goes on in it, rather than is given up.
fn is_progress(found: Move) -> bool {
    !matches!(found.kind, MoveKind::Cancel | MoveKind::Leave)
}
