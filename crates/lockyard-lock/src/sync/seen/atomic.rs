//! Atomics: loom's, with orderings and steps as they come out under a planted fault.

use std::sync::atomic::Ordering;
use std::thread::panicking;

use super::fault::{self, Fault};

macro_rules! atomics {
    ($($name:ident of $value:ty;)*) => { $(
        #[doc = concat!("`std`'s `", stringify!($name), "`, as loom sees it.")]
        #[derive(Debug)]
        pub struct $name(loom::sync::atomic::$name);

        impl Default for $name {
            fn default() -> Self {
                Self::new(<$value>::default())
            }
        }

        impl From<$value> for $name {
            fn from(value: $value) -> Self {
                Self::new(value)
            }
        }

        impl $name {
            /// With this value at first.
            pub fn new(value: $value) -> Self {
                Self(loom::sync::atomic::$name::new(value))
            }

            /// What it says, or has said.
            pub fn load(&self, order: Ordering) -> $value {
                if panicking() { <$value>::default() } else { self.0.load(fault::ordering(order)) }
            }

            /// Says something new.
            pub fn store(&self, value: $value, order: Ordering) {
                if !panicking() {
                    self.0.store(value, fault::ordering(order));
                }
            }

            /// Says something new; what it said before.
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                self.change(order, |_| value, |atomic, order| atomic.swap(value, order))
            }

            /// Says something new if it says `current`; what it said before.
            ///
            /// # Errors
            /// What it says if that is something else.
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                if panicking() {
                    return Ok(current);
                }
                if fault::is(Fault::TwoSteps) {
                    // As in `change`: the fault is the lost atomicity alone.
                    let old = self.0.load(Ordering::SeqCst);
                    if old != current {
                        return Err(old);
                    }
                    self.0.store(new, Ordering::SeqCst);
                    return Ok(old);
                }
                self.0.compare_exchange(current, new, fault::ordering(success), fault::ordering(failure))
            }

            fn change(
                &self,
                order: Ordering,
                new: impl FnOnce($value) -> $value,
                at_once: impl FnOnce(&loom::sync::atomic::$name, Ordering) -> $value,
            ) -> $value {
                if panicking() {
                    return <$value>::default();
                }
                if fault::is(Fault::TwoSteps) {
                    // The strongest order on both halves: the fault is the lost atomicity, and a model must fail
                    // for that alone.
                    let old = self.0.load(Ordering::SeqCst);
                    self.0.store(new(old), Ordering::SeqCst);
                    return old;
                }
                at_once(&self.0, fault::ordering(order))
            }
        }
    )* };
}

atomics! {
    AtomicBool of bool;
    AtomicU64 of u64;
    AtomicUsize of usize;
}

macro_rules! counters {
    ($($name:ident of $value:ty;)*) => { $(
        impl $name {
            /// Adds; what it said before.
            pub fn fetch_add(&self, more: $value, order: Ordering) -> $value {
                self.change(order, |old| old + more, |atomic, order| atomic.fetch_add(more, order))
            }

            /// Says this where it said less; what it said before.
            pub fn fetch_max(&self, value: $value, order: Ordering) -> $value {
                self.change(order, |old| old.max(value), |atomic, order| atomic.fetch_max(value, order))
            }

            /// Subtracts; what it said before.
            pub fn fetch_sub(&self, less: $value, order: Ordering) -> $value {
                self.change(order, |old| old - less, |atomic, order| atomic.fetch_sub(less, order))
            }
        }
    )* };
}

counters! {
    AtomicU64 of u64;
    AtomicUsize of usize;
}
