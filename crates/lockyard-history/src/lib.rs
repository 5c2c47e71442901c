#![doc = include_str!("../README.md")]
//!
//! # What there is
//!
//! | item | what |
//! | --- | --- |
//! | [`SequentialSpec`] | what a history is checked against |
//! | [`Register`], [`Kv`] | two of them |
//! | [`Log`], [`Recording`] | what a run writes down: a log for each process, brought together |
//! | [`Operation`], [`History`] | an invocation with its response, and all of them |
//! | [`Codec`], [`HistoryError`] | histories as JSON Lines, and what is wrong with a file |
//! | [`check()`], [`check_key`], [`Limit`] | the search for a linearization, and how long it may run |
//! | [`Verdict`], [`Judge`] | what came of it; a way to a verdict from any recording |
//! | [`Evidence`], [`Violation`] | from a violation to the few operations that show it, and those drawn |
//!
//! # A verdict sooner than the search has it
//!
//! Where answers say their order, as versions do, one walk along that order decides most histories. A specification
//! that knows such a way implements [`Judge::judge`] by it: over [`Recording::records`], with
//! [`Recording::operations`] for the keys that it has to show or cannot decide. What is impossible is drawn by
//! [`Evidence::violation`]; what is left open goes to the search by [`check_key`], all keys within one [`Limit`].

mod chain;
mod check;
mod codec;
mod event;
mod evidence;
mod history;
mod json;
mod judge;
mod kv;
mod limit;
mod log;
mod operation;
mod pairing;
mod read;
mod recording;
mod register;
mod search;
mod shrink;
mod span;
mod spec;
mod verdict;
mod violation;
mod write;

pub use check::{check, check_key};
pub use codec::{Codec, Encoded};
pub use event::{Event, EventKind};
pub use evidence::Evidence;
pub use history::History;
pub use json::Json;
pub use judge::Judge;
pub use kv::{Kv, KvAnswer, KvCall};
pub use limit::Limit;
pub use lockyard_evidence::{OperationSpan, Violation};
pub use log::{Invocation, Log, NEVER, Record, RecordOf};
pub use operation::{Operation, OperationOf};
pub use pairing::Pairing;
pub use read::HistoryError;
pub use recording::{Given, Recording};
pub use register::{Register, RegisterAnswer, RegisterCall, Value};
pub use spec::SequentialSpec;
pub use verdict::Verdict;
pub use violation::span;
