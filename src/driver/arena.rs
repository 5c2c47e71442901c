//! Where slices are run: one runtime, one board, one watchdog.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};

use crate::workload::{Model, Scenario};

use super::client::Client;
use super::rival::{GiveBack, Kind, Rival};
use super::slice::{Moment, Slice};
use super::stage::Stage;
use super::watchdog::{Board, InFlight, Watchdog};

/// One runtime with as many workers as the scenario wants, and what watches it.
pub(super) struct Arena {
    runtime: Option<Runtime>,
    watchdog: Watchdog,
    patience: Duration,
    board: Arc<Board>,
    send: Sender<News>,
    news: Receiver<News>,
}

/// What reaches the arena while a slice is on.
enum News {
    /// A client has its last answer.
    Back,
    /// Nothing moves any more.
    Stuck(Vec<InFlight>),
    /// A tracker has found that some of a rival will wait for ever: look which.
    Doomed,
}

/// A slice that has ended.
pub(super) struct Sliced<C = Client> {
    pub(super) elapsed: Duration,
    pub(super) clients: Vec<C>,
    /// Allocations of the whole process meanwhile; `None` where nobody counts them.
    pub(super) allocations: Option<u64>,
}

impl Arena {
    /// # Errors
    /// When no threads can be had.
    pub(super) fn new(scenario: &Scenario, patience: Duration) -> std::io::Result<Self> {
        // Something moves on the board only when an operation ends, and a turn has many replies and saves.
        let model = scenario.model.as_ref().map_or(Duration::ZERO, Model::longest_reply);
        let patience = patience + 40 * (model + scenario.save);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(scenario.workers.get() as usize)
            .thread_name("lockyard-worker")
            .enable_all()
            .build()?;
        let board = Arc::new(Board::new(scenario.tasks() as usize));
        let (send, news) = channel();
        let alarm = send.clone();
        // Nobody listens once the arena is gone.
        let watchdog =
            Watchdog::new(board.clone(), patience, move |stuck| drop(alarm.send(News::Stuck(stuck))));
        Ok(Self { runtime: Some(runtime), watchdog, patience, board, send, news })
    }

    pub(super) fn handle(&self) -> &Handle {
        self.runtime.as_ref().expect("the runtime is taken only by drop").handle()
    }

    /// For how long nothing may move.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// A stage on this runtime, with a tracker if wanted, which ends a slice when it finds something that will not end.
    pub(super) fn stage(&self, tracked: bool) -> Stage {
        let alarm = self.send.clone();
        // Nobody listens once the arena is gone.
        let alarm = move || drop(alarm.send(News::Doomed));
        if tracked { Stage::tracked(self.handle(), alarm) } else { Stage::plain(self.handle()) }
    }

    pub(super) fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Lets `clients` ask `rival` for `length`, each from `position` on in its trace, and waits until each has its last
    /// answer.
    ///
    /// # Errors
    /// What was in flight when nothing moved any more. The arena is of no use then: its workers may be blocked for
    /// good.
    pub(super) fn run(
        &self,
        rival: &dyn Rival,
        clients: Vec<Client>,
        kind: Kind,
        position: u64,
        length: Duration,
    ) -> Result<Sliced, Vec<InFlight>> {
        self.slice(rival.stage(), clients, position, length, |client, slice, give_back| {
            rival.start(client, slice, kind, give_back);
        })
    }

    /// The same for clients of any kind, each started by `start` on `stage` and given back by it.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub(super) fn slice<C: Send + 'static>(
        &self,
        stage: Option<&Stage>,
        clients: Vec<C>,
        position: u64,
        length: Duration,
        start: impl Fn(C, Arc<Slice>, GiveBack<C>),
    ) -> Result<Sliced<C>, Vec<InFlight>> {
        let expected = clients.len();
        let mut back = Vec::with_capacity(expected);
        let (given, takes) = channel();
        let slice = Arc::new(Slice::new(position, expected));
        for client in clients {
            let (send, given) = (self.send.clone(), given.clone());
            // Nobody is there to take it back when the slice was given up.
            let give_back = Box::new(move |client| drop(given.send(client).map(|()| send.send(News::Back))));
            start(client, slice.clone(), give_back);
        }
        self.watchdog.watch(true);
        let begun = slice.wait();
        let mut ended = None;
        while back.len() < expected {
            let left =
                if ended.is_none() { length.saturating_sub(begun.at.elapsed()) } else { Duration::MAX };
            match self.news.recv_timeout(left) {
                Ok(News::Back) => back.extend(takes.try_recv()),
                Ok(News::Stuck(in_flight)) => return Err(in_flight),
                Ok(News::Doomed) if stage.is_some_and(Stage::is_doomed) => {
                    return Err(self.board.in_flight());
                }
                // Of one that is not in the race any more.
                Ok(News::Doomed) => {}
                Err(RecvTimeoutError::Timeout) => {
                    slice.end();
                    ended = Some(Moment::now());
                }
                Err(RecvTimeoutError::Disconnected) => unreachable!("the arena itself can send"),
            }
        }
        self.watchdog.watch(false);
        let ended = ended.unwrap_or_else(Moment::now);
        let allocations = ended.allocations.zip(begun.allocations).map(|(after, before)| after - before);
        Ok(Sliced { elapsed: ended.at - begun.at, clients: back, allocations })
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Workers that are stuck in a blocking lock cannot be waited for.
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::Questions;
    use super::super::limit::Limit;
    use super::super::population::Population;
    use super::super::samples::Block;
    use super::*;
    use crate::backend::chat::ContextId;
    use crate::backend::session::Traffic;
    use crate::workload::{Operation, Trace};
    use lockyard_lock::{LockClass, LockOf, SharedLock, TokioMutex};
    use lockyard_track::{self, Tracked};

    const PATIENCE: Duration = Duration::from_millis(20);

    fn scenario() -> Scenario {
        let small = ["sessions=1", "messages=0", "tasks=2"].map(str::to_owned);
        Scenario::load("polling", &small).expect("a built-in scenario")
    }

    fn clients(scenario: &Scenario, arena: &Arena) -> Vec<Client> {
        let traces = (0..scenario.tasks()).map(|task| Trace::generate(scenario, 1, task)).collect();
        let questions = Arc::new(Questions::new(scenario, &Population::of(scenario, 1), traces, 1));
        (0..scenario.tasks() as usize).map(|task| Client::new(task, &questions, arena.board())).collect()
    }

    /// A rival whose every client begins an operation; the second client never comes back.
    struct Deadlocked(Arc<Board>);

    impl Rival for Deadlocked {
        fn start(&self, client: Client, slice: Arc<Slice>, _: Kind, give_back: GiveBack) {
            // Of two: the first one.
            let task = 1 - slice.arrive();
            self.0.begin(task, 1, Operation::AddContextMessage);
            if task == 0 {
                self.0.idle(task, 1);
                give_back(client);
            } else {
                std::mem::forget((client, give_back));
            }
        }

        fn warm(&self) {}

        fn tidy(&self, _: Vec<ContextId>, _: &[usize], _: &Population) {}

        fn traffic(&self) -> Traffic {
            unreachable!("nobody asks")
        }
    }

    #[test]
    fn a_slice_that_does_not_end_is_given_up_with_what_was_in_flight() {
        let scenario = scenario();
        let arena = Arena::new(&scenario, PATIENCE).unwrap();
        let rival = Deadlocked(arena.board().clone());
        let stuck = arena.run(&rival, clients(&scenario, &arena), Kind::Full, 0, Duration::from_millis(1));
        let stuck = stuck.err().expect("one client never came back");
        assert_eq!(stuck, [InFlight { task: 1, operation: Operation::AddContextMessage }]);
    }

    /// A rival whose workers are blocked, as by a deadlock of blocking locks: not even timers run any more.
    struct Blocked(Handle, Arc<Board>);

    impl Rival for Blocked {
        fn start(&self, client: Client, slice: Arc<Slice>, _: Kind, give_back: GiveBack) {
            let task = client.index;
            slice.arrive();
            self.1.begin(task, 1, Operation::GetContext);
            self.0.spawn(async move {
                let _keep = give_back;
                std::thread::park();
            });
        }

        fn warm(&self) {}

        fn tidy(&self, _: Vec<ContextId>, _: &[usize], _: &Population) {}

        fn traffic(&self) -> Traffic {
            unreachable!("nobody asks")
        }
    }

    /// Answers at once, but for one moment in which nobody's worker gets on: as in a pause of the whole process.
    struct Pausing(Limit, Handle);

    const PAUSE: Duration = Duration::from_millis(100);

    impl Rival for Pausing {
        fn start(&self, client: Client, slice: Arc<Slice>, kind: Kind, give_back: GiveBack) {
            // As many tasks as workers, and each keeps its worker.
            let in_slice = slice.clone();
            self.1.spawn(async move {
                while in_slice.begun().is_none() {
                    tokio::task::yield_now().await;
                }
                std::thread::sleep(PAUSE);
            });
            self.0.start(client, slice, kind, give_back);
        }

        fn warm(&self) {}

        fn tidy(&self, _: Vec<ContextId>, _: &[usize], _: &Population) {}

        fn traffic(&self) -> Traffic {
            unreachable!("nobody asks")
        }
    }

    /// A hundredth of all questions is a tenth of those that fell into the pause, and none of these was answered
    /// before the pause had ended. Whatever else the machine does can only add to that.
    #[test]
    fn an_open_loop_sees_a_pause_in_its_p99() {
        let open = ["sessions=1", "messages=0", "tasks=2", "rate=1000"].map(str::to_owned);
        let scenario = Scenario::load("polling", &open).expect("a built-in scenario");
        let arena = Arena::new(&scenario, Duration::from_secs(10)).unwrap();
        let limit = Limit::new(&scenario, &Population::of(&scenario, 1), arena.handle());
        let rival = Pausing(limit, arena.handle().clone());
        let clients = clients(&scenario, &arena);
        let Ok(slice) = arena.run(&rival, clients, Kind::Full, 0, 10 * PAUSE) else { panic!("it ends") };
        let mut block = Block::default();
        for client in &slice.clients {
            block.add(&client.log);
        }
        let p99 = block.take_p99()[&Operation::GetContextState];
        assert!(p99 > PAUSE.as_nanos() as u64 / 2, "{p99} ns");
    }

    /// A rival whose two clients lock two locks in opposite orders, and meet in between.
    struct Circle {
        stage: Stage,
        locks: [Arc<LockOf<Tracked<TokioMutex>, u32>>; 2],
        meeting: Arc<tokio::sync::Barrier>,
    }

    static LOCKS: LockClass = LockClass::new("test");

    impl Rival for Circle {
        fn start(&self, _: Client, slice: Arc<Slice>, _: Kind, give_back: GiveBack) {
            let task = slice.arrive();
            let [first, second] = [task, 1 - task].map(|nth| self.locks[nth].clone());
            let meeting = self.meeting.clone();
            let name = || format!("client {task}");
            let dead_locks = async move {
                let _keep = give_back;
                let _first = first.write().await;
                meeting.wait().await;
                let _second = second.write().await;
            };
            drop(self.stage.spawn(name, dead_locks));
        }

        fn warm(&self) {}

        fn tidy(&self, _: Vec<ContextId>, _: &[usize], _: &Population) {}

        fn traffic(&self) -> Traffic {
            unreachable!("nobody asks")
        }

        fn stage(&self) -> Option<&Stage> {
            Some(&self.stage)
        }
    }

    /// Within the test's time, and so long before the watchdog's patience, which is an hour here.
    #[test]
    fn a_deadlock_of_tracked_locks_ends_the_slice_when_it_closes() {
        let scenario = scenario();
        let arena = Arena::new(&scenario, Duration::from_hours(1)).unwrap();
        let stage = arena.stage(true);
        let locks = stage.block_on(async { [0, 1].map(|value| Arc::new(SharedLock::new(&LOCKS, value))) });
        let rival = Circle { stage, locks, meeting: Arc::new(tokio::sync::Barrier::new(2)) };
        let ended = arena.run(&rival, clients(&scenario, &arena), Kind::Bare, 0, Duration::from_millis(1));
        assert!(ended.is_err() && rival.stage.is_doomed());
        let found = rival.stage.tracker().unwrap().findings();
        let deadlock = found.iter().find(|finding| finding.kind == lockyard_track::Kind::Deadlock).unwrap();
        let mut tasks = deadlock.tasks.clone();
        tasks.sort();
        assert_eq!(tasks, ["client 0", "client 1"], "{deadlock}");
    }

    #[test]
    fn blocked_workers_are_noticed_and_left_behind() {
        let scenario = scenario();
        let arena = Arena::new(&scenario, PATIENCE).unwrap();
        let rival = Blocked(arena.handle().clone(), arena.board().clone());
        let stuck = arena.run(&rival, clients(&scenario, &arena), Kind::Bare, 0, Duration::from_millis(1));
        assert_eq!(stuck.err().map(|stuck| stuck.len()), Some(2));
        drop(arena); // must not wait for them
    }
}
