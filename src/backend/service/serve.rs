//! A service: what answers every kind of request.

use crate::backend::chat;
use crate::backend::endpoints::for_each_endpoint;

use super::body;
use super::error::ServiceError;
use super::request::{self, Request};
use super::watch::TurnWatch;

/// Answers one kind of request.
pub trait Serve<R: Request>: Send + Sync {
    /// Answers a request. It may be dropped at any await; what that leaves behind is described at [`ChatService`].
    fn serve(&self, request: R) -> impl Future<Output = Result<R::Answer, ServiceError>> + Send;
}

macro_rules! chat_service {
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
        /// The endpoints of the chat backend: whatever serves every kind of request is one.
        ///
        /// Each method makes a request of its arguments and hands on the service's own future.
        ///
        /// **Cancellation.** A call may be dropped at any await. A read leaves nothing behind. A write has happened whole
        /// or not at all, and which of the two is unknown to the caller. A turn that is dropped is rolled back to
        /// idle in the background; what it has said so far stays in the conversation.
        pub trait ChatService:
            $(Serve<request::$Request> +)* $(for<'w> Serve<request::$Turn<'w>> +)* 'static
        {
            $(
                $(#[$doc])*
                #[inline]
                fn $name(
                    &self,
                    $($arg: $type,)*
                ) -> impl Future<Output = Result<$Answer, ServiceError>> + Send {
                    self.serve(request::$Request {
                        $($arg,)*
                        $($($term: Default::default(),)*)?
                    })
                }
            )*
            $(
                $(#[$turn_doc])*
                #[inline]
                fn $turn_name(
                    &self,
                    $($turn_arg: $turn_type,)*
                ) -> impl Future<Output = Result<$Ended, ServiceError>> + Send {
                    self.$watched($($turn_arg,)* &())
                }

                #[doc = concat!("[`", stringify!($turn_name), "`](Self::", stringify!($turn_name), ")")]
                /// that notifies `watch` of what it does.
                #[inline]
                fn $watched(
                    &self,
                    $($turn_arg: $turn_type,)*
                    watch: &dyn TurnWatch,
                ) -> impl Future<Output = Result<$Ended, ServiceError>> + Send {
                    let condition = chat::VersionCondition::Any;
                    self.serve(request::$Turn { $($turn_arg,)* condition, key: None, watch })
                }
            )*
        }

        impl<S> ChatService for S where
            S: $(Serve<request::$Request> +)* $(for<'w> Serve<request::$Turn<'w>> +)* 'static
        {
        }
    };
}

for_each_endpoint!(chat_service);
