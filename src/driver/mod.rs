//! Runs strategies under workloads, fairly, and keeps what was measured.
//!
//! ```text
//! Plan ─▶ run ─▶ for each scenario: one Arena (runtime, watchdog), one Rival per strategy
//!                  └─ rounds: every rival gets one timed slice, in a new random order each round
//!                       └─ a slice: the rival's clients, each a task with its own trace and its own log
//!          ◀─ Record: what follows from the rounds, of this process or of several
//! ```
//!
//! Rivals are measured in short slices that alternate, so that whatever slows the machine down for a while slows all
//! of them down, and what is compared is pairs of slices of the same round. Throughput slices carry no clock; latency
//! slices time every operation. Clients share nothing but what they ask of the service: each has its own steps,
//! counters and samples, merged after the slice.
//!
//! A rival may be a server that somebody runs: then the same clients ask it over HTTP.
//!
//! Between rounds, slices of another kind run over sessions of their own: their clients write down what was asked and
//! answered, and [`verify`](lockyard_history) judges it. What is measured is never recorded.
//!
//! What it cannot see: a slice begins with all clients asking at once, and what is still under way when it ends is
//! not counted, so slices must be long against an operation; scenarios with whole turns have longer ones.

mod ablation;
mod arena;
mod calibrate;
mod client;
mod contest;
mod entrant;
mod environment;
mod error;
mod footprint;
mod harness;
mod judge;
mod leaving;
mod limit;
mod measure;
mod measured;
mod memory;
mod outcome;
mod pitfall;
mod plan;
mod population;
mod recorder;
mod rival;
mod samples;
mod server;
mod site;
mod slice;
mod stage;
mod sweep;
mod tracking;
mod tracking_cost;
mod verification;
mod watchdog;

pub use calibrate::{Calibration, CalibrationPlan, Judged, Trial, calibrate};
pub use environment::detect as environment;
pub use error::RunError;
pub use footprint::{Footprint, footprints};
pub use harness::{HarnessCost, harness_cost};
pub use measure::{Part, measure, run, run_in_parts};
pub use pitfall::{PitfallPlan, run_pitfall};
pub use plan::{Latency, Observer, Plan, Progress, Silent, Standing};
pub use server::Server;
pub use sweep::Sweep;
pub use tracking_cost::{TrackingCost, tracking_cost};
