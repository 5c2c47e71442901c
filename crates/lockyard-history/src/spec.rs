//! What a history is judged by: the object it was recorded on, as it would behave if it were asked one thing at a time.
//!
//! A specification is pure. It never sees time, processes or the order of events: those belong to the history, and what
//! may come after what is the search's business.

use std::borrow::Cow;
use std::fmt::Debug;
use std::hash::Hash;

/// A sequential object: how it begins, and what each call does to it and may be answered.
///
/// [`initial`](Self::initial) and [`step`](Self::step) say all of that, and are all that [`check`](crate::check)
/// needs. What is provided beside them makes judging faster ([`is_read`](Self::is_read)), parts what takes effect twice
/// ([`second`](Self::second)), or puts a violation into better words than `Debug` has ([`describe`](Self::describe)).
/// Two more abilities are traits of their own: [`Codec`](crate::Codec), to read and write histories as files, and
/// [`Judge`](crate::Judge), to judge a recording without knowing what it is of.
///
/// Keys are independent of each other, so a specification is of one of them. That a history is linearizable if it is so
/// key by key is the locality of Herlihy and Wing ("Linearizability", 1990), and spares the search most of its work;
/// Horn and Kroening ("Faster linearizability checking via P-compositionality", 2015) say what else may be parted so.
pub trait SequentialSpec {
    /// What is asked.
    type Call: Debug;
    /// What is answered, as far as it says anything about the state.
    type Answer: Debug;
    /// What the object remembers. Cloned at each step of a search, so it should share what is large.
    type State: Clone + Eq + Hash + Debug;

    /// Whether answers say how many changes came before them. Then an operation that is left out of a drawing keeps
    /// its answer, and needs no other to be understood.
    const WITNESSED: bool = false;

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

    /// Whether this call leaves every state as it is. The search then takes it as soon as it fits, without trying
    /// other orders: saying yes wrongly makes verdicts wrong, saying no only makes them slow.
    fn is_read(&self, _call: &Self::Call) -> bool {
        false
    }

    /// Whether this read may say what no state says yet. It is then taken at once only where it says nothing new.
    fn learns(&self, _call: &Self::Call) -> bool {
        false
    }

    /// What an operation does besides, later in its span and after whatever others do meanwhile: judged as an operation
    /// of its own.
    fn second(_call: &Self::Call, _answer: &Self::Answer) -> Option<(Self::Call, Self::Answer)> {
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
}
