//! What a history is judged by: the object it was recorded on, as it would behave if it were asked one thing at a time.
//!
//! A model is pure. It never sees time, processes or the order of events: those belong to the history, and what may
//! come after what is the search's business.

use std::fmt::Debug;
use std::hash::Hash;

use super::jsonl::Json;

/// A sequential object: what each call does to its state, and which answers it may give.
///
/// Keys are independent of each other, so a model is of one of them. That a history is linearizable if it is so key by
/// key is the locality of Herlihy and Wing ("Linearizability", 1990), and spares the search most of its work; Horn and
/// Kroening ("Faster linearizability checking via P-compositionality", 2015) say what else may be parted so.
pub trait Model {
    /// What is asked.
    type Call: Debug;
    /// What is answered, as far as it says anything about the state.
    type Answer: Debug;
    /// What the object remembers. Cloned at each step of a search, so it should share what is large.
    type State: Clone + Eq + Hash;

    /// Whether answers tell how many changes came before them. Then an operation that is left out of a picture keeps its
    /// answer, and needs no other to be understood.
    const WITNESSED: bool = false;

    /// The state before the first call.
    fn init(&self) -> Self::State;

    /// The state after this call, or nothing if it could not have been answered so in this state.
    ///
    /// Without an answer nobody knows what was answered: the call does what it does.
    fn step(
        &self,
        state: &Self::State,
        call: &Self::Call,
        answer: Option<&Self::Answer>,
    ) -> Option<Self::State>;

    /// Whether this call leaves every state as it is. The search then takes it as soon as it fits, without trying
    /// other orders: saying yes wrongly makes verdicts wrong, saying no only makes them slow.
    fn is_read(&self, call: &Self::Call) -> bool;

    /// Whether this read may tell what no state says yet. It is then taken at once only where it tells nothing new.
    fn learns(&self, _call: &Self::Call) -> bool {
        false
    }

    /// What an operation does besides, later in its span and after whatever others do meanwhile: judged as an operation
    /// of its own.
    fn second(_call: &Self::Call, _answer: &Self::Answer) -> Option<(Self::Call, Self::Answer)> {
        None
    }

    /// Which operations are judged together, by their key: each key alone, unless one call may touch several.
    fn partition<'k>(&self, key: &'k str) -> &'k str {
        key
    }

    /// Reads the call of function `f` with this value. The error says what is wrong, and what would be right.
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<Self::Call, String>;

    /// Reads the answer to a call from the `value` and the `result` of its response.
    fn decode_answer(
        &self,
        call: &Self::Call,
        value: Json<'_>,
        result: Json<'_>,
    ) -> Result<Self::Answer, String>;

    /// The function that is called, by its name in histories.
    fn function(&self, call: &Self::Call) -> &'static str;

    /// The call, and what was answered if that is known, in a few words for people.
    fn describe(&self, call: &Self::Call, answer: Option<&Self::Answer>) -> String;

    /// What this state answers to this call, in a few words for people.
    fn expected(&self, state: &Self::State, call: &Self::Call) -> String;
}
