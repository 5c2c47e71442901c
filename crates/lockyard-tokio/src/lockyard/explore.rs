//! Every interleaving of plain tokio code, in a plain `#[test]`.

use std::panic::Location;
use std::time::Duration;

use lockyard_explore::{
    CoarseStep, Explorer, FailureKind, Limits, Program, Proof, Random, Reduction, Report, Schedule, Setting,
    Unsound, guest, point_at,
};

use super::failure;
use super::inversions::inversions;
use crate::explored::{Helper, Watchdog};

/// So long a search takes at most, unless it is told otherwise.
const TIME: Duration = Duration::from_mins(1);

/// Tries every interleaving of `main` and of all that it spawns, from one await to the next; and that a timer is early once.
///
/// `main` is called anew for each schedule, and makes anew what its tasks share. Its tasks run on one thread, one step at a
/// time. Real tokio primitives are inside; time is the run's own and passes at once.
///
/// ```
/// # use lockyard_tokio as tokio;
/// use std::sync::Arc;
/// use tokio::sync::Mutex;
///
/// tokio::lockyard::explore(|| async {
///     let count = Arc::new(Mutex::new(0));
///     let its = count.clone();
///     let task = tokio::spawn(async move { *its.lock().await += 1 });
///     *count.lock().await += 1;
///     task.await.unwrap();
///     assert_eq!(*count.lock().await, 2);
/// });
/// ```
///
/// # Panics
/// With the first schedule that fails: one sentence, what each task did in which order, and the command that shows it
/// again; the same stands as a page under `target/lockyard/`. And when `main` cannot be explored: inside a runtime, without an
/// await, with something that is not seen. A search that is cut short passes, and says so.
#[track_caller]
pub fn explore<F: Future<Output = ()> + 'static>(main: impl Fn() -> F) {
    Explore::new().check(main);
}

/// What to explore, and how far.
#[derive(Clone, Debug)]
#[must_use = "nothing is explored before `check` or `report`"]
pub struct Explore {
    explorer: Explorer,
    random: Option<Random>,
}

impl Default for Explore {
    fn default() -> Self {
        Self::new()
    }
}

impl Explore {
    /// Every schedule, at most one timer early, for a minute at most.
    pub fn new() -> Self {
        let setting = Setting { early_timers: 1, ..Setting::default() };
        let limits = Limits { time: Some(TIME), ..Limits::default() };
        Self { explorer: Explorer { limits, ..guest::explorer(setting) }, random: None }
    }

    /// So many of the spawned tasks may be cancelled, wherever they stand.
    pub fn cancellations(mut self, tasks: u32) -> Self {
        self.explorer.setting.cancels = tasks;
        self
    }

    /// So often a timer may fire while others could go on.
    pub fn early_timers(mut self, times: u32) -> Self {
        self.explorer.setting.early_timers = times;
        self
    }

    /// By so much a timer may be early (one second): a timeout of a minute does not come before an answer that is on its way.
    pub fn early_by(mut self, most: Duration) -> Self {
        self.explorer.setting.early_by = most;
        self
    }

    /// At most so many switches from one task to another in a schedule: most bugs need few. What is left out is not proven.
    pub fn preemptions(mut self, most: usize) -> Self {
        self.explorer.limits.switches = Some(most);
        self
    }

    /// At most so many schedules.
    pub fn schedules(mut self, most: u64) -> Self {
        self.explorer.limits.schedules = Some(most);
        self
    }

    /// At most so long.
    pub fn time(mut self, most: Duration) -> Self {
        self.explorer.limits.time = Some(most);
        self
    }

    /// One schedule of all that differ by the order of independent steps alone. Right only where tasks share nothing but what
    /// this crate wraps: no atomics, no `std` locks, no `RefCell`. A thousand random schedules check that.
    pub fn sleep_sets(mut self) -> Self {
        self.explorer.reduction = Reduction::SleepSets;
        self
    }

    /// So many schedules at random from this seed, instead of all: for programs that are too large.
    pub fn random(mut self, seed: u64, schedules: u64) -> Self {
        self.random = Some(Random { seed, runs: schedules, depth: None });
        self
    }

    /// The same by priorities that change at random: of a bug that needs `depth` orderings each schedule has a known chance
    /// (PCT; Burckhardt, Kothari, Musuvathi and Nagarakatte, 2010).
    pub fn pct(mut self, depth: u32, seed: u64, schedules: u64) -> Self {
        self.random = Some(Random { seed, runs: schedules, depth: Some(depth) });
        self
    }

    /// Explores, and fails as [`explore()`] does.
    ///
    /// # Panics
    /// As [`explore()`].
    #[track_caller]
    pub fn check<F: Future<Output = ()> + 'static>(&self, main: impl Fn() -> F) {
        let name = std::thread::current().name().unwrap_or("explore").to_owned();
        if let Some(schedule) = failure::replayed() {
            let build = build(main);
            within_helper(|| failure::replay(&self.explorer, &schedule, &build, &name));
            return;
        }
        let exploration = self.report(main);
        if let Some(failure) = &exploration.failure {
            panic!("{failure}");
        }
        for note in exploration.inversions().iter().chain(&exploration.coarse_steps()) {
            eprintln!("lockyard: {name}: {note}");
        }
        match exploration.proof() {
            Proof::Exhaustive { .. } => {}
            Proof::Bounded(bound) => {
                eprintln!(
                    "lockyard: {name}: no failure in {} schedules, incomplete search: {bound}",
                    exploration.schedules()
                );
            }
            Proof::Unsound(why) => panic!("{name} is not explored: {why}. {}", instead(&why)),
        }
    }

    /// Explores, and gives what came of it.
    ///
    /// # Panics
    /// Inside a runtime.
    #[track_caller]
    pub fn report<F: Future<Output = ()> + 'static>(&self, main: impl Fn() -> F) -> Exploration {
        let build = build(main);
        within_helper(|| {
            let mut report = match self.random {
                Some(random) => self.explorer.sample(random, &build),
                None => self.explorer.search(&build),
            };
            if let Some(Unsound::ForeignWait { task: 0, name }) = &mut report.unsound {
                "main".clone_into(name);
            }
            let failure = report.failure.as_ref();
            let failure = failure.map(|failure| failure::words(&self.explorer, failure, &build));
            Exploration { report, failure }
        })
    }
}

/// What to do where a search is worth nothing.
fn instead(why: &Unsound) -> &'static str {
    match why {
        Unsound::ForeignWait { .. } => {
            "Sockets, files, other runtimes and primitives that are not this crate's tokio cannot be explored: put what needs \
             them behind a trait, and explore the rest"
        }
        Unsound::NotBegun { .. } => {
            "Await it, drop it, or poll it beside something that waits; what is ready at once lets nothing begin"
        }
        Unsound::Unreported { .. } => "Explore every schedule, without sleep sets",
        Unsound::Nondeterministic => {
            "Take from the run what decides: use `biased`, a `BTreeMap`, a fixed seed"
        }
    }
}

/// Calls `f` in the context of a runtime, whose clock is what tasks of explored runs see.
fn within_helper<R>(f: impl FnOnce() -> R) -> R {
    assert!(
        real::runtime::Handle::try_current().is_err(),
        "a test that explores is no task of a runtime: call `explore` in a plain `#[test]`, not in a `#[tokio::test]`"
    );
    let _helper = Helper::begin().expect("a runtime of one thread");
    Helper::within(f)
}

#[track_caller]
fn build<F: Future<Output = ()> + 'static>(main: impl Fn() -> F) -> impl Fn(&mut Program) {
    let at = Location::caller();
    let watchdog = Watchdog::begin(std::thread::current().name().unwrap_or("explore").to_owned());
    move |program| {
        watchdog.run_begins();
        // Made in the first step and not before it: what it makes belongs to the run.
        let future = main();
        let run = async move {
            point_at(at).await;
            future.await;
        };
        program.task("main").op("main", run).steady().done();
    }
}

/// What exploring has come to.
#[derive(Clone, Debug)]
pub struct Exploration {
    report: Report,
    failure: Option<String>,
}

impl Exploration {
    /// Of which kind the first failure is, if any was found.
    pub fn kind(&self) -> Option<FailureKind> {
        self.report.failure.as_ref().map(|failure| failure.kind)
    }

    /// The first failure, drawn.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The schedule of the first failure, as `LOCKYARD_REPLAY` takes it.
    pub fn schedule(&self) -> Option<&Schedule> {
        self.report.failure.as_ref().map(|failure| &failure.schedule)
    }

    /// What it is worth that there was none.
    pub fn proof(&self) -> Proof {
        self.report.proof()
    }

    /// Locks that were taken in both orders, in words, though perhaps no schedule hangs by it.
    pub fn inversions(&self) -> Vec<String> {
        inversions(&self.report.orders)
    }

    /// Steps that let go of something and take something afterwards, without an await in between: no other task was tried
    /// there, and on several threads one may come. In words, by their places.
    pub fn coarse_steps(&self) -> Vec<String> {
        let words = |it: &CoarseStep| {
            format!(
                "not seen: on several threads another task may come between {} and {}, where no await is",
                it.released, it.acquired
            )
        };
        self.report.coarse.iter().map(words).collect()
    }

    /// Schedules that were run.
    pub fn schedules(&self) -> u64 {
        self.report.schedules()
    }

    /// How long it took.
    pub fn took(&self) -> Duration {
        self.report.took
    }
}
