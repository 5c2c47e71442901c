//! What is verified: models of the session manager and the service, over every strategy that the explorer models.
//!
//! | file | what |
//! | --- | --- |
//! | `models` | the models by name, each with the least it must explore and a broken twin that must fail |
//! | `programs` | what clients ask in each of them |
//! | `client` | who asks in them |
//! | `system` | the system that is asked, and the properties that hold in all of them |
//! | `broken` | what the twins are made of |
//! | `strategies` | which strategies the explorer models, and as what |
//! | `run` | the models over the strategies, and the twins |

mod broken;
mod client;
mod models;
mod programs;
#[cfg(feature = "bench")]
mod run;
#[cfg(feature = "bench")]
mod strategies;
mod system;

pub use models::{AtLeast, MODELS, Mishaps, Model, Over};
pub use programs::Build;
#[cfg(feature = "bench")]
pub use run::{Drawn, Plan, Replay, Subject, catch, replay, run};
#[cfg(feature = "bench")]
pub use strategies::{NotModelled, modelled, strategies};
