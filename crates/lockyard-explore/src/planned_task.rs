//! A task before it runs.

use std::borrow::Cow;
use std::pin::Pin;

use super::place::Place;

/// A task's future.
pub(super) type Job = Pin<Box<dyn Future<Output = ()>>>;

/// A task before it runs.
pub(super) struct PlannedTask {
    pub(super) name: Cow<'static, str>,
    pub(super) job: Job,
    pub(super) kind: TaskKind,
    /// Like the task before it, but for names.
    pub(super) alike: bool,
    pub(super) origin: TaskOrigin,
}

/// Where a task comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskOrigin {
    /// It is of the program.
    Program,
    /// It was spawned by another on the way, and has touched nothing before its first yield point.
    Spawned,
    /// It was spawned by a guest, there; that it begins is a step of its own.
    Guest(Place),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskKind {
    /// May be cancelled or left.
    Client,
    /// Runs to its end.
    Steady,
    /// Never ends; the run is over without it.
    Background,
    /// The run is over without it, and it may be cancelled or left.
    BackgroundClient,
}

impl TaskKind {
    /// Whether the run waits for tasks of this kind.
    pub(super) fn ends(self) -> bool {
        matches!(self, Self::Client | Self::Steady)
    }

    /// Whether a schedule may cancel or leave them.
    pub(super) fn is_given_up(self) -> bool {
        matches!(self, Self::Client | Self::BackgroundClient)
    }
}
