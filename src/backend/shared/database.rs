//! Where the sessions are, as a pool of connections.

use super::error::DatabaseError;
use super::statement::Connection;

/// A database, as a pool of connections.
pub trait Database: Send + Sync + 'static {
    /// A connection.
    type Connection: Connection;

    /// A connection of the pool, outside any transaction. It goes back when it is dropped; dropped within a transaction, the
    /// transaction is rolled back first.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection, DatabaseError>> + Send;
}
