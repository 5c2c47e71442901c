//! Which states are still to be seen, and what can still bring them about.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

use super::chain::Chains;
use super::span::Span;

/// For each state that is the only one to give some answer: the operations that are left with such an answer, and those
/// that may still lead to the state.
///
/// A change that leaves a state for good that somebody must still see is in vain, and is known to be at once, and not when
/// the search comes to those who needed it. And a change to a state that is not to be seen is best taken just before
/// another one: it may return late, and would then stand between a write and those who read it.
pub(super) struct Demand<S> {
    numbers: HashMap<S, u32, RandomState>,
    /// By operation: the number of the state that it needs, and of the one that it makes; if any has such a number.
    needs: Vec<Option<u32>>,
    makes: Vec<Option<u32>>,
    /// By number, in the order of their returns: those left that need the state.
    demanders: Chains,
    /// By number, in the order of their calls: those left that may make it.
    sources: Chains,
    /// By operation.
    calls: Vec<usize>,
    returns: Vec<usize>,
    /// Whether each change is known to lead to one state, if any.
    knows_sources: bool,
    /// An operation that needs a state which nothing makes before it returns.
    hopeless: Option<usize>,
}

impl<S: Eq + Hash> Demand<S> {
    pub(super) fn new(
        spans: &[Span],
        initial: &S,
        needs: impl Fn(usize) -> Option<S>,
        makes: impl Fn(usize) -> Option<S>,
    ) -> Self {
        let count = spans.iter().map(|span| span.at + 1).max().unwrap_or(0);
        let mut demand = Self {
            numbers: HashMap::default(),
            needs: vec![None; count],
            makes: vec![None; count],
            demanders: Chains::one(0),
            sources: Chains::one(0),
            calls: vec![0; count],
            returns: vec![usize::MAX; count],
            knows_sources: true,
            hopeless: None,
        };
        let mut demanders: Vec<Vec<usize>> = Vec::new();
        for span in spans.iter().filter(|span| span.ret.is_some()) {
            let Some(state) = needs(span.at) else { continue };
            let number = *demand.numbers.entry(state).or_insert(demanders.len() as u32);
            demanders.resize_with(demanders.len().max(number as usize + 1), Vec::new);
            demanders[number as usize].push(span.at);
            demand.needs[span.at] = Some(number);
        }
        if demanders.is_empty() {
            demand.knows_sources = false;
            return demand;
        }
        let mut sources = vec![Vec::new(); demanders.len()];
        for span in spans {
            (demand.calls[span.at], demand.returns[span.at]) = (span.call, span.ret.unwrap_or(usize::MAX));
            if span.read && !span.learns {
                continue;
            }
            let Some(made) = makes(span.at) else {
                demand.knows_sources = false;
                continue;
            };
            if let Some(&number) = demand.numbers.get(&made) {
                demand.makes[span.at] = Some(number);
                sources[number as usize].push(span.at);
            }
        }
        demanders.iter_mut().for_each(|list| list.sort_by_key(|&at| demand.returns[at]));
        demand.demanders = Chains::new(count, &demanders);
        demand.sources = Chains::new(count, &sources);
        if demand.knows_sources {
            let initial = demand.numbers.get(initial).copied();
            demand.hopeless = (0..demanders.len() as u32)
                .filter(|number| Some(*number) != initial)
                .filter_map(|number| demand.in_vain(number, None))
                .min_by_key(|&at| demand.returns[at]);
        }
        demand
    }

    /// An operation that no order can explain: nothing that it could come after was called before it returned.
    pub(super) fn hopeless(&self) -> Option<usize> {
        self.hopeless
    }

    /// Of those that need this state, but for one, that which returns first, if nothing can bring the state about before.
    fn in_vain(&self, number: u32, but: Option<usize>) -> Option<usize> {
        let first = self.demanders.first(number as usize)?;
        let demander = if Some(first) == but { self.demanders.after(first)? } else { first };
        // The source that was called first serves all that can be served.
        let source = self.sources.first(number as usize);
        source.is_none_or(|source| self.calls[source] > self.returns[demander]).then_some(demander)
    }

    /// The operation that cannot be explained any more, if there is one, once this other one leaves this state.
    pub(super) fn in_vain_without(&self, state: &S, by: usize) -> Option<usize> {
        let number = self.numbers.get(state).filter(|_| self.knows_sources)?;
        self.in_vain(*number, Some(by))
    }

    /// When an operation returned that some state is demanded by.
    pub(super) fn returned(&self, at: usize) -> usize {
        self.returns[at]
    }

    /// Whether it is known that nothing that is left needs this state, and that the next change will leave none of it.
    pub(super) fn is_unwanted(&self, state: &S) -> bool {
        let has_demander = |number: &u32| self.demanders.first(*number as usize).is_some();
        self.knows_sources && !self.numbers.get(state).is_some_and(has_demander)
    }

    pub(super) fn take(&mut self, at: usize) {
        if self.needs[at].is_some() {
            self.demanders.remove(at);
        }
        if self.makes[at].is_some() {
            self.sources.remove(at);
        }
    }

    pub(super) fn restore(&mut self, at: usize) {
        if self.needs[at].is_some() {
            self.demanders.restore(at);
        }
        if self.makes[at].is_some() {
            self.sources.restore(at);
        }
    }
}
