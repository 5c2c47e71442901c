//! All keys as one object: for what is not judged key by key.
//!
//! Linearizability is local, and sequential consistency is not: each key may have an order that keeps to every process's
//! own, and all together none.

use std::borrow::Cow;
use std::sync::Arc;

use super::history::History;
use super::operation::Operation;
use super::spec::{OperationOf, SequentialSpec};

/// The objects of all keys, as one. [`History::product`] makes it.
#[derive(Debug)]
pub struct Product<'s, S> {
    spec: &'s S,
    names: Arc<[String]>,
}

/// A call of one of the objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProductCall<Call> {
    /// Of which: the place of its key.
    pub key: usize,
    /// What is asked of it.
    pub asked: Call,
}

/// The states of all objects, by the places of their keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProductState<State>(Arc<[State]>);

impl<S: SequentialSpec> History<S> {
    /// All keys as one, and the specification of that.
    pub fn product(self, spec: &S) -> (Product<'_, S>, History<Product<'_, S>>) {
        let together = |operation: OperationOf<S>| Operation {
            process: operation.process,
            key: 0,
            asked: ProductCall { key: operation.key, asked: operation.asked },
            call: operation.call,
            ret: operation.ret,
            answer: operation.answer,
        };
        let history = History {
            operations: self.operations.into_iter().map(together).collect(),
            failed: self.failed.into_iter().map(together).collect(),
            keys: vec![String::new()],
            invoked: self.invoked,
            source: self.source,
        };
        (Product { spec, names: self.keys.into() }, history)
    }
}

impl<S: SequentialSpec> Product<'_, S> {
    /// The state in which all objects are in this one.
    pub fn all_at(&self, state: &S::State) -> ProductState<S::State> {
        ProductState(self.names.iter().map(|_| state.clone()).collect())
    }

    /// What is said of an object, after its name.
    fn named(&self, key: usize, said: String) -> String {
        // A failed operation may have been of a key that was not to be known.
        match self.names.get(key).map_or("", String::as_str) {
            "" => said,
            name => format!("{name}: {said}"),
        }
    }
}

impl<S: SequentialSpec> SequentialSpec for Product<'_, S> {
    type Call = ProductCall<S::Call>;
    type Answer = S::Answer;
    type State = ProductState<S::State>;

    fn initial(&self) -> Self::State {
        self.all_at(&self.spec.initial())
    }

    fn step(
        &self,
        state: &Self::State,
        call: &Self::Call,
        answer: Option<&S::Answer>,
    ) -> Option<Self::State> {
        let before = &state.0[call.key];
        let after = self.spec.step(before, &call.asked, answer)?;
        let mut state = state.clone();
        // Most steps are reads, after which all is shared.
        if after != *before {
            Arc::make_mut(&mut state.0)[call.key] = after;
        }
        Some(state)
    }

    fn is_read(&self, call: &Self::Call, answer: Option<&S::Answer>) -> bool {
        self.spec.is_read(&call.asked, answer)
    }

    fn learns(&self, call: &Self::Call) -> bool {
        self.spec.learns(&call.asked)
    }

    fn is_given(&self, call: &Self::Call) -> bool {
        self.spec.is_given(&call.asked)
    }

    fn function(&self, call: &Self::Call) -> Cow<'static, str> {
        self.spec.function(&call.asked)
    }

    fn describe(&self, call: &Self::Call, answer: Option<&S::Answer>) -> String {
        self.named(call.key, self.spec.describe(&call.asked, answer))
    }

    fn expected(&self, state: &Self::State, call: &Self::Call) -> String {
        self.spec.expected(&state.0[call.key], &call.asked)
    }

    fn describe_state(&self, state: &Self::State) -> String {
        let states = state.0.iter().enumerate();
        let all: Vec<_> =
            states.map(|(key, state)| self.named(key, self.spec.describe_state(state))).collect();
        all.join(", ")
    }

    fn source(&self, call: &Self::Call, answer: &S::Answer) -> Option<String> {
        let source = self.spec.source(&call.asked, answer)?;
        Some(match self.names.get(call.key).map_or("", String::as_str) {
            "" => source,
            name => format!("{source} under {name}"),
        })
    }

    fn is_source(&self, other: &Self::Call, call: &Self::Call, answer: &S::Answer) -> bool {
        other.key == call.key && self.spec.is_source(&other.asked, &call.asked, answer)
    }
}
