//! The lock and the cache of a strategy by name, derived from the lists of what there is.

use std::fmt;

use lockyard_lock::{LockFamily, Policy};

use super::custom::{CustomCache, CustomLock};

macro_rules! lock_kind {
    ($($module:ident: $lock:ident [$($await:ident)?] $about:literal;)*) => {
        /// A lock family, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum LockKind {
            $(
                #[doc = concat!("`", $about, "`")]
                $lock,
            )*
            /// One of the program's own.
            Custom(CustomLock),
        }

        impl LockKind {
            /// Every lock that is built in.
            pub const ALL: [Self; [$(Self::$lock),*].len()] = [$(Self::$lock),*];
            /// Those that can be held across an await.
            pub(super) const HELD: &'static [Self] = &[$($(lock_kind!(@$await $lock),)?)*];

            /// The family's name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$lock => lockyard_lock::$lock::NAME,)*
                    Self::Custom(it) => it.name,
                }
            }

            /// Which waiter is granted the lock next, as the family promises.
            pub const fn policy(self) -> Policy {
                match self {
                    $(Self::$lock => lockyard_lock::$lock::POLICY,)*
                    Self::Custom(it) => it.policy,
                }
            }

            /// Whether several readers may be inside at once.
            pub const fn shared_reads(self) -> bool {
                match self {
                    $(Self::$lock => lockyard_lock::$lock::SHARED_READS,)*
                    Self::Custom(it) => it.shared_reads,
                }
            }
        }
    };
    (@await $lock:ident) => {
        Self::$lock
    };
}

lockyard_lock::for_each_lock! { lock_kind }

macro_rules! cache_kind {
    ($($module:ident: $cache:ident ($($lock:ident)?) [$($fact:ident)?] $name:literal;)*) => {
        /// A cache, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum CacheKind {
            $(
                #[doc = concat!("`", $name, "`", $(" behind this ", stringify!($lock))?)]
                $cache $((cache_kind!(@kind $lock)))?,
            )*
            /// One of the program's own.
            Custom(CustomCache),
        }

        impl CacheKind {
            /// Every cache that is built in, over every lock where it has one.
            pub(super) fn all() -> Vec<Self> {
                [$(cache_kind!(@all $cache $($lock)?)),*].concat()
            }

            /// The lock inside, of those that have one.
            pub const fn lock(self) -> Option<LockKind> {
                match self {
                    $(Self::$cache $(($lock))? => cache_kind!(@some $($lock)?),)*
                    Self::Custom(_) => None,
                }
            }

            /// Whether it gives [looks](crate::backend::session::Cache::visit).
            pub const fn is_visited(self) -> bool {
                match self {
                    $(Self::$cache { .. } => cache_kind!(@is_visited $($fact)?),)*
                    Self::Custom(it) => it.is_visited,
                }
            }

            /// Whether it works in the background.
            pub const fn is_background(self) -> bool {
                match self {
                    $(Self::$cache { .. } => cache_kind!(@is_background $($fact)?),)*
                    Self::Custom(it) => it.is_background,
                }
            }

            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$cache { .. } => $name,)*
                    Self::Custom(it) => it.name,
                }
            }
        }
    };
    (@kind lock) => { LockKind };
    (@all $cache:ident lock) => { LockKind::ALL.map(Self::$cache).to_vec() };
    (@all $cache:ident) => { vec![Self::$cache] };
    (@some $lock:ident) => { Some($lock) };
    (@some) => { None };
    (@is_visited visited) => { true };
    (@is_background background) => { true };
    (@$question:ident $($other:ident)?) => { false };
}

crate::for_each_cache! { cache_kind }

impl fmt::Display for LockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for CacheKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lock() {
            Some(lock) => write!(f, "{}({lock})", self.name()),
            None => f.write_str(self.name()),
        }
    }
}
