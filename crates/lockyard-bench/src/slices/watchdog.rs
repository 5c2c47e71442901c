//! Notices when nothing moves any more.
//!
//! A deadlock of blocking locks takes the runtime's threads with it, timers included, so the watchdog has a thread of
//! its own. What it watches costs a task one plain store to a line of its own per operation.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::board::{InFlight, ProgressBoard, in_flight};

/// The judgement on a series of looks at the board, apart from threads and clocks.
#[derive(Default)]
struct ProgressWatch {
    words: Vec<u64>,
    since: Option<Instant>,
}

impl ProgressWatch {
    /// What is stuck, if nothing has moved since `patience` ago while something was in flight.
    fn look(&mut self, words: Vec<u64>, now: Instant, patience: Duration) -> Option<Vec<InFlight>> {
        // Any word that moved starts the patience over: a slow operation beside busy ones is no standstill.
        if words != self.words || self.since.is_none() {
            *self = Self { words, since: Some(now) };
            return None;
        }
        let stuck = in_flight(&self.words);
        (!stuck.is_empty() && self.since.is_some_and(|since| now - since >= patience)).then_some(stuck)
    }
}

/// Watches one board from a thread of its own until it is dropped.
pub(crate) struct Watchdog {
    active: Arc<AtomicBool>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Watches `board` while a slice is on, and calls `alarm` once when nothing has moved for `patience`.
    pub(crate) fn new(
        board: Arc<ProgressBoard>,
        patience: Duration,
        alarm: impl Fn(Vec<InFlight>) + Send + 'static,
    ) -> Self {
        let active = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = mpsc::channel::<()>();
        let watched = active.clone();
        let tick = (patience / 10).clamp(Duration::from_millis(1), Duration::from_millis(250));
        let watch = move || {
            let mut state = ProgressWatch::default();
            // The channel is never sent to: its end is the signal, and waiting for it is the tick.
            while stopped.recv_timeout(tick) == Err(mpsc::RecvTimeoutError::Timeout) {
                // A tick late or early makes no difference to a patience of many; nothing else depends on the flag.
                // The state is reset between slices, so the quiet there does not count.
                if !watched.load(Relaxed) {
                    state = ProgressWatch::default();
                } else if let Some(stuck) = state.look(board.snapshot(), Instant::now(), patience) {
                    alarm(stuck);
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("lockyard-watchdog".to_owned()).spawn(watch);
        Self { active, stop: Some(stop), thread: thread.ok() }
    }

    /// A slice begins or ends.
    pub(crate) fn watch(&self, active: bool) {
        self.active.store(active, Relaxed);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // Before the join: the thread ends when its channel does, and would otherwise be waited for without end.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed; dropping is no place for a second one.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[test]
    fn what_moves_is_not_stuck() {
        let (board, start, mut watch) = (ProgressBoard::new(2), Instant::now(), ProgressWatch::default());
        for second in 0..100 {
            board.word(0).begin(second, 2);
            assert_eq!(watch.look(board.snapshot(), start + Duration::from_secs(second), PATIENCE), None);
        }
    }

    #[test]
    fn what_does_not_move_for_long_enough_is_named() {
        let (board, start, mut watch) = (ProgressBoard::new(3), Instant::now(), ProgressWatch::default());
        board.word(1).begin(7, 9);
        board.word(2).idle(9);
        assert_eq!(watch.look(board.snapshot(), start, PATIENCE), None);
        assert_eq!(watch.look(board.snapshot(), start + PATIENCE / 2, PATIENCE), None);
        let stuck = watch.look(board.snapshot(), start + PATIENCE, PATIENCE);
        assert_eq!(stuck, Some(vec![InFlight { task: 1, operation: 9 }]));
    }

    #[test]
    fn idling_is_not_stuck() {
        let (board, start, mut watch) = (ProgressBoard::new(2), Instant::now(), ProgressWatch::default());
        board.word(0).idle(3);
        assert_eq!(watch.look(board.snapshot(), start, PATIENCE), None);
        assert_eq!(watch.look(board.snapshot(), start + 100 * PATIENCE, PATIENCE), None);
    }

    #[test]
    fn the_alarm_comes_from_a_thread_of_its_own() {
        let board = Arc::new(ProgressBoard::new(1));
        board.word(0).begin(0, 0);
        let (alarms, alarmed) = mpsc::channel();
        let alarm = move |stuck| alarms.send((thread::current().id(), stuck)).unwrap();
        let watchdog = Watchdog::new(board, Duration::from_millis(5), alarm);
        watchdog.watch(true);
        let (thread, stuck) = alarmed.recv().unwrap();
        assert_ne!(thread, thread::current().id());
        assert_eq!(stuck, [InFlight { task: 0, operation: 0 }]);
    }
}
