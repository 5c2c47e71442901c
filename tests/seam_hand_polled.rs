//! The manager and the service, source unchanged, on an executor that polls by hand: thousands of orders of events,
//! each repeatable by its seed.
//!
//! `LOCKYARD_SEED=17 cargo test --test seam_hand_polled NAME` repeats one. The toys stand in `hand_polled/`, the
//! properties in `seam/`.

mod hand_polled;
mod seam;
