//! The search for an order: can these operations have happened one at a time, each between its call and its return?
//!
//! The search is that of Wing and Gong ("Testing and verifying concurrent objects", 1993): take any operation that was
//! called before the first return among those left, see whether the object can answer so, and continue with the rest. It
//! remembers dead ends as Lowe does ("Testing for linearizability", 2017): which operations were taken, and the state
//! they left, is all that matters for what is left. Three things keep it fast:
//!
//! - Only dead ends are remembered, and only what distinguishes a set of taken operations from others of its kind: the last
//!   one taken, and the few called before it that were not. A history without trouble costs no memory at all.
//! - A read that fits is taken at once: whatever order explains the rest, the read can be put first in it. One that
//!   says what was not known is an exception, for it may be meant for later.
//! - An operation of unknown outcome is taken last, and only if the next one notices: if the next leads to the same
//!   state without it, so does an order without it, and that one keeps it in hand.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use super::chain::Chain;
use super::limit::Limit;
use super::span::Span;

/// What a search found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// An order that explains all answers, without those of unknown outcome that it does not need.
    Order(Vec<usize>),
    /// There is none. Up to the return of this operation there was one.
    Stuck(usize),
    /// The time is up.
    Unknown,
}

/// No more dead ends are remembered than this; they may take a gigabyte. Past it the search repeats itself, and is right.
const MOST_DEAD_ENDS: usize = 8_000_000;

/// So many places of what was taken are spelled out, hashed and compared in about the time of a question.
const PLACES_PER_STEP: u64 = 16;

/// Searches an order of operations, given in the order of their calls. `step` is the state after one of them, if it can
/// come next.
pub(super) fn search<S: Clone + Eq + Hash>(
    spans: &[Span],
    initial: S,
    step: impl Fn(&S, usize) -> Option<S>,
    limit: &mut Limit,
) -> Outcome {
    let mut search = Search::new(spans, initial, step);
    // A search of a step or two would else be over before it ever looked at the clock.
    while limit.take_steps(1 + search.work.take(), search.path.is_empty()) {
        let Some(first_return) = search.returns.first() else {
            return Outcome::Order(search.path.iter().map(|step| search.operation(step.choice)).collect());
        };
        // Over all ways tried: an order that reached further shows that the returns before were no obstacle. So
        // what it names in the end is the first return that no order could get past.
        search.stuck = search.stuck.max(first_return);
        if let Some((choice, state)) = search.choose() {
            search.take(choice, state);
        } else if !search.give_up() {
            return Outcome::Stuck(search.done[search.by_return[search.stuck]]);
        }
    }
    Outcome::Unknown
}

/// What can be taken next. Numbers are places in `Search::done` and `Search::pending`.
#[derive(Clone, Copy)]
enum Choice {
    /// A read that fits: there is no need to try anything else.
    Read(usize),
    Change(usize),
    /// An operation of unknown outcome.
    Pending(usize),
}

/// A step on the way, with what it takes to go back.
struct Step<S> {
    choice: Choice,
    before: S,
    furthest: usize,
}

struct Search<'a, S, F> {
    spans: &'a [Span],
    step: F,
    /// The operations that returned, in the order of their calls.
    done: Vec<usize>,
    /// Places in `done`, in the order of returns; and the other way round.
    by_return: Vec<usize>,
    return_of: Vec<usize>,
    /// The operations that did not, in the order of their calls, and which of them were taken.
    pending: Vec<usize>,
    pending_taken: BTreeSet<usize>,
    /// What of `done`, of `by_return` and of `pending` was not taken yet.
    calls: Chain,
    returns: Chain,
    pending_calls: Chain,
    /// From here on, nothing of `done` was ever taken on this way.
    furthest: usize,
    state: S,
    path: Vec<Step<S>>,
    /// What was tried last from here, in vain.
    tried: Option<Choice>,
    dead_ends: HashMap<Box<[usize]>, HashSet<S>>,
    room: usize,
    /// The furthest return that was ever first.
    stuck: usize,
    /// What was done since the limit last heard of it: questions to the specification, and places spelled out.
    work: Cell<u64>,
}

impl<'a, S: Clone + Eq + Hash, F: Fn(&S, usize) -> Option<S>> Search<'a, S, F> {
    fn new(spans: &'a [Span], initial: S, step: F) -> Self {
        // `partition` keeps the order of calls in both, which `open_from` relies on to end at the first call that
        // is too late.
        let (done, pending): (Vec<_>, Vec<_>) = (0..spans.len()).partition(|&at| spans[at].ret.is_some());
        let mut by_return: Vec<_> = (0..done.len()).collect();
        by_return.sort_unstable_by_key(|&at| spans[done[at]].ret);
        let mut return_of = vec![0; done.len()];
        for (rank, &at) in by_return.iter().enumerate() {
            return_of[at] = rank;
        }
        Self {
            spans,
            step,
            calls: Chain::new(done.len()),
            returns: Chain::new(done.len()),
            pending_calls: Chain::new(pending.len()),
            done,
            by_return,
            return_of,
            pending_taken: BTreeSet::new(),
            pending,
            furthest: 0,
            state: initial,
            path: Vec::new(),
            tried: None,
            dead_ends: HashMap::new(),
            room: MOST_DEAD_ENDS,
            stuck: 0,
            work: Cell::new(0),
        }
    }

    fn operation(&self, choice: Choice) -> usize {
        match choice {
            Choice::Read(at) | Choice::Change(at) => self.done[at],
            Choice::Pending(at) => self.pending[at],
        }
    }

    /// The next thing to try from here.
    fn choose(&self) -> Option<(Choice, S)> {
        let calls_from = match self.tried {
            None => {
                // Reads first: one that fits can stand first in whatever order explains the rest.
                let mut reads = self.open_from(self.calls.first()).filter(|&at| self.span(at).read);
                let read = reads.find_map(|at| {
                    let next = self.fits(self.done[at])?;
                    (!self.span(at).learns || next == self.state).then_some((Choice::Read(at), next))
                });
                if read.is_some() {
                    return read;
                }
                self.calls.first()
            }
            // What failed after the read fails without it, too: it changed nothing.
            Some(Choice::Read(_)) => return None,
            // `go_back` has put it back into the chain, so its successor there is the next to try.
            Some(Choice::Change(at)) => self.calls.after(at),
            // All that returned was tried before the first of unknown outcome was.
            Some(Choice::Pending(_)) => None,
        };
        let changes = self.open_from(calls_from);
        let mut changes = changes.filter(|&at| !self.span(at).read || self.span(at).learns);
        // All that returned before anything pending: a pending operation may be left out, so it is tried when
        // nothing else explains what follows.
        let change = changes.find_map(|at| Some((Choice::Change(at), self.fits(self.done[at])?)));
        change.or_else(|| {
            let from = if let Some(Choice::Pending(at)) = self.tried {
                self.pending_calls.after(at)
            } else {
                self.pending_calls.first()
            };
            let limit = self.limit();
            let mut called = std::iter::successors(from, |&at| self.pending_calls.after(at))
                .take_while(|&at| self.spans[self.pending[at]].call < limit);
            called.find_map(|at| {
                let next = self.fits(self.pending[at])?;
                // It need not have happened, so it is of use only where it changes something.
                (next != self.state).then_some((Choice::Pending(at), next))
            })
        })
    }

    fn span(&self, at: usize) -> &Span {
        &self.spans[self.done[at]]
    }

    /// What was called after this had to wait for it.
    fn limit(&self) -> usize {
        let first = self.returns.first().and_then(|rank| self.span(self.by_return[rank]).ret);
        first.unwrap_or(usize::MAX)
    }

    /// From here on, what was called before anything that is left returned.
    fn open_from(&self, from: Option<usize>) -> impl Iterator<Item = usize> {
        let limit = self.limit();
        // The rule of Wing and Gong: what was called after the first return that is left comes after that operation
        // in real time, and so does all behind it in the order of calls.
        std::iter::successors(from, |&at| self.calls.after(at))
            .take_while(move |&at| self.span(at).call < limit)
    }

    /// The state after this operation, if it can come next and there is a point in that.
    fn fits(&self, operation: usize) -> Option<S> {
        self.work.set(self.work.get() + 1);
        let next = (self.step)(&self.state, operation)?;
        // Had this come out the same without the operation of unknown outcome right before it, that one could as well be
        // kept for later. Where both ways stayed open, each such operation would double the work.
        let unnoticed = self.path.last().is_some_and(|last| {
            matches!(last.choice, Choice::Pending(_))
                && (self.step)(&last.before, operation).is_some_and(|without| without == next)
        });
        (!unnoticed).then_some(next)
    }

    fn take(&mut self, choice: Choice, next: S) {
        let before = std::mem::replace(&mut self.state, next);
        self.path.push(Step { choice, before, furthest: self.furthest });
        match choice {
            Choice::Read(at) | Choice::Change(at) => {
                // Out of both chains at once: with its return left in, `limit` would keep waiting for an operation
                // that was taken.
                self.calls.remove(at);
                self.returns.remove(self.return_of[at]);
                self.furthest = self.furthest.max(at + 1);
            }
            Choice::Pending(at) => {
                self.pending_calls.remove(at);
                // Kept beside the chain, which knows what is left and not what is gone: the key of a dead end needs
                // what is gone.
                self.pending_taken.insert(at);
            }
        }
        self.tried = None;
        // Spelling out what was taken is the dearest part of a step: not before the first dead end.
        if !self.dead_ends.is_empty()
            && self.dead_ends.get(&*self.taken()).is_some_and(|states| states.contains(&self.state))
        {
            self.go_back();
        }
    }

    /// Nothing is left to try from here. False if this is where it all began.
    fn give_up(&mut self) -> bool {
        // Not everything was tried after a read, which is remembered one step further on, nor after an operation of
        // unknown outcome.
        let tried_all = !matches!(self.tried, Some(Choice::Read(_)))
            && !self.path.last().is_some_and(|last| matches!(last.choice, Choice::Pending(_)));
        if tried_all && self.room > 0 {
            self.room -= 1;
            // The set together with the state: the same operations in another order may have left another state,
            // from which the rest can be explained.
            let taken = self.taken();
            self.dead_ends.entry(taken).or_default().insert(self.state.clone());
        }
        self.go_back()
    }

    fn go_back(&mut self) -> bool {
        // Last out, first in: the chains can put back only what they gave last.
        let Some(Step { choice, before, furthest }) = self.path.pop() else { return false };
        match choice {
            Choice::Read(at) | Choice::Change(at) => {
                self.calls.restore(at);
                self.returns.restore(self.return_of[at]);
            }
            Choice::Pending(at) => {
                self.pending_calls.restore(at);
                self.pending_taken.remove(&at);
            }
        }
        // State, `furthest` and both chains go back together: the key of a dead end is made of all of them.
        self.state = before;
        self.furthest = furthest;
        self.tried = Some(choice);
        true
    }

    /// What was taken, in few words: up to where, what was left out on the way, and which of unknown outcome.
    fn taken(&self) -> Box<[usize]> {
        let left_out = std::iter::successors(self.calls.first(), |&at| self.calls.after(at))
            .take_while(|&at| at < self.furthest);
        let pending = self.pending_taken.iter().copied();
        // No place is as large, so this parts the three.
        let parts = std::iter::once(self.furthest).chain(left_out).chain([usize::MAX]).chain(pending);
        let taken: Box<[usize]> = parts.collect();
        self.work.set(self.work.get() + taken.len() as u64 / PLACES_PER_STEP);
        taken
    }
}
