//! Blocking a thread that may not be blocked is a panic at the place of the call, as with tokio's own types.

use real::sync::Mutex;

/// Panics in an async context, at the place of the caller's caller.
///
/// tokio does the same, but what blocks is called from a closure here, which has no caller to tell.
#[track_caller]
pub(super) fn may_block() {
    // It is free: this panics or returns.
    drop(Mutex::const_new(()).blocking_lock());
}
