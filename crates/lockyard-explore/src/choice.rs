//! The choices within a step, between the schedule and the step: they are moves that follow it.

use super::run_state;
use super::schedule::{Move, MoveKind};
use super::scheduler::Scheduler;
use super::stopped::{Stopped, differs, not_enabled};

/// Gives the step at this depth the choices that the schedule has for it.
pub(super) fn give_choices(depth: usize, step: Move, chooser: &dyn Scheduler) {
    let given = (0..).map_while(|nth| chooser.choice(depth, nth).filter(|it| it.task == step.task));
    let mut given = given.map(|choice| choice.stop).peekable();
    if given.peek().is_some() {
        run_state::with(|state| state.guest.choices.given.extend(given));
    }
}

/// Tells the chooser which choices were made in the step; how many there were.
pub(super) fn choices_made(
    depth: usize,
    Move { task, .. }: Move,
    chooser: &mut dyn Scheduler,
) -> Result<usize, Stopped> {
    let mut choices = run_state::with(|state| std::mem::take(&mut state.guest.choices));
    let choice = |value| Move { task, stop: value, kind: MoveKind::Choose };
    let mut nth = depth;
    for &(value, of) in &choices.made {
        nth += 1;
        if !chooser.chose(nth, choice(value), of) {
            return Err(differs(nth, "had other choices than before"));
        }
    }
    // What is given and was not asked for, or cannot be chosen, is of another program.
    let missing = choices.given.get(choices.made.len()).or(choices.given.last().filter(|_| choices.misfits));
    if let Some(value) = missing {
        return Err(not_enabled(chooser.impossible(), nth, choice(*value)));
    }
    choices.clear();
    run_state::with(|state| state.guest.choices = choices);
    Ok(nth - depth)
}
