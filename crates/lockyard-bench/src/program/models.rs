//! The models that any history can be checked by.

use clap::ValueEnum;
use lockyard_history::{Counter, Kv, Lock, MultiRegister, Queue, Register, Set};

use super::check::{CheckOptions, judge};
use super::exit::Exit;

/// The one list of models: variant, its specification, what it is.
macro_rules! models {
    ($($name:ident $spec:expr, $help:literal;)*) => {
        /// A specification that is built in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
        pub enum HistoryModel {
            $(#[doc = $help] $name,)*
        }

        impl HistoryModel {
            /// Judges a history by it.
            ///
            /// # Errors
            /// A file that cannot be read, or that holds nothing.
            pub fn judge(self, options: &CheckOptions) -> anyhow::Result<Exit> {
                let name = self.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned());
                match self {
                    $(Self::$name => judge(&name, &$spec, None, options),)*
                }
            }
        }
    };
}

models! {
    Register Register, "Starts as null; read, write, and cas with the value [old, new]";
    Kv Kv, "Get, put and append of strings; a missing key reads as \"\"";
    Mutex Lock, "Acquire and release, as Knossos' mutex: free at first; whoever holds it, anyone may release it";
    Counter Counter, "Starts at 0; read, add of a whole number, increment and decrement";
    Set Set, "Starts empty; add, remove, contains, and read of all elements";
    Queue Queue, "First in, first out; enqueue and dequeue, where null means that it was empty";
    MultiRegister MultiRegister, "Transactions txn of [\"r\", key, null] and [\"w\", key, value], which happen at once";
}
