//! Where slices are run: one runtime, one board, one watchdog.

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::pinning::Pinning;
use crate::workload::WorkloadShape;

use super::board::ProgressBoard;
use super::ending::{Event, GiveBack, SliceFailure};
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

/// A slice that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sliced {
    pub(crate) begun: quanta::Instant,
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
        Self::pinned(shape, patience, None)
    }

    /// The same, with its workers on the CPUs given.
    ///
    /// # Errors
    /// When no threads can be had.
    pub(crate) fn pinned(
        shape: &WorkloadShape,
        patience: Duration,
        pinning: Option<&Pinning>,
    ) -> std::io::Result<Self> {
        let patience = patience + shape.patience;
        let runtime = runtime_of(shape.workers, pinning)?;
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
    /// [`SliceFailure`] when one panicked, when nothing moved any more, or when some did not begin.
    pub(crate) fn run<C: Send + 'static>(
        &self,
        runtime: &Runtime,
        tasks: Vec<C>,
        position: u64,
        length: Duration,
        start: &dyn Fn(C, Arc<Slice>, GiveBack<C>),
    ) -> Result<(Sliced, Vec<C>), SliceFailure> {
        let expected = tasks.len();
        let (given, takes) = channel();
        let left = Arc::new(AtomicUsize::new(expected));
        let begins = self.send.clone();
        // The send fails once the runner is gone, and is then of no use.
        let begins = Box::new(move || drop(begins.send(Event::Begins)));
        let slice = Arc::new(Slice::new(position, expected).announced_by(begins));
        // From now on: a task that is started may arrive at once.
        let latest = Instant::now() + self.patience;
        for task in tasks {
            let (given, left, events) = (given.clone(), left.clone(), self.send.clone());
            start(task, slice.clone(), GiveBack { given, left, events });
        }
        let started = slice.clone();
        self.handle().spawn(async move { started.all_are_started() });
        // Tasks that have not begun are idle and not in flight, so the watchdog does not look after them: their time is up
        // at `latest`.
        self.watchdog.watch(true);
        let ended = self.listen(runtime, &slice, (latest, length), &takes, expected);
        self.watchdog.watch(false);
        // After a failure, too: tasks that are left would otherwise go on for as long as the program does.
        slice.end();
        ended
    }

    /// Follows a slice from its beginning to its last answer.
    fn listen<C>(
        &self,
        runtime: &Runtime,
        slice: &Slice,
        (latest, length): (Instant, Duration),
        takes: &Receiver<C>,
        expected: usize,
    ) -> Result<(Sliced, Vec<C>), SliceFailure> {
        let mut back = Vec::with_capacity(expected);
        let (mut begun, mut ended) = (None, None);
        while back.len() < expected {
            // Once the slice is over only the answers are waited for, without a limit here: an operation that never
            // returns is noticed by the watchdog, whose patience includes what an operation may take.
            let left = match (begun, ended) {
                (None, _) => latest.saturating_duration_since(Instant::now()),
                (Some(SliceInstant { at, .. }), None) => length.saturating_sub(at.elapsed()),
                (Some(_), Some(_)) => Duration::MAX,
            };
            match self.events.recv_timeout(left) {
                Ok(Event::Begins) => begun = Some(slice.wait()),
                Ok(Event::AllBack) => back.extend(takes.try_iter()),
                Ok(Event::Panicked { task, message }) => {
                    let of_task = self.board.in_flight().into_iter().find(|it| it.task == task);
                    let operation = of_task.map(|it| it.operation);
                    return Err(SliceFailure::Panicked { task, operation, message });
                }
                Ok(Event::Stuck(in_flight)) => return Err(SliceFailure::Stuck(in_flight)),
                Ok(Event::Doomed) if runtime.is_doomed() => {
                    return Err(SliceFailure::Stuck(self.board.in_flight()));
                }
                // Of one that is not measured any more.
                Ok(Event::Doomed) => {}
                Err(RecvTimeoutError::Timeout) if begun.is_none() => {
                    return Err(SliceFailure::NotBegun { missing: slice.missing() });
                }
                Err(RecvTimeoutError::Timeout) => {
                    // The flag before the clock: read first, the clock would miss the time of the operations that
                    // are counted until the flag is set.
                    slice.end();
                    ended = Some(SliceInstant::now());
                }
                Err(RecvTimeoutError::Disconnected) => unreachable!("the runner itself can send"),
            }
        }
        let ended = ended.unwrap_or_else(SliceInstant::now);
        let begun = begun.unwrap_or(ended);
        let allocations = ended.allocations.zip(begun.allocations).map(|(after, before)| after - before);
        Ok((Sliced { begun: begun.at, elapsed: ended.at - begun.at, allocations }, back))
    }
}

/// A runtime with so many worker threads.
///
/// # Errors
/// When no threads can be had.
pub(crate) fn runtime_of(
    workers: u32,
    pinning: Option<&Pinning>,
) -> std::io::Result<tokio::runtime::Runtime> {
    can_start(workers)?;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(workers as usize).thread_name("lockyard-worker").enable_all();
    if let Some(pinning) = pinning {
        pinning.pin_threads_of(&mut builder);
    }
    builder.build()
}

/// Whether the system gives so many threads, and one to watch them.
///
/// tokio panics where it gets fewer workers than it was to have, and then waits without end for those that it got.
fn can_start(workers: u32) -> std::io::Result<()> {
    let gate = Arc::new(Mutex::new(()));
    // All at once, as workers are: none ends before the last was started.
    let closed = gate.lock();
    let start = |_| {
        let gate = gate.clone();
        thread::Builder::new().spawn(move || drop(gate.lock()))
    };
    let started: Vec<_> = (0..=workers).map(start).collect();
    drop(closed);
    for thread in started {
        // It does nothing that could panic.
        drop(thread?.join());
    }
    Ok(())
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
    use crate::slices::board::InFlight;

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
                give_back.give(task);
            } else {
                std::mem::forget(give_back);
            }
        };
        let stuck = runner.run(&runtime, vec![0, 1], 0, Duration::from_millis(1), &start);
        let Err(stuck) = stuck else { panic!("one task never came back") };
        assert_eq!(stuck, SliceFailure::Stuck(vec![InFlight { task: 1, operation: 7 }]));
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
        let Err(SliceFailure::Stuck(stuck)) = stuck else { panic!("both are blocked") };
        assert_eq!(stuck.len(), 2);
        drop(runner); // must not wait for them
    }

    /// As by work of a system in the background that takes all workers for itself: no task is polled.
    #[test]
    fn tasks_that_are_not_polled_are_not_waited_for_without_end() {
        let runner = runner(PATIENCE);
        let runtime = runner.runtime(false);
        let blocked = Arc::new(std::sync::Barrier::new(3));
        for _ in 0..2 {
            let blocked = blocked.clone();
            runner.handle().spawn(async move {
                blocked.wait();
                std::thread::park();
            });
        }
        blocked.wait();
        let start = |task: usize, slice: Arc<Slice>, give_back: GiveBack<usize>| {
            drop(runtime.spawn(|| format!("client {task}"), async move {
                slice.begin().await;
                give_back.give(task);
            }));
        };
        let ended = runner.run(&runtime, vec![0, 1], 0, Duration::from_millis(1), &start);
        assert_eq!(ended.err(), Some(SliceFailure::NotBegun { missing: 2 }));
    }

    /// At once, and so long before the watchdog's patience, which is an hour here. The other task ends with the slice.
    #[test]
    fn a_panic_ends_the_slice_at_once_with_its_words_and_operation() {
        let runner = runner(Duration::from_hours(1));
        let runtime = runner.runtime(false);
        let (over, is_over) = channel();
        let start = |task: usize, slice: Arc<Slice>, give_back: GiveBack<usize>| {
            let (word, over) = (runner.board().word(task), over.clone());
            let run = async move {
                slice.begin().await;
                word.begin(1, 5);
                assert_ne!(task, 1, "the second of two");
                while !slice.is_over() {
                    tokio::task::yield_now().await;
                }
                over.send(task).unwrap();
                task
            };
            drop(runtime.spawn(|| format!("client {task}"), give_back.after(task, run)));
        };
        let ended = runner.run(&runtime, vec![0, 1], 0, Duration::from_hours(1), &start);
        let Err(SliceFailure::Panicked { task, operation, message }) = ended else { panic!("one panicked") };
        assert_eq!((task, operation), (1, Some(5)));
        assert!(message.contains("the second of two"), "{message}");
        assert_eq!(is_over.recv(), Ok(0));
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
