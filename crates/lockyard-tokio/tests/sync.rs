//! Each type of `sync` behaves as tokio's own does: this source is the same in each mode.

extern crate lockyard_tokio as tokio;

mod sync {
    mod barrier;
    mod broadcast;
    mod debug;
    mod mpsc;
    mod mpsc_permits;
    mod mutex;
    mod notify;
    mod once_cell;
    mod oneshot;
    mod panics;
    mod rwlock;
    mod semaphore;
    mod set_once;
    mod watch;
}

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A future and how often it was woken.
struct Polled<F> {
    future: Pin<Box<F>>,
    wakes: Arc<Wakes>,
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn polled<F: Future>(future: F) -> Polled<F> {
    Polled { future: Box::pin(future), wakes: Arc::default() }
}

impl<F: Future> Polled<F> {
    fn poll(&mut self) -> Poll<F::Output> {
        let waker = Waker::from(self.wakes.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// It waits.
    #[track_caller]
    fn pending(&mut self) {
        assert!(self.poll().is_pending());
    }

    /// It is at its end.
    #[track_caller]
    fn ready(&mut self) -> F::Output {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it waits"),
        }
    }

    fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::Relaxed)
    }
}

/// What a future gives that does not wait.
#[track_caller]
fn now<F: Future>(future: F) -> F::Output {
    polled(future).ready()
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
