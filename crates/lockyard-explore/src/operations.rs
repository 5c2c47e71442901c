//! The operations of a task, one after another, each with marks of its beginning and its end.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::planned_task::Job;
use super::run_state;

/// The operations that a task has yet to end, the next one last.
#[derive(Default)]
pub(super) struct Operations(Vec<MarkedOperation>);

impl Operations {
    pub(super) fn add(&mut self, number: usize, future: Job) {
        self.0.push(MarkedOperation { number, future, begun: None });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// To be begun in the order in which they were added.
    pub(super) fn in_order(mut self) -> Self {
        self.0.reverse();
        self
    }
}

impl Future for Operations {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // Taken out while it is polled: one that panics ends in this step.
        while let Some(mut operation) = self.0.pop() {
            if operation.poll(context).is_pending() {
                self.0.push(operation);
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        // The one at work first.
        while let Some(operation) = self.0.pop() {
            drop(operation);
        }
    }
}

/// An operation that marks its beginning and its end.
struct MarkedOperation {
    number: usize,
    future: Job,
    /// The task that has begun it.
    begun: Option<usize>,
}

impl MarkedOperation {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.begun.is_none() {
            self.begun = Some(run_state::with(|state| {
                state.invoke(self.number);
                state.task
            }));
        }
        let poll = self.future.as_mut().poll(context);
        if poll.is_ready()
            && let Some(task) = self.begun.take()
        {
            run_state::with(|state| state.end(task, self.number, true));
        }
        poll
    }
}

impl Drop for MarkedOperation {
    fn drop(&mut self) {
        if let Some(task) = self.begun {
            // What it holds is let go of in the same step.
            run_state::with(|state| state.end(task, self.number, false));
        }
    }
}
