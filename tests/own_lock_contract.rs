//! The lock of `examples/own_lock.rs` is kept to its contract: the tests stand in the example, as they would in a program of one's own.

#[allow(dead_code, reason = "`main` is not called here")]
#[path = "../examples/own_lock.rs"]
mod own_lock;
