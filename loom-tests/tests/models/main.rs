//! The models. What runs, in which order of which accesses, is loom's to choose.
#![cfg(lockyard_loom)]

mod appends;
mod clock;
mod helping;
mod last_handle;
mod own_lock;
mod published;
mod shared_vec;
mod single_flight;
mod snapshots;
mod tracker;
mod turns;
mod vacuity;
mod wakers;
