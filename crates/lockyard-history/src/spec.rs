//! What a history is judged by: the object it was recorded on, as it would behave if it were asked one thing at a time.
//!
//! A specification is pure. It never sees time, processes or the order of events: those belong to the history, and what
//! may come after what is the search's business.

use std::borrow::Cow;
use std::fmt::Debug;
use std::hash::Hash;

use super::operation::Operation;

/// A sequential object: how it begins, and what each call does to it and may be answered.
///
/// [`initial`](Self::initial) and [`step`](Self::step) say all of that, and are all that [`check`](crate::check)
/// needs. What is provided beside them makes judging faster ([`is_read`](Self::is_read), [`parts`](Self::parts),
/// [`shortcut`](Self::shortcut)), parts what takes effect twice ([`second`](Self::second)), or puts a violation into
/// better words than `Debug` has ([`describe`](Self::describe), [`source`](Self::source)).
/// Two more abilities are traits of their own: [`Codec`](crate::Codec), to read and write histories as files, and
/// [`Judge`](crate::Judge), to judge a recording without knowing what it is of.
///
/// Keys are independent of each other, so a specification is of one of them. That a history is linearizable if it is so
/// key by key is the locality of Herlihy and Wing ("Linearizability", 1990), and spares the search most of its work.
pub trait SequentialSpec: Sync {
    /// What is asked. Equal calls whose outcomes are unknown are interchangeable, which spares the search much.
    type Call: Debug + Eq + Hash + Sync;
    /// What is answered, as far as it says anything about the state.
    type Answer: Debug + Sync;
    /// What the object remembers. Cloned at each step of a search, so it should share what is large.
    type State: Clone + Eq + Hash + Debug + Send + Sync;

    /// The state before the first call.
    fn initial(&self) -> Self::State;

    /// The state after this call, or nothing if it could not have been answered so in this state.
    ///
    /// Without an answer any would be right: the call takes its effect.
    fn step(
        &self,
        state: &Self::State,
        call: &Self::Call,
        answer: Option<&Self::Answer>,
    ) -> Option<Self::State>;

    /// Whether this call, so answered, leaves every state as it is in which it can be answered so. The search then takes
    /// it as soon as it fits, without trying other orders: saying yes wrongly makes verdicts wrong, saying no only makes
    /// them slow. Without an answer it is asked of any.
    fn is_read(&self, _call: &Self::Call, _answer: Option<&Self::Answer>) -> bool {
        false
    }

    /// Whether this read may say what no state says yet. It is then taken at once only where it says nothing new.
    fn learns(&self, _call: &Self::Call) -> bool {
        false
    }

    /// The only state in which this call is answered so, if there is one, as for a read of a register. A search then knows
    /// which changes are still to be seen, and finds an order sooner.
    fn needs(&self, _call: &Self::Call, _answer: &Self::Answer) -> Option<Self::State> {
        None
    }

    /// The only state that this call can lead to, if it changes anything, whatever was before: as for a write to a
    /// register. Only asked where some answers [need](Self::needs) one state.
    fn makes(&self, _call: &Self::Call) -> Option<Self::State> {
        None
    }

    /// Whether this is no operation of the object but says what is known of it, as how it was in the beginning. Then it
    /// belongs to every violation that is shown.
    fn is_given(&self, _call: &Self::Call) -> bool {
        false
    }

    /// What an operation does besides, later in its span and after whatever others do meanwhile: judged as an operation
    /// of its own.
    fn second(_call: &Self::Call, _answer: &Self::Answer) -> Option<(Self::Call, Self::Answer)> {
        None
    }

    /// Which of these operations on one key can be judged each group alone, by their places: as those on each element of a
    /// set (Horn and Kroening, "Faster linearizability checking via P-compositionality", 2015). Operations in no group
    /// are judged in none. `None` if they must be judged together.
    fn parts(&self, _operations: &[&OperationOf<Self>]) -> Option<Vec<Vec<usize>>>
    where
        Self: Sized,
    {
        None
    }

    /// A verdict on operations of one key, in the order of their calls, without a search, from this state on: for histories
    /// of a kind that has a fast algorithm. `None` for any other.
    fn shortcut(&self, _initial: &Self::State, _operations: &[&OperationOf<Self>]) -> Option<DirectVerdict>
    where
        Self: Sized,
    {
        None
    }

    /// The function that is called, by its name in histories. Unless said otherwise, the name that `Debug` begins with.
    fn function(&self, call: &Self::Call) -> Cow<'static, str> {
        let mut name = format!("{call:?}");
        let end = name.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(name.len());
        name.truncate(end);
        name.into()
    }

    /// The call, and what was answered if that is known, in a few words for people. Unless said otherwise, what `Debug`
    /// says.
    fn describe(&self, call: &Self::Call, answer: Option<&Self::Answer>) -> String {
        match answer {
            Some(answer) => format!("{call:?}: {answer:?}"),
            None => format!("{call:?}"),
        }
    }

    /// What this state answers to this call, in a few words for people. Unless said otherwise, what `Debug` says of the
    /// state.
    fn expected(&self, state: &Self::State, _call: &Self::Call) -> String {
        format!("an answer from {state:?}")
    }

    /// This state in a few words for people, after "the state is". Unless said otherwise, what `Debug` says of it.
    fn describe_state(&self, state: &Self::State) -> String {
        format!("{state:?}")
    }

    /// What another call must do to lead to the state that this answer [needs](Self::needs), in words that follow "none":
    /// as "writes 5", for a read of 5.
    fn source(&self, _call: &Self::Call, _answer: &Self::Answer) -> Option<String> {
        None
    }

    /// Whether another call may do what [`source`](Self::source) says. Unless said otherwise, if it may
    /// [make](Self::makes) the state that is [needed](Self::needs).
    fn is_source(&self, other: &Self::Call, call: &Self::Call, answer: &Self::Answer) -> bool {
        let made = || self.makes(other).is_none_or(|made| Some(made) == self.needs(call, answer));
        !self.is_read(other, None) && made()
    }
}

/// The operation of a specification.
pub type OperationOf<S> = Operation<<S as SequentialSpec>::Call, <S as SequentialSpec>::Answer>;

/// The operation, and [what it does besides](SequentialSpec::second), which has its place right after it.
pub(super) fn with_second<S: SequentialSpec>(
    operation: OperationOf<S>,
) -> impl Iterator<Item = OperationOf<S>> {
    let second = operation.answer.as_ref().and_then(|answer| {
        let (asked, answer) = S::second(&operation.asked, answer)?;
        Some(Operation { asked, answer: Some(answer), ..operation })
    });
    std::iter::once(operation).chain(second)
}

/// A verdict without a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectVerdict {
    /// Some order explains all answers.
    Linearizable,
    /// No order does, and none explains these alone, by their places, whatever became of all others. The first one has the
    /// answer that comes out wrong.
    Violation(Vec<usize>),
}
