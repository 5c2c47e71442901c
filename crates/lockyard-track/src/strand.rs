//! Strands: what runs in sequence, holds locks and waits for them. A task is one, and every named scope inside it.
//!
//! What a strand holds stands with the strand and not with the lock: then a lock that many readers share gets no list
//! that they all write. A strand's own list is written by the thread that runs it, and read by a search.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Weak};

use super::clock;
use super::cycle::StrandId;
use super::hold::HoldIndex;
use super::identity::{Task, running_task};
use super::name::Name;
use super::number::number;
use super::order::Progress;
use super::sole::SoleHold;
use super::state::State;
use super::tracker::Tracker;
use super::waker::ScopeWaker;
use lockyard_lock::sync::{self, AtomicBool, AtomicU64, Mutex, SpinMutex};

/// Something that runs in sequence.
pub(super) struct Strand {
    pub(super) id: StrandId,
    pub(super) name: Option<Name>,
    pub(super) task: Task,
    /// The scope around this one: it cannot go on before this one ends.
    pub(super) parent: Option<Arc<Strand>>,
    pub(super) tracker: Tracker,
    /// When what it does happens, as far as spawns and joins show.
    pub(super) progress: Arc<Progress>,
    /// Of a scope, what goes on when it has ended, named or not.
    pub(super) around: Option<Arc<Strand>>,
    /// Nearly always asked for by the thread that runs it, for some instructions.
    pub(super) state: SpinMutex<State>,
    /// A hold that is not in the list.
    pub(super) sole: SoleHold,
    /// Something is in the list, or there are waits.
    pub(super) is_busy: AtomicBool,
    pub(super) own: Weak<Strand>,
    /// A thread is in its poll now.
    pub(super) running: AtomicBool,
    pub(super) polls: AtomicU64,
    /// Wake-ups before its last poll.
    pub(super) wakes_before: AtomicU64,
    /// When its last poll began.
    pub(super) polled_at: AtomicU64,
    /// A branch of a task, which the task may leave alone; else it is a task, or runs on a thread.
    pub(super) is_branch: bool,
    /// What its future is woken by, where it is a future.
    pub(super) waker: Option<Arc<ScopeWaker>>,
    /// A finding is about a wait in it: it is looked at when its poll has returned.
    pub(super) accused: AtomicBool,
}

/// Strands that no scope has named, by what they run as; and all others.
#[derive(Default)]
struct Registry {
    unnamed: HashMap<(u64, Task), Weak<Strand>>,
    /// In the order in which they were made: who goes through them locks one after another, and a checker that plays an
    /// execution again must meet them in the same order.
    all: BTreeMap<StrandId, Weak<Strand>>,
    branches: HashMap<Task, Vec<Weak<Strand>>>,
}

/// Branches that there are. Those of a task are polled one after another, and only that task asks for them.
static BRANCHES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

sync::lazy_static! {
    static ref REGISTRY: Mutex<Registry> = Mutex::default();
}

sync::thread_local! {
    /// The scope whose poll this thread is in.
    static CURRENT: RefCell<Option<Arc<Strand>>> = const { RefCell::new(None) };
    /// The strand that asked last outside every scope.
    static LAST: RefCell<Option<Arc<Strand>>> = const { RefCell::new(None) };
}

/// Looks at the scope whose poll this thread is in, without counting a reference to it. `look` enters no scope.
#[inline]
pub(super) fn with_current<R>(look: impl FnOnce(Option<&Arc<Strand>>) -> R) -> R {
    CURRENT.with(|current| look(current.borrow().as_ref()))
}

/// Puts another scope in the place of the one whose poll this thread is in; gives that one back.
pub(super) fn replace_current(scope: Option<Arc<Strand>>) -> Option<Arc<Strand>> {
    CURRENT.with(|current| std::mem::replace(&mut *current.borrow_mut(), scope))
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
            let strand = Self::new(
                None,
                task,
                None,
                tracker.clone(),
                false,
                None,
                (Progress::of_unknown_origin(task), None),
            );
            REGISTRY.lock().unnamed.insert(key, Arc::downgrade(&strand));
            strand
        });
        // What was there may end now, and takes the registry to do so.
        let last = LAST.with(|last| last.borrow_mut().replace(strand.clone()));
        drop(last);
        strand
    }

    /// What runs here around a scope that is in no other. Under loom there is none: it would last until its thread ends, when
    /// the registry is out of reach.
    fn outside_scopes(tracker: &Tracker) -> Option<Arc<Self>> {
        (!cfg!(lockyard_loom)).then(|| Self::unnamed(tracker))
    }

    /// The task that runs on this thread now, as its moments know it. Zero without a name for it.
    pub(super) fn task_here(tracker: &Tracker) -> u64 {
        Self::here(tracker).map_or(0, |strand| strand.progress.task)
    }

    /// A task that what runs on this thread spawns now.
    pub(super) fn spawn_here(tracker: &Tracker) -> Arc<Progress> {
        let unknown = || Progress::of_unknown_origin(number());
        Self::here(tracker).map_or_else(unknown, |strand| strand.progress.spawn())
    }

    fn here(tracker: &Tracker) -> Option<Arc<Self>> {
        Self::scope().filter(|it| it.tracker.is(tracker)).or_else(|| Self::outside_scopes(tracker))
    }

    /// A scope, inside what runs on this thread now, with `waker` where it is a future; or a task, which was spawned as
    /// `spawned`.
    pub(super) fn named(
        name: Name,
        tracker: Tracker,
        is_branch: bool,
        waker: Option<Arc<ScopeWaker>>,
        spawned: Option<Arc<Progress>>,
    ) -> Arc<Self> {
        let task = running_task();
        let parent = Self::scope().filter(|parent| parent.task == task);
        // A task that was never spawned, but awaited where it was made, is a scope like any other.
        let spawned = spawned.filter(|_| parent.is_none());
        let origin = spawned.map_or_else(
            || match parent.clone().or_else(|| Self::outside_scopes(&tracker)) {
                Some(around) => (around.progress.enter(), Some(around)),
                None => (Progress::of_unknown_origin(number()), None),
            },
            |spawned| (spawned, None),
        );
        Self::new(Some(name), task, parent, tracker, is_branch, waker, origin)
    }

    fn new(
        name: Option<Name>,
        task: Task,
        parent: Option<Arc<Self>>,
        tracker: Tracker,
        is_branch: bool,
        waker: Option<Arc<ScopeWaker>>,
        (progress, around): (Arc<Progress>, Option<Arc<Self>>),
    ) -> Arc<Self> {
        if is_branch {
            // Readers skip the registry while this is zero. Those that must not miss this branch are branches of
            // the same task, and run before or after this line, never beside it: program order, or the runtime's
            // between two polls, is enough, and the order of the atomic adds nothing. The pair is the `fetch_sub`
            // in `drop`.
            BRANCHES.fetch_add(1, SeqCst);
        }
        let unnamed = name.is_none();
        let strand = Arc::new_cyclic(|own| Self {
            // By this number a handle of the task knows it, whether it has been polled or not.
            id: progress.id(),
            name,
            task,
            parent,
            tracker,
            progress,
            around,
            state: SpinMutex::new(State::new(unnamed)),
            sole: SoleHold::new(),
            is_busy: AtomicBool::new(false),
            own: own.clone(),
            running: AtomicBool::new(false),
            polls: AtomicU64::new(0),
            wakes_before: AtomicU64::new(0),
            polled_at: AtomicU64::new(0),
            is_branch,
            waker,
            accused: AtomicBool::new(false),
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

    /// The named branches of a task.
    pub(super) fn branches_of(task: Task) -> Vec<Arc<Self>> {
        let registry = REGISTRY.lock();
        registry.branches.get(&task).into_iter().flatten().filter_map(Weak::upgrade).collect()
    }

    /// What the task of a named strand does under no name, if it has used a lock of the same tracker.
    pub(super) fn unnamed_beside(strand: &Self) -> Option<Arc<Self>> {
        let key = (strand.tracker.id(), strand.task);
        let unnamed = REGISTRY.lock().unnamed.get(&key).and_then(Weak::upgrade);
        unnamed.filter(|it| it.id != strand.id)
    }

    /// Named branches of the same task that are neither this strand nor around it.
    pub(super) fn branches_beside(strand: &Self) -> Vec<Arc<Self>> {
        // None is looked for where there are none in the whole program.
        if BRANCHES.load(SeqCst) == 0 {
            return Vec::new();
        }
        // Filtered only after the registry is released, because the filter may drop the last handle, and the end of a
        // strand locks the registry.
        let beside = Self::branches_of(strand.task);
        let apart = |it: &Arc<Self>| strand.with_parents().all(|own| own.id != it.id);
        beside.into_iter().filter(apart).collect()
    }

    /// The name as it stands in reports: the scopes from the outside to the inside.
    pub(super) fn title(&self) -> String {
        let own = match (&self.name, self.task) {
            (Some(name), _) => name.words(self.id),
            (None, Task::Tokio(id)) => format!("#{id}"),
            (None, Task::Other(id)) => format!("#{id}"),
            (None, Task::Thread(thread)) => format!("on thread {thread}"),
        };
        self.parent.as_ref().map_or(own.clone(), |parent| format!("{}/{own}", parent.title()))
    }

    /// This strand and the scopes around it.
    pub(super) fn with_parents(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |strand| strand.parent.as_deref())
    }

    /// Notes that a lock is no longer held.
    #[inline]
    pub(super) fn pop(&self, at: HoldIndex, number: u64) {
        let released = clock::now();
        let mut state = self.state();
        let Some((hold, kept)) = state.remove(at, number) else { return };
        if hold.is_hazard {
            self.tracker.hazard_ended();
        }
        let full = self.ended(&mut state, &hold, released);
        drop(state);
        full.into_iter().for_each(|samples| self.hand_in(samples));
        drop(kept);
    }

    /// Hands in what was gathered so far.
    pub(super) fn flush(&self) {
        // A statement of its own: the strand is released before the tracker is locked.
        let samples = std::mem::take(&mut self.state.lock().samples);
        self.tracker.hand_in(&samples);
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
