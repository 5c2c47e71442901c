//! From thousands of operations that cannot be explained to the few that show why.
//!
//! To leave an operation out is to say that it may have happened or not, at any time after its call: then what is kept
//! is impossible whatever the others did, and no change is missed that would have explained an answer. Taking
//! operations away instead would soon leave a single read of a value that, now, no operation wrote.
//!
//! Where answers say how many changes came before them ([`SequentialSpec::WITNESSED`]), what is left out keeps its answer: it
//! may have happened or not, but not otherwise. There an order is soon found, and a number says what came before.
//!
//! What is kept is made small by delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing
//! input", 2002), beginning with the last operations before the search was stuck: there is seldom need for more.

use std::cell::Cell;

use super::evidence::Evidence;
use super::limit::Limit;
use super::operation::{Operation, OperationOf};
use super::search::{Outcome, search};
use super::span::Span;
use super::spec::SequentialSpec;

/// So many operations are kept at first, in the hope that they will do.
const FIRST_GUESS: usize = 8;

/// As many other answers of the impossible operation are looked for.
const MOST_ANSWERS: usize = 4;

/// How long a question may take, and all of them together: a few have no end in sight, such as which of a thousand amounts
/// add up to a balance. Counted in steps of the search and not in time, so that a violation looks the same on every
/// machine. Where numbers say the order, an answer comes soon or not at all.
const STEPS_PER_PROBE: u64 = 100_000;
const STEPS_PER_WITNESSED_PROBE: u64 = 20_000;
const PROBES_WORTH: u64 = 10;
const WITNESSED_PROBES_WORTH: u64 = 50;

/// What is left for saying what the answer should have been, however much the shrinking has taken.
const PROBES_FOR_WORDS: u64 = 4;

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
pub(super) fn shrink<'a, S: SequentialSpec>(
    spec: &S,
    operations: &[&'a OperationOf<S>],
    stuck: usize,
) -> Evidence<'a, S> {
    let end = returned(operations[stuck]);
    // What was called later cannot have been needed.
    let operations: Vec<_> = operations.iter().copied().take_while(|other| Some(other.call) < end).collect();
    let (steps, probes) = if S::WITNESSED {
        (STEPS_PER_WITNESSED_PROBE, WITNESSED_PROBES_WORTH)
    } else {
        (STEPS_PER_PROBE, PROBES_WORTH)
    };
    let case = Case { spec, operations: &operations, steps, left: Cell::new(probes * steps) };
    let mut selection = case.few(stuck);
    let mut chunk = selection.kept();
    // Halves first, then single operations: a chunk that is not needed costs one search instead of one for each
    // member.
    while chunk > 1 {
        chunk = chunk.div_ceil(2);
        case.without_chunks(&mut selection, chunk);
    }
    // What is taken away later may have been what an earlier one was needed for.
    while case.without_chunks(&mut selection, 1) {}
    let Selection { mut parts, impossible } = selection;
    // Asked before `add_explanations` and the answers below change which parts are kept.
    let explained = case.explanation(impossible, &parts).is_some();
    if !S::WITNESSED {
        case.add_explanations(&mut parts);
    }
    // The shrinking may have used up its steps; without a rest of its own, the drawing would say that an answer is
    // impossible and not what it should have been.
    case.left.set(case.left.get().max(PROBES_FOR_WORDS * steps));
    let (expected, source) = case.expected(&parts, impossible);
    if let Some(source) = source.filter(|_| !explained || S::WITNESSED) {
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

/// Operations that cannot be explained together.
struct Selection {
    parts: Vec<Part>,
    /// Where the search is stuck with them. It is kept, always: of later questions, which may be given up, nothing is needed.
    impossible: usize,
}

impl Selection {
    fn kept(&self) -> usize {
        self.parts.iter().filter(|part| **part == Part::Kept).count()
    }
}

struct Case<'c, 'a, S: SequentialSpec> {
    spec: &'c S,
    operations: &'c [&'a OperationOf<S>],
    /// For one question.
    steps: u64,
    /// For all that are still to come.
    left: Cell<u64>,
}

impl<S: SequentialSpec> Case<'_, '_, S> {
    /// The last few operations that still cannot be explained.
    fn few(&self, stuck: usize) -> Selection {
        let mut latest: Vec<_> =
            (0..self.operations.len()).filter(|&at| self.operations[at].ret.is_some()).collect();
        latest.sort_by_key(|&at| std::cmp::Reverse((at == stuck, returned(self.operations[at]))));
        let mut parts = vec![Part::Loose; self.operations.len()];
        let mut kept = 0;
        while kept < latest.len() {
            // Doubled each time, so finding n operations takes a number of searches that is logarithmic in n.
            let more = FIRST_GUESS.max(kept).min(latest.len() - kept);
            for &at in &latest[kept..kept + more] {
                parts[at] = Part::Kept;
            }
            kept += more;
            if let Some(impossible) = self.stuck(&parts) {
                return Selection { parts, impossible };
            }
        }
        // All of them, of which this is known from the verdict.
        Selection { parts, impossible: stuck }
    }

    /// Loosens every chunk of what is kept that is not needed. False if there is none.
    fn without_chunks(&self, selection: &mut Selection, chunk: usize) -> bool {
        let parts = &selection.parts;
        let mut kept: Vec<_> = (0..parts.len()).filter(|&at| parts[at] == Part::Kept).collect();
        let mut found = false;
        // Reads go first: in their place, changes would have to be shown again as what reads come from.
        kept.sort_by_key(|&at| !self.spec.is_read(&self.operations[at].asked));
        for chunk in kept.chunks(chunk) {
            if self.left.get() == 0 {
                break;
            }
            let mut fewer = selection.parts.clone();
            for &at in chunk {
                fewer[at] = Part::Loose;
            }
            // It may be stuck at another operation than before. That one has a return, for only kept operations do,
            // so it is among what is kept.
            if let Some(impossible) = self.stuck(&fewer) {
                *selection = Selection { parts: fewer, impossible };
                found = true;
            }
        }
        found
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
    /// can be explained otherwise, or if it can without the answers that came later; else among what is kept.
    fn expected(&self, parts: &[Part], impossible: usize) -> (Vec<String>, Option<usize>) {
        let end = returned(self.operations[impossible]);
        let until_then = |operation: &&OperationOf<S>| {
            if returned(operation).is_some_and(|at| Some(at) <= end) { Part::Kept } else { Part::Loose }
        };
        let whole = self.answers(&vec![Part::Kept; parts.len()], impossible);
        if !whole.0.is_empty() {
            return whole;
        }
        let until_then =
            self.answers(&self.operations.iter().map(until_then).collect::<Vec<_>>(), impossible);
        if until_then.0.is_empty() { self.answers(&gone_but_kept(parts), impossible) } else { until_then }
    }

    fn answers(&self, parts: &[Part], impossible: usize) -> (Vec<String>, Option<usize>) {
        let asked = &self.operations[impossible].asked;
        let (mut answers, mut source) = (Vec::new(), None);
        while answers.len() < MOST_ANSWERS {
            // Any answer will do that is not known yet.
            let step = |state: &S::State, at: usize| {
                if at != impossible {
                    return self.step(parts, state, at);
                }
                // A state that answers as one found before is refused, so each round ends in an answer that is new.
                let known = answers.contains(&self.spec.expected(state, asked));
                if known { None } else { self.spec.step(state, asked, None) }
            };
            let Outcome::Order(order) = self.search_with(parts, step) else { break };
            let mut state = self.spec.initial();
            // The order names operations, not states: the steps are made once more to come to the state before the
            // answer.
            for at in order.into_iter().take_while(|&at| at != impossible) {
                let next = self.step(parts, &state, at).expect("the order was found by the same steps");
                if next != state && answers.is_empty() {
                    source = Some(at);
                }
                state = next;
            }
            answers.push(self.spec.expected(&state, asked));
        }
        (answers, source)
    }

    fn step(&self, parts: &[Part], state: &S::State, at: usize) -> Option<S::State> {
        let OperationOf::<S> { asked, ret, .. } = self.operations[at];
        let answer =
            ret.as_ref().filter(|_| S::WITNESSED || parts[at] == Part::Kept).map(|(_, answer)| answer);
        self.spec.step(state, asked, answer)
    }

    fn search(&self, parts: &[Part]) -> Outcome {
        self.search_with(parts, |state, at| self.step(parts, state, at))
    }

    fn search_with(&self, parts: &[Part], step: impl Fn(&S::State, usize) -> Option<S::State>) -> Outcome {
        let (mut chosen, mut spans) = (Vec::new(), Vec::new());
        for (at, part) in parts.iter().enumerate() {
            let mut span = Span::of(self.spec, self.operations[at]);
            // Without a return it may come at any time after its call, or not at all.
            if *part == Part::Loose {
                span.ret = None;
            }
            // A read that need not have happened changes nothing.
            if *part != Part::Gone && (span.ret.is_some() || !span.read) {
                chosen.push(at);
                spans.push(span);
            }
        }
        // To lay a long history out is work as well, however soon the search is done with it.
        self.left.set(self.left.get().saturating_sub(parts.len() as u64));
        let given = self.steps.min(self.left.get());
        let mut limit = Limit::steps(given);
        let outcome = search(&spans, self.spec.initial(), |state, at| step(state, chosen[at]), &mut limit);
        // Only what was used is taken off: most questions are answered in far fewer steps than they may take.
        self.left.set(self.left.get() - (given - limit.left()));
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
