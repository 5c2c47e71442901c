//! What the real locks grant, their models allow: otherwise what was explored over a model says nothing of the lock.
//!
//! Locks that yield are tried step by step. Of locks that block, only what came of it can be seen: the answers of small
//! programs on threads, which must be among those of the same programs explored.

mod hand_polled;
mod threads;

use lockyard_lock::LockFamily;

use super::lock_state::LockModel;

/// What a family's locks promise, as the model has it.
fn model_of<F: LockFamily>() -> LockModel {
    LockModel { policy: F::POLICY, shared_reads: F::SHARED_READS }
}
