#![doc = include_str!("../README.md")]
//!
//! # What there is
//!
//! | item | what |
//! | --- | --- |
//! | [`SequentialSpec`] | what a history is checked against |
//! | [`Register`], [`Kv`], [`Lock`], [`Counter`], [`Set`], [`Queue`], [`MultiRegister`] | some of them |
//! | [`Product`] | all keys of a history as one object, for sequential consistency |
//! | [`ReferenceModel`] | one of your own, from a state and a function |
//! | [`HistoryRecorder`] | what tests and servers write down, in a few lines |
//! | [`Log`], [`Recording`] | what a run writes down: a log for each process, brought together |
//! | [`Operation`], [`History`] | an invocation with its response, and all of them |
//! | [`Codec`], [`HistoryError`] | histories as JSON Lines, and what is wrong with a file |
//! | [`check()`], [`Checker`], [`Limit`] | the search for a linearization, and how long it may run |
//! | [`Verdict`], [`Judge`] | what came of it; a way to a verdict from any recording |
//! | [`Decision`], [`Refutation`], [`Violation`] | the verdict before a violation is made small, and the few operations that show it |
//!
//! # A verdict sooner than the search has it
//!
//! Where answers say their order, as versions do, one walk along that order decides most histories. A specification
//! that knows such a way implements [`Judge::judge`] by it: over [`Recording::records`], with
//! [`Recording::history_of`] for the keys that it has to show or cannot decide. What is impossible becomes a
//! [`Refutation`]; what is left open goes to the search by [`Checker::decide_key`].

mod check;
mod evidence;
mod files;
mod history;
mod judge;
mod log;
mod operation;
mod pairing;
mod product;
mod recorder;
mod recording;
mod search;
mod spec;
mod specs;
mod verdict;

pub use check::{Checker, Decision, check};
pub use evidence::{EVIDENCE_TIME, Refutation};
pub use files::join_histories;
pub use files::{Codec, Encoded, Event, EventKind, HistoryError, JoinError, Json, Nil, ReadOptions};
pub use history::History;
pub use judge::Judge;
pub use lockyard_evidence::{OperationSpan, Process, Violation};
pub use log::{Invocation, Log, NEVER, Record, RecordOf};
pub use operation::Operation;
pub use pairing::Pairing;
pub use product::{Product, ProductCall, ProductState};
pub use recorder::{HistoryRecorder, PendingOperation};
pub use recording::{Given, Recording};
pub use search::{Consistency, Limit};
pub use spec::{DirectVerdict, OperationOf, SequentialSpec};
pub use specs::ReferenceModel;
pub use specs::{Counter, CounterAnswer, CounterCall};
pub use specs::{Kv, KvAnswer, KvCall, Register, RegisterAnswer, RegisterCall, Value};
pub use specs::{Lock, LockAnswer, LockCall, LockState};
pub use specs::{MicroOperation, MultiRegister, MultiRegisterState, Transaction};
pub use specs::{Queue, QueueAnswer, QueueCall, QueueState, Set, SetAnswer, SetCall};
pub use verdict::Verdict;
