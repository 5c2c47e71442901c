//! Histories as files: what is read, in the formats of several tools, and what is written.
//!
//! A file is looked at first (`sniff`): unpacked if gzip packed it, and known by its first bytes as JSON Lines, JSON or EDN.
//! Of JSON Lines each line is an event (`lines`); the others are split into events (`pieces`, `splitter`). An event of EDN
//! becomes JSON (`edn`), the fields of each are taken apart (`json_event`, or `spans` for what most look like), and
//! what they say is paired (`events`). Only one event is held at a time, or some batches of lines.

mod codec;
mod edn;
mod error;
mod event;
mod events;
mod fields;
mod join;
pub(crate) mod json;
mod json_event;
mod key;
mod lines;
mod pieces;
mod read;
mod scan;
mod sniff;
mod spans;
mod splitter;
mod syntax;
mod write;

pub use codec::{Codec, Encoded};
pub use error::HistoryError;
pub use event::{Event, EventKind};
pub use join::{JoinError, join_histories};
pub use json::{Json, Nil};
pub use read::ReadOptions;
