//! Where slices are run: one runtime, one board, one watchdog.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::runtime::Handle;

use crate::workload::WorkloadShape;

use super::board::{InFlight, ProgressBoard};
use super::runtime::Runtime;
use super::slice::{Slice, SliceInstant};
use super::watchdog::Watchdog;

/// One runtime with as many workers as the workload wants, and what watches it.
pub(crate) struct SliceRunner {
    runtime: Option<tokio::runtime::Runtime>,
    watchdog: Watchdog,
    patience: Duration,
    board: Arc<ProgressBoard>,
    send: Sender<Event>,
    events: Receiver<Event>,
}

/// What reaches the runner while a slice is on.
enum Event {
    /// A task has its last answer.
    Back,
    /// Nothing moves any more.
    Stuck(Vec<InFlight>),
    /// A tracker has found that some of a system waits indefinitely: look which.
    Doomed,
}

/// What takes a task back at the end of a slice.
pub(crate) type GiveBack<C> = Box<dyn FnOnce(C) + Send>;

/// A slice that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sliced {
    pub(crate) elapsed: Duration,
    /// Allocations of the whole process meanwhile; `None` if allocations are not counted.
    pub(crate) allocations: Option<u64>,
}

impl SliceRunner {
    /// Calls stuck what has not moved for `patience`, on top of what an operation may take by itself.
    ///
    /// # Errors
    /// When no threads can be had.
    pub(crate) fn new(shape: &WorkloadShape, patience: Duration) -> std::io::Result<Self> {
        let patience = patience + shape.patience;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(shape.workers as usize)
            .thread_name("lockyard-worker")
            .enable_all()
            .build()?;
        let board = Arc::new(ProgressBoard::new(shape.tasks() as usize));
        let (send, events) = channel();
        let alarm = send.clone();
        // The send fails once the runner is gone, and is then of no use.
        let watchdog =
            Watchdog::new(board.clone(), patience, move |stuck| drop(alarm.send(Event::Stuck(stuck))));
        Ok(Self { runtime: Some(runtime), watchdog, patience, board, send, events })
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.runtime.as_ref().expect("the runtime is taken only by drop").handle()
    }

    /// For how long nothing may move.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// A runtime for a system, on these threads; with a tracker if wanted, which ends a slice when it finds something that
    /// will not end.
    pub(crate) fn runtime(&self, tracked: bool) -> Runtime {
        let alarm = self.send.clone();
        // The send fails once the runner is gone, and is then of no use.
        let alarm = move || drop(alarm.send(Event::Doomed));
        if tracked { Runtime::tracked(self.handle(), alarm) } else { Runtime::plain(self.handle()) }
    }

    pub(crate) fn board(&self) -> &ProgressBoard {
        &self.board
    }

    /// Has `tasks` run for `length`, each from `position` on in its steps, and waits until each has its last answer: each
    /// is started by `start`, on `runtime`, and given back by it.
    ///
    /// # Errors
    /// What was in flight when nothing moved any more. The runner is of no use then: its workers may be blocked for good.
    pub(crate) fn run<C: Send + 'static>(
        &self,
        runtime: &Runtime,
        tasks: Vec<C>,
        position: u64,
        length: Duration,
        start: &dyn Fn(C, Arc<Slice>, GiveBack<C>),
    ) -> Result<(Sliced, Vec<C>), Vec<InFlight>> {
        let expected = tasks.len();
        let mut back = Vec::with_capacity(expected);
        let (given, takes) = channel();
        let slice = Arc::new(Slice::new(position, expected));
        for task in tasks {
            let (send, given) = (self.send.clone(), given.clone());
            // When the slice was given up, the receiver is gone and the task is dropped.
            // The task before its event: when `Back` is read, the task is in the other channel and `try_recv` finds
            // it.
            let give_back = Box::new(move |task| drop(given.send(task).map(|()| send.send(Event::Back))));
            start(task, slice.clone(), give_back);
        }
        // Tasks that have not begun are idle and not in flight, so a slice that begins slowly is not taken for
        // stuck.
        self.watchdog.watch(true);
        let begun = slice.wait();
        let mut ended = None;
        while back.len() < expected {
            // Once the slice is over only the answers are waited for, without a limit here: an operation that never
            // returns is noticed by the watchdog, whose patience includes what an operation may take.
            let left =
                if ended.is_none() { length.saturating_sub(begun.at.elapsed()) } else { Duration::MAX };
            match self.events.recv_timeout(left) {
                Ok(Event::Back) => back.extend(takes.try_recv()),
                Ok(Event::Stuck(in_flight)) => return Err(in_flight),
                Ok(Event::Doomed) if runtime.is_doomed() => return Err(self.board.in_flight()),
                // Of one that is not measured any more.
                Ok(Event::Doomed) => {}
                Err(RecvTimeoutError::Timeout) => {
                    // The flag before the clock: read first, the clock would miss the time of the operations that
                    // are counted until the flag is set.
                    slice.end();
                    ended = Some(SliceInstant::now());
                }
                Err(RecvTimeoutError::Disconnected) => unreachable!("the runner itself can send"),
            }
        }
        self.watchdog.watch(false);
        let ended = ended.unwrap_or_else(SliceInstant::now);
        let allocations = ended.allocations.zip(begun.allocations).map(|(after, before)| after - before);
        Ok((Sliced { elapsed: ended.at - begun.at, allocations }, back))
    }
}

impl Drop for SliceRunner {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Workers that are stuck in a blocking lock cannot be waited for.
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use lockyard_lock::{LockClass, LockOf, SharedLock, TokioMutex};
    use lockyard_track::{Kind, Tracked};

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(20);

    fn runner(patience: Duration) -> SliceRunner {
        SliceRunner::new(&WorkloadShape::closed(2, 2), patience).unwrap()
    }

    /// Two tasks begin an operation; the second never comes back.
    #[test]
    fn a_slice_that_does_not_end_is_given_up_with_what_was_in_flight() {
        let runner = runner(PATIENCE);
        let runtime = runner.runtime(false);
        let start = |task: usize, slice: Arc<Slice>, give_back: GiveBack<usize>| {
            slice.arrive();
            let word = runner.board().word(task);
            word.begin(1, 7);
            if task == 0 {
                word.idle(1);
                give_back(task);
            } else {
                std::mem::forget(give_back);
            }
        };
        let stuck = runner.run(&runtime, vec![0, 1], 0, Duration::from_millis(1), &start);
        let Err(stuck) = stuck else { panic!("one task never came back") };
        assert_eq!(stuck, [InFlight { task: 1, operation: 7 }]);
    }

    /// As by a deadlock of blocking locks: not even timers run any more.
    #[test]
    fn blocked_workers_are_noticed_and_left_behind() {
        let runner = runner(PATIENCE);
        let runtime = runner.runtime(false);
        let start = |task: usize, slice: Arc<Slice>, give_back: GiveBack<usize>| {
            slice.arrive();
            runner.board().word(task).begin(1, 0);
            runner.handle().spawn(async move {
                let _keep = give_back;
                std::thread::park();
            });
        };
        let stuck = runner.run(&runtime, vec![0, 1], 0, Duration::from_millis(1), &start);
        assert_eq!(stuck.err().map(|stuck| stuck.len()), Some(2));
        drop(runner); // must not wait for them
    }

    static LOCKS: LockClass = LockClass::new("test");

    /// Two tasks lock two locks in opposite orders, and meet in between. Within the test's time, and so long before the
    /// watchdog's patience, which is an hour here.
    #[test]
    fn a_deadlock_of_tracked_locks_ends_the_slice_when_it_closes() {
        let runner = runner(Duration::from_hours(1));
        let runtime = runner.runtime(true);
        let locks: [Arc<LockOf<Tracked<TokioMutex>, u32>>; 2] =
            runtime.block_on(async { [0, 1].map(|value| Arc::new(SharedLock::new(&LOCKS, value))) });
        let meeting = Arc::new(tokio::sync::Barrier::new(2));
        let start = |task: usize, slice: Arc<Slice>, give_back: GiveBack<usize>| {
            slice.arrive();
            let [first, second] = [task, 1 - task].map(|nth| locks[nth].clone());
            let meeting = meeting.clone();
            let dead_locks = async move {
                let _keep = give_back;
                let _first = first.write().await;
                meeting.wait().await;
                let _second = second.write().await;
            };
            drop(runtime.spawn(|| format!("client {task}"), dead_locks));
        };
        let ended = runner.run(&runtime, vec![0, 1], 0, Duration::from_millis(1), &start);
        assert!(ended.is_err() && runtime.is_doomed());
        let found = runtime.tracker().unwrap().findings();
        let deadlock = found.iter().find(|finding| finding.kind == Kind::Deadlock).unwrap();
        let mut tasks = deadlock.tasks.clone();
        tasks.sort();
        assert_eq!(tasks, ["client 0", "client 1"], "{deadlock}");
    }
}
