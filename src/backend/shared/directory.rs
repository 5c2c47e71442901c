//! What stands around the guards: lists of sessions, receipts of requests, turns whose servers have gone, and the servers there
//! are. No guard sends any of it, and each statement is right by itself, so none is explored.
//!
//! ```text
//! receipts(key PRIMARY KEY, request, session REFERENCES sessions ON DELETE CASCADE, version, message, at)
//! servers(owner PRIMARY KEY, url, version, seen)
//! ```
//!
//! A receipt is inserted by the very statement that makes the change it is of, and its key is unique: of two requests with one
//! key, whichever servers they come to, the second finds the first's receipt in its way, and nothing of it is done.

use std::time::Duration;

use uuid::Uuid;

use crate::backend::chat::{ContextId, Version};

use super::error::DatabaseError;
use super::statement::statements;
use super::stored_session::{Owner, Text, Token};

/// What is kept of a request that was made, for 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredReceipt {
    /// What it asked for.
    pub request: Uuid,
    /// The session that it has changed or created.
    pub session: ContextId,
    /// The version that it has made.
    pub version: Version,
    /// The message that it has appended, if any.
    pub message: Option<u32>,
}

/// A server, as it has announced itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEntry {
    /// Which one.
    pub owner: Owner,
    /// Where it can be asked.
    pub url: String,
    /// The version of the program.
    pub version: String,
}

statements! {
    /// A statement beside those that guards send, without its parameters.
    DirectoryStatement;
    /// What can be asked of a database beside what guards ask.
    Directory;

    /// The bodies of at most so many sessions by ascending id, the first one after this one.
    counted List: list(after: Option<ContextId>, limit: usize) -> Vec<Text>,
        "SELECT body FROM sessions WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2";

    /// How many sessions there are. Goes through all of them.
    counted Count: count() -> u64,
        "SELECT count(*) FROM sessions";

    /// The receipt of the request with this key, unless it is older than a day.
    counted Receipt: receipt(key: Uuid) -> Option<StoredReceipt>,
        "SELECT request, session, version, message FROM receipts
         WHERE key = $1 AND at > clock_timestamp() - interval '24 hours'";

    /// Forgets receipts that are older than a day; how many.
    counted ForgetReceipts: forget_receipts() -> u64,
        "WITH old AS (DELETE FROM receipts WHERE at <= clock_timestamp() - interval '24 hours' RETURNING 1)
         SELECT count(*) FROM old";

    /// Puts off the deadline of a turn, if it is still the session's; whether it is.
    counted ExtendTurn: extend_turn(id: ContextId, token: Token, lasts: Duration) -> bool,
        "UPDATE sessions SET turn_deadline = clock_timestamp() + $3::bigint * interval '1 microsecond'
         WHERE id = $1 AND turn_token = $2 RETURNING id";

    /// Sessions in turns whose deadlines have passed: some of them, if there are many.
    counted OverdueTurns: overdue_turns() -> Vec<ContextId>,
        "SELECT id FROM sessions WHERE turn_deadline < clock_timestamp() ORDER BY turn_deadline LIMIT 100";

    /// Announces a server, or that it is still there; those that have not for a day are forgotten.
    counted Announce: announce(server: ServerEntry) -> (),
        "WITH gone AS (DELETE FROM servers WHERE seen < clock_timestamp() - interval '24 hours' AND owner <> $1)
         INSERT INTO servers (owner, url, version, seen) VALUES ($1, $2, $3, clock_timestamp())
         ON CONFLICT (owner) DO UPDATE SET seen = excluded.seen";

    /// Where a server can be asked, if it has announced itself.
    counted Address: address(owner: Owner) -> Option<String>,
        "SELECT url FROM servers WHERE owner = $1";

    /// The servers that have announced themselves within this time.
    counted Servers: servers(within: Duration) -> Vec<ServerEntry>,
        "SELECT owner, url, version FROM servers
         WHERE seen > clock_timestamp() - $1::bigint * interval '1 microsecond' ORDER BY url";

    /// Takes a server out that ends.
    counted Leave: leave(owner: Owner) -> (),
        "DELETE FROM servers WHERE owner = $1";
}
