//! The explorer's back end of the session manager: every shared access of an [`Env`](crate::backend::session::Env) is
//! reported to the explorer through its public hooks.
//!
//! | file | what |
//! | --- | --- |
//! | `env` | the back end as a whole: locks, tables, clock, background work |
//! | `cache` | the production LRUs behind model locks, or a cache each call of which is one step |
//! | `store` | a store each call of which is a step that may fail, and that watches its callers |
//! | `word` | the word in which a session publishes its state |
//!
//! What it does not see: a cache from the shelf is one step a call here, whatever it does inside or in the background.

mod cache;
mod env;
mod store;
mod word;

pub use cache::{CacheModel, ModelCache};
pub use env::{ModelClock, ModelEnv, ModelShort, ModelTie, numbered};
pub use store::ModelStore;
pub use word::ModelWord;
