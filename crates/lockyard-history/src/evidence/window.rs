//! A piece of a history, judged by itself: from a moment of which every possible state is known to the impossible answer.
//!
//! Operations that returned before the moment are before it in every order, and those called after it behind all of these.
//! What was open at the moment may be before it or not. So a state before the moment is one that some order of what
//! returned, with some of what was open, leads to; and behind it come what was called since, and some of what was open.
//! If that has no order from any of the states, the whole has none.

use std::cell::RefCell;

use crate::operation::Operation;
use crate::search::{Limit, Outcome, Span};
use crate::spec::SequentialSpec;

use super::case::{Case, Part};
use super::reduce::{Selection, reduced};

/// So many operations are in the first window that is tried.
const FIRST: usize = 8;

/// More states than this say nothing to a reader.
const MOST_STATES: usize = 64;

/// The impossible operations of a window.
pub(super) struct Window<S: SequentialSpec> {
    pub(super) selection: Selection,
    /// The moment that it begins with: that of the first call in it.
    pub(super) moment: usize,
    /// Every state that is possible there.
    pub(super) states: Vec<S::State>,
}

/// The shortest window in which the operations have no order, of those whose sizes double; none if none is known.
pub(super) fn window<S: SequentialSpec>(
    case: Case<'_, '_, S>,
    whole: &[Part],
    stuck: usize,
    steps: u64,
) -> (Option<Window<S>>, Limit) {
    let count = case.operations.len();
    let (spec, consistency, operations, initial) =
        (case.spec, case.consistency, case.operations, case.initial.clone());
    let mut limit = case.into_limit();
    let mut size = FIRST;
    while size < count && !limit.is_over() {
        let moment = operations[count - size].call;
        size *= 2;
        let before = Case::new(spec, consistency, initial.clone(), operations, (steps, limit));
        let states = states_at(&before, moment);
        limit = before.into_limit();
        let Some(states) = states else { continue };
        let inside = Case::new(spec, consistency, states.clone(), operations, (steps, limit));
        let inside_it =
            operations.iter().zip(whole).map(|(operation, part)| part_inside(operation, *part, moment));
        let whole: Vec<_> = inside_it.collect();
        // What returned before the window is in its states, and gone from it.
        let found = inside.stuck(&whole).and_then(|_| reduced(&inside, &whole, &[], stuck));
        limit = inside.into_limit();
        if let Some(selection) = found {
            return (Some(Window { selection, moment, states }), limit);
        }
    }
    (None, limit)
}

/// What an operation is in a window that begins at this moment.
fn part_inside<C, A>(operation: &Operation<C, A>, part: Part, moment: usize) -> Part {
    match operation.ret {
        Some(ret) if ret < moment => Part::Gone,
        Some(_) if operation.call < moment && part == Part::Kept => Part::Optional,
        _ => part,
    }
}

/// Every state that is possible at a moment, if that is known and they are few.
fn states_at<S: SequentialSpec>(case: &Case<'_, '_, S>, moment: usize) -> Option<Vec<S::State>> {
    let [initial] = &case.initial[..] else { return None };
    let parts: Vec<_> = case
        .operations
        .iter()
        .map(|operation| match operation.ret {
            Some(ret) if ret < moment => Part::Kept,
            _ if operation.call >= moment => Part::Gone,
            _ => Part::Optional,
        })
        .collect();
    // The operation whose call is the moment stands for a look at the state, which refuses those that are known.
    let look = case.operations.iter().position(|operation| operation.call == moment)?;
    // It needs no state, whatever its own answer was.
    case.asked.set(Some(look));
    let known: RefCell<Vec<S::State>> = RefCell::default();
    let mut looking = parts.clone();
    looking[look] = Part::Kept;
    loop {
        let step = |state: &S::State, at: usize| {
            if at == look {
                return (!known.borrow().contains(state)).then(|| state.clone());
            }
            case.step(&parts, state, at)
        };
        let span = |span: Span| {
            let is_look = span.at == look;
            // Its end is of no account: nothing else is left by then.
            let ret = if is_look { Some(usize::MAX) } else { span.ret };
            Span { ret, read: span.read && !is_look, learns: span.learns && !is_look, ..span }
        };
        match case.search_from(initial, &looking, step, span) {
            Outcome::Order(order) => {
                let before: Vec<_> = order.into_iter().take_while(|&at| at != look).collect();
                let state =
                    case.walk(initial, &parts, &before).pop().map_or(initial.clone(), |(_, state)| state);
                known.borrow_mut().push(state);
            }
            Outcome::Stuck(_) => return Some(known.into_inner()),
            Outcome::Unknown => return None,
        }
        if known.borrow().len() > MOST_STATES {
            return None;
        }
    }
}
