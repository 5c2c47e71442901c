//! Whether some of the operations are impossible by themselves.

use std::cell::{Cell, RefCell};

use crate::search::{Consistency, Limit, Outcome, Span, search, spans};
use crate::spec::{OperationOf, SequentialSpec};

/// How an operation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// As it stands in the history.
    Kept,
    /// It may have happened or not; if it did, it was answered so. Of what was open where a window begins.
    Optional,
    /// As asked, with its arguments, and its outcome unknown: it took effect once at any moment after its call, or never,
    /// and any answer of it is right.
    Loose,
    /// It is of no account.
    Gone,
}

/// Operations on one key, and what is possible before the first of them.
pub(super) struct Case<'c, 'h, S: SequentialSpec> {
    pub(super) spec: &'c S,
    pub(super) consistency: Consistency,
    /// Every state that is possible before the first.
    pub(super) initial: Vec<S::State>,
    /// In the order of their calls.
    pub(super) operations: &'c [&'h OperationOf<S>],
    spans: Vec<Span>,
    /// The operation that may have any answer, so that it needs no state.
    pub(super) asked: Cell<Option<usize>>,
    /// How long one question may take, in steps.
    steps: Cell<u64>,
    /// For all that are still to come.
    limit: RefCell<Limit>,
}

impl<'c, 'h, S: SequentialSpec> Case<'c, 'h, S> {
    pub(super) fn new(
        spec: &'c S,
        consistency: Consistency,
        initial: Vec<S::State>,
        operations: &'c [&'h OperationOf<S>],
        (steps, limit): (u64, Limit),
    ) -> Self {
        // What is not shown may have happened or not, so any of them may come to be of unknown outcome.
        let (spans, limit) = (spans(spec, operations, |_| true), RefCell::new(limit));
        Self {
            spec,
            consistency,
            initial,
            operations,
            spans,
            asked: Cell::new(None),
            steps: Cell::new(steps),
            limit,
        }
    }

    /// The limit, with what was used of it taken off.
    pub(super) fn into_limit(self) -> Limit {
        self.limit.into_inner()
    }

    /// Gives it so many steps for a question that is still to come, and this limit for all of them.
    pub(super) fn renew(&self, steps: u64, limit: Limit) {
        self.steps.set(steps);
        *self.limit.borrow_mut() = limit;
    }

    /// How an operation counts that is not shown.
    pub(super) fn loosened(&self, at: usize, part: Part) -> Part {
        let is_given = self.spec.is_given(&self.operations[at].asked);
        if part == Part::Gone || is_given { part } else { Part::Loose }
    }

    pub(super) fn is_over(&self) -> bool {
        self.limit.borrow().is_over()
    }

    /// Where every search is stuck if these are kept. None if there is an order, or none was found in time.
    pub(super) fn stuck(&self, parts: &[Part]) -> Option<usize> {
        match self.search(parts) {
            Outcome::Stuck(at) => Some(at),
            Outcome::Order(_) | Outcome::Unknown => None,
        }
    }

    pub(super) fn search(&self, parts: &[Part]) -> Outcome {
        let mut outcome = Outcome::Unknown;
        for initial in &self.initial {
            outcome = self.search_from(initial, parts, |state, at| self.step(parts, state, at), |span| span);
            if !matches!(outcome, Outcome::Stuck(_)) {
                return outcome;
            }
        }
        outcome
    }

    /// Searches from one state, by steps and spans of one's own.
    pub(super) fn search_from(
        &self,
        initial: &S::State,
        parts: &[Part],
        step: impl Fn(&S::State, usize) -> Option<S::State>,
        span: impl Fn(Span) -> Span,
    ) -> Outcome {
        let mut chosen = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let mut span = span(self.spans[at]);
            match part {
                Part::Kept => {}
                // Without a return it may come at any time after its call, or not at all.
                Part::Optional => span.ret = None,
                Part::Loose => {
                    span.ret = None;
                    span.read = self.spec.is_read(&self.operations[at].asked, None);
                }
                Part::Gone => continue,
            }
            // A read that need not have happened changes nothing.
            if span.ret.is_some() || !span.read {
                chosen.push(span);
            }
        }
        let mut limit = self.limit.borrow_mut();
        // To lay a long history out is work as well, however soon the search is done with it.
        if !limit.take_steps(1 + parts.len() as u64 / 16, true) {
            return Outcome::Unknown;
        }
        let mut share = limit.at_most(self.steps.get());
        let given = share.left();
        let needs = |at: usize| {
            if Some(at) == self.asked.get() {
                return None;
            }
            let OperationOf::<S> { asked, answer, .. } = self.operations[at];
            self.spec.needs(asked, answer.as_ref()?)
        };
        let makes = |at: usize| self.spec.makes(&self.operations[at].asked);
        let known = (needs, makes);
        let outcome = search(&chosen, self.consistency, initial.clone(), step, known, &mut share);
        // Only what was used is taken off: most questions are answered in far fewer steps than they may take.
        limit.take_steps(given - share.left(), false);
        outcome
    }

    pub(super) fn step(&self, parts: &[Part], state: &S::State, at: usize) -> Option<S::State> {
        let OperationOf::<S> { asked, answer, .. } = self.operations[at];
        let answer = answer.as_ref().filter(|_| matches!(parts[at], Part::Kept | Part::Optional));
        self.spec.step(state, asked, answer)
    }

    /// The states that the operations of an order lead to, one after the other, with the operation that led there.
    pub(super) fn walk(&self, initial: &S::State, parts: &[Part], order: &[usize]) -> Vec<(usize, S::State)> {
        let mut state = initial.clone();
        let next = |at: &usize| {
            state = self.step(parts, &state, *at)?;
            Some((*at, state.clone()))
        };
        order.iter().map_while(next).collect()
    }
}
