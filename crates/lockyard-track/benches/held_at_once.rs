//! What does it cost to hold a thousand locks of one class at once, tracked and not?
//!
//! A round takes them all in order and releases them in the same order. Given is the median round, and how many times
//! that is of an untracked one: of the first round of a new tracker, when all is new to the lock-order graph; of a later
//! round of the same task; and of the first round of each later task, which the graph knows but the task does not.
//!
//! ```sh
//! cargo bench -p lockyard-track --bench held_at_once
//! ```

use std::time::{Duration, Instant};

use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock, TokioMutex};
use lockyard_track::{Tracked, Tracker};

static ENTRY: LockClass = LockClass::new("entry");

const LOCKS: [usize; 3] = [10, 100, 1_000];
const ROUNDS: usize = 200;

fn locks<F: LockFamily>(number: usize) -> Vec<LockOf<F, usize>> {
    (0..number).map(|nth| SharedLock::new(&ENTRY, nth)).collect()
}

async fn round<F: LockFamily>(locks: &[LockOf<F, usize>]) -> Duration {
    let mut held = Vec::with_capacity(locks.len());
    let start = Instant::now();
    for lock in locks {
        held.push(lock.write().await);
    }
    let sum: usize = held.iter().map(|guard| **guard).sum();
    held.drain(..).for_each(drop);
    let elapsed = start.elapsed();
    assert_eq!(sum, locks.len() * (locks.len() - 1) / 2);
    elapsed
}

fn median(mut rounds: Vec<Duration>) -> Duration {
    rounds.sort_unstable();
    rounds[rounds.len() / 2]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("{:>6} {:>12} {:>20} {:>20} {:>20}", "locks", "untracked", "first", "later", "another task's");
    for number in LOCKS {
        let bare = locks::<TokioMutex>(number);
        let (mut untracked, mut first, mut later, mut other) = (vec![], vec![], vec![], vec![]);
        for _ in 0..ROUNDS {
            untracked.push(round::<TokioMutex>(&bare).await);
            let tracker = Tracker::new();
            let tracked = tracker.within("set up", || locks::<Tracked<TokioMutex>>(number));
            let both = async {
                (round::<Tracked<TokioMutex>>(&tracked).await, round::<Tracked<TokioMutex>>(&tracked).await)
            };
            let rounds = tracker.scope("one", both).await;
            first.push(rounds.0);
            later.push(rounds.1);
            other.push(tracker.scope("other", round::<Tracked<TokioMutex>>(&tracked)).await);
            assert_eq!(tracker.findings(), []);
        }
        let untracked = median(untracked);
        let cell = |rounds: Vec<Duration>| {
            let median = median(rounds);
            format!("{median:.1?} = {:.1}x", median.as_secs_f64() / untracked.as_secs_f64())
        };
        let [first, later, other] = [first, later, other].map(cell);
        println!("{number:>6} {:>12} {first:>20} {later:>20} {other:>20}", format!("{untracked:.1?}"));
    }
}
