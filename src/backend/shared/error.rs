//! How statements fail: what it means for what they were to change.

/// How a statement fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The database has said no, or was not reached: the statement has done nothing.
    #[error("the database refused: {0}")]
    Refused(String),
    /// The request that the change was to be made for was made before: the statement has done nothing.
    #[error("the request was made before")]
    Repeated,
    /// The connection was lost before the answer came. Within a transaction nothing was done, for it is rolled back. A
    /// `COMMIT`, and a statement outside a transaction, may have taken effect, **or may still do so at any time from now on**: the
    /// database goes on with what it was sent.
    #[error("the connection was lost before the database answered")]
    Lost,
}
