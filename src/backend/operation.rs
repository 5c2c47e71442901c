//! The endpoints by the names they have everywhere: in scenarios, in records, in reports.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::endpoints::for_each_endpoint;

/// What an endpoint does to the sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Makes one.
    Create,
    /// Reads the store's index of all.
    List,
    /// Looks one up and leaves it as it was.
    Read,
    /// Looks one up and changes it, or removes it.
    Write,
    /// Looks one up and has the model answer.
    Turn,
}

macro_rules! operations {
    (
        endpoints { $(
            $(#[$doc:meta])*
            $kind:ident $name:ident $names:tt: $Request:ident $arguments:tt $([$($term:ident)*])? -> $Answer:ty;
        )* }
        turns { $(
            $(#[$turn_doc:meta])*
            $turn_kind:ident $turn_name:ident $turn_names:tt: $Turn:ident $turn_arguments:tt -> $Ended:ty;
        )* }
    ) => {
        /// One endpoint of the backend.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Operation {
            $($(#[$doc])* $Request,)*
            $($(#[$turn_doc])* $Turn,)*
        }

        impl Operation {
            /// How many operations there are.
            pub const COUNT: usize = [$(Self::$Request,)* $(Self::$Turn,)*].len();

            /// Every operation, each at its own [`index`](Self::index).
            pub const ALL: [Self; Self::COUNT] = [$(Self::$Request,)* $(Self::$Turn,)*];

            /// The endpoint's name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$Request => stringify!($name),)*
                    $(Self::$Turn => stringify!($turn_name),)*
                }
            }

            /// What it does to the sessions.
            pub const fn kind(self) -> OperationKind {
                match self {
                    $(Self::$Request => OperationKind::$kind,)*
                    $(Self::$Turn => OperationKind::$turn_kind,)*
                }
            }
        }
    };
}

for_each_endpoint!(operations);

impl Operation {
    /// The place in [`ALL`](Self::ALL), for tables with one entry an operation.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether the operation looks a session up, in the cache first.
    pub const fn looks_up(self) -> bool {
        matches!(self.kind(), OperationKind::Read | OperationKind::Write | OperationKind::Turn)
    }

    /// Whether the operation leaves everything as it was.
    pub const fn is_read(self) -> bool {
        matches!(self.kind(), OperationKind::List | OperationKind::Read)
    }

    /// Whether the operation calls the model.
    pub const fn is_turn(self) -> bool {
        matches!(self.kind(), OperationKind::Turn)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_name_and_serde_agree() {
        for (index, operation) in Operation::ALL.into_iter().enumerate() {
            assert_eq!(operation.index(), index);
            assert_eq!(serde_json::to_value(operation).expect("a name"), operation.name());
        }
    }

    #[test]
    fn four_read_two_take_a_turn_and_all_but_two_look_up() {
        let named = |which: fn(Operation) -> bool| {
            Operation::ALL.into_iter().filter(|it| which(*it)).map(Operation::name).collect::<Vec<_>>()
        };
        let reads = ["list_contexts", "get_context", "get_context_messages", "get_context_state"];
        assert_eq!(named(Operation::is_read), reads);
        assert_eq!(named(Operation::is_turn), ["send_message_action", "approve_tools_action"]);
        assert_eq!(named(|it| !it.looks_up()), ["create_context", "list_contexts"]);
    }
}
