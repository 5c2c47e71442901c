//! The cache of `examples/own_cache.rs` is kept to its contract: the tests stand in the example, as they would in a program of one's own.

#[allow(dead_code, reason = "`main` is not called here")]
#[path = "../examples/own_cache.rs"]
mod own_cache;
