//! Real tokio primitives as guests of the explorer: the wrappers that a drop-in has, as small as they can be.

#![allow(dead_code, reason = "no test uses all of them")]

use std::cell::RefCell;
use std::future::poll_fn;
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use lockyard_explore::guest::{self, Holding, TaskEnd, TaskId, Turn};
use lockyard_explore::{Program, Shared, point};

/// Polls a real future by a turn.
pub async fn by<R>(mut turn: Turn, real: impl Future<Output = R>) -> R {
    let mut real = pin!(real);
    poll_fn(|context| turn.poll(context, |context| real.as_mut().poll(context))).await
}

/// A real mutex.
pub struct Mutex<T> {
    real: tokio::sync::Mutex<T>,
    shared: Shared,
}

/// Its guard: the real one is dropped first, and nothing comes between.
pub struct Guard<'a, T> {
    pub real: tokio::sync::MutexGuard<'a, T>,
    _holding: Holding,
}

impl<T> std::ops::Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.real
    }
}

impl<T> std::ops::DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.real
    }
}

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Self { real: tokio::sync::Mutex::new(value), shared: Shared::new("mutex") }
    }

    #[track_caller]
    pub fn lock(&self) -> impl Future<Output = Guard<'_, T>> {
        let place = Location::caller();
        async move {
            let turn = Turn::lock(&self.shared, "write", true, place);
            let real = by(turn, self.real.lock()).await;
            Guard { real, _holding: Holding::new(&self.shared, "write", true, place) }
        }
    }
}

impl<T> Mutex<T> {
    /// Takes it if it is free: no step of its own.
    #[track_caller]
    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        self.shared.atomic(true);
        let real = self.real.try_lock().ok()?;
        Some(Guard { real, _holding: Holding::new(&self.shared, "write", true, Location::caller()) })
    }
}

/// A real channel.
pub struct Sender<T>(tokio::sync::mpsc::Sender<T>, Shared);

/// Its other end.
pub struct Receiver<T>(tokio::sync::mpsc::Receiver<T>, Shared);

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), self.1.clone())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.1.atomic(true);
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.1.atomic(true);
    }
}

pub fn channel<T>(room: usize) -> (Sender<T>, Receiver<T>) {
    let ((sender, receiver), shared) = (tokio::sync::mpsc::channel(room), Shared::new("channel"));
    (Sender(sender, shared.clone()), Receiver(receiver, shared))
}

impl<T> Sender<T> {
    #[track_caller]
    pub fn send(&self, value: T) -> impl Future<Output = bool> {
        let turn = Turn::new(&self.1, "send", true, Location::caller());
        async move { by(turn, self.0.send(value)).await.is_ok() }
    }
}

impl<T> Receiver<T> {
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
        let turn = Turn::new(&self.1, "recv", true, Location::caller());
        by(turn, self.0.recv())
    }
}

/// A real bell.
pub struct Notify(tokio::sync::Notify, Shared);

impl Notify {
    pub fn new() -> Self {
        Self(tokio::sync::Notify::new(), Shared::new("notify"))
    }

    #[track_caller]
    pub fn notified(&self) -> impl Future<Output = ()> {
        let turn = Turn::new(&self.1, "notified", true, Location::caller());
        // Made in its step: from then on it hears.
        async move { by(turn, async { self.0.notified().await }).await }
    }

    pub fn notify_waiters(&self) {
        self.1.atomic(true);
        self.0.notify_waiters();
    }

    pub fn notify_one(&self) {
        self.1.atomic(true);
        self.0.notify_one();
    }
}

/// A real semaphore.
pub struct Semaphore(tokio::sync::Semaphore, Shared);

impl Semaphore {
    pub fn new(permits: usize) -> Self {
        Self(tokio::sync::Semaphore::new(permits), Shared::new("semaphore"))
    }

    #[track_caller]
    pub fn acquire(&self, permits: u32) -> impl Future<Output = (tokio::sync::SemaphorePermit<'_>, Holding)> {
        let place = Location::caller();
        async move {
            let turn = Turn::lock(&self.1, "permits", true, place);
            let permit = by(turn, self.0.acquire_many(permits)).await.expect("it is not closed");
            (permit, Holding::new(&self.1, "permits", true, place))
        }
    }
}

impl Semaphore {
    /// Takes one if there is one.
    pub fn try_acquire(&self) -> bool {
        self.1.atomic(true);
        self.0.try_acquire().is_ok()
    }
}

/// A task, and what it leaves.
pub struct Task<T> {
    left: Rc<RefCell<Option<T>>>,
    id: TaskId,
}

/// Spawns a task that leaves something.
#[track_caller]
pub fn spawn<T: 'static>(name: &'static str, future: impl Future<Output = T> + 'static) -> Task<T> {
    let left = Rc::new(RefCell::new(None));
    let leaves = left.clone();
    let id = guest::spawn(name, async move {
        let value = future.await;
        *leaves.borrow_mut() = Some(value);
    });
    Task { left, id }
}

impl<T> Task<T> {
    pub fn id(&self) -> TaskId {
        self.id
    }

    pub fn abort(&self) {
        guest::abort(self.id);
    }

    /// What it has left, or how it has ended.
    #[track_caller]
    pub fn join(self) -> impl Future<Output = Result<T, TaskEnd>> {
        let turn = Turn::enabled_when_over(self.id, Location::caller());
        async move {
            let mut turn = turn;
            poll_fn(|context| turn.poll(context, |_| Poll::Ready(()))).await;
            let end = guest::end_of(self.id).expect("it is over");
            self.left.take().ok_or(end)
        }
    }
}

/// A program of one task, which spawns the others.
pub fn program<F: Future<Output = ()> + 'static>(main: impl Fn() -> F) -> impl Fn(&mut Program) {
    move |program| {
        // Made in the first step, and not before it: what it makes is of the run.
        let future = main();
        program
            .task("main")
            .op("main", async move {
                point().await;
                future.await;
            })
            .done();
    }
}

/// The same, whose main says what the run has come to.
pub fn telling<F: Future<Output = String> + 'static>(main: impl Fn() -> F) -> impl Fn(&mut Program) {
    move |program| {
        let (future, told) = (main(), Rc::new(RefCell::new(String::new())));
        let tells = told.clone();
        program
            .task("main")
            .op("main", async move {
                point().await;
                let text = future.await;
                *tells.borrow_mut() = text;
            })
            .done();
        program.outcome(move || told.take());
    }
}
