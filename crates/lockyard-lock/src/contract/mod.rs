//! The tests that any lock must pass: what code that is generic in its locks may rely on, whichever it is given.
//!
//! Each is a plain function of a family, which panics where the family breaks its word. [`contract_tests!`] makes named
//! tests of them. For a lock of your own:
//!
//! ```
//! # use lockyard_lock::ParkingLotMutex as MyLock;
//! lockyard_lock::contract_tests! { my_lock: MyLock, try }
//! ```
//!
//! Write `try` for a [`TryFamily`](crate::TryFamily) and `await` for an [`AwaitFamily`](crate::AwaitFamily), which have
//! more to keep.
//!
//! **Limits.** These are tests on real threads: they show what goes wrong often, and overlaps that need a rare order of
//! two threads only by luck. What a family does *not* promise, such as an order of waiters under
//! [`Policy::Unfair`](crate::Policy::Unfair), is not asked for; nor is the promised order itself.
//!
//! [`contract_tests!`]: crate::contract_tests

#![expect(clippy::missing_panics_doc, reason = "a panic is the verdict")]

mod any;
mod await_family;
mod executor;
mod fixture;
mod try_family;

pub use any::{
    a_panic_inside_leaves_the_lock_usable, a_reader_keeps_what_it_saw,
    a_waiter_dropped_before_its_first_poll_leaves_nothing, a_write_is_seen_by_the_next,
    readers_meet_inside_where_reads_are_shared, readers_see_no_half_of_a_write, try_read_never_waits,
    writers_exclude_each_other,
};
pub use await_family::{a_held_guard_excludes_across_awaits, a_waiter_dropped_in_the_queue_leaves_nothing};
pub use try_family::try_write_never_waits;

/// Makes a module of named tests that hold a family to the [contract](crate::contract).
///
/// `module: Family`, and after commas what else the family is: `try` for a [`TryFamily`](crate::TryFamily), `await` for
/// an [`AwaitFamily`](crate::AwaitFamily). The family is named as it is known where the macro is used.
#[macro_export]
macro_rules! contract_tests {
    ($module:ident: $family:ty $(, $capability:tt)* $(,)?) => {
        mod $module {
            #[allow(unused_imports, reason = "a family may be named by a path that starts elsewhere")]
            use super::*;

            $crate::contract_tests! { @tests $family:
                writers_exclude_each_other
                readers_see_no_half_of_a_write
                readers_meet_inside_where_reads_are_shared
                a_write_is_seen_by_the_next
                try_read_never_waits
                a_reader_keeps_what_it_saw
                a_panic_inside_leaves_the_lock_usable
                a_waiter_dropped_before_its_first_poll_leaves_nothing
            }
            $($crate::contract_tests! { @$capability $family })*
        }
    };
    (@try $family:ty) => {
        $crate::contract_tests! { @tests $family: try_write_never_waits }
    };
    (@await $family:ty) => {
        $crate::contract_tests! { @tests $family:
            a_waiter_dropped_in_the_queue_leaves_nothing
            a_held_guard_excludes_across_awaits
        }
    };
    (@tests $family:ty: $($test:ident)*) => { $(
        #[test]
        fn $test() {
            $crate::contract::$test::<$family>();
        }
    )* };
}
