//! The sessions of this backend, judged: their sequential specification, and the fast way to a verdict.
//!
//! # What is specified
//!
//! A session is created or [given](Call::Given), changed, looked at and deleted. Each change raises its version by one
//! and says which it made; each look says which version it saw. From that follows:
//!
//! - no version is made twice, and none without an operation that made it;
//! - a look sees state, settings, count and messages of the version that the answer names, all of that one;
//! - versions only rise: a call after an answer sees what was answered, or newer;
//! - what was appended is there, once, at the place that was answered; an update for one version meets that version;
//! - after a deletion there is nothing, and before it no look finds nothing.
//!
//! A **turn** is no atomic change: it begins, makes steps that are not reported, and ends, while others append and
//! look. So it is judged as two operations, its beginning (the change that `began` names) and its end (the look that the
//! answer is), and a version between that no answer names is a step of the turn, as long as the state machine of
//! [`chat`](crate::backend::chat) has an arrow for it. Each such step brings at most one message. When a turn is answered, no
//! step of it may be left to come.
//!
//! # What is not seen
//!
//! - `list_contexts`, which may be behind; requests that were refused, and with which reason;
//! - what the model and the tools say: their messages count, and their words are not compared;
//! - which tool calls there are, and how each was decided;
//! - the error and the retries that a state carries;
//! - more than one branch: no endpoint makes another than `main`;
//! - the places of messages from the first on that was sent with unknown outcome while a turn may have been at work, or
//!   before one answered: pages that reach so far are judged by their version and their counts alone;
//! - how many steps a turn of unknown outcome came after, where it was sent while another was at work.
//!
//! | file | what |
//! | --- | --- |
//! | `words`, `token` | what is asked and answered, in few bytes |
//! | `known`, `kinds`, `messages` | what is known of a session after each operation, and which answers fit |
//! | `sessions`, `json` | that as a [`SequentialSpec`](lockyard_history::SequentialSpec), and its histories as JSON Lines |
//! | `judge` | from a history or a recording to a verdict |
//! | `versions` | the operations on a session in the order of versions |
//! | `witness`, `evidence` | the walk along them, and why it stopped |
//! | `window` | a piece of a long history, judged alone |
//! | `acknowledged` | what was done for good, for checks at the end of a run |

mod acknowledged;
mod evidence;
mod json;
mod judge;
mod kinds;
mod known;
mod messages;
mod sessions;
mod token;
mod versions;
mod window;
mod witness;
mod words;

pub use acknowledged::{AcknowledgedChange, acknowledged, deleted, first_version, has_unknown_changes};
pub use judge::{decide, judge};
pub use known::{LiveSession, SessionState};
pub use lockyard_history::Invocation;
pub use sessions::{Log, Recording, Sessions};
pub use token::Token;
pub use words::{Answer, Call, Context, Page, Settings};
