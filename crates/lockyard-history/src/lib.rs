#![doc = include_str!("../README.md")]
//!
//! # What there is
//!
//! | file | what |
//! | --- | --- |
//! | `spec` | [`SequentialSpec`]: what a history is judged by |
//! | `register`, `kv` | two of them: [`Register`] and [`Kv`] |
//! | `log`, `recording` | what a run writes down: a [`Log`] for each process, brought together in a [`Recording`] |
//! | `operation`, `history`, `pairing` | events paired into operations, and all of them: a [`History`] |
//! | `codec`, `json`, `event`, `read`, `write` | histories as JSON Lines, for specifications with a [`Codec`] |
//! | `check`, `verdict`, `judge` | from a history to a [`Verdict`], and from any recording: [`Judge`] |
//! | `search`, `span`, `chain`, `limit` | the search for an order, what it sees of operations, and how long it may go on |
//! | `evidence`, `shrink`, `lanes` | from a violation to the few operations that show it, and those drawn |
//!
//! # A verdict sooner than the search has it
//!
//! Where answers tell their order, as versions do, one walk along that order decides most histories. A specification
//! that knows such a way implements [`Judge::judge`] by it: over [`Recording::records`], with
//! [`Recording::operations`] for the keys that it has to show or cannot decide. What is impossible is drawn by
//! [`Lanes::new`] from [`Evidence`]; what is left open goes to the search by [`check_key`], all keys within one [`Limit`].

mod chain;
mod check;
mod codec;
mod event;
mod evidence;
mod history;
mod json;
mod judge;
mod kv;
mod lanes;
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
mod write;

pub use check::{check, check_key};
pub use codec::{Codec, Encoded};
pub use event::{Event, EventKind};
pub use evidence::Evidence;
pub use history::History;
pub use json::Json;
pub use judge::Judge;
pub use kv::{Kv, KvAnswer, KvCall};
pub use lanes::{Bar, Lanes};
pub use limit::Limit;
pub use log::{Log, NEVER, Record, RecordOf, Ticket};
pub use operation::{Operation, OperationOf};
pub use pairing::Pairing;
pub use read::HistoryError;
pub use recording::{Given, Recording};
pub use register::{Register, RegisterAnswer, RegisterCall, Value};
pub use spec::SequentialSpec;
pub use verdict::Verdict;
