//! Which of several systems is faster, by how much, how sure is that, and was it right? Systems compared under workloads:
//! what is measured, what follows from it, and how it is reported.
//!
//! ```
//! use lockyard_bench::Share;
//! use lockyard_bench::stats::{Confidence, Direction, Ratio, Verdict};
//!
//! // What two subjects did in four rounds, in operations a second: candidate and baseline.
//! let rounds = [(1300.0, 1000.0), (1260.0, 970.0), (650.0, 500.0), (1310.0, 1010.0)];
//! let ratio = Ratio::of_rounds(&rounds, Confidence::default()).expect("four rounds");
//! let margin: Share = "0.5%".parse()?; // a difference of half a per cent counts as none
//! assert_eq!(Verdict::of(Some(ratio.ci), margin, Direction::HigherIsBetter), Verdict::Faster);
//! # Ok::<(), lockyard_bench::ShareError>(())
//! ```
//!
//! The example `own_service` makes such rounds: it measures three guards of a bank
//! (`cargo run --release -p lockyard-bench --example own_service -- compare --quick`).
//!
//! ```text
//! Plan ─▶ run ─▶ for each workload: one experiment, in which the subjects alternate
//!                  └─ rounds: every subject gets one timed slice, in a new random order each round
//!                       └─ a slice: the subject's tasks, each with its own steps and its own log
//!          ◀─ Record: what follows from the rounds, of this process or of several
//! ```
//!
//! Subjects are measured in short slices that alternate, so that whatever slows the machine down for a while slows all
//! of them down, and what is compared is pairs of slices of the same round. Throughput slices carry no clock; latency
//! slices time operations, all of them or a sample. Between rounds, verification slices record histories, which are checked.
//!
//! | part | is |
//! | --- | --- |
//! | `main!`, `program` | a program of its own over a user's systems: every verb of the command line |
//! | [`Workload`], [`Service`] | the requests, and one way to answer them: what a user implements |
//! | [`System`] | the same for what needs a client for each task, or several operations in a step |
//! | [`Recorded`], [`Settled`] | what a system may be able to do besides: be judged, be held against rules of its own |
//! | [`Subject`], [`Plan`] | what is compared, and how a run goes |
//! | [`run()`], [`measure`], [`pairs()`] | a run; a part of one, for several processes; a few ratios without a record |
//! | [`run_against`], [`pair_of`], [`Turns`] | another build of a program against this one, in alternating processes |
//! | [`stats`] | means, paired ratios, effects of a factorial, the scalability law, verdicts: functions of numbers |
//! | [`record`] | **the** record of a run: one versioned type, written once, read by everything after it |
//! | [`locks`] | locks measured alone, a user's beside the built-in ones |
//! | [`gate`] | the regression gate: two records side by side, what changed, and whether that is tolerated |
//! | `report` | terminal, markdown, page, JUnit, SARIF: readers of the record, and of a diff of two |
//! | [`alloc`] | a counting allocator, for statements about memory; the only `unsafe` |

mod against;
pub mod alloc;
mod calibration;
mod clients;
mod conclusions;
mod environment;
mod error;
mod experiment;
pub mod gate;
mod harness;
mod judged;
pub mod locks;
mod memory;
mod pairs;
mod parts;
mod pinning;
mod plan;
mod planned;
#[cfg(feature = "program")]
pub mod program;
mod progress;
mod random;
pub mod record;
#[cfg(feature = "report")]
pub mod report;
mod run;
mod service;
mod share;
mod slices;
pub mod stats;
mod subject;
mod system;
mod timetable;
mod tracking;
mod turns;
mod workload;

pub use against::{AgainstError, AgainstPlan, MeasuredPair, PairRun, pair_of, run_against};
pub use calibration::{
    CalibrationPlan, CalibrationResult, CalibrationTrial, JudgedRatio, Slowdown, SlowdownCost, SlowdownPoint,
    calibrate,
};
pub use environment::{Build, cores, environment};
pub use error::RunError;
pub use harness::harness_cost;
pub use judged::{JudgedSpec, Recorder};
pub use pairs::{Pairs, pairs};
pub use parts::Part;
pub use pinning::{Pinning, PinningError};
pub use plan::{Ablated, Latency, LimitOf, Plan, Sweep, Terms};
pub use planned::{JudgedScope, PlannedSetup, PlannedSlice};
pub use progress::{InterimRatio, NoObserver, Observer, Progress};
pub use random::Random;
pub use run::{measure, run, run_in_parts};
pub use service::{CallError, SendAsyncFn, Service, ServiceFn, serve};
pub use share::{Share, ShareError};
pub use slices::{Meter, Outcome, Runtime, Start};
pub use subject::{Declared, HeapUse, Setup, Subject};
pub use system::{
    Broken, CacheCounters, Counters, Fault, HistoryWriter, Recorded, Settled, System, json_lines,
};
pub use tracking::TrackingSummary;
pub use turns::{TURNS, Turns};
pub use workload::{Arrival, Group, Operation, Workload, WorkloadShape, intended_times};

// The examples of the README are compiled, so that they stay true.
#[cfg(all(doctest, feature = "program"))]
#[doc = include_str!("../README.md")]
struct Readme;
