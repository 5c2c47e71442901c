//! What throughput does not show of a lock: how long a hand-over takes, what cancelling a waiter costs, how many bytes a lock
//! is.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock, TryFamily};
use quanta::Clock;
use rand::seq::SliceRandom;
use tokio::runtime::Runtime;

use crate::alloc;
use crate::random::Random;
use crate::record::LockTime;

use super::work::work;

static ALONE: LockClass = LockClass::new("alone");

/// What does not end within this time is left behind, and has no hand-over.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many waiters are queued when they are cancelled.
const QUEUED: usize = 32;

/// So many queues are cancelled.
const QUEUES: u64 = 400;

/// At what a hand-over is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contention {
    pub(super) tasks: usize,
    /// Work of each holder.
    pub(super) hold: u64,
    pub(super) length: Duration,
}

/// What a lock guards here: when it was released, and by whom.
#[derive(Clone, Copy, Default)]
struct Release {
    at: u64,
    by: usize,
}

impl Release {
    /// Whether it gave the lock to a task, counted from 1, that had asked for it by then. One's own release gives nothing, and
    /// what nobody has released was free.
    fn hands_over(self, to: usize, asked: u64) -> bool {
        self.by != 0 && self.by != to && self.at > asked
    }
}

/// From each release to the next holder's having the lock, in nanoseconds, where that one had asked before the release:
/// otherwise the time would be that in which nobody wanted it. `None` if the tasks did not end.
pub(super) fn handovers<F: LockFamily>(runtime: &Runtime, contention: Contention) -> Option<Vec<u64>> {
    let Contention { tasks, hold, length } = contention;
    let lock: Arc<LockOf<F, Release>> = Arc::new(SharedLock::new(&ALONE, Release::default()));
    let over = Arc::new(AtomicBool::new(false));
    let start = |task| runtime.spawn(take_turns::<F>(lock.clone(), task, hold, over.clone()));
    let running: Vec<_> = (1..=tasks).map(start).collect();
    runtime.block_on(async {
        tokio::time::sleep(length).await;
        // Relaxed: it says stop, and hands nothing over.
        over.store(true, Ordering::Relaxed);
        let all = async {
            let mut nanos = Vec::new();
            for task in running {
                nanos.extend(task.await.unwrap_or_default());
            }
            nanos
        };
        tokio::time::timeout(PATIENCE, all).await.ok()
    })
}

/// One task: takes the lock again and again, and stamps it before it releases it.
async fn take_turns<F: LockFamily>(
    lock: Arc<LockOf<F, Release>>,
    task: usize,
    hold: u64,
    over: Arc<AtomicBool>,
) -> Vec<u64> {
    /// Accesses after which others on the worker have a turn.
    const TURN: u32 = 16;
    let clock = Clock::new();
    let mut nanos = Vec::with_capacity(1 << 14);
    let mut until_turn = TURN;
    while !over.load(Ordering::Relaxed) {
        let asked = clock.raw();
        {
            let mut guard = lock.write().await;
            let now = clock.raw();
            let release = *guard;
            if release.hands_over(task, asked) {
                nanos.push(clock.delta_as_nanos(release.at, now));
            }
            work(hold, now);
            // The stamp last: the first change of a copy-on-write lock makes the copy.
            guard.by = task;
            guard.at = clock.raw();
        }
        until_turn -= 1;
        if until_turn == 0 {
            until_turn = TURN;
            tokio::task::yield_now().await;
        }
    }
    nanos
}

/// What dropping the future of a queued waiter takes, in nanoseconds: the mean of each queue, whose waiters go in an order that
/// is drawn. `None` if waiting blocks the thread, for then there is no future to drop.
pub(super) fn cancellations<F: TryFamily>(random: &mut Random) -> Option<Vec<u64>> {
    if F::BLOCKS {
        return None;
    }
    let clock = Clock::new();
    let lock: LockOf<F, ()> = SharedLock::new(&ALONE, ());
    let mut context = Context::from_waker(Waker::noop());
    let mut nanos = Vec::new();
    for _ in 0..QUEUES {
        let _held = F::try_write(&lock)?;
        // Boxed once, and emptied in place, so that no memory is freed while the clock runs.
        let mut waiters: Vec<Pin<Box<Option<_>>>> =
            (0..QUEUED).map(|_| Box::pin(Some(lock.write()))).collect();
        for waiter in &mut waiters {
            let future = waiter.as_mut().as_pin_mut().expect("it was just put there");
            if future.poll(&mut context).is_ready() {
                // It would be a lock that does not exclude, which the cells say.
                return None;
            }
        }
        waiters.shuffle(&mut **random);
        let begun = clock.raw();
        waiters.iter_mut().for_each(|waiter| waiter.as_mut().set(None));
        nanos.push(clock.delta_as_nanos(begun, clock.raw()) / QUEUED as u64);
    }
    Some(nanos)
}

/// The bytes of a lock around nothing: where it stands, and on the heap once it was used. The latter is unknown where
/// allocations are not counted.
pub(super) fn bytes<F: TryFamily>() -> (u64, Option<u64>) {
    let used = || {
        let lock: LockOf<F, ()> = SharedLock::new(&ALONE, ());
        drop(F::try_write(&lock));
        lock
    };
    let heap = alloc::process_count().map(|_| {
        // What a thread keeps for all locks of a kind is made with the first one.
        drop(used());
        alloc::measure(used).bytes_kept.max(0).cast_unsigned()
    });
    (size_of::<LockOf<F, ()>>() as u64, heap)
}

/// Percentiles of times; `None` of none.
pub(super) fn summary(mut nanos: Vec<u64>) -> Option<LockTime> {
    /// Fewer have no p99.
    const P99_FROM: usize = 100;
    nanos.sort_unstable();
    let at = |share: f64| {
        let place = (nanos.len() as f64 * share).ceil() as usize;
        nanos.get(place.saturating_sub(1)).copied()
    };
    Some(LockTime {
        count: nanos.len() as u64,
        p50: at(0.5)?,
        p99: at(0.99).filter(|_| nanos.len() >= P99_FROM),
        max: nanos.last().copied()?,
    })
}

#[cfg(test)]
mod tests {
    use lockyard_lock::{AsyncLockMutex, ParkingLotMutex, TokioMutex, TokioRwLock};

    use super::*;

    #[test]
    fn percentiles_are_of_known_times() {
        let time = summary((1..=200).rev().collect()).unwrap();
        assert_eq!((time.count, time.p50, time.p99, time.max), (200, 100, Some(198), 200));
        assert_eq!(summary(vec![7; 99]).unwrap().p99, None);
        assert_eq!(summary(Vec::new()), None);
    }

    #[test]
    fn only_waiters_that_yield_can_be_cancelled() {
        let mut random = Random::stream(42, 0);
        let cancelled = [
            cancellations::<TokioMutex>(&mut random),
            cancellations::<TokioRwLock>(&mut random),
            cancellations::<AsyncLockMutex>(&mut random),
        ];
        assert!(cancelled.iter().all(|it| it.as_ref().is_some_and(|nanos| nanos.len() as u64 == QUEUES)));
        assert_eq!(cancellations::<ParkingLotMutex>(&mut random), None);
    }

    #[test]
    fn only_who_was_waiting_is_handed_the_lock() {
        let release = Release { at: 100, by: 1 };
        assert!(release.hands_over(2, 99));
        assert!(!release.hands_over(2, 100), "it had not asked before");
        assert!(!release.hands_over(1, 99), "its own");
        assert!(!Release::default().hands_over(1, 0), "nobody had it");
    }

    #[test]
    fn tasks_end_with_locks_that_yield_and_with_those_that_block() {
        let runtime = crate::slices::runtime_of(2, None).unwrap();
        let contention = Contention { tasks: 3, hold: 1, length: Duration::from_millis(1) };
        assert!(handovers::<TokioMutex>(&runtime, contention).is_some());
        assert!(handovers::<ParkingLotMutex>(&runtime, contention).is_some());
    }

    #[test]
    fn a_lock_is_as_large_as_its_type() {
        // Nothing counts allocations in this test.
        assert_eq!(bytes::<ParkingLotMutex>(), (1, None));
    }
}
