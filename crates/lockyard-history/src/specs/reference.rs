//! A specification from the object itself, written for one caller at a time: a state, and what a call does to it.
//!
//! Most objects answer in one way only, so that this is all there is to say of them, and a plain function says it. One that
//! may answer in several ways, as a pool that gives any of its items, implements [`SequentialSpec`] itself.

use std::fmt::{self, Debug};
use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::files::{Codec, Encoded, Json, Nil};
use crate::judge::Judge;
use crate::spec::SequentialSpec;

/// The object as it would behave if it were asked one thing at a time: its first state, and a function that makes a call of it.
///
/// Where the calls and answers are [`Serialize`] and [`serde::Deserialize`], which can be derived, its histories are files as
/// well: the function of a line is the name that `Debug` of the call begins with, its value is the call, and that of the
/// response is the answer.
///
/// ```
/// use lockyard_history::{ReferenceModel, SequentialSpec};
///
/// #[derive(Debug, PartialEq, Eq, Hash)]
/// enum Call { Add(i64), Get }
///
/// let counter = ReferenceModel::new(0, |count: &mut i64, call: &Call| {
///     if let Call::Add(more) = call { *count += more }
///     *count
/// })
/// .reads(|call| matches!(call, Call::Get));
/// assert_eq!(counter.step(&2, &Call::Add(3), Some(&5)), Some(5));
/// assert_eq!(counter.step(&2, &Call::Get, Some(&5)), None, "it would have said 2");
/// ```
pub struct ReferenceModel<State, Call, Answer> {
    initial: State,
    apply: Box<Apply<State, Call, Answer>>,
    reads: Box<dyn Fn(&Call) -> bool + Send + Sync>,
    describe: Box<Describe<Call, Answer>>,
}

/// Makes a call.
type Apply<State, Call, Answer> = dyn Fn(&mut State, &Call) -> Answer + Send + Sync;

/// Says an operation in words.
type Describe<Call, Answer> = dyn Fn(&Call, Option<&Answer>) -> String + Send + Sync;

impl<State, Call: Debug, Answer: Debug> ReferenceModel<State, Call, Answer> {
    /// An object that begins with this state, of which `apply` makes a call.
    pub fn new(initial: State, apply: impl Fn(&mut State, &Call) -> Answer + Send + Sync + 'static) -> Self {
        let describe = |call: &Call, answer: Option<&Answer>| match answer {
            Some(answer) => format!("{call:?}: {answer:?}"),
            None => format!("{call:?}"),
        };
        Self { initial, apply: Box::new(apply), reads: Box::new(|_| false), describe: Box::new(describe) }
    }

    /// Which calls never change a state, whatever they are answered: the search is much faster for knowing it. Saying so of one
    /// that does makes verdicts wrong.
    #[must_use]
    pub fn reads(self, reads: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Self {
        Self { reads: Box::new(reads), ..self }
    }

    /// How an operation is said in a drawing, with its answer where that is known; by `Debug`, unless set.
    #[must_use]
    pub fn described(
        self,
        describe: impl Fn(&Call, Option<&Answer>) -> String + Send + Sync + 'static,
    ) -> Self {
        Self { describe: Box::new(describe), ..self }
    }
}

impl<State: Debug, Call, Answer> Debug for ReferenceModel<State, Call, Answer> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReferenceModel").field("initial", &self.initial).finish_non_exhaustive()
    }
}

impl<State, Call, Answer> SequentialSpec for ReferenceModel<State, Call, Answer>
where
    State: Clone + Eq + Hash + Debug + Send + Sync,
    Call: Debug + Eq + Hash + Sync,
    Answer: Debug + PartialEq + Sync,
{
    type Call = Call;
    type Answer = Answer;
    type State = State;

    fn initial(&self) -> State {
        self.initial.clone()
    }

    fn step(&self, state: &State, call: &Call, answer: Option<&Answer>) -> Option<State> {
        let mut next = state.clone();
        let given = (self.apply)(&mut next, call);
        answer.is_none_or(|answer| *answer == given).then_some(next)
    }

    fn is_read(&self, call: &Call, _: Option<&Answer>) -> bool {
        (self.reads)(call)
    }

    fn describe(&self, call: &Call, answer: Option<&Answer>) -> String {
        (self.describe)(call, answer)
    }

    fn expected(&self, state: &State, call: &Call) -> String {
        format!("{:?}", (self.apply)(&mut state.clone(), call))
    }
}

impl<State, Call, Answer> Judge for ReferenceModel<State, Call, Answer>
where
    State: Clone + Eq + Hash + Debug + Send + Sync,
    Call: Clone + Debug + Eq + Hash + Sync,
    Answer: Clone + Debug + PartialEq + Sync,
{
}

impl<State, Call, Answer> Codec for ReferenceModel<State, Call, Answer>
where
    State: Clone + Eq + Hash + Debug + Send + Sync,
    Call: Debug + Eq + Hash + Sync + Serialize + DeserializeOwned,
    Answer: Debug + PartialEq + Sync + Serialize + DeserializeOwned,
{
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<Call, String> {
        let call: Call = value.read(&format!("of {f}"), "the call, as it was written")?;
        let is = self.function(&call);
        if is == f { Ok(call) } else { Err(format!("the value is a call of {is}, and the function is {f}")) }
    }

    fn decode_answer(
        &self,
        call: &Call,
        value: Json<'_>,
        _: Json<'_>,
        _: Nil,
    ) -> Result<Option<Answer>, String> {
        let read =
            |_| value.read(&format!("answered to {}", self.function(call)), "the answer, as it was written");
        value.text().map(read).transpose()
    }

    fn encode_call(&self, call: &Call) -> Encoded {
        Encoded::value(call)
    }

    fn encode_answer(&self, answer: &Answer) -> Encoded {
        Encoded::value(answer)
    }
}
