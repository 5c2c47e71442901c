//! What a task stands before.

use std::task::Waker;
use std::time::Duration;

use super::guest::ask::Ask;
use super::guest::turn_waker::TurnWaker;
use super::place::Place;

/// What a task stands before: its next step.
#[derive(Debug)]
pub(super) struct YieldPoint {
    pub(super) ticket: u32,
    pub(super) want: NextStep,
    pub(super) place: Place,
    /// Who polls there, where that is not the task itself.
    pub(super) waker: Option<Waker>,
    /// It was woken, and the task has not polled it: it cannot go on before the task does.
    pub(super) unpolled: bool,
    /// The step in which the task came to stand there.
    pub(super) since: u32,
    /// Of [`NextStep::Wake`]: what wakes it.
    pub(super) turn: Option<TurnWaker>,
}

/// What the next step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextStep {
    /// Something that is always possible, by its name if it has one.
    Go(Option<&'static str>),
    /// A call of something outside, which may fail or be slow.
    Call(&'static str),
    /// Being woken by the clock, as often as the setting allows.
    Tick,
    /// Entering a lock, or taking a place in its queue. `looks`: its holder will change nothing, even if it excludes others.
    Lock { lock_state: usize, write: bool, looks: bool, queued: bool },
    /// A spawned task's first step.
    Start,
    /// An operation on something real, which is polled for the first time.
    Ask(Ask),
    /// The same, once it was woken.
    Wake(Ask),
    /// Going on after this task, which has to be over.
    Over(usize),
    /// Being woken by the virtual clock at this time.
    Timer(Duration),
}
