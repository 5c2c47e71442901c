//! A task of an explored run: what it leaves, and who waits for that.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};

use lockyard_explore::guest::{self, SpawnOptions, TaskId, Turn};
use real::task::{Id, JoinError};

use super::{cancelled, new_id};
use crate::resource::Place;

/// What a handle of a task has.
pub(crate) struct ExploredTask<T> {
    task: TaskId,
    output: Arc<Mutex<Option<T>>>,
    turn: Turn,
    id: Arc<OnceLock<Id>>,
}

/// Adds a task to the run. It is dropped with the main one, as a runtime drops its tasks.
pub(crate) fn spawn<F>(at: Place, future: F) -> ExploredTask<F::Output>
where
    F: Future<Output: 'static> + 'static,
{
    let output = Arc::new(Mutex::new(None));
    let leaves = output.clone();
    let job = async move {
        let left = future.await;
        *leaves.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
    };
    let options = SpawnOptions { background: true, ..SpawnOptions::default() };
    let task = guest::spawn_with(options, "", at, job);
    ExploredTask { task, output, turn: Turn::enabled_when_over(task, at), id: Arc::default() }
}

impl<T> ExploredTask<T> {
    /// Its output, or that it was aborted, once it is over.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        ready!(self.turn.poll(context, |_| Poll::Ready(())));
        let output = self.output.lock().unwrap_or_else(PoisonError::into_inner).take();
        Poll::Ready(output.ok_or_else(cancelled))
    }

    pub(crate) fn abort(&self) {
        guest::abort(self.task);
    }

    pub(crate) fn is_finished(&self) -> bool {
        guest::is_over(self.task)
    }

    /// Its output, or that it was aborted, if it is over.
    pub(crate) fn take(&self) -> Option<Result<T, JoinError>> {
        self.is_finished().then(|| {
            let output = self.output.lock().unwrap_or_else(PoisonError::into_inner).take();
            output.ok_or_else(cancelled)
        })
    }

    pub(crate) fn aborts(&self) -> ExploredAbort {
        ExploredAbort { task: self.task, id: self.id.clone() }
    }

    /// Made when it is asked for: most programs never ask.
    pub(crate) fn id(&self) -> Id {
        *self.id.get_or_init(new_id)
    }
}

/// What can abort a task.
#[derive(Clone)]
pub(crate) struct ExploredAbort {
    pub(crate) task: TaskId,
    id: Arc<OnceLock<Id>>,
}

impl ExploredAbort {
    pub(crate) fn id(&self) -> Id {
        *self.id.get_or_init(new_id)
    }
}

impl<T> fmt::Debug for ExploredTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("task", &self.task.number()).finish_non_exhaustive()
    }
}
