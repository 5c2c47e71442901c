//! A set of tasks, which are awaited in the order of their ends. A wait for the next one is in vain only if all are stuck.
#![allow(clippy::zero_sized_map_values, reason = "what is kept of a member is for the tracker alone")]
#![cfg_attr(
    not(feature = "track"),
    expect(clippy::zero_sized_map_values, reason = "without a tracker there is nothing to a task's end")
)]

use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
#[cfg(feature = "explore")]
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use real::task::{Id, JoinError};

#[cfg(feature = "explore")]
use super::JoinHandle;
use super::{AbortHandle, LocalSet};
#[cfg(feature = "explore")]
use crate::explored;
use crate::kind::Kind;
use crate::resource::{Place, Resource, Serving, Waiting};
use crate::runtime::Handle;
use crate::spawned::{Owner, TaskEnd};

/// Tasks that return the same type: [tokio's](real::task::JoinSet). All are aborted when it is dropped.
pub struct JoinSet<T> {
    inner: real::task::JoinSet<T>,
    members: HashMap<Id, Member>,
    ends: Resource,
    waiting: Option<Waiting>,
    made: Place,
    /// Tasks of an explored run.
    #[cfg(feature = "explore")]
    explored: Vec<JoinHandle<T>>,
}

/// A task of the set, whose end ends a wait for the next end.
struct Member {
    end: TaskEnd,
    _serves: Serving,
}

impl<T> JoinSet<T> {
    /// Without tasks.
    #[track_caller]
    pub fn new() -> Self {
        let made = Location::caller();
        Self {
            inner: real::task::JoinSet::new(),
            members: HashMap::new(),
            ends: Resource::new(Kind::JoinSet, made, None),
            waiting: None,
            made,
            #[cfg(feature = "explore")]
            explored: Vec::new(),
        }
    }

    /// How many tasks have not been joined.
    pub fn len(&self) -> usize {
        #[cfg(feature = "explore")]
        return self.inner.len() + self.explored.len();
        #[cfg(not(feature = "explore"))]
        self.inner.len()
    }

    /// Whether all tasks have been joined.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: 'static> JoinSet<T> {
    #[cfg(feature = "explore")]
    fn explore(&mut self, at: Place, task: impl Future<Output = T> + 'static) -> AbortHandle {
        let handle = JoinHandle::explored(explored::spawn(at, task));
        let abort = handle.abort_handle();
        self.explored.push(handle);
        abort
    }

    /// The next task of an explored run that is over. Which one it is where several are is a choice of the schedule.
    #[cfg(feature = "explore")]
    fn poll_explored(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(Id, T), JoinError>>> {
        if self.explored.is_empty() {
            return Poll::Ready(None);
        }
        for at in 0..self.explored.len() {
            if let Poll::Ready(output) = Pin::new(&mut self.explored[at]).poll(cx) {
                let id = self.explored.remove(at).id();
                return Poll::Ready(Some(output.map(|output| (id, output))));
            }
        }
        Poll::Pending
    }

    fn joins(&mut self, abort: real::task::AbortHandle, end: TaskEnd) -> AbortHandle {
        let serves = end.serves(&self.ends);
        self.members.insert(abort.id(), Member { end, _serves: serves });
        AbortHandle::new(abort)
    }

    fn joined(&mut self, id: Id) {
        if let Some(member) = self.members.remove(&id) {
            member.end.seen();
        }
    }

    /// Spawns a task on the runtime at hand.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let at = Location::caller();
        #[cfg(feature = "explore")]
        if explored::is_on() {
            return self.explore(at, task);
        }
        let (task, end) = Owner::here().task(at, task);
        let abort = self.inner.spawn(task);
        self.joins(abort, end)
    }

    /// Spawns a task on this runtime.
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let at = Location::caller();
        #[cfg(feature = "explore")]
        if explored::is_on() {
            return self.explore(at, task);
        }
        let (task, end) = handle.owner().task(at, task);
        let abort = self.inner.spawn_on(task, handle.real());
        self.joins(abort, end)
    }

    /// Spawns a task that need not be `Send`.
    ///
    /// # Panics
    /// Outside a [`LocalSet`].
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let at = Location::caller();
        #[cfg(feature = "explore")]
        if explored::is_on() {
            return self.explore(at, task);
        }
        let (task, end) = Owner::here().task(at, task);
        let abort = self.inner.spawn_local(task);
        self.joins(abort, end)
    }

    /// Spawns a task that need not be `Send` on this local set.
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let at = Location::caller();
        #[cfg(feature = "explore")]
        if explored::is_on() {
            return self.explore(at, task);
        }
        let (task, end) = Owner::here().task(at, task);
        let abort = self.inner.spawn_local_on(task, local_set.real());
        self.joins(abort, end)
    }

    /// Runs a function on a thread where it may block.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let at = Location::caller();
        #[cfg(feature = "explore")]
        if explored::is_on() {
            return self.explore(at, async { f() });
        }
        let (work, end) = Owner::here().blocking(at, f);
        let abort = self.inner.spawn_blocking(work);
        self.joins(abort, end)
    }

    /// Runs a function on a thread of this runtime where it may block.
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let at = Location::caller();
        #[cfg(feature = "explore")]
        if explored::is_on() {
            return self.explore(at, async { f() });
        }
        let (work, end) = handle.owner().blocking(at, f);
        let abort = self.inner.spawn_blocking_on(work, handle.real());
        self.joins(abort, end)
    }

    /// Waits for the next task to end; none if the set is empty.
    ///
    /// **Cancellation.** No task is taken from the set.
    #[track_caller]
    pub fn join_next(&mut self) -> impl Future<Output = Option<Result<T, JoinError>>> {
        let next = self.next(Location::caller());
        async move { Some(next.await?.map(|(_, output)| output)) }
    }

    /// The same, with the task's id.
    ///
    /// **Cancellation.** No task is taken from the set.
    #[track_caller]
    pub fn join_next_with_id(&mut self) -> impl Future<Output = Option<Result<(Id, T), JoinError>>> {
        self.next(Location::caller())
    }

    async fn next(&mut self, at: Place) -> Option<Result<(Id, T), JoinError>> {
        #[cfg(feature = "explore")]
        if explored::is_on() {
            return poll_fn(|context| self.poll_explored(context)).await;
        }
        let mut waiting = self.ends.waiting("join", at);
        let Self { inner, ends, .. } = self;
        let next =
            poll_fn(|context| waiting.poll(ends, context, |it| inner.poll_join_next_with_id(it))).await;
        drop(waiting);
        self.note(next)
    }

    fn note(&mut self, next: Option<Result<(Id, T), JoinError>>) -> Option<Result<(Id, T), JoinError>> {
        let next = next?;
        self.joined(match &next {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        });
        Some(next)
    }

    /// A task that has ended, if there is one.
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        Some(self.try_join_next_with_id()?.map(|(_, output)| output))
    }

    /// The same, with the task's id.
    pub fn try_join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        #[cfg(feature = "explore")]
        if let Some((at, output)) =
            self.explored.iter().enumerate().find_map(|(at, handle)| Some((at, handle.take()?)))
        {
            let id = self.explored.remove(at).id();
            return Some(output.map(|output| (id, output)));
        }
        let next = self.inner.try_join_next_with_id();
        self.note(next)
    }

    /// Aborts all tasks and waits for their ends.
    #[track_caller]
    pub fn shutdown(&mut self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            self.abort_all();
            while self.next(at).await.is_some() {}
        }
    }

    /// Waits for all tasks to end, and gives their outputs.
    ///
    /// # Panics
    /// With a task that has panicked, and when one was aborted.
    #[track_caller]
    pub fn join_all(mut self) -> impl Future<Output = Vec<T>> {
        let at = Location::caller();
        async move {
            let mut outputs = Vec::with_capacity(self.len());
            while let Some(next) = self.next(at).await {
                match next {
                    Ok((_, output)) => outputs.push(output),
                    Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                    Err(error) => panic!("{error}"),
                }
            }
            outputs
        }
    }

    /// Aborts all tasks. They stay in the set until they are joined.
    pub fn abort_all(&mut self) {
        self.inner.abort_all();
        #[cfg(feature = "explore")]
        self.explored.iter().for_each(JoinHandle::abort);
    }

    /// Takes all tasks out of the set without aborting them.
    pub fn detach_all(&mut self) {
        self.inner.detach_all();
        self.members.clear();
        #[cfg(feature = "explore")]
        self.explored.clear();
    }

    /// Polls for the next task to end.
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        let next = ready!(self.poll_join_next_with_id(cx));
        Poll::Ready(next.map(|next| next.map(|(_, output)| output)))
    }

    /// The same, with the task's id.
    pub fn poll_join_next_with_id(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Id, T), JoinError>>> {
        #[cfg(feature = "explore")]
        if explored::is_on() {
            return self.poll_explored(cx);
        }
        let Self { inner, ends, waiting, made, .. } = self;
        let waiting = waiting.get_or_insert_with(|| ends.waiting("join", made));
        let next = ready!(waiting.poll(ends, cx, |context| inner.poll_join_next_with_id(context)));
        self.waiting = None;
        Poll::Ready(self.note(next))
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        // Tokio's own set aborts its tasks itself.
        #[cfg(feature = "explore")]
        self.explored.iter().for_each(JoinHandle::abort);
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}

impl<T> Default for JoinSet<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = F>>(tasks: I) -> Self {
        let mut set = Self::new();
        set.extend(tasks);
        set
    }
}

impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn extend<I: IntoIterator<Item = F>>(&mut self, tasks: I) {
        for task in tasks {
            self.spawn(task);
        }
    }
}
