//! The executor: polls one ready task at a time, chosen by the seed, and may drop tasks that say they can take it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use super::stage::{self, Job};

/// More steps than any run here needs: a run that gets there is in a livelock.
const MAX_STEPS: usize = 100_000;
/// A task that may be dropped is, once in so many of its turns.
const DROP_ONCE_IN: usize = 12;

/// Runs `scenario` for seeds from zero on, or for the one in `LOCKYARD_SEED`. A seed that fails is named together
/// with the command that repeats it.
pub fn for_each_seed(runs: u64, scenario: impl Fn(&mut Executor)) {
    let seeds = match std::env::var("LOCKYARD_SEED") {
        Ok(seed) => {
            let seed = seed.parse().expect("LOCKYARD_SEED is a number");
            seed..=seed
        }
        Err(_) => 0..=runs - 1,
    };
    for seed in seeds {
        if let Err(panic) = attempt(seed, &scenario) {
            let thread = std::thread::current();
            let test = thread.name().unwrap_or("<test>");
            eprintln!("seed {seed} fails. To repeat it:");
            eprintln!("  LOCKYARD_SEED={seed} cargo test --test seam_hand_polled -- --exact {test}");
            resume_unwind(panic);
        }
    }
}

/// What the first failing seed says; for scenarios that are broken on purpose.
pub fn first_failure(runs: u64, scenario: impl Fn(&mut Executor)) -> Option<String> {
    (0..runs).find_map(|seed| {
        let panic = attempt(seed, &scenario).err()?;
        let text = panic.downcast_ref::<String>().cloned();
        Some(text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
    })
}

fn attempt(seed: u64, scenario: impl Fn(&mut Executor)) -> std::thread::Result<()> {
    catch_unwind(AssertUnwindSafe(|| {
        stage::begin(seed);
        scenario(&mut Executor::default());
    }))
}

/// A set of tasks, and the choice which of them runs next.
#[derive(Default)]
pub struct Executor {
    tasks: Vec<Task>,
}

struct Task {
    name: String,
    /// Until it has finished or was dropped.
    job: Option<Job>,
    awake: Arc<Awake>,
    droppable: bool,
}

/// Whether a task wants to be polled.
struct Awake(AtomicBool);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

impl Executor {
    /// Adds a task that runs to its end.
    pub fn task(&mut self, name: impl Into<String>, job: impl Future<Output = ()> + Send + 'static) {
        self.add(name.into(), Box::pin(job), false);
    }

    /// Adds a task that may be dropped at any await.
    pub fn droppable(&mut self, name: impl Into<String>, job: impl Future<Output = ()> + Send + 'static) {
        self.add(name.into(), Box::pin(job), true);
    }

    fn add(&mut self, name: String, job: Job, droppable: bool) {
        let awake = Arc::new(Awake(AtomicBool::new(true)));
        self.tasks.push(Task { name, job: Some(job), awake, droppable });
    }

    /// Runs until every task, spawned ones too, has finished or was dropped.
    pub fn run(&mut self) -> Result<(), Deadlock> {
        for _ in 0..MAX_STEPS {
            for job in stage::with(|stage| std::mem::take(&mut stage.spawned)) {
                self.add("background".to_owned(), job, false);
            }
            let ready: Vec<_> = (0..self.tasks.len()).filter(|&task| self.tasks[task].is_ready()).collect();
            if ready.is_empty() {
                let unfinished = self.tasks.iter().any(|task| task.job.is_some());
                return if unfinished { Err(self.deadlock()) } else { Ok(()) };
            }
            self.step(ready[stage::below(ready.len())]);
        }
        panic!("after {MAX_STEPS} steps there are still tasks at work");
    }

    /// Runs one more future to its end, beside whatever is left, and gives what came of it.
    pub fn finish<R: Send + 'static>(&mut self, future: impl Future<Output = R> + Send + 'static) -> R {
        let result = Arc::new(Mutex::new(None));
        let place = result.clone();
        self.task("check", async move {
            let value = future.await;
            *place.lock().unwrap() = Some(value);
        });
        self.run().unwrap_or_else(|deadlock| panic!("{deadlock}"));
        let value = result.lock().unwrap().take();
        value.expect("a task that finished has left its result")
    }

    fn step(&mut self, number: usize) {
        stage::with(|stage| stage.task = number);
        let task = &mut self.tasks[number];
        if task.droppable && stage::once_in(DROP_ONCE_IN) {
            task.job = None;
            return;
        }
        task.awake.0.store(false, Relaxed);
        let waker = Waker::from(task.awake.clone());
        let job = task.job.as_mut().expect("a ready task is unfinished");
        if job.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            task.job = None;
        }
    }

    /// Which task waits for what, and which tasks hold it.
    fn deadlock(&self) -> Deadlock {
        let name = |task: usize| self.tasks[task].name.clone();
        let waits = stage::with(|stage| {
            let locks = stage.locks.iter();
            let waits = locks.flat_map(|lock| {
                let holders: Vec<_> = lock.holders.iter().map(|request| name(request.task)).collect();
                lock.queue.iter().map(move |waiter| (waiter.request.task, lock.class.name(), holders.clone()))
            });
            waits.map(|(task, class, holders)| Wait { task: name(task), class, holders }).collect()
        });
        Deadlock { waits }
    }
}

impl Task {
    fn is_ready(&self) -> bool {
        self.job.is_some() && self.awake.0.load(Relaxed)
    }
}

/// No task can resume, and some have not finished.
#[derive(Debug)]
pub struct Deadlock {
    waits: Vec<Wait>,
}

/// One task that waits for one lock.
#[derive(Debug)]
struct Wait {
    task: String,
    class: &'static str,
    holders: Vec<String>,
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadlock:")?;
        for Wait { task, class, holders } in &self.waits {
            write!(f, " {task} waits for {class}, held by {};", holders.join(" and "))?;
        }
        Ok(())
    }
}
