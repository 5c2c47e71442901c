//! What this crate's types do in an explored run: real primitives, step by step, and tasks, timers and errors as tokio has them.

mod helper;
mod task;
mod watchdog;

pub(crate) use helper::{Helper, cancelled, elapsed, instant, new_id, put_forward};
pub(crate) use lockyard_explore::guest::is_on;
pub(crate) use task::{ExploredAbort, ExploredTask, spawn};
pub(crate) use watchdog::Watchdog;

/// Says that this cannot be explored, and what to do instead, and ends the run.
pub(crate) fn refuse(what: &str, instead: &str) -> ! {
    let reason = format!("{what} cannot be explored: {instead}");
    lockyard_explore::guest::refuse(reason.clone());
    panic!("{reason}")
}
