//! The tests that any lock must pass: what code that is generic in its locks may rely on, whichever it is given.
//!
//! Each is a plain function of a family, which panics where the family breaks its word. [`lock_contract!`] makes named
//! tests of them, each with a [deadline](DEADLINE), so that a lock that hangs fails by name. For a lock of your own:
//!
//! ```
//! # use lockyard_lock::ParkingLotMutex as MyLock;
//! lockyard_lock::lock_contract!(MyLock: try);
//! ```
//!
//! Write `try` for a [`TryFamily`](crate::TryFamily) and `await` for an [`AwaitFamily`](crate::AwaitFamily), which have
//! more to keep.
//!
//! | what | of | how it is tried |
//! | --- | --- | --- |
//! | writers exclude all, readers share where that is declared, no change is lost | any family | on threads |
//! | a panic of a holder releases the lock and poisons nothing, while others wait, too | any family | on threads |
//! | attempts do not wait | any family; `try` | on threads |
//! | what a finished write is shown stands, and no other writer is in yet | any family; `try` | on threads |
//! | a waiter that is dropped, behind a writer, behind a reader, by a panic, leaves nothing | `await` | by hand |
//! | exclusion, wake-ups, the [`Policy`](crate::Policy), and that nothing is left of cancelled waiters | `await` | in every order in which a holder and three that come after it ask, are polled, leave, and two of them are cancelled |
//!
//! In those orders a waiter is polled again only when its waker was woken, so that a wake-up that is forgotten fails
//! as such. [`LockChecker`] says what a family promises of its grants.
//!
//! **Limits.** What is tried on threads shows what goes wrong often, and overlaps that need a rare order of two
//! threads only by luck. Of a family that blocks its threads nothing else can be tried: its queue is not seen from
//! outside. What a family does *not* promise, such as an order of waiters under
//! [`Policy::Unfair`](crate::Policy::Unfair), is not asked for. Every order of more tasks, with stalled ones, is for
//! `lockyard_explore::lock`, and memory orderings are for loom.
//!
//! [`lock_contract!`]: crate::lock_contract

#![expect(clippy::missing_panics_doc, reason = "a panic is the verdict")]

mod any;
mod await_family;
mod checker;
mod deadline;
mod executor;
mod fixture;
mod orders;
mod panics;
mod try_family;

pub use any::{
    a_panic_inside_leaves_the_lock_usable, a_reader_keeps_what_it_saw,
    a_waiter_dropped_before_its_first_poll_leaves_nothing, a_write_is_seen_by_the_next,
    readers_meet_inside_where_reads_are_shared, readers_see_no_half_of_a_write,
    readers_that_wait_meet_inside, try_read_never_waits, what_is_finished_stands_when_it_is_shown,
    writers_exclude_each_other,
};
pub use await_family::{
    a_held_guard_excludes_across_awaits, a_waiter_dropped_behind_a_reader_leaves_nothing,
    a_waiter_dropped_behind_a_writer_leaves_nothing,
};
pub use checker::{LockChecker, LockViolation, ViolationKind};
pub use deadline::{DEADLINE, check, outcome};
pub use orders::{
    holders_exclude_each_other_in_every_order, no_waiter_is_overtaken_beyond_the_policy,
    no_wake_up_is_lost_in_any_order, nothing_is_left_of_cancelled_waiters_in_any_order,
};
pub use panics::{
    a_holder_that_panics_hands_over, a_holder_that_panics_lets_in_those_that_wait,
    a_waiter_that_panics_leaves_nothing,
};
pub use try_family::{no_writer_gets_in_before_a_finished_one_is_shown, try_write_never_waits};

/// Makes a module `lock_contract` of named tests that hold a family to the [contract](crate::contract).
///
/// After the family stands what else it is: `try` for a [`TryFamily`](crate::TryFamily), `await` for an
/// [`AwaitFamily`](crate::AwaitFamily). The family is named as it is known where the macro is used. Where it is used
/// more than once in a module, each use names its own: `mod name: Family`.
///
/// ```
/// use lockyard_lock::{TokioMutex, TokioRwLock, lock_contract};
///
/// lock_contract!(TokioMutex: await, try);
/// lock_contract!(mod another: TokioRwLock: await, try);
/// ```
///
/// For a runner of your own, `lock_contract!(list Family: await, try)` is a `Vec` of all of them, each with its name:
/// run one by [`outcome`](crate::contract::outcome).
///
/// ```
/// use lockyard_lock::{StdMutex, lock_contract};
///
/// let tests: Vec<(&str, fn())> = lock_contract!(list StdMutex: try);
/// assert!(tests.iter().any(|(name, _)| *name == "try_write_never_waits"));
/// ```
#[macro_export]
macro_rules! lock_contract {
    (mod $module:ident: $family:ty $(: $($capability:tt),* $(,)?)?) => {
        mod $module {
            #[allow(unused_imports, reason = "a family may be named by a path that starts elsewhere")]
            use super::*;

            $crate::lock_contract! { @any tests $family }
            $($($crate::lock_contract! { @$capability tests $family })*)?
        }
    };
    (list $family:ty $(: $($capability:tt),* $(,)?)?) => {{
        let any = $crate::lock_contract! { @any list $family };
        any.into_iter()$($(.chain($crate::lock_contract! { @$capability list $family }))*)?
            .collect::<::std::vec::Vec<(&'static str, fn())>>()
    }};
    (@any $as:ident $family:ty) => {
        $crate::lock_contract! { @$as $family:
            writers_exclude_each_other
            readers_see_no_half_of_a_write
            readers_meet_inside_where_reads_are_shared
            readers_that_wait_meet_inside
            a_write_is_seen_by_the_next
            try_read_never_waits
            a_reader_keeps_what_it_saw
            what_is_finished_stands_when_it_is_shown
            a_panic_inside_leaves_the_lock_usable
            a_holder_that_panics_lets_in_those_that_wait
            a_waiter_dropped_before_its_first_poll_leaves_nothing
        }
    };
    (@try $as:ident $family:ty) => {
        $crate::lock_contract! { @$as $family: try_write_never_waits no_writer_gets_in_before_a_finished_one_is_shown }
    };
    (@await $as:ident $family:ty) => {
        $crate::lock_contract! { @$as $family:
            a_waiter_dropped_behind_a_writer_leaves_nothing
            a_waiter_dropped_behind_a_reader_leaves_nothing
            a_waiter_that_panics_leaves_nothing
            a_holder_that_panics_hands_over
            a_held_guard_excludes_across_awaits
            holders_exclude_each_other_in_every_order
            no_waiter_is_overtaken_beyond_the_policy
            no_wake_up_is_lost_in_any_order
            nothing_is_left_of_cancelled_waiters_in_any_order
        }
    };
    (@tests $family:ty: $($test:ident)*) => { $(
        #[test]
        fn $test() {
            let family = <$family as $crate::LockFamily>::NAME;
            $crate::contract::check(stringify!($test), family, $crate::contract::$test::<$family>);
        }
    )* };
    (@list $family:ty: $($test:ident)*) => {
        [$((stringify!($test), $crate::contract::$test::<$family> as fn())),*]
    };
    ($family:ty $(: $($capability:tt),* $(,)?)?) => {
        $crate::lock_contract! { mod lock_contract: $family $(: $($capability),*)? }
    };
}
