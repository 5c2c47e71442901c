//! What is verified: models of the session manager and the service, over every strategy that the explorer models.
//!
//! | file | what |
//! | --- | --- |
//! | `list` | the models by name, each with the least it must explore and a mutant that must fail |
//! | `programs` | what clients ask in each of them |
//! | `client`, `asked` | their clients; what was asked, and what came of it |
//! | `system` | the system that is asked, and the properties that hold in all of them |
//! | `broken` | what the mutants are made of |
//! | `strategies` | which strategies the explorer models, and as what |
//! | `run` | the models over the strategies, and the mutants |

mod broken;
mod client;
mod list;
mod planned;
mod programs;
#[cfg(feature = "bench")]
mod run;
#[cfg(feature = "bench")]
mod strategies;
mod system;

pub use list::{FaultBudget, MODELS, MinSchedules, ModelCheck, StrategyModel};
pub use programs::Build;
#[cfg(feature = "bench")]
pub use run::{Plan, Replay, Replayed, VerifyTarget, catch, replay, run};
#[cfg(feature = "bench")]
pub use strategies::{ModelledStrategy, NotModelled, modelled, representatives, strategies};
