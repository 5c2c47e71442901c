//! `SharedSessions`: the sessions of several servers, as the endpoints ask for them, whatever guards them.
//!
//! ```text
//!            find                          read, change
//! request ──────────▶ cache ── miss ─▶ registry ─▶ entry ─▶ guard ─▶ database
//!                   (recency)     (one of each id)   │
//!                                                    └─▶ the context that a version's texts say
//! ```
//!
//! What one process may do and several may not is done otherwise here than by a
//! [`ChatSessionManager`](crate::backend::session::ChatSessionManager):
//!
//! | there | here |
//! | --- | --- |
//! | one live copy, which is the truth | copies, of which each guard says when they may be relied on |
//! | a put replaces what is stored | a write demands what its guard demands of the row that it updates |
//! | a deleted session is gone in memory | no row has its id, and no other gets it |
//! | the order of what is stored is that of first polls | each write has the version after the one that it was made from |
//! | a change is seen before it is stored | it is seen when it is committed |
//! | what is loaded in a turn is rolled back | a turn has a deadline, and only the database says that it has passed |
//!
//! | file | what |
//! | --- | --- |
//! | `entry` | what a server keeps of one session, and what that stands on |
//! | `state` | what a server keeps of all of them |
//! | `operations` | what the endpoints ask |
//! | `rows` | a context as the texts of its rows |
//! | `change` | a change under a guard, and requests that are made once |
//! | `held` | a session in a turn |
//! | `upkeep` | what is to be done from time to time |

mod change;
mod entry;
mod held;
mod operations;
mod rows;
mod state;
mod upkeep;

pub use entry::{SharedEntry, SharedEnv};
pub use held::SharedHeld;
pub use state::{SharedOptions, SharedSessions};
