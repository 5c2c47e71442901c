//! Models, pitfalls and judged histories: that they find what they must, and nothing else.

#[path = "../../crates/lockyard-explore/tests/support/mod.rs"]
mod explored;
mod histories;

mod agreement;
#[cfg(feature = "bench")]
mod counterexamples;
#[cfg(feature = "bench")]
mod failing_model;
mod invariants;
mod session;
mod suite_models;
