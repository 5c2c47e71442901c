//! A lock that does not exclude: what every check of exclusion must fail over.
//!
//! A test that holds over [`Torn`] holds over anything, and proves nothing. So a model or a property of
//! code that is generic in its locks should be run over this family as well, and must fail.
//!
//! Every writer works on a copy of its own and publishes it at the end. What makes the two moments visible, and lets
//! others in between them, differs from tool to tool; so the family is generic in its [`Cells`].

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use crate::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock};

/// A value that is copied and replaced, each in one step that the tool at work can see.
pub trait TornCell<T>: Send + Sync + 'static {
    /// A cell with this value.
    fn new(value: T) -> Self;

    /// A copy of the value.
    fn copy(&self) -> T;

    /// Puts another value in its place.
    fn replace(&self, value: T);

    /// Runs before a reader or a writer copies the value: where others may come first.
    fn before_copy(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Runs when a writer has its copy: where others may come between it and what it will publish.
    fn after_copy(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// The cells of one tool, for any value.
pub trait Cells: Send + Sync + 'static {
    /// Such a cell around a `T`.
    type Cell<T: Clone + Send + Sync + 'static>: TornCell<T>;
}

/// The family of locks that do not exclude, over a tool's cells.
#[derive(Debug)]
pub struct Torn<C>(PhantomData<fn() -> C>);

impl<C: Cells> LockFamily for Torn<C> {
    const NAME: &'static str = "torn";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = TornLock<C::Cell<T>>;
}

impl<C: Cells> AwaitFamily for Torn<C> {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}

/// A lock of this family, around a cell.
#[derive(Debug)]
pub struct TornLock<Cell>(Cell);

/// A copy; what a writer has made of it replaces the original when the guard ends.
pub struct Copied<'a, T: Clone, Cell: TornCell<T>> {
    value: T,
    home: Option<&'a Cell>,
}

impl<T: Clone + Send + Sync + 'static, Cell: TornCell<T>> SharedLock<T> for TornLock<Cell> {
    type Read<'a> = Copied<'a, T, Cell>;
    type Write<'a> = Copied<'a, T, Cell>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self(Cell::new(value))
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        Some(Copied { value: self.0.copy(), home: None })
    }

    async fn read(&self) -> Self::Read<'_> {
        self.0.before_copy().await;
        Copied { value: self.0.copy(), home: None }
    }

    async fn write(&self) -> Self::Write<'_> {
        self.0.before_copy().await;
        // No exclusion on purpose: a second writer may copy the same value here, and the later `replace` drops the
        // earlier change. Between the two moments the tool may let others run.
        let value = self.0.copy();
        self.0.after_copy().await;
        Copied { value, home: Some(&self.0) }
    }
}

impl<T: Clone, Cell: TornCell<T>> Deref for Copied<'_, T, Cell> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Clone, Cell: TornCell<T>> DerefMut for Copied<'_, T, Cell> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Clone, Cell: TornCell<T>> Drop for Copied<'_, T, Cell> {
    fn drop(&mut self) {
        // A run that has failed is being torn down: its tool must not be asked for a step any more.
        if let Some(home) = self.home.filter(|_| !std::thread::panicking()) {
            home.replace(self.value.clone());
        }
    }
}
