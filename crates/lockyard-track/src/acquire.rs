//! One acquisition, from asking to having: what is looked at on the way.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use super::cycle::{self, LockId, Request, StrandId, StrandState, WaitGraph};
use super::exclusion;
use super::finding::Kind;
use super::futurelock::Probe;
use super::granted::Granted;
use super::hold::HoldIndex;
use super::lock::Lock;
use super::mode::{Mode, Rule};
use super::order::LockUse;
use super::report;
use super::state_guard::note_sole;
use super::strand::Strand;
use super::wait::{Wait, WaitGuard};

/// Overtaken so often, a waiter starves.
const STARVED: u64 = 64;

/// The lock was free. `ahead` is the last place in the queue that was given before it was tried.
#[inline]
pub(super) fn at_once(lock: &Arc<Lock>, taken: LockUse, ahead: Option<u64>) -> Granted {
    if let Some(granted) = sole(lock, taken, ahead) {
        return granted;
    }
    let strand = Strand::current(&lock.tracker);
    let taken = asked(lock, &strand, taken);
    // The states around it first: no two are ever locked together.
    let around = strand.held_around();
    let segment = strand.progress.segment();
    let mut state = strand.state();
    if state.is_new_order(&taken, around, segment) {
        // `draw` locks this state itself, to read what is held: with the guard alive it would wait for its own
        // caller.
        drop(state);
        draw(&strand, &taken, lock);
        state = strand.state();
    }
    // After the orders were drawn: pushed earlier, the lock would be among what is held while it is asked for.
    let hold = state.push(taken, lock.blocks, None);
    drop(state);
    had(lock, strand, &taken, ahead, hold)
}

/// The lock was free for a strand that holds nothing, so that no order comes of it either.
#[inline]
fn sole(lock: &Lock, taken: LockUse, ahead: Option<u64>) -> Option<Granted> {
    // Of one who overtakes others more is to be said.
    if ahead.is_some() {
        return None;
    }
    let (strand, number) = note_sole(lock, taken)?;
    exclusion::granted(lock, strand, &taken, number);
    Some(Granted::sole((strand, number), taken.mode))
}

/// What is known of a request at its moment.
#[inline]
fn asked(lock: &Lock, strand: &Strand, taken: LockUse) -> LockUse {
    LockUse { private: lock.is_private_to(strand), sequence: strand.asks_in_sequence(), ..taken }
}

/// The lock was free for one who would not have waited: no order comes of it.
#[inline]
pub(super) fn without_order(lock: &Arc<Lock>, taken: LockUse, ahead: Option<u64>) -> Granted {
    let taken = LockUse { tried: true, ..taken };
    if let Some(granted) = sole(lock, taken, ahead) {
        return granted;
    }
    let strand = Strand::current(&lock.tracker);
    let taken = LockUse { private: lock.is_private_to(&strand), ..taken };
    let hold = strand.state().push(taken, lock.blocks, None);
    had(lock, strand, &taken, ahead, hold)
}

#[inline]
fn had(
    lock: &Lock,
    strand: Arc<Strand>,
    taken: &LockUse,
    ahead: Option<u64>,
    hold: (HoldIndex, u64),
) -> Granted {
    exclusion::granted(lock, strand.id, taken, hold.1);
    if let Some(last) = ahead {
        // Who had a place before this one tried, and has it still, was overtaken.
        overtakes(&strand, taken, &lock.before(last + 1));
    }
    Granted::listed(strand, hold, taken.mode)
}

/// Waits for the lock by `future`, or by trying with `again` where `future` would block a thread indefinitely.
///
/// **Cancellation.** The wait is taken back before `future` is dropped.
///
/// On the heap, since most acquisitions never come here: those should not carry the space for a wait from one future to the
/// next.
pub(super) fn waited<G, R>(
    lock: &Arc<Lock>,
    strand: Arc<Strand>,
    taken: LockUse,
    again: impl Fn() -> Option<G>,
    future: impl Future<Output = G>,
    held: impl FnOnce(G, Granted) -> R,
) -> Pin<Box<impl Future<Output = R>>> {
    Box::pin(async move {
        let (guard, granted) = wait(lock, strand, taken, again, future).await;
        held(guard, granted)
    })
}

async fn wait<G>(
    lock: &Arc<Lock>,
    strand: Arc<Strand>,
    taken: LockUse,
    again: impl Fn() -> Option<G>,
    future: impl Future<Output = G>,
) -> (G, Granted) {
    let taken = asked(lock, &strand, taken);
    let (mode, at) = (taken.mode, taken.place);
    let around = strand.held_around();
    let segment = strand.progress.segment();
    // A statement of its own, whose guard ends with it: `draw` locks the same state.
    let is_new = strand.state().is_new_order(&taken, around, segment);
    if is_new {
        draw(&strand, &taken, lock);
    }
    let wait = Wait::new(strand.clone(), lock.clone(), mode, mode.as_str(), at);
    let waker = Waker::from(wait.clone());
    let mut future = pin!(future);
    // Declared after the future, so that it ends before it.
    let waiting = WaitGuard::begin(wait.clone());
    let mut begun = false;
    let mut probe = Probe::default();
    let guard = poll_fn(|context| {
        // Before anything is polled: a wake-up that comes from here on must reach the waker of this poll, and the
        // mark of an earlier one must be cleared before this poll can cause the next.
        wait.polled_by(context.waker());
        wait.panic_if_stuck();
        // The future is given the wait as its waker and not the task's: only so is it known when the lock was
        // granted.
        let mut context = Context::from_waker(&waker);
        // Written by this task alone, so any order would show its own store; the other reader is `Lock::released`.
        if wait.polling.load(SeqCst) {
            return again().map_or(Poll::Pending, Poll::Ready);
        }
        if begun {
            let polled = future.as_mut().poll(&mut context);
            if polled.is_pending() {
                probe.look(&wait);
            }
            return polled;
        }
        begun = true;
        if lock.blocks {
            // Queued before it blocks, for there is no later moment.
            lock.join(&wait, || None::<G>);
            lock.tracker.wait_begun();
            // Queued before the search. Of two waits that close a cycle together, each joins and then
            // searches; the queue's mutex puts one search after the other's join, so at least one of them finds the
            // cycle. Were the search first, both could miss it.
            if begins(&wait) || holder_is_suspended(lock) {
                // The flag before the count before the attempt. With the attempt first, a release between the two
                // would find no count and wake no task; with the count first, it would find no wait to wake. The
                // pair is `Lock::released`, which reads the count after the unlock and then the flags.
                wait.polling.store(true, SeqCst);
                lock.polling.fetch_add(1, SeqCst);
                // The future is not polled any more: it would block this thread, maybe the one that has to resume
                // the holder.
                return again().map_or(Poll::Pending, Poll::Ready);
            }
            return future.as_mut().poll(&mut context);
        }
        let mut poll = || match future.as_mut().poll(&mut context) {
            Poll::Ready(guard) => Some(guard),
            Poll::Pending => None,
        };
        // The first poll enters the lock's own queue. It runs under the mutex of the tracker's, so both queues agree.
        let joined = lock.join(&wait, &mut poll);
        // Counted once it is queued: so a thread that sees the count finds the wait.
        lock.tracker.wait_begun();
        if let Some(guard) = joined {
            return Poll::Ready(guard);
        }
        // Queued before the search, as above. What it finds is reported; the wait itself goes on.
        begins(&wait);
        probe.look(&wait);
        Poll::Pending
    })
    .await;
    // Held before the wait ends: in the other order there would be a moment with neither a holder nor this waiter,
    // in which the next in the queue seems to have been passed over.
    let hold = strand.state().push(taken, lock.blocks, Some(wait.waited()));
    if let Some(place) = wait.place().filter(|_| !lock.blocks) {
        overtakes(&strand, &taken, &lock.before(place));
    }
    waiting.granted();
    exclusion::granted(lock, strand.id, &taken, hold.1);
    (guard, Granted::listed(strand, hold, mode))
}

/// Waits for the lock by `block`, which blocks this thread until it has it, and is told whether that seems never to end.
pub(super) fn blocked<G>(
    lock: &Arc<Lock>,
    strand: Arc<Strand>,
    taken: LockUse,
    block: impl FnOnce(&Wait, bool) -> G,
) -> (G, Granted) {
    let taken = asked(lock, &strand, taken);
    let around = strand.held_around();
    let segment = strand.progress.segment();
    let is_new = strand.state().is_new_order(&taken, around, segment);
    if is_new {
        draw(&strand, &taken, lock);
    }
    let wait = Wait::new(strand.clone(), lock.clone(), taken.mode, taken.mode.as_str(), taken.place);
    let waiting = WaitGuard::begin(wait.clone());
    // Queued before it blocks and before the search, for there is no later moment; in the lock's own queue it may come to
    // stand elsewhere.
    lock.join(&wait, || None::<G>);
    lock.tracker.wait_begun();
    let is_doomed = begins(&wait) || lock.blocks && holder_is_suspended(lock);
    let guard = block(&wait, is_doomed);
    let hold = strand.state().push(taken, lock.blocks, Some(wait.waited()));
    waiting.granted();
    exclusion::granted(lock, strand.id, &taken, hold.1);
    (guard, Granted::listed(strand, hold, taken.mode))
}

/// Tries again and again until it has the lock: where blocking would never end, and somebody is to hear of it.
///
/// # Panics
/// With the finding, once there is one that stands.
pub(super) fn tried<G>(wait: &Wait, again: impl Fn() -> Option<G>) -> G {
    loop {
        if let Some(guard) = again() {
            return guard;
        }
        wait.panic_if_stuck();
        thread::sleep(Duration::from_millis(1));
    }
}

/// What is to be seen when a wait begins. Whether it can never end by itself.
fn begins(wait: &Arc<Wait>) -> bool {
    let strand = &wait.strand;
    // What this strand or one around it holds is not released while it waits here: that needs no search.
    let keeps_waiting =
        |holder: &Strand| holder.hold_of(wait.lock.id).filter(|hold| hold.taken.mode.excludes(wait.mode));
    let own = || strand.with_parents().find_map(|holder| Some((holder, keeps_waiting(holder)?)));
    if let Some((holder, hold)) = own() {
        report::own_hold(wait, holder, &hold);
        return true;
    }
    // Before the branches beside it: two of them that wait for each other are a cycle, and neither was left alone.
    if strand.with_parents().any(|strand| !strand.state().holds.is_empty()) && closes_a_cycle(wait) {
        return true;
    }
    // What a branch beside it holds is released only if the task goes on polling that branch; and what the task holds
    // under no name may be held around this strand.
    for branch in Strand::branches_beside(strand).into_iter().chain(Strand::unnamed_beside(strand)) {
        if let Some(hold) = keeps_waiting(&branch) {
            report::own_hold(wait, &branch, &hold);
            return true;
        }
    }
    false
}

fn closes_a_cycle(wait: &Arc<Wait>) -> bool {
    let world = CurrentWaits(wait);
    let Some(links) = cycle::closed_by(&wait.request(), &world) else { return false };
    // The search looked here and there while others went on. What is still there now was there all the time, together.
    // By number, which no other wait ever gets: one that is found again lasted from then until now. A request at
    // the same place by the same strand could be a later one.
    let wait_of = |request: &Request| {
        let lock = wait.lock.tracker.contended_lock(request.lock)?;
        lock.queued().into_iter().find(|it| it.number == request.wait)
    };
    let mut waits = Vec::new();
    for link in &links {
        let Some(wait) = wait_of(&link.request) else { return false };
        let stands = match link.why {
            cycle::WaitReason::Holds(mode) => {
                world.strand(link.on).holds.contains(&(link.request.lock, mode))
            }
            cycle::WaitReason::Before(before) => wait_of(&before).is_some(),
        };
        if !stands {
            return false;
        }
        waits.push(wait);
    }
    report::deadlock(&links, &waits);
    true
}

/// The moment as it is, for the search that this wait has caused.
struct CurrentWaits<'a>(&'a Wait);

impl WaitGraph for CurrentWaits<'_> {
    fn strand(&self, strand: StrandId) -> StrandState {
        let Some(strand) = Strand::of(strand) else { return StrandState::default() };
        let holds = strand.held().iter().map(|hold| (hold.taken.lock, hold.taken.mode)).collect();
        // Cloned, and the guard gone, before `request` locks the same state to count the waits.
        let waits = strand.state().waits.clone();
        StrandState { holds, waits: waits.iter().map(|wait| wait.request()).collect() }
    }

    fn queued(&self, lock: LockId) -> Vec<Request> {
        let Some(lock) = self.0.lock.tracker.contended_lock(lock) else { return Vec::new() };
        // The queue is copied first: `request` locks the state of a strand, and no state is locked under a queue.
        lock.queued().iter().map(|wait| wait.request()).collect()
    }
}

/// Whether the holder of a lock that blocks is suspended: blocking now may block the thread that is to resume it.
fn holder_is_suspended(lock: &Lock) -> bool {
    let suspended = |strand: &Arc<Strand>| {
        strand.is_running() == Some(false) && strand.hold_of(lock.id).is_some_and(|hold| hold.is_hazard)
    };
    // The count first: it is zero in programs without such holds, and the walk over all strands is then spared.
    lock.tracker.has_hazards() && Strand::all().iter().any(suspended)
}

/// Draws the orders that this acquisition stands for, and says what comes of them.
#[cold]
fn draw(strand: &Strand, taken: &LockUse, lock: &Lock) {
    if taken.mode == Mode::Read && taken.rule.readers_meet() {
        let read_before = |strand: &Strand| strand.state().holds.reading(taken.lock);
        if let Some(first) = strand.with_parents().find_map(read_before) {
            let policy = match taken.rule {
                Rule::Fifo => "granted in FIFO order",
                Rule::WritersFirst | Rule::AnyOrder => "writer-preferring",
            };
            report::recursive_read(strand, &first, taken, policy);
        }
    }
    let Some(held) = strand.held_now() else { return };
    for inversion in lock.tracker.note_order(held, *taken, strand.progress.now()) {
        report::inversion(strand, &inversion);
    }
}

/// `strand` has been granted the lock, though these were queued before it asked.
fn overtakes(strand: &Strand, taken: &LockUse, ahead: &[Arc<Wait>]) {
    for wait in ahead.iter().filter(|wait| wait.mode.excludes(taken.mode)) {
        // One atomic step gives each overtaker a number of its own, so exactly one is the first and one the
        // sixty-fourth. Atomicity is all that is used here; a relaxed order would do.
        let times = wait.overtaken.fetch_add(1, SeqCst) + 1;
        // Where the place here is not the place in the lock's own queue, there is nothing to hold it to.
        // A wait that is never polled blocks its thread, and joined the lock's own queue at another moment.
        if wait.lock.blocks || wait.lock.rule != Rule::Fifo || wait.polls() == 0 {
            continue;
        }
        if times == 1 {
            report::overtaken(Kind::GrantOrder, wait, strand, taken, times);
        } else if times == STARVED {
            report::overtaken(Kind::Starvation, wait, strand, taken, times);
        }
    }
}
