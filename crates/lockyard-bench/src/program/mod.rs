//! A program of your own over your own systems: every verb that measures, judges, reports and compares, from what is declared.
//!
//! ```no_run
//! use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
//!
//! use lockyard_bench::{CallError, Operation, Random, Service, Workload, WorkloadShape, serve};
//!
//! #[derive(Clone, PartialEq)]
//! struct Counting;
//!
//! impl Workload for Counting {
//!     type Step = u64; // what to add
//!     const OPERATIONS: &'static [Operation] = &[Operation::write("add")];
//!     fn name(&self) -> &str { "counting" }
//!     fn shape(&self) -> WorkloadShape { WorkloadShape::closed(2, 8) } // workers, tasks
//!     fn steps(&self, _task: usize, _: &mut Random) -> Vec<u64> { (0..1_000).collect() } // walked round and round
//!     fn operation(_: &u64) -> usize { 0 } // its place in OPERATIONS
//! }
//!
//! async fn add_locked(sum: &tokio::sync::Mutex<u64>, more: &u64) -> Result<u64, CallError> {
//!     let mut sum = sum.lock().await;
//!     *sum += more;
//!     Ok(*sum)
//! }
//!
//! async fn add(sum: &AtomicU64, more: &u64) -> Result<u64, CallError> {
//!     Ok(sum.fetch_add(*more, Relaxed) + more)
//! }
//!
//! lockyard_bench::main! {
//!     workload = Counting,
//!     spec = |_: &Counting| lockyard_history::ReferenceModel::new(0, |sum: &mut u64, more: &u64| { *sum += more; *sum }),
//!     systems = {
//!         "mutex" => |_| serve(tokio::sync::Mutex::new(0), add_locked),
//!         "atomic" => |_| serve(AtomicU64::new(0), add),
//!     },
//! }
//! ```
//!
//! [`main!`](crate::main) is a few calls of [`Program`], which can be made by hand. The systems are set up anew by their factories:
//! as a control of the first one, every few rounds, for each slice that is judged, and in each process.
//!
//! The modules are what such a program is made of, for a program that has verbs of its own besides.
//!
//! | module | what |
//! | --- | --- |
//! | [`exit`] | how a program ends, in numbers |
//! | [`options`], [`output`], [`gate`] | options that every run has, where its record goes, what it is held against |
//! | [`report`], [`diff`], [`merge`], [`schema`], [`check`] | the verbs that measure nothing |
//! | [`processes`], [`against`] | several processes of this program, and another build of it |
//! | [`planned`] | several load machines that keep one plan |
//! | [`record_file`], [`progress`], [`stdout`] | the record while it is measured, and what people see meanwhile |

pub mod against;
mod builder;
pub mod calibrate;
mod cargo;
pub mod check;
mod cli;
mod compare;
mod declared;
pub mod diff;
pub mod exit;
pub mod gate;
mod judgement;
mod list;
mod load;
mod machines;
mod macros;
pub mod merge;
pub mod models;
mod names;
pub mod options;
mod origin;
pub mod output;
pub mod planned;
pub mod process_number;
pub mod processes;
pub mod progress;
pub mod record_file;
pub mod report;
pub mod schema;
pub mod stdout;
mod sweeps;
mod time_left;

pub use builder::{Judged, NoSpec, Program};
pub use machines::JudgeHistory;
pub use origin::{command_line, log_level, program_name};
