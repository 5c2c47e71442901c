//! Locks measured alone: what is one worth where nothing but the lock is asked of a program?
//!
//! Each task acquires the lock, works for a while as its holder, releases it, and works for another while before it asks again.
//! How long, how many tasks, how many of a hundred acquisitions only read, and on how many worker threads is a *point*
//! ([`LockPoint`](crate::record::LockPoint)). A point is a [`Workload`](crate::Workload), a lock a
//! [`Subject`](crate::Subject), so rounds, control, intervals and the record are those of any experiment.
//!
//! | file | what |
//! | --- | --- |
//! | `points` | which points there are: products of what is asked for, or the standard set |
//! | `workload`, `work` | a point as a workload; work that takes a known time |
//! | `system` | a lock under that workload, which also notices where a lock does not exclude |
//! | `measured` | a lock family as a subject, with what else is known of it; the built-in ones |
//! | `costs` | hand-over, cancellation, bytes: what no throughput shows |
//! | `known` | published results, and what the record at hand says to them |
//! | `plan` | a run of all that |
//! | [`simulate`] | the same points on more cores than there are, in a model |
//!
//! A lock of your own, beside a built-in one:
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//!
//! use lockyard_bench::NoObserver;
//! use lockyard_bench::locks::{LockPlan, MeasuredLock, standard_points};
//! use lockyard_lock::TokioMutex;
//! # use lockyard_lock::StdMutex as YourLock;
//!
//! let locks = vec![
//!     MeasuredLock::of::<TokioMutex>("tokio::sync::Mutex"), // the first is the baseline
//!     MeasuredLock::of::<YourLock>("what it is"),
//! ];
//! let plan = LockPlan::new(locks, standard_points(lockyard_bench::cores() as u32, true));
//! let record = plan.run(&AtomicBool::new(false), &mut NoObserver)?;
//! # #[cfg(feature = "report")]
//! println!("{}", lockyard_bench::report::summary(&record));
//! # Ok::<(), lockyard_bench::RunError>(())
//! ```

mod costs;
mod known;
mod measured;
mod plan;
#[cfg(test)]
pub(crate) mod planted;
mod points;
pub mod simulate;
mod system;
mod work;
mod workload;

pub use known::known_curves;
pub use measured::{MeasuredLock, built_in};
pub use plan::LockPlan;
pub use points::{LockAxes, standard_points};
pub use work::CalibratedWork;
pub use workload::{Access, LockLoop};
