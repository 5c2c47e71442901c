//! The models that a history can be checked by.

use clap::ValueEnum;
use lockyard_history::{
    Codec, Counter, Decision, History, Kv, Limit, Lock, MultiRegister, Queue, Register, Set,
};

use crate::checks::spec::{self, Sessions};

/// How a model decides on a history, within a limit.
pub(super) type Decide<S> = for<'h> fn(&'h History<S>, Limit) -> Decision<'h, S>;

/// What is to be done with a specification, whichever it is. `decide` is its own way to a verdict, if it has one for
/// histories that begin with its initial state.
pub(super) trait WithSpec {
    type Out;
    fn with<S: Codec + 'static>(self, spec: &'static S, decide: Option<Decide<S>>) -> Self::Out;
}

/// The one list of models: variant, its specification with its own way to a verdict, what it is.
macro_rules! models {
    ($($name:ident $spec:expr, $decide:expr, $help:literal;)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub(super) enum HistoryModel {
            $(#[doc = $help] $name,)*
        }

        impl HistoryModel {
            /// Does it with the specification of this model.
            pub(super) fn with<W: WithSpec>(self, work: W) -> W::Out {
                match self {
                    $(Self::$name => work.with(&$spec, $decide),)*
                }
            }
        }
    };
}

models! {
    Register Register, None, "Starts as null; read, write, and cas with the value [old, new]";
    Kv Kv, None, "Get, put and append of strings; a missing key reads as \"\"";
    Mutex Lock, None, "Acquire and release, as Knossos' mutex: free at first; whoever holds it, anyone may release it";
    Counter Counter, None, "Starts at 0; read, add of a whole number, increment and decrement";
    Set Set, None, "Starts empty; add, remove, contains, and read of all elements";
    Queue Queue, None, "First in, first out; enqueue and dequeue, where null means that it was empty";
    MultiRegister MultiRegister, None, "Transactions txn of [\"r\", key, null] and [\"w\", key, value], which happen at once";
    Session Sessions, Some(BY_VERSIONS), "The sessions of this backend, by the names of its endpoints";
}

const BY_VERSIONS: Decide<Sessions> = |history, limit: Limit| spec::decide(history, &limit);
