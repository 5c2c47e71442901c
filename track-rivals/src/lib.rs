//! What other detectors of deadlocks see of blocking locks, Lockyard's tracker sees: each case is played once over the
//! locks of the other detector and once over tracked ones.
//!
//! | detector | sees | by |
//! | --- | --- | --- |
//! | `parking_lot`'s `deadlock_detection` | threads that wait for each other, on request | a graph of parked threads |
//! | `tracing-mutex` | locks taken in an order that closes a cycle, without any hang, by a panic | a graph of lock instances |
//!
//! The package stands outside the workspace, because `deadlock_detection` changes every `parking_lot` lock of a build.
