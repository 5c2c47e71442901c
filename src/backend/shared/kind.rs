//! The guards by name: the one list of them.

use std::fmt;

macro_rules! guards {
    ($($(#[doc = $doc:literal])* $kind:ident = $name:literal;)*) => {
        /// A guard, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum GuardKind {
            $($(#[doc = $doc])* $kind,)*
        }

        impl GuardKind {
            /// Every guard.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The name on the command line and in reports.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// What it rests on, in a line.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$kind => [$($doc),*][0].trim(),)* }
            }
        }
    };
}

guards! {
    /// a change locks the session's row; a read is one plain SELECT
    RowLock = "row-lock";
    /// a change takes a lock of the database that has the session's name; a read is one plain SELECT
    AdvisoryLock = "advisory-lock";
    /// a change is made only of the version that it was made from; a read asks whether there is a newer one
    CompareAndSet = "compare-and-set";
    /// one server at a time has the session, and reads from memory; others send requests on to it
    Lease = "lease";
}

impl fmt::Display for GuardKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
