//! The `state` factor: a state that is published says what the context says, at every moment at which they can be compared.

use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use lockyard::backend::chat::{
    ChatContext, ContextConfig, ContextId, ContextStateDTO, ContextSummary, NewMessage, Role, StateKind,
    Version,
};
use lockyard::backend::session::{
    AfterUnlock, ChatSessionManager, Durability, Env, Published, SaveMode, SessionError, UnderLock,
};
use lockyard::backend::store::{MemoryStore, Store, StoreError};
use lockyard::lock::{
    ArcSwap, LockClass, LockFamily, LockOf, ParkingLotMutex, ParkingLotRwLock, Policy, SharedLock,
    TokioMutex, TokioRwLock,
};
use lockyard::strategy::cache::{CacheFamily, family};
use lockyard::strategy::{Host, IdSource};
use tokio::runtime::{Builder, Handle, Runtime};

type Manager<F, C, S, St = MemoryStore> = ChatSessionManager<Host<F, C, S, Published, St>>;
type Best = Manager<ParkingLotRwLock, family::Clock, AfterUnlock>;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn manager<F: LockFamily, C: CacheFamily, S: SaveMode<F>, St: Store>(
    runtime: &Handle,
    capacity: usize,
    store: St,
) -> Arc<Manager<F, C, S, St>> {
    let host = Host::new(store, runtime.clone(), IdSource::seeded(1));
    Arc::new(ChatSessionManager::new(host, NonZeroUsize::new(capacity).unwrap(), Durability::WriteThrough))
}

async fn session<E: Env>(manager: &ChatSessionManager<E>) -> ContextId {
    manager.create_session(ContextConfig::new("m", "chat"), |_| Ok(())).await.unwrap().id()
}

async fn append<E: Env>(manager: &ChatSessionManager<E>, id: ContextId) {
    let hello = NewMessage::text(Role::User, "hello");
    manager.write(id, |context| context.append(hello, None)).await.unwrap();
}

/// What the lock says, by the side of what the word says.
async fn locked<E: Env>(
    manager: &ChatSessionManager<E>,
    id: ContextId,
) -> Result<ContextStateDTO, SessionError> {
    manager.read(id, |context| ContextStateDTO::from(context)).await
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn begin(context: &mut ChatContext) -> Result<(), lockyard::backend::chat::ChatError> {
    context.begin_turn(NewMessage::text(Role::User, "hello")).map(|_| ())
}

/// Created, changed, refused, evicted and loaded again, deleted: the word keeps step.
async fn it_says_what_the_context_says<F: LockFamily, C: CacheFamily, S: SaveMode<F>>() {
    let manager = manager::<F, C, S, _>(&Handle::current(), 1, MemoryStore::default());
    let id = session(&manager).await;
    let expect = async |state, version| {
        let expected = Ok(ContextStateDTO { state, version: Version(version) });
        assert_eq!(manager.state(id).await, expected);
        assert_eq!(locked(&manager, id).await, expected);
    };
    expect(StateKind::Idle, 1).await;
    append(&manager, id).await;
    expect(StateKind::Idle, 2).await;
    manager.write(id, begin).await.unwrap();
    expect(StateKind::ProcessingUserMessage, 3).await;
    assert!(manager.write(id, begin).await.is_err(), "a second turn is refused");
    expect(StateKind::ProcessingUserMessage, 3).await;
    manager.write(id, ChatContext::cancel).await.unwrap();
    expect(StateKind::Idle, 4).await;
    let other = session(&manager).await;
    manager.state(other).await.unwrap();
    expect(StateKind::Idle, 4).await;
    let held = manager.load_context(id).await.unwrap();
    manager.delete(id).await.unwrap();
    assert_eq!(manager.state(id).await, Err(SessionError::NotFound { id }), "deleted, and there is a handle");
    drop(held);
    assert_eq!(manager.state(id).await, Err(SessionError::NotFound { id }));
}

#[tokio::test]
async fn it_says_what_the_context_says_over_a_cache_that_can_be_visited() {
    it_says_what_the_context_says::<ParkingLotRwLock, family::Clock, AfterUnlock>().await;
}

#[tokio::test]
async fn it_says_what_the_context_says_over_a_cache_that_gives_handles() {
    it_says_what_the_context_says::<TokioMutex, family::MutexLru<ParkingLotMutex>, AfterUnlock>().await;
}

#[tokio::test]
async fn it_says_what_the_context_says_over_snapshots() {
    it_says_what_the_context_says::<ArcSwap, family::Clock, AfterUnlock>().await;
    it_says_what_the_context_says::<ArcSwap, family::MutexLru<ParkingLotMutex>, AfterUnlock>().await;
}

#[tokio::test]
async fn it_says_what_the_context_says_when_saves_happen_under_the_lock() {
    it_says_what_the_context_says::<TokioRwLock, family::Moka, UnderLock>().await;
}

/// A writer stays inside for as long as it likes, and the state is read all the same: as it was before. So it is for a
/// session that was made here, and for one that was loaded.
#[test]
fn reading_it_takes_no_lock() {
    let runtime = runtime();
    let manager: Arc<Best> = manager(runtime.handle(), 1, MemoryStore::default());
    let made = runtime.block_on(session(&manager));
    reading_takes_no_lock(&runtime, &manager, made);
    runtime.block_on(session(&manager));
    assert_eq!(runtime.block_on(manager.stats()).live, 1, "only the newcomer is left");
    let loaded = runtime.block_on(session(&manager));
    runtime.block_on(session(&manager));
    runtime.block_on(locked(&manager, loaded)).unwrap();
    reading_takes_no_lock(&runtime, &manager, loaded);
}

fn reading_takes_no_lock(runtime: &Runtime, manager: &Best, id: ContextId) {
    let (inside, leave) = (Barrier::new(2), Barrier::new(2));
    let (answer, answered) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let change = |context: &mut ChatContext| {
                begin(context)?;
                inside.wait();
                leave.wait();
                Ok(())
            };
            runtime.block_on(manager.write(id, change)).unwrap();
        });
        inside.wait();
        scope.spawn(|| answer.send(runtime.block_on(manager.state(id)).unwrap()));
        // Nothing is timed here: the answer comes at once, or not before the writer has left.
        let answer = answered.recv_timeout(Duration::from_secs(20));
        leave.wait();
        let before = ContextStateDTO { state: StateKind::Idle, version: Version(1) };
        assert_eq!(answer, Ok(before), "the state was not read beside a writer");
    });
    assert_eq!(runtime.block_on(manager.state(id)).unwrap().version, Version(2));
}

/// Through the word, through the lock, through the word: a caller that looks thrice never sees time go back, while others
/// write, and read other sessions so that this one is evicted and loaded again.
fn it_never_goes_back<F: LockFamily, C: CacheFamily>() {
    const CHANGES: u64 = 3_000;
    let runtime = runtime();
    let manager: Arc<Manager<F, C, AfterUnlock>> = manager(runtime.handle(), 1, MemoryStore::default());
    let (id, other) = runtime.block_on(async { (session(&manager).await, session(&manager).await) });
    let (over, start) = (AtomicBool::new(false), Barrier::new(4));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            start.wait();
            runtime.block_on(async {
                for _ in 0..CHANGES {
                    manager.write(id, |_| Ok(())).await.unwrap();
                }
            });
            over.store(true, SeqCst);
        });
        scope.spawn(|| {
            start.wait();
            while !over.load(SeqCst) {
                runtime.block_on(manager.state(other)).unwrap();
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                runtime.block_on(async {
                    let mut seen = Version(0);
                    while !over.load(SeqCst) {
                        let word = manager.state(id).await.unwrap().version;
                        let lock = locked(&manager, id).await.unwrap().version;
                        let again = manager.state(id).await.unwrap().version;
                        assert!(
                            seen <= word && word <= lock && lock <= again,
                            "{seen} {word} {lock} {again}"
                        );
                        seen = again;
                    }
                });
            });
        }
    });
    assert_eq!(runtime.block_on(manager.state(id)).unwrap().version, Version(CHANGES + 1));
}

#[test]
fn it_never_goes_back_over_a_cache_that_can_be_visited() {
    it_never_goes_back::<ParkingLotRwLock, family::Clock>();
}

#[test]
fn it_never_goes_back_over_a_cache_that_gives_handles() {
    it_never_goes_back::<ParkingLotRwLock, family::MutexLru<ParkingLotMutex>>();
}

#[test]
fn it_never_goes_back_over_snapshots() {
    it_never_goes_back::<ArcSwap, family::Clock>();
    it_never_goes_back::<ArcSwap, family::MutexLru<ParkingLotMutex>>();
}

/// What word and lock say after a change has panicked half-way.
fn after_a_panic<F: LockFamily>() -> [ContextStateDTO; 2] {
    let runtime = runtime();
    let manager: Arc<Manager<F, family::Clock, AfterUnlock>> =
        manager(runtime.handle(), 1, MemoryStore::default());
    let id = runtime.block_on(session(&manager));
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(manager.write(id, |context| -> Result<(), _> {
            begin(context)?;
            panic!("planted");
        }))
    }));
    assert!(outcome.is_err());
    runtime.block_on(async { [manager.state(id).await.unwrap(), locked(&manager, id).await.unwrap()] })
}

/// What it has done stands where it was done in place, as a change of its own; a copy is lost. Word and context agree on it.
#[test]
fn it_is_right_after_a_panic() {
    let half = ContextStateDTO { state: StateKind::ProcessingUserMessage, version: Version(2) };
    assert_eq!(after_a_panic::<ParkingLotRwLock>(), [half; 2]);
    let before = ContextStateDTO { state: StateKind::Idle, version: Version(1) };
    assert_eq!(after_a_panic::<ArcSwap>(), [before; 2]);
}

/// Snapshots that are said to be changed in place.
struct SaidToBeInPlace;

struct SaidLock<T: Clone + Send + Sync + 'static>(LockOf<ArcSwap, T>);

impl LockFamily for SaidToBeInPlace {
    const NAME: &'static str = "said to be in place";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = SaidLock<T>;
}

impl<T: Clone + Send + Sync + 'static> SharedLock<T> for SaidLock<T> {
    type Read<'a> = <LockOf<ArcSwap, T> as SharedLock<T>>::Read<'a>;
    type Write<'a> = <LockOf<ArcSwap, T> as SharedLock<T>>::Write<'a>;

    fn new(class: &'static LockClass, value: T) -> Self {
        Self(SharedLock::new(class, value))
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.0.try_read()
    }

    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send {
        self.0.read()
    }

    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send {
        self.0.write()
    }
}

/// What is published has to be what stands in the lock.
#[test]
fn published_from_the_copy_a_change_that_is_lost_would_be_seen() {
    let [word, lock] = after_a_panic::<SaidToBeInPlace>();
    assert_eq!((word.version, lock.version), (Version(2), Version(1)));
}

/// A store that keeps writers waiting, once it is shut.
#[derive(Default)]
struct Slow {
    inner: MemoryStore,
    slow: AtomicBool,
}

impl Store for Slow {
    type Stored = <MemoryStore as Store>::Stored;

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, Self::Stored)>, StoreError> {
        self.inner.load(id).await
    }

    async fn put(&self, context: ChatContext, stored: &mut Self::Stored) -> Result<(), StoreError> {
        while self.slow.load(SeqCst) {
            tokio::task::yield_now().await;
        }
        self.inner.put(context, stored).await
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        self.inner.delete(id).await
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        self.inner.list(after, limit).await
    }
}

/// Saving under the lock promises that no caller sees what is not stored, and the word keeps that promise; a save that is
/// given up releases the lock, and the word says at once what the lock would show.
#[tokio::test]
async fn it_shows_nothing_unstored_while_saving_under_the_lock() {
    let manager: Arc<Manager<TokioRwLock, family::Clock, UnderLock, Slow>> =
        manager(&Handle::current(), 1, Slow::default());
    let id = session(&manager).await;
    manager.env().store().slow.store(true, SeqCst);
    {
        let mut write = Box::pin(manager.write(id, begin));
        assert!(poll_once(write.as_mut()).is_pending());
        let before = ContextStateDTO { state: StateKind::Idle, version: Version(1) };
        assert_eq!(manager.state(id).await, Ok(before), "what is not stored was seen");
        assert!(poll_once(locked(&manager, id)).is_pending(), "the lock is held");
    }
    let left = ContextStateDTO { state: StateKind::ProcessingUserMessage, version: Version(2) };
    assert_eq!(manager.state(id).await, Ok(left));
    assert_eq!(locked(&manager, id).await, Ok(left));
}
