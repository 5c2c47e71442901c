//! Strands: what runs in sequence, holds locks and waits for them. A task is one, and every named scope inside it.
//!
//! What a strand holds stands with the strand and not with the lock: then a lock that many readers share gets no list
//! that they all write. A strand's own list is written by the thread that runs it, and read by a search.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Weak};

use super::clock;
use super::cycle::{LockId, StrandId};
use super::hold::Hold;
use super::mode::Mode;
use super::number::number;
use super::state::State;
use super::times::Sample;
use super::tracker::Tracker;
use lockyard_lock::sync::{self, AtomicBool, AtomicU64, Mutex, MutexGuard};

/// What the runtime, or the system, knows a strand's code by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Task {
    Tokio(tokio::task::Id),
    Thread(u64),
}

/// Something that runs in sequence.
pub(super) struct Strand {
    pub(super) id: StrandId,
    pub(super) name: Option<Arc<str>>,
    pub(super) task: Task,
    /// The scope around this one: it cannot go on before this one ends.
    pub(super) parent: Option<Arc<Strand>>,
    pub(super) tracker: Tracker,
    state: Mutex<State>,
    /// A thread is in its poll now.
    running: AtomicBool,
    polls: AtomicU64,
    /// Its task may leave it alone: its waker is one of its own.
    is_branch: bool,
    /// Woken, and not polled since. Known of branches.
    pub(super) woken: AtomicBool,
}

/// How many samples a strand gathers before it hands them in: so many that the tracker is seldom met, and so few that
/// those of all strands stay near.
const SAMPLES: usize = 32;

/// Strands that no scope has named, by what they run as; and all others.
#[derive(Default)]
struct Registry {
    unnamed: HashMap<(u64, Task), Weak<Strand>>,
    all: HashMap<StrandId, Weak<Strand>>,
    branches: HashMap<Task, Vec<Weak<Strand>>>,
}

/// Branches that there are. Those of a task are polled one after another, and nobody else asks for them.
static BRANCHES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

sync::lazy_static! {
    static ref REGISTRY: Mutex<Registry> = Mutex::default();
}

sync::thread_local! {
    /// The scope whose poll this thread is in.
    static CURRENT: RefCell<Option<Arc<Strand>>> = const { RefCell::new(None) };
    /// The strand that asked last outside every scope.
    static LAST: RefCell<Option<Arc<Strand>>> = const { RefCell::new(None) };
    static THREAD: Cell<u64> = const { Cell::new(0) };
}

/// What runs on this thread now.
fn running_task() -> Task {
    if let Some(id) = tokio::task::try_id() {
        return Task::Tokio(id);
    }
    THREAD.with(|thread| {
        if thread.get() == 0 {
            thread.set(number());
        }
        Task::Thread(thread.get())
    })
}

impl Strand {
    /// The strand that runs on this thread now, for `tracker`.
    #[inline]
    pub(super) fn current(tracker: &Tracker) -> Arc<Self> {
        let scope =
            CURRENT.with(|current| current.borrow().as_ref().filter(|it| it.tracker.is(tracker)).cloned());
        scope.unwrap_or_else(|| Self::unnamed(tracker))
    }

    /// The scope whose poll this thread is in, whatever its tracker.
    pub(super) fn scope() -> Option<Arc<Self>> {
        CURRENT.with(|current| current.borrow().clone())
    }

    /// Says what the scope whose poll this thread is in is doing from now on.
    pub(super) fn label_scope(label: &'static str) {
        CURRENT.with(|current| {
            if let Some(strand) = &*current.borrow() {
                strand.state().label = Some(label);
            }
        });
    }

    fn unnamed(tracker: &Tracker) -> Arc<Self> {
        let task = running_task();
        let same = |it: &&Arc<Self>| it.task == task && it.tracker.is(tracker);
        if let Some(last) = LAST.with(|last| last.borrow().as_ref().filter(same).cloned()) {
            return last;
        }
        let key = (tracker.id(), task);
        // Two sections of the registry, and no race between them: the key names this task, and a task runs on one
        // thread at a time. One section would deadlock, for `new` locks the registry itself.
        let known = REGISTRY.lock().unnamed.get(&key).and_then(Weak::upgrade);
        let strand = known.unwrap_or_else(|| {
            let strand = Self::new(None, task, None, tracker.clone(), false);
            REGISTRY.lock().unnamed.insert(key, Arc::downgrade(&strand));
            strand
        });
        // What was there may end now, and takes the registry to do so.
        let last = LAST.with(|last| last.borrow_mut().replace(strand.clone()));
        drop(last);
        strand
    }

    /// A scope, inside what runs on this thread now.
    pub(super) fn named(name: Arc<str>, tracker: Tracker, is_branch: bool) -> Arc<Self> {
        let task = running_task();
        let parent = Self::scope().filter(|parent| parent.task == task);
        Self::new(Some(name), task, parent, tracker, is_branch)
    }

    fn new(
        name: Option<Arc<str>>,
        task: Task,
        parent: Option<Arc<Self>>,
        tracker: Tracker,
        is_branch: bool,
    ) -> Arc<Self> {
        if is_branch {
            // Readers skip the registry while this is zero. Those that must not miss this branch are branches of
            // the same task, and run before or after this line, never beside it: program order, or the runtime's
            // between two polls, is enough, and the order of the atomic adds nothing. The pair is the `fetch_sub`
            // in `drop`.
            BRANCHES.fetch_add(1, SeqCst);
        }
        let strand = Arc::new(Self {
            id: number(),
            name,
            task,
            parent,
            tracker,
            state: Mutex::default(),
            running: AtomicBool::new(false),
            polls: AtomicU64::new(0),
            is_branch,
            woken: AtomicBool::new(false),
        });
        let mut registry = REGISTRY.lock();
        registry.all.insert(strand.id, Arc::downgrade(&strand));
        if is_branch {
            registry.branches.entry(task).or_default().push(Arc::downgrade(&strand));
        }
        strand
    }

    /// Every strand there is.
    pub(super) fn all() -> Vec<Arc<Self>> {
        REGISTRY.lock().all.values().filter_map(Weak::upgrade).collect()
    }

    /// The strand of this number.
    pub(super) fn of(id: StrandId) -> Option<Arc<Self>> {
        REGISTRY.lock().all.get(&id).and_then(Weak::upgrade)
    }

    /// Whether its task has named branches, this strand or others.
    pub(super) fn is_of_many(&self) -> bool {
        BRANCHES.load(SeqCst) > 0 && REGISTRY.lock().branches.contains_key(&self.task)
    }

    /// Named branches of the same task that are neither this strand nor around it.
    pub(super) fn branches_beside(strand: &Self) -> Vec<Arc<Self>> {
        // None is looked for where there are none in the whole program.
        if BRANCHES.load(SeqCst) == 0 {
            return Vec::new();
        }
        let registry = REGISTRY.lock();
        // Upgraded under the registry, so that what is found stays alive; filtered only after the registry is
        // released, because the filter may drop the last handle, and the end of a strand locks the registry.
        let of_task = registry.branches.get(&strand.task).into_iter().flatten();
        let beside: Vec<_> = of_task.filter_map(Weak::upgrade).collect();
        drop(registry);
        let apart = |it: &Arc<Self>| strand.with_parents().all(|own| own.id != it.id);
        beside.into_iter().filter(apart).collect()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The name as it stands in reports: the scopes from the outside to the inside.
    pub(super) fn title(&self) -> String {
        let own = match (&self.name, self.task) {
            (Some(name), _) => name.to_string(),
            (None, Task::Tokio(id)) => format!("#{id}"),
            (None, Task::Thread(thread)) => format!("on thread {thread}"),
        };
        self.parent.as_ref().map_or(own.clone(), |parent| format!("{}/{own}", parent.title()))
    }

    /// This strand and the scopes around it.
    pub(super) fn with_parents(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |strand| strand.parent.as_deref())
    }

    /// Whether a thread is in its poll. Of a strand that is no scope this is not known: `None`.
    pub(super) fn is_running(&self) -> Option<bool> {
        self.name.is_some().then(|| self.running.load(SeqCst))
    }

    pub(super) fn polls(&self) -> u64 {
        self.polls.load(SeqCst)
    }

    /// A poll of this scope begins on this thread.
    pub(super) fn enter(self: &Arc<Self>) -> PollGuard {
        // The count before the flag. The watch reads the flag and then the count: if it sees the flag of this poll,
        // it sees the count of this poll. In the other order it could pair the new flag with the old count and
        // report that the poll of an earlier wait never returned. A release here and an acquire there would
        // suffice.
        self.polls.fetch_add(1, SeqCst);
        // Before the poll and not after it: a wake-up during the poll asks for the next one, and its mark must last
        // until then.
        self.woken.store(false, SeqCst);
        self.running.store(true, SeqCst);
        let outer = CURRENT.with(|current| current.borrow_mut().replace(self.clone()));
        PollGuard { strand: self.clone(), outer }
    }

    /// Notes that a lock is no longer held.
    #[inline]
    pub(super) fn pop(&self, number: u64) {
        let mut state = self.state.lock();
        let Some(at) = state.holds.iter().rposition(|hold| hold.number == number) else { return };
        let hold = state.holds.swap_remove(at);
        if hold.is_hazard() {
            self.tracker.hazard_ended();
        }
        let sample = Sample::new(&hold, state.label, clock::now());
        state.samples.push(sample);
        if state.samples.len() >= SAMPLES {
            let samples = std::mem::take(&mut state.samples);
            // The tracker's lock is not taken under a strand's, so the two have no order that could be inverted.
            drop(state);
            self.tracker.hand_in(&samples);
            let mut empty = samples;
            empty.clear();
            let mut state = self.state.lock();
            // The buffer goes back unless another sample has come since: that one lies in a newer buffer.
            if state.samples.capacity() == 0 {
                state.samples = empty;
            }
        }
    }

    /// Hands in what was gathered so far.
    pub(super) fn flush(&self) {
        // A statement of its own: the strand is released before the tracker is locked.
        let samples = std::mem::take(&mut self.state.lock().samples);
        self.tracker.hand_in(&samples);
    }

    /// What it holds, and the scopes around it with it.
    pub(super) fn held(&self) -> Vec<Hold> {
        // One state at a time: no two strands are ever locked together, so they need no order among themselves.
        self.with_parents().flat_map(|strand| strand.state.lock().holds.clone()).collect()
    }

    /// The lock among what it holds itself.
    pub(super) fn hold_of(&self, lock: LockId) -> Option<Hold> {
        let state = self.state.lock();
        state.holds.iter().find(|hold| hold.taken.lock == lock && hold.taken.mode != Mode::Look).copied()
    }
}

impl Drop for Strand {
    fn drop(&mut self) {
        if self.is_branch {
            // No handle is left, so `upgrade` fails from here on: a reader that still sees the weak one finds
            // nothing in it.
            BRANCHES.fetch_sub(1, SeqCst);
        }
        let samples = std::mem::take(&mut self.state.get_mut().samples);
        self.tracker.hand_in(&samples);
        let mut registry = REGISTRY.lock();
        registry.all.remove(&self.id);
        if self.is_branch
            && let Some(branches) = registry.branches.get_mut(&self.task)
        {
            // Its own count is zero by now, so this takes it out as well.
            branches.retain(|branch| branch.strong_count() > 0);
            if branches.is_empty() {
                registry.branches.remove(&self.task);
            }
        }
        // By now the same task may have come back under a new number.
        let key = (self.tracker.id(), self.task);
        if self.name.is_none() && registry.unnamed.get(&key).is_some_and(|it| it.strong_count() == 0) {
            registry.unnamed.remove(&key);
        }
    }
}

/// A poll that is on.
pub(super) struct PollGuard {
    strand: Arc<Strand>,
    outer: Option<Arc<Strand>>,
}

impl PollGuard {
    /// The poll has returned, and the scope is not at its end: what it still holds, it holds across an await. Those it
    /// took with a lock that blocks, newly noticed, are given back: that is no way to hold them.
    pub(super) fn suspended(&self) -> Vec<Hold> {
        let mut hazards = Vec::new();
        let mut state = self.strand.state.lock();
        if state.holds.is_empty() {
            return hazards;
        }
        // A strand that waits for a lock is suspended by this crate's own wait; what it holds meanwhile is the
        // business of the wait-for graph, and no hazard by itself.
        let for_a_lock = !state.waits.is_empty();
        for hold in &mut state.holds {
            let new = !hold.across && !for_a_lock && hold.taken.mode != Mode::Look;
            // Once set it stays, so each hold is counted as a hazard once, and `pop` takes the count back once.
            hold.across |= new;
            if new && hold.blocks {
                self.strand.tracker.hazard_begun();
                hazards.push(*hold);
            }
        }
        hazards
    }
}

impl Drop for PollGuard {
    fn drop(&mut self) {
        // The handle that this replaces is not the last one, for `self.strand` is another: no strand ends inside
        // the borrow.
        CURRENT.with(|current| *current.borrow_mut() = self.outer.take());
        self.strand.running.store(false, SeqCst);
    }
}
