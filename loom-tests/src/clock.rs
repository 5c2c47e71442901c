//! The clock cache's own source, over what loom sees.

/// The hasher has no part in it: the map is one step a call.
type Hasher = std::hash::RandomState;

#[path = "../../src/strategy/cache/clock.rs"]
mod source;

pub use source::Clock;
