//! Locks of a user's own, as the contract and the explorer are tried on them: four that are right, and eight that each make
//! one mistake which people make.
//!
//! A wrong lock is a right one of which one step is replaced, so that what catches it has caught that step.

#![allow(dead_code, reason = "no test uses all of them")]

pub mod barging;
pub mod queue;
pub mod right;
pub mod value;
pub mod wrong;

/// Hands every right lock to a macro, as one row each: `module: Family [capabilities];`
#[allow(unused_macros, reason = "no test uses all of them")]
macro_rules! for_each_right_lock {
    ($callback:ident) => {
        $callback! {
            fair_rwlock: FairRwLock [await, try];
            writers_first: WritersFirst [await, try];
            barging_mutex: BargingMutex [await, try];
            blocking_rwlock: BlockingRwLock [try];
        }
    };
}

/// The same for the wrong ones.
#[allow(unused_macros, reason = "no test uses all of them")]
macro_rules! for_each_wrong_lock {
    ($callback:ident) => {
        $callback! {
            leak_behind_writer: LeakBehindWriter [await, try];
            leak_behind_reader: LeakBehindReader [await, try];
            forgotten_wake: ForgottenWake [await, try];
            torn: TornRwLock [await, try];
            unfair: UnfairRwLock [await, try];
            poisoned: PoisonedRwLock [await, try];
            double_grant: DoubleGrant [await, try];
            lost_hand_over: LostHandOver [await, try];
        }
    };
}

#[allow(unused_imports, reason = "no test uses all of them")]
pub(crate) use {for_each_right_lock, for_each_wrong_lock};
