//! Histories judged: could these answers have come from one operation at a time?
//!
//! A history tells who asked what and when the answer came. It is *linearizable* (Herlihy and Wing, 1990) if there is
//! an order of its operations, each between its call and its return, in which a sequential [`Model`] gives the very
//! same answers. Nothing is known here of what made the history: locks, runtimes and other people's databases alike. Only
//! [`session`] knows whose sessions it specifies.
//!
//! | file | what |
//! | --- | --- |
//! | `jsonl` | histories as JSON Lines, read and written |
//! | `history` | events paired into operations |
//! | `model`, `register`, `kv` | what a history is judged by |
//! | `check` | from a history to a verdict |
//! | `search`, `chain` | the search for an order, and what is left to it |
//! | `shrink` | from a violation to the few operations that show it |
//! | `lanes` | those, drawn |
//! | [`session`] | the sessions of this backend: specified, recorded, judged along their versions |
//! | [`invariants`] | what must hold when a run is over |
//!
//! ```
//! use std::time::Duration;
//! use lockyard_history::{History, Register, Verdict, check};
//!
//! let stale_read = r#"
//!     {"process":0,"type":"invoke","f":"write","key":"x","value":1}
//!     {"process":0,"type":"ok"}
//!     {"process":0,"type":"invoke","f":"write","key":"x","value":2}
//!     {"process":0,"type":"ok"}
//!     {"process":1,"type":"invoke","f":"read","key":"x"}
//!     {"process":1,"type":"ok","value":1}
//! "#;
//! let history = History::read(&Register, stale_read.as_bytes())?;
//! let Verdict::Violation(lanes) = check(&Register, &history, Duration::from_secs(1)) else { panic!() };
//! assert_eq!(lanes.expected, ["2"]);
//! println!("{lanes}");
//! # Ok::<(), lockyard_history::HistoryError>(())
//! ```
//!
//! It prints
//!
//! ```text
//! process 0  |- write 1 -||- write 2 -|
//! process 1                            |- read: 1 -|
//!                                      ^ impossible: should have been 2
//! ```

mod chain;
mod check;
mod history;
mod jsonl;
mod kv;
mod lanes;
mod model;
mod register;
mod search;
mod shrink;

pub use check::{Verdict, check, check_key};
pub use history::{History, Operation, OperationOf, Pairing, with_seconds};
pub use jsonl::{Event, EventKind, HistoryError, Json};
pub use kv::{Kv, KvAnswer, KvCall};
pub use lanes::{Bar, Lanes};
pub use model::Model;
pub use register::{Register, RegisterAnswer, RegisterCall, Value};
pub use search::Limit;
pub use shrink::Evidence;
