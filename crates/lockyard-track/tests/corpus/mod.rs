//! What both collections of programs share: the locks that they use, and the three ways in which each is run.

#![allow(dead_code, reason = "each collection uses a part of it")]

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex as StdMutex};
use std::task::Poll;

use lockyard_lock::{AsyncLockMutex, LockClass, ParkingLotMutex, SharedLock, TokioMutex, TokioRwLock};
use lockyard_track::{Finding, TrackedLock, Tracker};
use tokio::task::{JoinHandle, yield_now};

pub type Mutex = Arc<TrackedLock<TokioMutex, u32>>;
pub type RwLock = Arc<TrackedLock<TokioRwLock, u32>>;

/// How the program is known to the tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Each task is one of the tracker's.
    Tasks,
    /// The program is a scope inside a task without a name, and its tasks are the tracker's.
    Scope,
    /// Nothing has a name but what the program names itself.
    Unnamed,
}

pub const WAYS: [Way; 3] = [Way::Tasks, Way::Scope, Way::Unnamed];

/// The locks of a program, each of a class of its own but for `many`, and what it spawns with.
#[derive(Clone)]
pub struct World {
    pub tracker: Tracker,
    pub way: Way,
    pub a: Mutex,
    pub b: Mutex,
    pub c: Mutex,
    pub shared: RwLock,
    pub other: RwLock,
    pub unfair: Arc<TrackedLock<AsyncLockMutex, u32>>,
    pub blocking: Arc<TrackedLock<ParkingLotMutex, u32>>,
    pub many: Arc<Vec<Mutex>>,
    reported: Arc<StdMutex<Vec<Finding>>>,
}

static A: LockClass = LockClass::new("a");
static B: LockClass = LockClass::new("b");
static C: LockClass = LockClass::new("c");
static SHARED: LockClass = LockClass::new("shared");
static OTHER: LockClass = LockClass::new("other");
static UNFAIR: LockClass = LockClass::new("unfair");
static BLOCKING: LockClass = LockClass::new("blocking");
static MANY: LockClass = LockClass::new("many");

impl World {
    pub fn new(way: Way) -> Self {
        let tracker = Tracker::new();
        let reported = Arc::<StdMutex<Vec<Finding>>>::default();
        let its = reported.clone();
        tracker.on_finding(move |finding| its.lock().unwrap().push(finding.clone()));
        let new = || Self {
            tracker: tracker.clone(),
            way,
            a: Arc::new(SharedLock::new(&A, 0)),
            b: Arc::new(SharedLock::new(&B, 0)),
            c: Arc::new(SharedLock::new(&C, 0)),
            shared: Arc::new(SharedLock::new(&SHARED, 0)),
            other: Arc::new(SharedLock::new(&OTHER, 0)),
            unfair: Arc::new(SharedLock::new(&UNFAIR, 0)),
            blocking: Arc::new(SharedLock::new(&BLOCKING, 0)),
            many: Arc::new((0..40).map(|_| Arc::new(SharedLock::new(&MANY, 0))).collect()),
            reported,
        };
        tracker.within("set up", new)
    }

    /// Everything that was reported to listeners.
    pub fn reported(&self) -> Vec<Finding> {
        self.reported.lock().unwrap().clone()
    }

    pub fn spawn<T: Send + 'static>(
        &self,
        name: &str,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        match self.way {
            Way::Unnamed => tokio::spawn(future),
            Way::Tasks | Way::Scope => tokio::spawn(self.tracker.task(name.into(), future)),
        }
    }

    /// Runs a program's main task.
    pub async fn main<T>(&self, future: impl Future<Output = T>) -> T {
        match self.way {
            Way::Tasks => self.tracker.task("main".into(), future).await,
            Way::Scope => self.tracker.scope("main", future).await,
            Way::Unnamed => future.await,
        }
    }

    /// A branch with a name.
    pub async fn branch<T>(&self, name: &str, future: impl Future<Output = T>) -> T {
        self.tracker.scope(name, future).await
    }

    /// Lets others run until one of them has `a`.
    pub async fn until_held(&self) {
        while self.a.try_read().is_some() {
            yield_now().await;
        }
    }

    /// Lets others run until so many acquisitions have not got their lock at once.
    pub async fn until_waiting(&self, acquisitions: u64) {
        while self.tracker.contended_acquisitions() < acquisitions {
            yield_now().await;
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("way", &self.way).finish_non_exhaustive()
    }
}

/// A runtime on this thread alone, whose clock moves on when all tasks sleep.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Polls once, and says whether it is still pending.
pub async fn once<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

/// Wakes itself in each of so many polls.
pub async fn wakes_itself(times: u32) {
    let mut left = times;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A program, by name.
pub type Program = (&'static str, fn(World) -> Pin<Box<dyn Future<Output = ()>>>);

/// A list of programs, each an async block over a world.
#[macro_export]
macro_rules! programs {
    ($($name:ident($w:ident) $body:block)*) => {
        &[$((stringify!($name), |$w: $crate::corpus::World| Box::pin(async move $body))),*]
    };
}
