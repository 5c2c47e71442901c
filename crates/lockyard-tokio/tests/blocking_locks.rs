//! Locks of the standard library and of `parking_lot` behave as the originals, and what is wrong with their use is found.

#![cfg(any(feature = "track", feature = "explore"))]

mod blocking_locks {
    #[cfg(feature = "explore")]
    mod explored;
    #[cfg(feature = "track")]
    mod findings;
    #[cfg(feature = "parking_lot_locks")]
    mod parking_lot;
    mod std;
}
