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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::{pending, ready};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::pin::pin;
    use std::rc::Rc;
    use std::task::Waker;

    use super::*;
    use crate::quiet::Quiet;

    /// Notes when it ends, by its number.
    struct Noted(usize, Rc<RefCell<Vec<usize>>>);

    impl Drop for Noted {
        fn drop(&mut self) {
            self.1.borrow_mut().push(self.0);
        }
    }

    /// Three operations that do this, and the order in which they end.
    fn three<F: Future<Output = ()> + 'static>(
        what: impl Fn(usize) -> F,
    ) -> (Operations, Rc<RefCell<Vec<usize>>>) {
        let (mut operations, ended) = (Operations::default(), Rc::default());
        for number in 0..3 {
            let (noted, future) = (Noted(number, Rc::clone(&ended)), what(number));
            let operation = async move {
                let _noted = noted;
                future.await;
            };
            operations.add(number, Box::pin(operation));
        }
        (operations.in_order(), ended)
    }

    fn poll(operations: &mut Operations) -> Poll<()> {
        pin!(operations).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn operations_go_in_the_order_in_which_they_were_added_and_end_in_it() {
        let (mut operations, ended) = three(|_| ready(()));
        assert_eq!(poll(&mut operations), Poll::Ready(()));
        assert_eq!(*ended.borrow(), [0, 1, 2]);

        let (mut operations, ended) = three(|_| pending());
        assert_eq!(poll(&mut operations), Poll::Pending);
        assert!(ended.borrow().is_empty());
        drop(operations);
        assert_eq!(*ended.borrow(), [0, 1, 2], "the one at work first");
    }

    #[test]
    fn one_that_panics_ends_in_its_step_and_the_others_do_not() {
        let _quiet = Quiet::begin();
        let (mut operations, ended) = three(|number| async move { assert_ne!(number, 1, "it panics") });
        assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut operations))).is_err());
        assert_eq!(*ended.borrow(), [0, 1]);
        drop(operations);
        assert_eq!(*ended.borrow(), [0, 1, 2]);
    }
}
