//! Tasks that work side by side.

use std::time::{Duration, Instant};

/// After so many pieces of work a task lets the next one have its worker. Locks that block a thread never make their
/// task wait, so without it each worker would run one task to its end, and eight tasks would be two.
const TURN: u64 = 32;

/// How long `tasks` tasks need for `count` pieces of work together, spawning included, and what each answered.
/// `work` gets the number of its task and how many pieces are that task's share.
pub async fn side_by_side<W>(
    tasks: u64,
    count: u64,
    work: impl Fn(u64, u64) -> W,
) -> (Duration, Vec<W::Output>)
where
    W: Future<Output: Send> + Send + 'static,
{
    let work: Vec<_> =
        (0..tasks).map(|task| work(task, count / tasks + u64::from(task < count % tasks))).collect();
    let start = Instant::now();
    let running: Vec<_> = work.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::with_capacity(running.len());
    for task in running {
        answers.push(task.await.expect("no task has found anything wrong"));
    }
    (start.elapsed(), answers)
}

/// To be called after the `nth` piece of work of a task.
pub async fn give_way(nth: u64) {
    if nth % TURN == TURN - 1 {
        tokio::task::yield_now().await;
    }
}
