//! The endpoints of services that are objects, under short names.
//!
//! They are the objects' own and not the traits': as methods of a trait, every strategy would have a copy of them.

use crate::backend::chat;
use crate::backend::endpoints::for_each_endpoint;

use super::body;
use super::dynamic::{Answer, DynChatService};
use super::managed::DynBackend;
use super::request;
use super::watch::TurnWatch;

macro_rules! short_names {
    (
        $Object:ident
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
        impl dyn $Object + '_ {
            $(
                #[doc = concat!("[`", stringify!($name), "`](super::ChatService::", stringify!($name), ").")]
                pub fn $short(&self, $($arg: $type),*) -> Answer<'_, $Answer> {
                    self.serve_boxed(request::$Request {
                        $($arg,)*
                        $($($term: Default::default(),)*)?
                    })
                }
            )*
            $(
                #[doc = concat!("[`", stringify!($watched), "`](super::ChatService::", stringify!($watched), ");")]
                /// `&()` watches nothing.
                pub fn $turn_short<'a>(
                    &'a self,
                    $($turn_arg: $turn_type,)*
                    watch: &'a dyn TurnWatch,
                ) -> Answer<'a, $Ended> {
                    let condition = chat::VersionCondition::Any;
                    self.serve_boxed(request::$Turn { $($turn_arg,)* condition, key: None, watch })
                }
            )*
        }
    };
}

for_each_endpoint!(short_names DynChatService);
for_each_endpoint!(short_names DynBackend);
