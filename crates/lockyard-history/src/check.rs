//! From a history to a verdict: each key by itself, several at a time.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::evidence::{EVIDENCE_TIME, Refutation};
use super::history::History;
use super::search::{Consistency, Limit, Outcome, search, spans};
use super::spec::{DirectVerdict, OperationOf, SequentialSpec};
use super::verdict::Verdict;

/// Judges a history. The budget is for the verdict; making a violation small takes two seconds at most besides.
pub fn check<S: SequentialSpec>(spec: &S, history: &History<S>, budget: Duration) -> Verdict {
    Checker::new(spec).limit(Limit::time(budget)).check(history)
}

/// How a history is to be judged.
#[derive(Debug)]
pub struct Checker<'s, S: SequentialSpec> {
    spec: &'s S,
    initial: S::State,
    consistency: Consistency,
    limit: Limit,
}

/// What is known of a history, before a violation is made small.
pub enum Decision<'h, S: SequentialSpec> {
    /// Some order explains all answers.
    Linearizable,
    /// None does.
    Violation(Refutation<'h, S>),
    /// The time was up before one or the other was known.
    Unknown,
}

/// With fewer operations than this, threads are not worth their while.
const FEWEST_FOR_THREADS: usize = 2_000;

impl<'s, S: SequentialSpec> Checker<'s, S> {
    /// By this specification, from its initial state on, for linearizability, however long it takes.
    pub fn new(spec: &'s S) -> Self {
        let (consistency, limit) = (Consistency::Linearizable, Limit::steps(u64::MAX));
        Self { spec, initial: spec.initial(), consistency, limit }
    }

    /// From this state on.
    #[must_use]
    pub fn starting_at(self, initial: S::State) -> Self {
        Self { initial, ..self }
    }

    /// By these orders. Sequential consistency is not local: of a history of several keys, bring them
    /// [together](History::product) first.
    #[must_use]
    pub fn consistency(self, consistency: Consistency) -> Self {
        Self { consistency, ..self }
    }

    /// Within this limit. A limit of time is for all keys together, one of steps for each.
    #[must_use]
    pub fn limit(self, limit: Limit) -> Self {
        Self { limit, ..self }
    }

    /// Judges a history, and makes a violation small within two seconds.
    pub fn check(&self, history: &History<S>) -> Verdict {
        match self.decide(history) {
            Decision::Linearizable => Verdict::Linearizable,
            Decision::Unknown => Verdict::Unknown,
            Decision::Violation(found) => Verdict::Violation(found.evidence(&Limit::time(EVIDENCE_TIME))),
        }
    }

    /// Judges a history. Of several keys whose operations cannot be explained, the one with the fewest is named.
    ///
    /// # Panics
    /// With the panic of the specification, if that panics. If sequential consistency is asked of several keys.
    pub fn decide<'h>(&self, history: &'h History<S>) -> Decision<'h, S>
    where
        's: 'h,
    {
        let keys = by_key(history);
        assert!(
            self.consistency == Consistency::Linearizable || keys.len() < 2,
            "sequential consistency is not local: judge the `History::product` of the keys"
        );
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(keys.len());
        if threads < 2 || history.operations.len() < FEWEST_FOR_THREADS {
            let mut unknown = false;
            for (key, operations) in keys {
                match self.decide_key(history, key, operations) {
                    Decision::Linearizable => {}
                    Decision::Unknown => unknown = true,
                    violation @ Decision::Violation(_) => return violation,
                }
            }
            return if unknown { Decision::Unknown } else { Decision::Linearizable };
        }
        // The first violation in the order of keys is told, however fast each thread is, so that the same history always
        // has the same drawing. So a thread may only leave out keys behind the first one with a violation.
        let (next, wrong) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
        let decisions = Mutex::new(BTreeMap::new());
        let work = || {
            loop {
                // Relaxed: the numbers say which keys to look at, and nothing that another thread wrote is read by them.
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= keys.len() || at > wrong.load(Ordering::Relaxed) {
                    return;
                }
                let (key, operations) = &keys[at];
                let decision = self.decide_key(history, *key, operations.clone());
                if matches!(decision, Decision::Violation(_)) {
                    wrong.fetch_min(at, Ordering::Relaxed);
                }
                if !matches!(decision, Decision::Linearizable) {
                    decisions.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(at, decision);
                }
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            for thread in threads {
                // With its own message, and not with that of a thread that was lost.
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
        let decisions = decisions.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let unknown = if decisions.is_empty() { Decision::Linearizable } else { Decision::Unknown };
        let mut wrong = decisions.into_values().filter(|decision| matches!(decision, Decision::Violation(_)));
        wrong.next().unwrap_or(unknown)
    }

    /// Judges operations of a history that are on one key, in the order of their calls.
    pub fn decide_key<'h>(
        &self,
        history: &'h History<S>,
        key: usize,
        operations: Vec<&'h OperationOf<S>>,
    ) -> Decision<'h, S>
    where
        's: 'h,
    {
        let parts = match self.consistency {
            Consistency::Linearizable => self.spec.parts(&operations),
            Consistency::Sequential => None,
        };
        let parts: Vec<Vec<_>> = match parts {
            Some(parts) => parts.iter().map(|part| part.iter().map(|&at| operations[at]).collect()).collect(),
            None => vec![operations],
        };
        let mut limit = self.limit.clone();
        let mut unknown = false;
        for operations in parts {
            match self.decide_part(history, key, operations, &mut limit) {
                Decision::Linearizable => {}
                Decision::Unknown => unknown = true,
                violation @ Decision::Violation(_) => return violation,
            }
        }
        if unknown { Decision::Unknown } else { Decision::Linearizable }
    }

    fn decide_part<'h>(
        &self,
        history: &'h History<S>,
        key: usize,
        operations: Vec<&'h OperationOf<S>>,
        limit: &mut Limit,
    ) -> Decision<'h, S>
    where
        's: 'h,
    {
        let (spec, initial) = (self.spec, self.initial.clone());
        let refuted = |operations, stuck, suffices: Vec<usize>| {
            let initial = self.initial.clone();
            let consistency = self.consistency;
            Decision::Violation(Refutation {
                found: None,
                spec,
                initial,
                consistency,
                history,
                key,
                operations,
                stuck,
                suffices,
            })
        };
        if limit.is_over() {
            return Decision::Unknown;
        }
        let shortcut = match self.consistency {
            Consistency::Linearizable => spec.shortcut(&initial, &operations),
            Consistency::Sequential => None,
        };
        match shortcut {
            Some(DirectVerdict::Linearizable) => return Decision::Linearizable,
            Some(DirectVerdict::Violation(suffices)) => return refuted(operations, suffices[0], suffices),
            None => {}
        }
        let step = |state: &S::State, at: usize| {
            let OperationOf::<S> { asked, answer, .. } = operations[at];
            spec.step(state, asked, answer.as_ref())
        };
        let needs = |at: usize| spec.needs(&operations[at].asked, operations[at].answer.as_ref()?);
        let makes = |at: usize| spec.makes(&operations[at].asked);
        let spans = spans(spec, &operations, |operation| operation.ret.is_none());
        match search(&spans, self.consistency, initial, step, (needs, makes), limit) {
            Outcome::Order(_) => Decision::Linearizable,
            Outcome::Unknown => Decision::Unknown,
            Outcome::Stuck(at) => refuted(operations, at, Vec::new()),
        }
    }
}

/// The operations on each key, fewest first: a hard key then keeps no easy one from being judged in time.
fn by_key<S: SequentialSpec>(history: &History<S>) -> Vec<(usize, Vec<&OperationOf<S>>)> {
    let mut keys: Vec<_> = (0..history.keys.len()).map(|key| (key, Vec::new())).collect();
    for operation in &history.operations {
        keys[operation.key].1.push(operation);
    }
    keys.retain(|(_, operations)| !operations.is_empty());
    keys.sort_by_key(|(_, operations)| operations.len());
    keys
}
