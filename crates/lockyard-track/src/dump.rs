//! The moment as it is: every task that holds a tracked lock or waits for one, and when it was last polled.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use lockyard_lock::LockClass;

use super::clock::{self, Ticks};
use super::mode::Mode;
use super::strand::Strand;
use super::tracker::Tracker;

/// A lock that a task holds or waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockStatus {
    /// What the lock guards.
    pub class: &'static LockClass,
    /// The number of the lock, different for each in the program.
    pub lock: u64,
    /// How it is held or waited for.
    pub mode: Mode,
    /// Where it was asked for.
    pub place: &'static Location<'static>,
    /// For how long so far.
    pub since: Duration,
}

/// A task, a named branch of one, or a thread, with what it has and wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskStatus {
    /// Its name, with those of the scopes around it.
    pub name: String,
    /// The locks that it holds, the oldest first.
    pub holds: Vec<LockStatus>,
    /// The locks that it waits for; several where branches without names wait.
    pub waits: Vec<LockStatus>,
    /// How long ago its last poll began; `None` of a task without a name, whose polls are not seen.
    pub polled: Option<Duration>,
    /// Whether a thread is in that poll; `None` as above.
    pub running: Option<bool>,
    /// Where it last took a lock: the nearest that is known to where it stands.
    pub last_locked: Option<&'static Location<'static>>,
}

/// Who holds which lock and who waits for it, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// Every task that has a name, or else a lock, in the order of their beginning.
    pub tasks: Vec<TaskStatus>,
}

impl Tracker {
    /// Who holds, who waits, since when, and when each was last polled. Tasks go on while they are looked at one after
    /// another, so what it says of two of them may be a moment apart.
    ///
    /// ```
    /// use lockyard_lock::{LockClass, LockOf, SharedLock, TokioMutex};
    /// use lockyard_track::{Tracked, Tracker};
    ///
    /// static ORDERS: LockClass = LockClass::new("orders");
    ///
    /// let tracker = Tracker::new();
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// let dump = runtime.block_on(tracker.scope("main", async {
    ///     let orders: LockOf<Tracked<TokioMutex>, u32> = SharedLock::new(&ORDERS, 0);
    ///     let _held = orders.write().await;
    ///     tracker.dump()
    /// }));
    /// assert_eq!(dump.tasks[0].holds[0].class.name(), "orders");
    /// assert!(dump.to_string().starts_with("main (running)\n  holds orders #"));
    /// ```
    pub fn dump(&self) -> Dump {
        let now = clock::now();
        let mut strands = self.strands();
        strands.sort_by_key(|strand| strand.id);
        let tasks = strands.iter().filter_map(|strand| {
            let status = strand.status(now);
            // What has no name is there for as long as its thread remembers it, and what has ended as long as what it left.
            let named = status.polled.is_some() && !strand.is_over();
            (named || !status.holds.is_empty() || !status.waits.is_empty()).then_some(status)
        });
        Dump { tasks: tasks.collect() }
    }

    /// Every strand of this tracker.
    pub(super) fn strands(&self) -> Vec<Arc<Strand>> {
        Strand::all().into_iter().filter(|strand| strand.tracker.is(self)).collect()
    }
}

impl Strand {
    pub(super) fn status(&self, now: Ticks) -> TaskStatus {
        let since = |from| Duration::from_nanos(clock::nanos(from, now));
        let state = self.state();
        let holds = state.holds.iter().map(|hold| LockStatus {
            class: hold.taken.class,
            lock: hold.taken.lock,
            mode: hold.taken.mode,
            place: hold.taken.place,
            since: since(hold.granted),
        });
        let mut holds: Vec<_> = holds.collect();
        holds.sort_by_key(|hold| std::cmp::Reverse(hold.since));
        let waits = state.waits.iter().filter(|wait| wait.explains()).map(|wait| LockStatus {
            class: wait.lock.class,
            lock: wait.lock.id,
            mode: wait.mode,
            place: wait.at,
            since: since(wait.asked),
        });
        let waits = waits.collect();
        let last_locked = state.last_place;
        drop(state);
        let polled = self.polled_at().filter(|at| *at > 0).map(since);
        TaskStatus { name: self.title(), holds, waits, polled, running: self.is_running(), last_locked }
    }
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

impl fmt::Display for LockStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, lock, mode, place, since } = self;
        write!(f, "{} #{lock} ({}) for {}, at {place}", class.name(), mode.as_str(), millis(*since))
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        match (self.running, self.polled) {
            (Some(true), _) => write!(f, " (running)")?,
            (_, Some(polled)) => write!(f, " (last polled {} ago)", millis(polled))?,
            (_, None) => write!(f, " (polls not seen)")?,
        }
        for hold in &self.holds {
            write!(f, "\n  holds {hold}")?;
        }
        for wait in &self.waits {
            write!(f, "\n  waits for {wait}")?;
        }
        match self.last_locked {
            Some(place) if self.holds.is_empty() && self.waits.is_empty() => {
                write!(f, "\n  last took a lock at {place}")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for task in &self.tasks {
            writeln!(f, "{task}")?;
        }
        Ok(())
    }
}
