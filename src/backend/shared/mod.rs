//! Sessions that several servers share over one database, and what guards them there.
//!
//! One process keeps one live copy of a session and guards it by a lock ([`session`](super::session)). Several processes have
//! no lock in common but the database's, so the same question is asked once more: which guard, is it right, and what does it
//! cost. Each [`Guard`] is one answer. All of them keep what a reader relies on: every read and every change is linearizable
//! across the servers.
//!
//! | guard | a read | a change | what it rests on |
//! | --- | --- | --- | --- |
//! | [`RowLock`] | 1 statement | 3 | the lock of the session's head row |
//! | [`AdvisoryLock`] | 1 | 3 | a lock of the database that has the session's name |
//! | [`CompareAndSet`] | 1 | 1 | the version in the head row, which never falls |
//! | [`Lease`] | 0 | 1 | two clocks, and an epoch in the head row |
//!
//! Counted are statements that read or write rows or take locks, of a session that is known already and that no other server
//! changes meanwhile; `BEGIN` and `COMMIT` are not counted ([`Statement::is_counted`]).
//!
//! Nothing here names a database, a runtime or a clock. A guard sends the statements of [`Connection`], in whose list their
//! SQL stands, so that its source is the same over PostgreSQL and in the explorer, where every interleaving of the statements
//! of several servers is tried ([`checks::shared`](crate::checks::shared)).
//!
//! What all guards take for granted of the database: the primary alone is asked; READ COMMITTED, so that each statement has a
//! snapshot of its own, taken when it begins; a change that waits for the lock of a row looks at its WHERE again, on the row
//! as the lock's last holder has left it, and at nothing else again; a commit that was answered is kept
//! (`synchronous_commit` is not off); an id is never given again.
//!
//! | file | what |
//! | --- | --- |
//! | `statement` | the list of the statements that guards send, with their SQL |
//! | `directory` | those of what stands around the guards: lists, receipts, ends of turns, the servers there are |
//! | `database`, `error` | connections, and how what they are sent fails |
//! | `stored_session` | a session as it is stored, and what a change makes of it |
//! | `guard` | what a guard does, and how that fails |
//! | `kind` | the guards by name |
//! | `row_lock`, `advisory_lock`, `compare_and_set`, `lease` | the four guards |
//! | `locked_change` | what the two that lock do once they have the lock |
//! | `sessions` | the sessions, as the endpoints ask for them, over any guard |
//! | `lease_term` | how long a lease may be relied on: the server's clock against the database's |

mod advisory_lock;
mod compare_and_set;
mod database;
mod directory;
mod error;
mod guard;
mod kind;
mod lease;
mod lease_term;
mod locked_change;
mod row_lock;
mod sessions;
mod statement;
mod stored_session;

pub use advisory_lock::AdvisoryLock;
pub use compare_and_set::{CachedCopy, CompareAndSet};
pub use database::Database;
pub use directory::{Directory, DirectoryStatement, ServerEntry, StoredReceipt};
pub use error::DatabaseError;
pub use guard::{Guard, GuardError, Renewal};
pub use kind::GuardKind;
pub use lease::{HeldLease, Lease, LeasedSession};
pub use lease_term::{ClockTerm, LeaseTerm, ServerClock, TermError, TimedAnswer};
pub use row_lock::RowLock;
pub use sessions::{SharedEntry, SharedEnv, SharedHeld, SharedOptions, SharedSessions};
pub use statement::{Connection, CopyCheck, LeaseAnswer, Statement, WriteCondition};
pub use stored_session::{
    Change, Epoch, MessageRow, NewSession, Owner, RequestReceipt, SharedSession, StoredSession, Text, Token,
    TurnChange, TurnHold, TurnLost, Write,
};
