//! A violation as evidence: a few operations that are impossible by themselves.
//!
//! The verdict is known before, and this takes nothing of it back: what cannot be made small in time is told as it is. In
//! this order:
//!
//! 1. the fewest operations that cannot be explained, whatever became of all [others](reduce); those that returned before
//!    all the rest and are alike are [counted](fold);
//! 2. where that is not known in its share of steps, or is long: every state that was possible at the start of a
//!    [window], and the operations of the window;
//! 3. the operation that no order gets past.

mod case;
mod expected;
mod fold;
mod reduce;
mod sources;
mod window;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use lockyard_evidence::{HiddenOperations, HiddenOutcome, OperationSpan, Violation, WindowStart};

use super::history::{History, words};
use super::search::{Consistency, Limit};
use super::spec::{OperationOf, SequentialSpec};

use case::{Case, Part};
use expected::expected;
use fold::{folded, groups, is_not_shown, rows};
use reduce::{Selection, reduced};
use sources::add_sources;
use window::{Window, window};

/// How long making a violation small may take, unless said otherwise.
pub const EVIDENCE_TIME: Duration = Duration::from_secs(2);

/// How long one question may take, in steps, so that one without an end in sight, such as which of a thousand amounts add up
/// to a balance, leaves time for others.
const STEPS_PER_PROBE: u64 = 100_000;

/// How long each of the first two ways may take: in steps, so that a violation looks the same on every machine that is
/// fast enough.
const STEPS: u64 = 2_000_000;

/// For each operation of a history, what is left for saying what an answer should have been, however much the others have
/// taken: that is asked of the whole of it.
const STEPS_FOR_WORDS: u64 = 20;

/// What is shown without looking for something shorter.
const FEW_ROWS: usize = 10;

/// Operations on one key that no order explains.
pub struct Refutation<'h, S: SequentialSpec> {
    pub(super) spec: &'h S,
    pub(super) initial: S::State,
    pub(super) consistency: Consistency,
    pub(super) history: &'h History<S>,
    pub(super) key: usize,
    pub(super) operations: Vec<&'h OperationOf<S>>,
    /// The place of the operation that no order gets past.
    pub(super) stuck: usize,
    /// The places of some that are impossible by themselves, if they are known.
    pub(super) suffices: Vec<usize>,
    /// What else a specification knows that found it in its own way.
    pub(super) found: Option<FoundBySpec<'h, S>>,
}

/// What a specification knows of a violation that it found in its own way.
pub(super) struct FoundBySpec<'h, S: SequentialSpec> {
    /// What should have been answered.
    expected: Vec<String>,
    /// The operation whose answer shows the state that the others begin with.
    shows_initial: Option<&'h OperationOf<S>>,
}

impl<'h, S: SequentialSpec> Refutation<'h, S> {
    /// What a specification found in its own way in a history: of these operations on one key, in the order of their calls,
    /// those at the places that `suffices` names contradict each other, and the first of them should have been answered
    /// as `expected` says. If that is not so by these alone, whatever became of the others, the violation says that
    /// it is so by what the others answered.
    ///
    /// # Panics
    /// If `suffices` is empty, or names a place that there is not.
    pub fn new(
        spec: &'h S,
        history: &'h History<S>,
        operations: Vec<&'h OperationOf<S>>,
        suffices: Vec<usize>,
        expected: Vec<String>,
    ) -> Self {
        let (stuck, key) = (suffices[0], operations[suffices[0]].key);
        let (initial, consistency) = (spec.initial(), Consistency::Linearizable);
        let found = Some(FoundBySpec { expected, shows_initial: None });
        Self { spec, initial, consistency, history, key, operations, stuck, suffices, found }
    }

    /// That the state before the first operation is known by what another one answered.
    #[must_use]
    pub fn after(self, shows_initial: &'h OperationOf<S>) -> Self {
        Self { found: Some(FoundBySpec { expected: Vec::new(), shows_initial: Some(shows_initial) }), ..self }
    }

    /// The key.
    pub fn key(&self) -> &'h str {
        &self.history.keys[self.key]
    }

    /// The operation that no order gets past. Another one may be to blame for that.
    pub fn stuck(&self) -> OperationSpan {
        self.history.span(self.spec, self.operations[self.stuck])
    }

    /// The violation, made as small as it can be within the limit. What a limit of steps comes to is the same on every
    /// machine.
    ///
    /// If the specification panics, of states that it meets nowhere else, that is a remark of the violation.
    pub fn evidence(&self, limit: &Limit) -> Violation {
        // The verdict is known: a specification that panics now must not take it away.
        let found = catch_unwind(AssertUnwindSafe(|| self.reduced(limit)));
        found.unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            self.not_reduced(Some(format!(
                "The specification panicked while they were made fewer: {message}."
            )))
        })
    }

    fn reduced(&self, limit: &Limit) -> Violation {
        // Called later than the impossible answer, nothing can have been needed; but sequential consistency knows no later.
        let end = self.suffices.iter().chain([&self.stuck]).filter_map(|&at| self.operations[at].ret).max();
        let until = |operation: &&&OperationOf<S>| {
            self.consistency == Consistency::Sequential || end.is_none_or(|end| operation.call < end)
        };
        let operations: Vec<_> = self.operations.iter().take_while(until).copied().collect();
        let case = |initial, limit| {
            Case::new(self.spec, self.consistency, initial, &operations, (STEPS_PER_PROBE, limit))
        };
        let direct = case(vec![self.initial.clone()], limit.at_most(STEPS));
        if let Some(FoundBySpec { expected, shows_initial: None }) = &self.found {
            return self.by_spec(&direct, expected.clone());
        }
        // What returns later may come from what was called later, and is no part of this.
        let is_later = |ret: usize| self.consistency == Consistency::Linearizable && Some(ret) > end;
        let part = |operation: &&OperationOf<S>| {
            if operation.ret.is_some_and(is_later) { Part::Loose } else { Part::Kept }
        };
        let whole: Vec<_> = operations.iter().map(part).collect();
        let found = reduced(&direct, &whole, &self.suffices, self.stuck);
        let found = found.map(|selection| {
            let folded = folded(&direct, &selection);
            let rows = rows(&direct, &selection, &folded);
            (selection, folded, rows)
        });
        if let Some((selection, folded, rows)) = &found
            && (*rows <= FEW_ROWS || self.consistency == Consistency::Sequential)
        {
            return self.violation(&direct, selection, folded, None, limit);
        }
        if self.consistency == Consistency::Linearizable {
            let before = case(vec![self.initial.clone()], limit.at_most(STEPS));
            let (shorter, left) = window(before, &whole, self.stuck, STEPS_PER_PROBE);
            if let Some(Window { selection, moment, states }) = shorter {
                let inside = case(states, left);
                let fewer = rows(&inside, &selection, &[]);
                if found.as_ref().is_none_or(|(.., rows)| fewer < *rows) {
                    return self.violation(&inside, &selection, &[], Some(moment), limit);
                }
            }
        }
        match &found {
            Some((selection, folded, _)) => self.violation(&direct, selection, folded, None, limit),
            None => self.not_reduced(None),
        }
    }

    fn violation(
        &self,
        case: &Case<'_, 'h, S>,
        selection: &Selection,
        folded: &[usize],
        window: Option<usize>,
        limit: &Limit,
    ) -> Violation {
        let steps = STEPS_PER_PROBE.max(case.operations.len() as u64 * STEPS_FOR_WORDS);
        case.renew(steps, limit.at_most(6 * steps));
        let mut parts = selection.parts.clone();
        if folded.is_empty() && window.is_none() {
            add_sources(case, &mut parts, FEW_ROWS);
        }
        let (expected, source) = expected(case, &parts, selection.impossible);
        // What nobody wrote says nothing to people without what there was instead.
        if let Some(source) = source
            .filter(|_| parts.iter().filter(|part| **part == Part::Kept).count() == 1 && window.is_none())
        {
            parts[source] = Part::Kept;
        }
        let shown = parts.iter().enumerate().filter(|(at, part)| {
            matches!(part, Part::Kept | Part::Optional) && folded.binary_search(at).is_err()
        });
        let shown: Vec<_> = shown.map(|(at, _)| at).collect();
        let impossible = case.operations[selection.impossible];
        let end = impossible.ret.unwrap_or(usize::MAX);
        let hidden = || {
            let hidden = case.operations.iter().zip(&parts).filter(|(_, part)| is_not_shown(**part));
            hidden.map(|(operation, _)| *operation).filter(|operation| operation.call < end)
        };
        let start = window.map(|moment| WindowStart {
            moment,
            line: self.history.place(moment),
            states: case.initial.iter().map(|state| words(&self.spec.describe_state(state))).collect(),
        });
        let (none, remark) = self.sources(impossible, hidden());
        let outcomes = match &self.found {
            Some(FoundBySpec { shows_initial: Some(_), .. }) => HiddenOutcome::AsAnswered,
            _ => HiddenOutcome::Unknown,
        };
        let not_shown = HiddenOperations { operations: hidden().count(), outcomes, none, remark };
        let before = groups(self.spec, self.history, case.operations, folded);
        let (operations, impossible) = self.spans(case.operations, &shown, selection.impossible);
        let mut violation = Violation {
            key: self.key().to_owned(),
            operations,
            impossible,
            expected: expected.iter().map(|answer| words(answer)).collect(),
            before,
            start,
            not_shown: Some(not_shown),
            sequential: self.consistency == Consistency::Sequential,
            numbering: self.history.numbering(),
        };
        if let Some(FoundBySpec { shows_initial: Some(shows), .. }) = &self.found {
            violation.insert(self.history.span(self.spec, shows));
        }
        violation
    }

    /// What no operation does of which the impossible answer could have come, and who failed to.
    fn sources<'o>(
        &self,
        impossible: &OperationOf<S>,
        mut hidden: impl Iterator<Item = &'o OperationOf<S>>,
    ) -> (Option<String>, Option<String>)
    where
        S: 'o,
    {
        let Some(answer) = &impossible.answer else { return (None, None) };
        let Some(source) = self.spec.source(&impossible.asked, answer) else { return (None, None) };
        let is_source = |other: &OperationOf<S>| self.spec.is_source(&other.asked, &impossible.asked, answer);
        let end = impossible.ret.unwrap_or(usize::MAX);
        let none = hidden.all(|other| !is_source(other)).then(|| source.clone());
        let failed = self
            .history
            .failed
            .iter()
            .find(|other| other.key == impossible.key && other.call < end && is_source(other));
        let place = |failed: &OperationOf<S>| match self.history.place(failed.call) {
            Some(place) => format!("{} {place}", self.history.numbering().as_str()),
            None => format!("process {}", failed.process),
        };
        let remark = failed
            .filter(|_| none.is_some())
            .map(|failed| format!("Only what failed {source}, and so did not happen ({}).", place(failed)));
        (none, remark)
    }

    /// The operations at these places, and the place of one among them. What took effect twice was one operation for its
    /// process.
    fn spans(
        &self,
        operations: &[&OperationOf<S>],
        shown: &[usize],
        impossible: usize,
    ) -> (Vec<OperationSpan>, usize) {
        let (mut spans, mut place): (Vec<OperationSpan>, _) = (Vec::new(), 0);
        for &at in shown {
            let span = self.history.span(self.spec, operations[at]);
            match spans.last_mut() {
                Some(last) if last.call == span.call => last.what = format!("{}; {}", last.what, span.what),
                _ => spans.push(span),
            }
            if at == impossible {
                place = spans.len() - 1;
            }
        }
        (spans, place)
    }

    /// What a specification found in its own way, as it is.
    fn by_spec(&self, case: &Case<'_, 'h, S>, expected: Vec<String>) -> Violation {
        let loose = |at| case.loosened(at, Part::Kept);
        let mut parts: Vec<_> = (0..case.operations.len()).map(loose).collect();
        self.suffices.iter().for_each(|&at| parts[at] = Part::Kept);
        let outcomes = match case.stuck(&parts) {
            Some(_) => HiddenOutcome::Unknown,
            None => HiddenOutcome::AsAnswered,
        };
        let mut shown = self.suffices.clone();
        shown.sort_unstable();
        let (operations, impossible) = self.spans(case.operations, &shown, self.stuck);
        let end = case.operations[self.stuck].ret.unwrap_or(usize::MAX);
        let not_shown = parts
            .iter()
            .zip(case.operations)
            .filter(|(part, operation)| is_not_shown(**part) && operation.call < end);
        let operations_not_shown = not_shown.count();
        Violation {
            key: self.key().to_owned(),
            operations,
            impossible,
            expected,
            not_shown: Some(HiddenOperations {
                operations: operations_not_shown,
                outcomes,
                none: None,
                remark: None,
            }),
            sequential: self.consistency == Consistency::Sequential,
            numbering: self.history.numbering(),
            ..Violation::default()
        }
    }

    fn not_reduced(&self, remark: Option<String>) -> Violation {
        let all = self.operations.len() - 1;
        let not_shown =
            HiddenOperations { operations: all, outcomes: HiddenOutcome::NotReduced, none: None, remark };
        Violation {
            key: self.key().to_owned(),
            operations: vec![self.stuck()],
            not_shown: Some(not_shown),
            sequential: self.consistency == Consistency::Sequential,
            numbering: self.history.numbering(),
            ..Violation::default()
        }
    }
}
