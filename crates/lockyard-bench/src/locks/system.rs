//! A lock under its workload. It also looks whether the lock excludes: the throughput of one that does not is worth nothing.

use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock};

use crate::slices::{Meter, Outcome};
use crate::system::{Fault, System};

use super::work::work;
use super::workload::{Access, LockLoop};

static ALONE: LockClass = LockClass::new("alone");

/// A task that never waits keeps its worker for so long at most, by its own work, before others have a turn.
const TURN_NS: u64 = 50_000;

/// What is guarded: a writer counts its access in both, and works in between. Readers see both equal, if it excludes.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    begun: u64,
    ended: u64,
}

/// One lock of a family, and what is done with it.
pub(super) struct LockAlone<F: LockFamily> {
    lock: LockOf<F, Counted>,
    hold: u64,
    think: u64,
    /// Accesses after which a task lets others run.
    turn: u64,
}

/// What one task knows.
#[derive(Default)]
pub(super) struct LockClient {
    /// Its writes so far.
    writes: u64,
    until_turn: u64,
    /// What it saw that no lock may show.
    wrong: Option<&'static str>,
}

impl<F: LockFamily> LockAlone<F> {
    pub(super) fn new(workload: &LockLoop) -> Self {
        let [hold, think] = workload.iterations();
        let point = workload.lock_point();
        let turn = (TURN_NS / (point.hold_ns + point.think_ns).max(1)).max(1);
        Self { lock: SharedLock::new(&ALONE, Counted::default()), hold, think, turn }
    }
}

impl<F: LockFamily> System<LockLoop> for LockAlone<F> {
    type Client = LockClient;

    async fn client(&self, _: usize) -> Result<LockClient, Fault> {
        Ok(LockClient { until_turn: self.turn, ..LockClient::default() })
    }

    async fn call(&self, client: &mut LockClient, step: &Access, meter: &mut Meter) {
        let start = meter.begin(*step as usize);
        if let Some(wrong) = client.wrong.take() {
            meter.end(start, Outcome::Failed(&wrong));
            return;
        }
        match step {
            Access::Read => {
                let guard = self.lock.read().await;
                // Ended here, so that its latency is the wait; what is counted is an acquisition.
                meter.end(start, Outcome::Done);
                let Counted { begun, ended } = *guard;
                work(self.hold, begun);
                if begun != ended || guard.begun != begun {
                    client.wrong = Some("a reader saw half of a write: the lock does not exclude");
                }
            }
            Access::Write => {
                let mut guard = self.lock.write().await;
                meter.end(start, Outcome::Done);
                guard.begun += 1;
                let begun = guard.begun;
                work(self.hold, begun);
                guard.ended = begun;
                client.writes += 1;
            }
        }
        work(self.think, client.writes);
        client.until_turn -= 1;
        if client.until_turn == 0 {
            client.until_turn = self.turn;
            tokio::task::yield_now().await;
        }
    }

    /// Undoes nothing, and looks whether a write was lost.
    async fn reset(&self, clients: &mut [&mut LockClient]) -> Result<(), Fault> {
        let written: u64 = clients.iter().map(|client| client.writes).sum();
        let Counted { begun, ended } = *self.lock.read().await;
        if let Some(client) = clients.first_mut().filter(|_| [begun, ended] != [written; 2]) {
            // It says so with its next request, so that it is an error of the cell.
            client.wrong = Some("a write was lost: the lock does not exclude");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::{Mutex, PoisonError};
    use std::task::Poll;

    use lockyard_lock::mutant::{Cells, Torn, TornCell};
    use lockyard_lock::{StdMutex, TokioRwLock};

    use crate::record::LockPoint;

    use super::super::work::CalibratedWork;
    use super::*;

    fn workload() -> LockLoop {
        let point = LockPoint { hold_ns: 100, think_ns: 0, tasks: 2, reads_percent: 50, workers: 2 };
        LockLoop::new(point, CalibratedWork::of(1.0)).unwrap()
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    /// Two tasks whose accesses follow each other: what each counted is there, and nothing is wrong.
    async fn counted<F: LockFamily>() -> Option<&'static str> {
        let system = LockAlone::<F>::new(&workload());
        let mut meter = crate::slices::testing::meter(<LockLoop as crate::Workload>::OPERATIONS);
        let mut clients = [system.client(0).await.unwrap(), system.client(1).await.unwrap()];
        for client in &mut clients {
            for step in [Access::Write, Access::Read, Access::Write] {
                system.call(client, &step, &mut meter).await;
            }
        }
        assert_eq!([meter.log().counts[0].done, meter.log().counts[1].done], [2, 4]);
        let mut clients: Vec<_> = clients.iter_mut().collect();
        system.reset(&mut clients).await.unwrap();
        clients[0].wrong
    }

    #[test]
    fn what_excludes_is_right() {
        assert_eq!(block_on(counted::<StdMutex>()), None);
        assert_eq!(block_on(counted::<TokioRwLock>()), None);
    }

    #[test]
    fn a_lost_write_fails_the_next_access() {
        block_on(async {
            let system = LockAlone::<StdMutex>::new(&workload());
            let mut client = LockClient { writes: 1, until_turn: 1, wrong: None };
            system.reset(&mut [&mut client]).await.unwrap();
            assert!(client.wrong.is_some_and(|wrong| wrong.contains("lost")));
            let mut meter = crate::slices::testing::meter(<LockLoop as crate::Workload>::OPERATIONS);
            system.call(&mut client, &Access::Read, &mut meter).await;
            assert_eq!((meter.log().counts[0].errors, client.wrong), (1, None));
            assert!(
                meter.log().first_error.as_deref().is_some_and(|error| error.contains("does not exclude"))
            );
        });
    }

    /// Cells between whose copying and replacing other tasks run.
    struct Yielding;

    struct YieldingCell<T>(Mutex<T>);

    impl Cells for Yielding {
        type Cell<T: Clone + Send + Sync + 'static> = YieldingCell<T>;
    }

    impl<T: Clone + Send + Sync + 'static> TornCell<T> for YieldingCell<T> {
        fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }

        fn copy(&self) -> T {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }

        fn replace(&self, value: T) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = value;
        }

        fn after_copy(&self) -> impl Future<Output = ()> + Send {
            tokio::task::yield_now()
        }
    }

    /// Both writers copy before either publishes.
    #[test]
    fn a_lock_that_does_not_exclude_is_found_out() {
        block_on(async {
            let system = LockAlone::<Torn<Yielding>>::new(&workload());
            let meter = || crate::slices::testing::meter(<LockLoop as crate::Workload>::OPERATIONS);
            let (mut one, mut other) = (meter(), meter());
            let mut clients = [system.client(0).await.unwrap(), system.client(1).await.unwrap()];
            let [first, second] = &mut clients;
            let mut calls = [
                Box::pin(system.call(first, &Access::Write, &mut one)),
                Box::pin(system.call(second, &Access::Write, &mut other)),
            ];
            let mut running = vec![0, 1];
            poll_fn(|context| {
                running.retain(|nth| calls[*nth].as_mut().poll(context).is_pending());
                if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            drop(calls);
            system.reset(&mut clients.iter_mut().collect::<Vec<_>>()).await.unwrap();
            assert!(clients[0].wrong.is_some());
        });
    }
}
