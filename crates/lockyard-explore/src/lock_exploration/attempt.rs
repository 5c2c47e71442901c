//! One run of tasks over one real lock: each asks for it, is inside for a step, and leaves. Each grant is checked
//! against what the family promises.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use lockyard_lock::contract::{LockChecker, LockViolation, ViolationKind};
use lockyard_lock::{AwaitFamily, LockClass, LockOf, SharedLock};

use super::request_waker::RequestWaker;
use crate::guest::{Holding, Turn, is_on};
use crate::next_step::NextStep;
use crate::place::Place;
use crate::program::{Program, RunEnd, Violated};
use crate::run_state::fail;
use crate::shared::Shared;
use crate::yield_point::YieldFuture;

static CLASS: LockClass = LockClass::new("explored lock");

/// A lock, and what has become of those that asked for it.
struct Attempt<F: AwaitFamily> {
    lock: LockOf<F, u64>,
    shared: Shared,
    checker: RefCell<LockChecker>,
    /// Of each that asked, by its number.
    wakers: RefCell<Vec<RequestWaker>>,
    /// What the writers that were let in have made of the value.
    written: Cell<u64>,
    /// What was not kept in the step at work.
    violation: RefCell<Option<LockViolation>>,
}

enum Guard<'a, F: AwaitFamily> {
    Read { _guard: <LockOf<F, u64> as SharedLock<u64>>::Read<'a> },
    Write(<LockOf<F, u64> as SharedLock<u64>>::Write<'a>),
}

/// One that asks, until it has left or was cancelled.
struct Request<'a, F: AwaitFamily> {
    attempt: &'a Attempt<F>,
    number: Cell<Option<usize>>,
}

impl<F: AwaitFamily> Drop for Request<'_, F> {
    fn drop(&mut self) {
        if let Some(number) = self.number.get() {
            self.attempt.checker.borrow_mut().ends(number);
            self.attempt.something_happened();
            self.attempt.check_wake_ups();
        }
    }
}

impl<F: AwaitFamily> Attempt<F> {
    fn new() -> Self {
        Self {
            lock: SharedLock::new(&CLASS, 0),
            shared: Shared::new(F::NAME),
            checker: RefCell::new(LockChecker::new::<F>()),
            wakers: RefCell::default(),
            written: Cell::new(0),
            violation: RefCell::default(),
        }
    }

    /// What each task does.
    async fn acquire_and_release(&self, write: bool, place: Place) {
        let (mode, excludes) = (if write { "write" } else { "read" }, write || !F::SHARED_READS);
        let mut turn = Turn::lock(&self.shared, mode, excludes, place);
        // Ends after the guard: that it has left is noted when it has.
        let request = Request { attempt: self, number: Cell::new(None) };
        let mut guard = {
            let mut real = pin!(async {
                if write {
                    Guard::<F>::Write(self.lock.write().await)
                } else {
                    Guard::Read { _guard: self.lock.read().await }
                }
            });
            poll_fn(|context| {
                turn.poll(context, |context| self.poll(&request, write, real.as_mut(), context))
            })
            .await
        };
        let _holding = Holding::new(&self.shared, mode, excludes, place);
        // When the grant has been noted: it is the step that is fatal.
        if let Some(violation) = self.violation.take() {
            fail(violation.to_string());
        }
        if let Guard::Write(value) = &mut guard {
            **value += 1;
            self.written.set(self.written.get() + 1);
        }
        YieldFuture::new(NextStep::Go(Some("leave")), place).await;
        drop(guard);
    }

    fn poll<'a>(
        &self,
        request: &Request<'_, F>,
        write: bool,
        real: Pin<&mut impl Future<Output = Guard<'a, F>>>,
        context: &Context<'_>,
    ) -> Poll<Guard<'a, F>> {
        let first = request.number.get().is_none();
        let number = request.number.get().unwrap_or_else(|| {
            self.wakers.borrow_mut().push(RequestWaker::new(context.waker()));
            self.checker.borrow_mut().request(write)
        });
        request.number.set(Some(number));
        let waker = self.wakers.borrow()[number].for_poll(context.waker());
        let polled = real.poll(&mut Context::from_waker(&waker));
        let mut checker = self.checker.borrow_mut();
        let outcome = if polled.is_ready() { checker.granted(number) } else { checker.waits(number) };
        let in_vain = !first && polled.is_pending() && checker.is_held();
        drop(checker);
        match outcome {
            Err(violation) if polled.is_pending() => fail(violation.to_string()),
            Err(violation) => *self.violation.borrow_mut() = Some(violation),
            Ok(()) => {}
        }
        if in_vain {
            self.wakers.borrow()[number].was_polled_in_vain();
        } else {
            self.something_happened();
        }
        self.check_wake_ups();
        polled
    }

    /// Waiters that were polled in vain may be polled again.
    fn something_happened(&self) {
        self.wakers.borrow().iter().for_each(RequestWaker::pass_on);
    }

    /// What is to be woken is woken within the step that makes room for it. One that was woken and has not looked since
    /// may be what the others wait for, also if it is never polled again.
    fn check_wake_ups(&self) {
        let checker = self.checker.borrow();
        let is_woken =
            |(number, waker): (usize, &RequestWaker)| checker.is_waiting(number) && waker.is_woken();
        // At its end a run drops what it has left, and nothing goes on from there.
        if !is_on() || self.wakers.borrow().iter().enumerate().any(is_woken) {
            return;
        }
        if let Err(violation) = checker.nothing_waits_in_vain() {
            fail(violation.to_string());
        }
    }

    /// What must hold when no task goes on any more.
    fn at_end(&self, end: RunEnd) -> Result<(), LockViolation> {
        if end.stalled > 0 && !self.checker.borrow().is_idle() {
            return Ok(());
        }
        let leak =
            |who| LockViolation::new(ViolationKind::Leak, format!("all have left, and {who} is kept out"));
        let value = *self.lock.try_read().ok_or_else(|| leak("a reader"))?;
        if pin!(self.lock.write()).poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            return Err(leak("a writer"));
        }
        let written = self.written.get();
        if value != written {
            let message = format!("{written} changes were made, and {value} are left");
            return Err(LockViolation::new(ViolationKind::Exclusion, message));
        }
        Ok(())
    }
}

/// A program of so many tasks, each of which writes or reads.
pub(super) fn program<F: AwaitFamily>(writes: &[bool], place: Place) -> impl Fn(&mut Program) {
    move |program| {
        let attempt = Rc::new(Attempt::<F>::new());
        for write in writes {
            let (write, its) = (*write, attempt.clone());
            let (name, what) = if write { ("writer", "write") } else { ("reader", "read") };
            program.task(name).op(what, async move { its.acquire_and_release(write, place).await }).done();
        }
        program.at_end(move |end| {
            attempt.at_end(*end).map_err(|violation| -> Violated { violation.to_string() })
        });
    }
}
