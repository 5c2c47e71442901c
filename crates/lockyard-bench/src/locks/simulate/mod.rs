//! Locks on more cores than there are: the same hold and think times and the same orders of granting, in a discrete-event model.
//!
//! Costs come of one-thread measurements and a hand-over between two threads. What that can and cannot say is found out twice:
//! contended points on one and two cores are held out, and published curves are predicted from their own first two points. Where it
//! misses, it is not to be used; `docs/LOCKS_SIMULATED.md` has the verdicts.
//!
//! | file | what |
//! | --- | --- |
//! | `model` | a lock with its costs, and what it is asked |
//! | `engine` | the simulation: tasks on cores that ask for one lock |
//! | `events`, `line`, `queue` | its parts: what happens next; the lock's cache line; who is next |
//! | `replicate` | several replications, and the interval over them |
//! | `calibrate`, `run` | costs from a record; its points on other cores; what was held out |
//! | `curve`, `validate` | published curves as data; which of their points are missed |

mod calibrate;
mod curve;
mod engine;
mod events;
mod line;
mod model;
mod queue;
mod replicate;
mod run;
#[cfg(test)]
mod tests;
mod validate;

pub use curve::{CurveMachine, CurveSource, CurveWorkload, PublishedCurve, PublishedLock};
pub use model::{LockModel, SimulatedLoad, VariedTimes};
pub use replicate::{Simulated, simulate};
pub use run::{contended_points, run, scaled, up_to};
pub use validate::{MISSED, table, validate, validation};
