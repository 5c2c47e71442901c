//! What is verified: models of the session manager and the service, over every strategy that the explorer models.
//!
//! | file | what |
//! | --- | --- |
//! | `list` | the models by name, each with the least it must explore and a mutant that must fail |
//! | `programs` | what clients ask in each of them |
//! | `client`, `asked` | their clients; what was asked, and what came of it |
//! | `system` | the system that is asked, and the properties that hold in all of them |
//! | `broken` | what the mutants are made of |
//! | `custom_locks` | locks of a program's own, tried themselves |
//! | `strategies` | which strategies the explorer models, and as what |
//! | `target` | what can be tried: a model over a strategy, a mutant, a pitfall |
//! | `run` | the models over the strategies, and the mutants |
//! | `replay` | a failure, made small and shown again |

mod broken;
mod client;
#[cfg(feature = "bench")]
mod custom_locks;
mod list;
mod planned;
mod programs;
#[cfg(feature = "bench")]
mod replay;
#[cfg(feature = "bench")]
mod run;
#[cfg(feature = "bench")]
mod strategies;
mod system;
#[cfg(feature = "bench")]
mod target;

#[cfg(feature = "bench")]
pub use custom_locks::{BlockingLock, ExploredLock, LOCK_ITSELF, LockProbe, YieldingLock};
pub use list::{FaultBudget, MODELS, MinSchedules, ModelCheck, StrategyModel};
pub use programs::Build;
#[cfg(feature = "bench")]
pub use replay::{Replay, Replayed, replay};
#[cfg(feature = "bench")]
pub use run::{Plan, SearchProgress, catch, run};
#[cfg(feature = "bench")]
pub use strategies::{ModelledStrategy, NotModelled, modelled, representatives, strategies};
#[cfg(feature = "bench")]
pub use target::VerifyTarget;
