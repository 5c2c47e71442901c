//! From thousands of operations that cannot be explained to the few that show why.
//!
//! To leave an operation out is to say that it may have happened or not, at any time after its call: then what is kept
//! is impossible whatever the others did, and no change is missed that would have explained an answer. Taking
//! operations away instead would soon leave a single read of a value that, now, nobody wrote.
//!
//! Where answers tell how many changes came before them ([`Model::WITNESSED`]), what is left out keeps its answer: it
//! may have happened or not, but not otherwise. There an order is soon found, and a number says what came before.
//!
//! What is kept is made small by delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing
//! input", 2002), beginning with the last operations before the search was stuck: there is seldom need for more.

use std::cell::Cell;

use super::check::span;
use super::history::{Operation, OperationOf};
use super::model::Model;
use super::search::{Limit, Outcome, search};

/// So many operations are kept at first, in the hope that they will do.
const FIRST_GUESS: usize = 8;

/// As many other answers of the impossible operation are looked for.
const MOST_ANSWERS: usize = 4;

/// Operations that cannot be explained.
pub struct Evidence<'a, M: Model> {
    /// In the order of their calls.
    pub operations: Vec<&'a OperationOf<M>>,
    /// The one whose answer comes out wrong: up to its return, all the others can be explained.
    pub impossible: usize,
    /// What it could have answered.
    pub expected: Vec<String>,
}

/// How long a question may take, and all of them together: a few have no end in sight. Counted in steps of the search and
/// not in time, so that a violation looks the same on every machine. Where numbers tell the order, an answer comes soon
/// or not at all.
const STEPS_PER_PROBE: u64 = 1_000_000;
const STEPS_PER_WITNESSED_PROBE: u64 = 20_000;
const PROBES_WORTH: u64 = 50;

/// How an operation counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// As it stands in the history.
    Kept,
    /// As if its outcome were unknown.
    Loose,
    /// It is of no account.
    Gone,
}

/// Makes operations of one key small, which cannot be explained past the return of the one at `stuck`.
pub(super) fn shrink<'a, M: Model>(
    model: &M,
    operations: &[&'a OperationOf<M>],
    stuck: usize,
) -> Evidence<'a, M> {
    let end = returned(operations[stuck]);
    // What was called later cannot have been needed.
    let operations: Vec<_> = operations.iter().copied().take_while(|other| Some(other.call) < end).collect();
    let steps = if M::WITNESSED { STEPS_PER_WITNESSED_PROBE } else { STEPS_PER_PROBE };
    let case = Case { model, operations: &operations, steps, left: Cell::new(PROBES_WORTH * steps) };
    let mut parts = case.few(stuck);
    let mut chunk = parts.iter().filter(|part| **part == Part::Kept).count();
    while chunk > 1 {
        chunk = chunk.div_ceil(2);
        parts = case.without_chunks(parts, chunk);
    }
    // What is taken away later may have been what an earlier one was needed for.
    loop {
        let fewer = case.without_chunks(parts.clone(), 1);
        if fewer == parts {
            break;
        }
        parts = fewer;
    }
    let impossible = case.stuck(&parts).unwrap_or(stuck);
    let explained = case.explanation(impossible, &parts).is_some();
    if !M::WITNESSED {
        case.add_explanations(&mut parts);
    }
    let (expected, source) = case.expected(&parts, impossible);
    if let Some(source) = source.filter(|_| !explained || M::WITNESSED) {
        parts[source] = Part::Kept;
    }
    let shown: Vec<_> = (0..operations.len()).filter(|&at| parts[at] == Part::Kept).collect();
    Evidence {
        impossible: shown.iter().position(|&at| at == impossible).expect("what is impossible was kept"),
        operations: shown.into_iter().map(|at| operations[at]).collect(),
        expected,
    }
}

fn returned<C, A>(operation: &Operation<C, A>) -> Option<usize> {
    operation.ret.as_ref().map(|(at, _)| *at)
}

struct Case<'c, 'a, M: Model> {
    model: &'c M,
    operations: &'c [&'a OperationOf<M>],
    /// For one question.
    steps: u64,
    /// For all that are still to come.
    left: Cell<u64>,
}

impl<M: Model> Case<'_, '_, M> {
    /// The last few operations that still cannot be explained.
    fn few(&self, stuck: usize) -> Vec<Part> {
        let mut latest: Vec<_> =
            (0..self.operations.len()).filter(|&at| self.operations[at].ret.is_some()).collect();
        latest.sort_by_key(|&at| std::cmp::Reverse((at == stuck, returned(self.operations[at]))));
        let mut parts = vec![Part::Loose; self.operations.len()];
        let mut kept = 0;
        while kept < latest.len() {
            let more = FIRST_GUESS.max(kept).min(latest.len() - kept);
            for &at in &latest[kept..kept + more] {
                parts[at] = Part::Kept;
            }
            kept += more;
            if self.stuck(&parts).is_some() {
                break;
            }
        }
        parts
    }

    /// Loosens every chunk of what is kept that is not needed.
    fn without_chunks(&self, mut parts: Vec<Part>, chunk: usize) -> Vec<Part> {
        let mut kept: Vec<_> = (0..parts.len()).filter(|&at| parts[at] == Part::Kept).collect();
        // Reads go first: in their place, changes would have to be shown again as what reads come from.
        kept.sort_by_key(|&at| !self.model.is_read(&self.operations[at].asked));
        for chunk in kept.chunks(chunk) {
            let mut fewer = parts.clone();
            for &at in chunk {
                fewer[at] = Part::Loose;
            }
            if self.stuck(&fewer).is_some() {
                parts = fewer;
            }
        }
        parts
    }

    /// Where the search is stuck if these are kept.
    fn stuck(&self, parts: &[Part]) -> Option<usize> {
        match self.search(parts) {
            Outcome::Stuck(at) => Some(at),
            Outcome::Order(_) => None,
            // With many loose changes there may be too much to try. Then they are taken away, but not so far that what
            // is impossible becomes so for want of an explanation.
            Outcome::Unknown => {
                let alone = gone_but_kept(parts);
                let Outcome::Stuck(at) = self.search(&alone) else { return None };
                self.explanation(at, &alone).map(|_| at)
            }
        }
    }

    /// Which operations an answer can come from, of those that are not gone, if it could be the only one to be right.
    fn explanation(&self, at: usize, parts: &[Part]) -> Option<Vec<usize>> {
        let loosened = parts.iter().map(|part| if *part == Part::Gone { Part::Gone } else { Part::Loose });
        let mut alone: Vec<_> = loosened.collect();
        alone[at] = Part::Kept;
        match self.search(&alone) {
            Outcome::Order(order) => Some(order),
            Outcome::Stuck(_) | Outcome::Unknown => None,
        }
    }

    /// Keeps as well what the kept answers come from: a read of 1 says nothing to people without the write of 1.
    fn add_explanations(&self, parts: &mut [Part]) {
        for at in (0..parts.len()).filter(|&at| parts[at] == Part::Kept).collect::<Vec<_>>() {
            // Rather from what is shown already.
            let explanation = self.explanation(at, &gone_but_kept(parts));
            for needed in explanation.or_else(|| self.explanation(at, parts)).unwrap_or_default() {
                parts[needed] = Part::Kept;
            }
        }
    }

    /// What the impossible operation could have answered, and the last change before it: in the whole history if that
    /// can be explained otherwise, else among what is kept.
    fn expected(&self, parts: &[Part], impossible: usize) -> (Vec<String>, Option<usize>) {
        let all = vec![Part::Kept; parts.len()];
        let whole = self.answers(&all, impossible);
        if whole.0.is_empty() { self.answers(&gone_but_kept(parts), impossible) } else { whole }
    }

    fn answers(&self, parts: &[Part], impossible: usize) -> (Vec<String>, Option<usize>) {
        let asked = &self.operations[impossible].asked;
        let (mut answers, mut source) = (Vec::new(), None);
        while answers.len() < MOST_ANSWERS {
            // Any answer will do that is not known yet.
            let step = |state: &M::State, at: usize| {
                if at != impossible {
                    return self.step(parts, state, at);
                }
                let known = answers.contains(&self.model.expected(state, asked));
                if known { None } else { self.model.step(state, asked, None) }
            };
            let Outcome::Order(order) = self.search_with(parts, step) else { break };
            let mut state = self.model.init();
            for at in order.into_iter().take_while(|&at| at != impossible) {
                let next = self.step(parts, &state, at).expect("the order was found by the same steps");
                if next != state && answers.is_empty() {
                    source = Some(at);
                }
                state = next;
            }
            answers.push(self.model.expected(&state, asked));
        }
        (answers, source)
    }

    fn step(&self, parts: &[Part], state: &M::State, at: usize) -> Option<M::State> {
        let OperationOf::<M> { asked, ret, .. } = self.operations[at];
        let answer =
            ret.as_ref().filter(|_| M::WITNESSED || parts[at] == Part::Kept).map(|(_, answer)| answer);
        self.model.step(state, asked, answer)
    }

    fn search(&self, parts: &[Part]) -> Outcome {
        self.search_with(parts, |state, at| self.step(parts, state, at))
    }

    fn search_with(&self, parts: &[Part], step: impl Fn(&M::State, usize) -> Option<M::State>) -> Outcome {
        let (mut chosen, mut spans) = (Vec::new(), Vec::new());
        for (at, part) in parts.iter().enumerate() {
            let mut span = span(self.model, self.operations[at]);
            if *part == Part::Loose {
                span.ret = None;
            }
            // A read that need not have happened changes nothing.
            if *part != Part::Gone && (span.ret.is_some() || !span.read) {
                chosen.push(at);
                spans.push(span);
            }
        }
        let given = self.steps.min(self.left.get());
        let mut limit = Limit::steps(given);
        let outcome = search(&spans, self.model.init(), |state, at| step(state, chosen[at]), &mut limit);
        self.left.set(self.left.get() - (given - limit.steps));
        match outcome {
            Outcome::Order(order) => Outcome::Order(order.into_iter().map(|at| chosen[at]).collect()),
            Outcome::Stuck(at) => Outcome::Stuck(chosen[at]),
            Outcome::Unknown => Outcome::Unknown,
        }
    }
}

fn gone_but_kept(parts: &[Part]) -> Vec<Part> {
    parts.iter().map(|part| if *part == Part::Kept { Part::Kept } else { Part::Gone }).collect()
}
