//! Services as objects, for callers that do not depend on the locks inside: what is built over them is compiled once and
//! not for every strategy.
//!
//! Every answer is boxed here, which costs an allocation. The reads and writes that are measured do not come this way;
//! a turn, which waits for a model anyway, does.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::backend::endpoints::for_each_endpoint;

use super::error::ServiceError;
use super::request::{self, Request};
use super::serve::{ChatService, Serve};

/// An answer to come.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, ServiceError>>;

/// [`Serve`] as an object. Whatever serves a request is one.
pub trait ServeBoxed<R: Request>: Send + Sync {
    /// Answers a request, as [`Serve::serve`] does.
    fn serve_boxed<'a>(&'a self, request: R) -> Answer<'a, R::Answer>
    where
        R: 'a;
}

impl<R: Request, S: Serve<R>> ServeBoxed<R> for S {
    fn serve_boxed<'a>(&'a self, request: R) -> Answer<'a, R::Answer>
    where
        R: 'a,
    {
        self.serve(request).boxed()
    }
}

macro_rules! dyn_chat_service {
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
        /// [`ChatService`] as an object, with the same endpoints under short names. Every service is one.
        pub trait DynChatService:
            $(ServeBoxed<request::$Request> +)* $(for<'w> ServeBoxed<request::$Turn<'w>> +)* 'static
        {
        }
    };
}

for_each_endpoint!(dyn_chat_service);

impl<S: ChatService> DynChatService for S {}
