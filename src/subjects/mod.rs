//! Chat systems for the driver: what the instruments measure and judge of the system under test.
//!
//! | file | what |
//! | --- | --- |
//! | `strategy`, `in_process`, `backend` | strategies in this process |
//! | `server`, `server_sessions`, `group` | servers elsewhere, asked over HTTP, alone or as a group |
//! | `planned_sessions`, `clock` | what several load machines share of them: sessions, and the time |
//! | `limit` | what the machine could do at most |
//! | `ask`, `recording`, `client`, `questions` | what a client asks, measured and written down |
//! | `population` | the sessions that a scenario begins with |
//! | `settling` | what must hold when all has ended |
//! | `cancelling` | clients that go away |
//! | `memory`, `footprint` | what sessions take |
//! | `calibrate`, `slowed`, `tracking_cost` | what measurements are worth, and what tracking costs |
//! | `pitfall` | a pitfall run as a program runs |

mod ask;
mod backend;
mod calibrate;
mod cancelling;
mod client;
mod clock;
mod footprint;
mod group;
mod in_process;
mod limit;
mod memory;
mod pitfall;
mod planned_sessions;
mod population;
mod questions;
mod recording;
mod server;
mod server_sessions;
mod settling;
mod slowed;
mod strategy;
mod tracking_cost;

#[cfg(test)]
mod tests;

pub use calibrate::{Calibration, calibrate};
pub use clock::clock_of;
pub use footprint::{Footprint, footprints};
pub use limit::limits;
pub use pitfall::{PitfallPlan, run_pitfall};
pub use server::{GroupError, Server};
pub use strategy::{CustomSubject, Strategies};
pub use tracking_cost::{TrackingCost, tracking_cost};
