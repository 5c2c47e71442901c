//! The statements that the guards send: the one list of them, each with its SQL.
//!
//! [`Connection`], by which the guards ask, and [`Statement`], by which back ends prepare, count and trace, are both made from
//! it. The tables:
//!
//! ```text
//! sessions(id PRIMARY KEY, version, body, settings,
//!          turn_token, turn_owner, turn_deadline, lease_owner, lease_epoch, lease_expires)
//! messages(session REFERENCES sessions ON DELETE CASCADE, number, body, PRIMARY KEY (session, number))
//! receipts(key PRIMARY KEY, request, session REFERENCES sessions ON DELETE CASCADE, version, message, at)
//! ```
//!
//! Turn and lease stand **in the head row** that every write updates. A write that had to wait for the row looks at its
//! WHERE again on the newest row, but reads all other rows by the snapshot that it began with; so whatever must be true when
//! it takes effect can only stand here. Messages are inserted or replaced by number after the head row is locked, and go with
//! their session in the cascade: neither is hidden from the statement by its snapshot, for both look at the newest rows.

use std::time::Duration;

use crate::backend::chat::{ContextId, Version};

use super::error::DatabaseError;
use super::stored_session::{Epoch, NewSession, Owner, StoredSession, Write};

/// What a write demands of the head row, beside what its turn demands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteCondition {
    /// The version that it was made from.
    pub version: Option<Version>,
    /// The epoch of the lease under which it was made.
    pub epoch: Option<Epoch>,
}

/// Whether a copy of some version is the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyCheck {
    /// It is.
    Current,
    /// It is not: this is.
    Stale(StoredSession),
}

/// What came of taking a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseAnswer {
    /// It is taken.
    Taken {
        /// In this epoch.
        epoch: Epoch,
        /// The database's clock then.
        at: Duration,
    },
    /// Another has it; who, where that is known.
    Elsewhere(Option<Owner>),
    /// There is no such session.
    Gone,
}

/// Derives an enum and a trait from a list. `counted` are statements that read or write rows or take locks; `boundary` those
/// that begin and end transactions.
macro_rules! statements {
    (
        $(#[doc = $enum_doc:literal])* $Enum:ident;
        $(#[doc = $trait_doc:literal])* $Trait:ident;
        $(
            $(#[doc = $doc:literal])*
            $class:ident $kind:ident: $method:ident($($argument:ident: $type:ty),*) -> $answer:ty, $sql:literal;
        )*
    ) => {
        $(#[doc = $enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $Enum {
            $($(#[doc = $doc])* $kind,)*
        }

        impl $Enum {
            /// Every statement.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Its name in traces and counts.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($method),)* }
            }

            /// Its SQL, for PostgreSQL 15 and later.
            pub const fn sql(self) -> &'static str {
                match self { $(Self::$kind => $sql,)* }
            }

            /// Whether it reads or writes rows or takes a lock. The others begin and end transactions.
            pub const fn is_counted(self) -> bool {
                match self { $(Self::$kind => statements!(@$class),)* }
            }
        }

        $(#[doc = $trait_doc])*
        pub trait $Trait: Send {
            $(
                $(#[doc = $doc])*
                fn $method(
                    &mut self,
                    $($argument: $type),*
                ) -> impl Future<Output = Result<$answer, DatabaseError>> + Send;
            )*
        }
    };
    (@counted) => { true };
    (@boundary) => { false };
}

pub(super) use statements;

statements! {
    /// A statement, without its parameters.
    Statement;
    /// A connection to the database, which answers one statement at a time. A statement outside a transaction is one.
    ///
    /// **Cancellation.** A statement that is dropped before its answer is as one whose connection was
    /// [lost](DatabaseError::Lost).
    Connection;

    /// Begins a transaction, each statement of which has a snapshot of its own.
    boundary Begin: begin() -> (), "BEGIN ISOLATION LEVEL READ COMMITTED";

    /// Ends a transaction: all of it takes effect.
    boundary Commit: commit() -> (), "COMMIT";

    /// Ends a transaction: nothing of it takes effect.
    boundary Rollback: rollback() -> (), "ROLLBACK";

    /// A session and its messages, at one snapshot.
    counted Read: read(id: ContextId) -> Option<StoredSession>,
        "SELECT s.version, s.body, s.turn_token, s.turn_owner, s.lease_epoch,
           ARRAY(SELECT m.body FROM messages m WHERE m.session = s.id ORDER BY m.number), s.settings
         FROM sessions s WHERE s.id = $1";

    /// The same if it is not of this version any more.
    counted ReadNewer: read_newer(id: ContextId, known: Version) -> Option<CopyCheck>,
        "SELECT s.version, CASE WHEN s.version <> $2 THEN s.body END, s.turn_token, s.turn_owner, s.lease_epoch,
           CASE WHEN s.version <> $2 THEN
             ARRAY(SELECT m.body FROM messages m WHERE m.session = s.id ORDER BY m.number) END,
           CASE WHEN s.version <> $2 THEN s.settings END
         FROM sessions s WHERE s.id = $1";

    /// Locks the head row until the transaction ends; whether it is there. It reads nothing else: what is joined here would be
    /// read by the snapshot from before the wait.
    counted Lock: lock(id: ContextId) -> bool,
        "SELECT FROM sessions WHERE id = $1 FOR UPDATE";

    /// Waits for the lock that has the session's name, and keeps it until the transaction ends. It reads no rows: by a snapshot
    /// from before the wait, what the last holder has written would be missing.
    counted AdvisoryLock: advisory_lock(id: ContextId) -> (),
        "SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))";

    /// Creates a session of version 1, without messages; whether there was none.
    counted Create: create(id: ContextId, session: NewSession) -> bool,
        "WITH head AS (
           INSERT INTO sessions (id, version, body, settings) VALUES ($1, 1, $2, $3)
           ON CONFLICT (id) DO NOTHING RETURNING id
         ), noted AS (
           INSERT INTO receipts (key, request, session, version, message)
             SELECT $4, $5, head.id, 1, $6 FROM head WHERE $4::uuid IS NOT NULL
         )
         SELECT id FROM head";

    /// Changes a session if its head row is as demanded; the version made, or nothing if it is not.
    counted Write: write(id: ContextId, condition: WriteCondition, write: Write) -> Option<Version>,
        "WITH head AS (
           UPDATE sessions SET version = version + 1, body = $2, settings = coalesce($3, settings),
             turn_token = CASE $8::text WHEN 'keep' THEN turn_token ELSE $10 END,
             turn_owner = CASE $8 WHEN 'begin' THEN $11 WHEN 'end' THEN NULL WHEN 'abandon' THEN NULL ELSE turn_owner END,
             turn_deadline = CASE $8 WHEN 'keep' THEN turn_deadline WHEN 'end' THEN NULL WHEN 'abandon' THEN NULL
               ELSE clock_timestamp() + $12::bigint * interval '1 microsecond' END
           WHERE id = $1
             AND ($6::bigint IS NULL OR version = $6)
             AND ($7::bigint IS NULL OR lease_epoch = $7)
             AND ($8 = 'keep' OR turn_token IS NOT DISTINCT FROM $9)
             AND ($8 NOT IN ('begin', 'abandon') OR $9::uuid IS NULL OR turn_deadline < clock_timestamp())
           RETURNING version
         ), added AS (
           INSERT INTO messages (session, number, body)
             SELECT $1, m.number, m.body FROM head, unnest($4::bigint[], $5::text[]) AS m (number, body)
           ON CONFLICT (session, number) DO UPDATE SET body = excluded.body
         ), noted AS (
           INSERT INTO receipts (key, request, session, version, message)
             SELECT $13, $14, $1, head.version, $15 FROM head WHERE $13::uuid IS NOT NULL
         )
         SELECT version FROM head";

    /// Deletes a session if its head row is as demanded; whether it was. Its messages go with it.
    counted Delete: delete(id: ContextId, condition: WriteCondition) -> bool,
        "DELETE FROM sessions WHERE id = $1
           AND ($2::bigint IS NULL OR version = $2) AND ($3::bigint IS NULL OR lease_epoch = $3)
         RETURNING id";

    /// Takes the lease of a session for so long from now, if it has expired or is one's own, in a new epoch.
    counted TakeLease: take_lease(id: ContextId, owner: Owner, ttl: Duration) -> LeaseAnswer,
        "WITH taken AS (
           UPDATE sessions SET lease_owner = $2, lease_epoch = lease_epoch + 1, 
             lease_expires = clock_timestamp() + $3::bigint * interval '1 microsecond'
           WHERE id = $1 AND (lease_owner = $2 OR lease_expires < clock_timestamp())
           RETURNING lease_epoch
         )
         SELECT (SELECT lease_epoch FROM taken), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, s.lease_owner
         FROM sessions s WHERE s.id = $1";

    /// Has the lease of this epoch last for so long from now, if no other has taken it; the database's clock then.
    counted RenewLease: renew_lease(id: ContextId, epoch: Epoch, ttl: Duration) -> Option<Duration>,
        "UPDATE sessions SET lease_expires = clock_timestamp() + $3::bigint * interval '1 microsecond'
         WHERE id = $1 AND lease_epoch = $2
         RETURNING (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

    /// Gives up the lease of this epoch.
    counted ReleaseLease: release_lease(id: ContextId, epoch: Epoch) -> (),
        "UPDATE sessions SET lease_owner = NULL, lease_expires = '-infinity' WHERE id = $1 AND lease_epoch = $2";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::shared::DirectoryStatement;

    #[test]
    fn each_statement_has_a_text_of_its_own_and_those_that_lock_read_nothing_else() {
        let all = Statement::ALL.iter().map(|it| (it.name(), it.sql()));
        let all: Vec<_> = all.chain(DirectoryStatement::ALL.iter().map(|it| (it.name(), it.sql()))).collect();
        for (nth, statement) in all.iter().enumerate() {
            assert!(
                all[nth + 1..].iter().all(|it| it.0 != statement.0 && it.1 != statement.1),
                "{statement:?}"
            );
        }
        for locking in [Statement::Lock, Statement::AdvisoryLock] {
            assert!(!locking.sql().contains("messages") && !locking.sql().contains("version"), "{locking:?}");
        }
    }
}
