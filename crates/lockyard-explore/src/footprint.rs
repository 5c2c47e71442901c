//! What a step has touched, and which steps therefore may change places.
//!
//! Two steps that touch nothing in common, or only read what they have in common, lead to the same state in either
//! order, and neither can make the other possible or impossible. Of all orders that differ by such exchanges alone
//! (a trace in the sense of Mazurkiewicz) one is enough.
//!
//! When operations are asked and answered is no state, but what a history is judged by. An answer that comes earlier, or a
//! question that comes later, leaves fewer orders that could explain the history and never more (Bouajjani, Emmi, Enea and
//! Hamza, "Tractable Refinement Checking for Concurrent Objects", 2015). So of an answer and a question that touch nothing in
//! common one order is enough, too, but only this one: the answer first.

/// Something that steps share: a lock, a table, a record of a store, a budget.
///
/// There are as many as fit into a word. Two things that share a number are taken for one: then more orders are tried
/// than need be, never fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Object(u128);

impl Object {
    /// How often a task may be cancelled or left.
    pub(super) const CANCELS: Self = Self(1);
    /// How often calls of something outside may fail or be slow.
    pub(super) const FAULTS: Self = Self(1 << 1);
    /// The list of tasks.
    pub(super) const TASKS: Self = Self(1 << 2);
    /// How often background tasks may be woken by the clock.
    pub(super) const TICKS: Self = Self(1 << 3);
    /// Wake-ups from wakers that are not the explorer's.
    pub(super) const FOREIGN: Self = Self(1 << 4);
    /// The virtual clock, and the timers that wait for it.
    pub(super) const CLOCK: Self = Self(1 << 5);
    /// Nothing.
    pub(super) const NONE: Self = Self(0);
    const FIRST: u32 = 6;

    /// The object that was made as the `nth`.
    pub(super) fn nth(nth: u32) -> Self {
        // More objects than bits share a bit. That makes independent steps look dependent, which costs schedules
        // and loses none.
        Self(1 << (Self::FIRST + nth % (u128::BITS - Self::FIRST)))
    }

    /// Both, as one.
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What one step has read and written, and whether it began or answered an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Footprint {
    reads: u128,
    writes: u128,
    /// What it has changed in a way that commutes with all changes of the kind, without a look at what was there.
    commutes: u128,
    pub(super) invokes: bool,
    pub(super) responds: bool,
    /// It may not change places with any step: what it does hangs on whether others can go on.
    pub(super) ordered: bool,
}

impl Footprint {
    pub(super) fn touch(&mut self, object: Object, write: bool) {
        if write {
            self.writes |= object.0;
        } else {
            self.reads |= object.0;
        }
    }

    /// A change that commutes with others like it.
    pub(super) fn commute(&mut self, object: Object) {
        self.commutes |= object.0;
    }

    /// Of a step that may be this one or the other.
    pub(super) fn join(&mut self, other: &Self) {
        self.reads |= other.reads;
        self.writes |= other.writes;
        self.commutes |= other.commutes;
        self.invokes |= other.invokes;
        self.responds |= other.responds;
        self.ordered |= other.ordered;
    }

    /// A number that hangs on this and on the footprints before it, whose number is given.
    pub(super) fn mixed_into(&self, before: u64) -> u64 {
        let Self { reads, writes, commutes, invokes, responds, ordered } = *self;
        let marks = u64::from(invokes) | u64::from(responds) << 1 | u64::from(ordered) << 2;
        let halves = [reads, writes, commutes].map(|set| [set as u64, (set >> 64) as u64]);
        let words = halves.into_iter().flatten().chain([marks]);
        words.fold(before, |sum, word| (sum.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Whether this step might as well have come before `earlier`: nothing that holds then would fail now. A question may
    /// not go before an answer (`real_time`), an answer may go before a question.
    pub(super) fn may_go_before(&self, earlier: &Self, real_time: bool) -> bool {
        // The conditions of A. J. Bernstein ("Analysis of programs for parallel processing", 1966): neither step
        // writes what the other reads or writes. The last clause is one-sided. With the question after the answer
        // the history orders the two operations, and the question moved to the front would lose that order; an
        // answer moved to the front adds one.
        let changes = |it: &Self| it.writes | it.commutes;
        let conflict = self.writes & (earlier.reads | changes(earlier))
            | self.commutes & (earlier.reads | earlier.writes)
            | self.reads & changes(earlier);
        let ordered = self.ordered || earlier.ordered;
        conflict == 0 && !ordered && !(real_time && self.invokes && earlier.responds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reads: &[Object], writes: &[Object]) -> Footprint {
        let mut footprint = Footprint::default();
        reads.iter().for_each(|object| footprint.touch(*object, false));
        writes.iter().for_each(|object| footprint.touch(*object, true));
        footprint
    }

    #[test]
    fn readers_may_change_places_and_writers_may_not() {
        let [a, b] = [Object::nth(0), Object::nth(1)];
        assert!(of(&[a], &[]).may_go_before(&of(&[a], &[]), true));
        assert!(!of(&[a], &[]).may_go_before(&of(&[], &[a]), true));
        assert!(!of(&[], &[a]).may_go_before(&of(&[a], &[]), true));
        assert!(!of(&[], &[a]).may_go_before(&of(&[], &[a]), true));
        assert!(of(&[a], &[b]).may_go_before(&of(&[a], &[]), true));
    }

    #[test]
    fn changes_that_commute_may_change_places_with_each_other_and_with_nothing_else() {
        let a = Object::nth(0);
        let mut raises = Footprint::default();
        raises.commute(a);
        assert!(raises.may_go_before(&raises, true));
        for other in [of(&[a], &[]), of(&[], &[a])] {
            assert!(!raises.may_go_before(&other, true) && !other.may_go_before(&raises, true));
        }
        assert!(raises.may_go_before(&of(&[], &[Object::nth(1)]), true));
    }

    #[test]
    fn a_step_that_is_ordered_changes_places_with_none() {
        let (nothing, ordered) = (of(&[], &[]), Footprint { ordered: true, ..Footprint::default() });
        assert!(nothing.may_go_before(&nothing, true));
        assert!(!nothing.may_go_before(&ordered, true) && !ordered.may_go_before(&nothing, true));
        let mut either = nothing;
        either.join(&ordered);
        assert_eq!(either, ordered);
    }

    #[test]
    fn an_answer_may_come_earlier_and_a_question_may_not() {
        let asks = Footprint { invokes: true, ..Footprint::default() };
        let answers = Footprint { responds: true, ..Footprint::default() };
        assert!(!asks.may_go_before(&answers, true) && asks.may_go_before(&answers, false));
        assert!(answers.may_go_before(&asks, true));
        assert!(asks.may_go_before(&asks, true) && answers.may_go_before(&answers, true));
    }

    #[test]
    fn things_that_share_a_number_are_taken_for_one() {
        let first = Object::nth(0);
        let same = (1..200).map(Object::nth).filter(|object| *object == first).count();
        assert_eq!(same, 1);
    }
}
