//! What a kind of lock is, whichever it is: the traits that code is generic in, from the least that is asked of a lock to
//! what only some can do.

use std::ops::{Deref, DerefMut};

/// What a lock guards, for people and for tools: every lock of a class plays the same part in the program.
///
/// Lock-order rules speak of classes ("cache before entry"), and so do the tables of waits and holds.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct LockClass {
    name: &'static str,
}

impl LockClass {
    /// A class named `name`, as it shall stand in reports. Make it a `static`.
    pub const fn new(name: &'static str) -> Self {
        Self { name }
    }

    /// The name as it stands in reports.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// Which waiter is granted a lock next, as the family documents it.
///
/// It decides what can deadlock: a second read by one task is harmless under [`Policy::Snapshot`] and, where reads are
/// shared, under [`Policy::Unfair`]; under the others it waits forever as soon as a writer stands in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Strictly FIFO, readers and writers alike.
    FifoFair,
    /// A waiting writer goes before readers that come later.
    WriterPreferring,
    /// An unlock hands the lock to a sleeping waiter; running ones may come in between.
    Handover,
    /// No promise: the first to request the free lock gets it.
    Unfair,
    /// Readers never wait; writers go one after another, without a promise in which order.
    Snapshot,
}

/// One kind of lock, for any value.
pub trait LockFamily: Send + Sync + 'static {
    /// The name on the command line and in reports, such as `tokio-rwlock`.
    const NAME: &'static str;
    /// Which waiter is next.
    const POLICY: Policy;
    /// Whether several readers may be inside at once.
    const SHARED_READS: bool;
    /// Whether a writer changes a copy, which becomes the value when the write guard is dropped. Readers may then be
    /// inside beside a writer and see the value as it was before, and what a panicking writer has changed is lost.
    const COPY_ON_WRITE: bool = false;
    /// A lock of this kind around a `T`.
    ///
    /// `T` is `Clone` so that families whose writers publish a changed copy fit behind the same trait.
    type Lock<T: Clone + Send + Sync + 'static>: SharedLock<T>;
}

/// The lock of family `F` around a `T`.
pub type LockOf<F, T> = <F as LockFamily>::Lock<T>;

/// A lock around one value.
///
/// An exclusive lock gives its one guard for reading and for writing; a snapshot is read without waiting, and a changed
/// copy takes its place when the write guard is dropped ([`LockFamily::COPY_ON_WRITE`]). Guards need not be `Send`: drop them before
/// the next `.await`, or ask for an [`AwaitFamily`].
///
/// **Cancellation.** A future of [`read`](Self::read) or [`write`](Self::write) may be dropped at any time before it
/// is ready and leaves nothing behind: it held no place that others wait for. For the blocking families there is no
/// such time after the first poll, since that poll returns with the guard.
///
/// **Panics.** A panic while a guard is held releases the lock and leaves it usable; families that would poison
/// ignore the poison. What the value looks like then is the panicking code's affair.
pub trait SharedLock<T>: Send + Sync + 'static {
    /// Proof of shared access.
    type Read<'a>: Deref<Target = T>
    where
        Self: 'a;
    /// Proof of exclusive access.
    type Write<'a>: DerefMut<Target = T>
    where
        Self: 'a;

    /// A lock of `class` around `value`.
    fn new(class: &'static LockClass, value: T) -> Self;

    /// Reads if that takes no waiting; `None` when it would.
    fn try_read(&self) -> Option<Self::Read<'_>>;

    /// Waits until the value may be read.
    #[track_caller]
    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send;

    /// Waits until the value may be read, and shows it to `first` before the guard is there: for what has to be done between a
    /// look at the value and any use of it.
    ///
    /// The same as [`read`](Self::read) and then `first`, but for a lock that explores interleavings, which can take them as two
    /// steps where readers do not keep writers out.
    #[track_caller]
    fn read_first(&self, first: impl FnOnce(&T) + Send) -> impl Future<Output = Self::Read<'_>> + Send {
        let reading = self.read();
        async move {
            let guard = reading.await;
            first(&guard);
            guard
        }
    }

    /// Ends a write of this lock: what it has changed is the value from now on, and is shown to `last` before the next writer is let in.
    ///
    /// Where a change is made in place, readers are kept out until `last` has returned; where a writer changes a copy, they see
    /// the new value already ([`LockFamily::COPY_ON_WRITE`]). A guard that is dropped instead shows nothing.
    ///
    /// **Cancellation.** All of it is done by this call, or by the future that it returns, be that polled or dropped.
    ///
    /// ```
    /// use lockyard_lock::{LockClass, LockOf, SharedLock, StdMutex};
    ///
    /// static COUNT: LockClass = LockClass::new("count");
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let count: LockOf<StdMutex, u32> = SharedLock::new(&COUNT, 1);
    /// let mut seen = 0;
    /// let mut guard = count.write().await;
    /// *guard += 1;
    /// count.finish(guard, |count| seen = *count).await;
    /// assert_eq!(seen, 2);
    /// # });
    /// ```
    #[track_caller]
    fn finish<'a>(
        &'a self,
        guard: Self::Write<'a>,
        last: impl FnOnce(&T) + Send + 'a,
    ) -> impl Future<Output = ()> + Send + 'a {
        last(&guard);
        drop(guard);
        // A guard need not be `Send`, and so cannot wait in a future for being polled.
        std::future::ready(())
    }

    /// Waits until the value may be changed.
    #[track_caller]
    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send;
}

/// Capability: a family that can also be asked for exclusive access without waiting, and that says how it waits.
///
/// A wrapper around a lock needs it: to distinguish an acquisition that waits from one that does not,
/// and to avoid a wait that would block a thread indefinitely.
pub trait TryFamily: LockFamily {
    /// Whether waiting blocks the thread; else it yields the task.
    const BLOCKS: bool;

    /// Exclusive access if that takes no waiting; `None` when it would.
    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>>;
}

/// Capability: a family whose write guard may live across an `.await`, because it is `Send` and waiting for it
/// yields the task rather than blocking the thread.
///
/// Whatever is done under a lock and waits for I/O needs it, such as saving what the lock guards.
pub trait AwaitFamily: LockFamily {
    /// Waits for exclusive access that may be held across awaits. Cancellation as for [`SharedLock::write`].
    #[track_caller]
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send;
}
