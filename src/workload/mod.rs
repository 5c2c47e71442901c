//! What is asked of the system: which operations, on which sessions, when, and by how many tasks.
//!
//! A workload is data, made before any clock starts. A scenario and a seed give every task the same steps, whatever
//! strategy serves them, so that all subjects answer the very same questions. Nothing here knows a lock, a runtime or a session.
//!
//! | part | is |
//! | --- | --- |
//! | [`operation`] | the eleven endpoints, by name |
//! | [`scenario`] | a workload as it is run: validated, nothing in it contradicts the rest |
//! | [`mix`] | how often each operation is asked for |
//! | [`keys`] | which session is asked for: Zipf over shuffled ranks |
//! | [`arrival`] | when: after the last answer, or at fixed intended times |
//! | [`trace`] | the steps of one task, drawn in advance |
//! | [`sweep`] | which of its numbers vary, and over what |
//! | [`quantity`] | numbers that carry their range: percentages, rates |
//! | [`error`] | what is wrong with a scenario, and where |
//!
//! Behind `scenario` stand three private parts: `source` is the text with its overrides, and knows where each value came
//! from; `known` says which keys there are; `file` is the form a scenario has in TOML, and makes a [`Scenario`] of it or
//! says what contradicts what. The built-in scenarios are the files in `scenarios/`, with the reasons for their numbers.

pub mod arrival;
mod asked;
pub mod error;
mod file;
pub mod keys;
mod known;
mod load;
pub mod mix;
pub mod operation;
pub mod quantity;
pub mod scenario;
mod source;
pub mod sweep;
pub mod trace;

pub use arrival::Arrival;
pub use error::{Place, ScenarioError};
pub use keys::Keys;
pub use mix::Mix;
pub use operation::Operation;
pub use quantity::{Percent, Rate};
pub use scenario::{Group, LlmProfile, Point, Role, Scenario, WriterKeys};
pub use sweep::{Setting, Sweep};
pub use trace::{Step, Trace};

pub use crate::unknown::Unknown;
