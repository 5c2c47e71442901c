//! What a service is asked: one type for each endpoint, named as its [`Operation`] is.

use crate::backend::chat;
use crate::backend::endpoints::for_each_endpoint;
use crate::backend::operation::Operation;

use super::body;
use super::watch::TurnWatch;

/// A request to one endpoint.
pub trait Request: Clone + Send {
    /// The endpoint.
    const OPERATION: Operation;

    /// What it answers.
    type Answer: Send + 'static;

    /// The session that it is about; nothing where it names none, as what creates one or lists them.
    fn session(&self) -> Option<chat::ContextId>;
}

/// The field that names a session, of all fields of a request.
macro_rules! session_in {
    ($self:ident id) => {
        Some($self.id)
    };
    ($self:ident $other:ident) => {
        None
    };
}

/// What stands in square brackets in the list, and what it is.
macro_rules! term {
    (condition) => { chat::VersionCondition };
    (key) => { Option<chat::IdempotencyKey> };
}

macro_rules! term_doc {
    (condition) => {
        "At which versions of the session the change may be made."
    };
    (key) => {
        "What tells this request from others, so that a repetition of it is answered and changes nothing."
    };
}

macro_rules! requests {
    (
        endpoints { $(
            $(#[$doc:meta])*
            $kind:ident $name:ident($short:ident): $Request:ident {
                $($(#[$arg_doc:meta])* $arg:ident: $type:ty,)*
            } $([$($term:ident)*])? -> $Answer:ty;
        )* }
        turns { $(
            $(#[$turn_doc:meta])*
            $turn_kind:ident $turn_name:ident($turn_short:ident, $watched:ident): $Turn:ident {
                $($(#[$turn_arg_doc:meta])* $turn_arg:ident: $turn_type:ty,)*
            } -> $Ended:ty;
        )* }
    ) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq)]
            pub struct $Request {
                $($(#[$arg_doc])* pub $arg: $type,)*
                $($(#[doc = term_doc!($term)] pub $term: term!($term),)*)?
            }

            impl Request for $Request {
                const OPERATION: Operation = Operation::$Request;
                type Answer = $Answer;

                fn session(&self) -> Option<chat::ContextId> {
                    [$(session_in!(self $arg)),*].into_iter().flatten().next()
                }
            }
        )*
        $(
            $(#[$turn_doc])*
            #[derive(Clone)]
            pub struct $Turn<'w> {
                $($(#[$turn_arg_doc])* pub $turn_arg: $turn_type,)*
                /// At which versions of the session the turn may begin.
                pub condition: chat::VersionCondition,
                #[doc = term_doc!(key)]
                pub key: term!(key),
                /// Is notified of what the turn does; `&()` ignores it. A service that sees nothing of its turns but
                /// their end reports nothing.
                pub watch: &'w dyn TurnWatch,
            }

            impl Request for $Turn<'_> {
                const OPERATION: Operation = Operation::$Turn;
                type Answer = $Ended;

                fn session(&self) -> Option<chat::ContextId> {
                    [$(session_in!(self $turn_arg)),*].into_iter().flatten().next()
                }
            }
        )*
    };
}

for_each_endpoint!(requests);
