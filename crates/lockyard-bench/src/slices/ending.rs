//! How the task of a slice ends: it is given back, or it has panicked.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::task::Poll;

use super::board::InFlight;

/// What reaches the runner while a slice is on.
pub(super) enum Event {
    /// The last task is ready.
    Begins,
    /// Every task has its last answer.
    AllBack,
    /// A client panicked.
    Panicked { task: usize, message: String },
    /// Nothing moves any more.
    Stuck(Vec<InFlight>),
    /// A tracker has found that some of a system waits indefinitely: look which.
    Doomed,
}

/// Why a slice was given up. The runner is of no use then: its workers may be blocked for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SliceFailure {
    /// Nothing moved any more: what was in flight.
    Stuck(Vec<InFlight>),
    /// So many tasks were not polled for so long that the slice could not begin.
    NotBegun { missing: usize },
    /// A client panicked.
    Panicked {
        task: usize,
        /// By its place among the workload's operations; nothing between two of them.
        operation: Option<usize>,
        message: String,
    },
}

impl SliceFailure {
    /// What was in flight, of those that had to do with it.
    pub(crate) fn in_flight(&self) -> Vec<InFlight> {
        match self {
            Self::Stuck(in_flight) => in_flight.clone(),
            Self::NotBegun { .. } | Self::Panicked { operation: None, .. } => Vec::new(),
            Self::Panicked { task, operation: Some(operation), .. } => {
                vec![InFlight { task: *task, operation: *operation }]
            }
        }
    }
}

/// What takes a task back at the end of a slice.
pub(crate) struct GiveBack<C> {
    pub(super) given: Sender<C>,
    /// Tasks of this slice that were not given back yet.
    pub(super) left: Arc<AtomicUsize>,
    pub(super) events: Sender<Event>,
}

impl<C> GiveBack<C> {
    /// Runs the task of this index to its end, and gives back what comes of it.
    ///
    /// A panic is caught here, around one poll: tokio would catch it, too, and nobody would hear of it, since a slice
    /// waits for tasks and not for their handles.
    pub(crate) async fn after(self, task: usize, run: impl Future<Output = C>) {
        let mut run = pin!(run);
        // Nothing of it is used after a panic, but for what other tasks share with it; and that is not measured any more.
        let ended = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(client)) => Poll::Ready(Ok(client)),
            Err(panic) => Poll::Ready(Err(panic)),
        });
        match ended.await {
            Ok(client) => self.give(client),
            // The send fails where the slice was given up already.
            Err(panic) => {
                drop(self.events.send(Event::Panicked { task, message: panic_message(&*panic) }));
            }
        }
    }

    /// Gives the task back.
    pub(super) fn give(self, client: C) {
        // When the slice was given up, the receiver is gone and the task is dropped.
        let is_taken = self.given.send(client).is_ok();
        // AcqRel: each task is sent before it is counted, so all are in the channel when the last one says so. One event and
        // not one for each, because every one wakes the runner.
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 && is_taken {
            drop(self.events.send(Event::AllBack));
        }
    }
}

/// The words of a panic, as `panic!` and `expect` have them, in one line: a finding is one in a table.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn the_last_task_says_that_all_are_back() {
        let ((given, takes), (events, heard)) = (channel(), channel());
        let left = Arc::new(AtomicUsize::new(2));
        let give_back = || GiveBack { given: given.clone(), left: left.clone(), events: events.clone() };
        give_back().give(0);
        assert!(heard.try_recv().is_err(), "the other one is out");
        give_back().give(1);
        assert!(matches!(heard.try_recv(), Ok(Event::AllBack)) && heard.try_recv().is_err());
        assert_eq!(takes.try_iter().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn the_words_of_a_panic_stand_in_one_line() {
        let words = |panics: fn()| panic_message(&*catch_unwind(panics).expect_err("it panics"));
        assert_eq!(words(|| panic!("as it is")), "as it is");
        assert_eq!(words(|| panic!("{} of\n  {}", 1, 2)), "1 of 2");
        assert_eq!(words(|| std::panic::panic_any(7)), "no message");
    }
}
