//! Why a database cannot be used.

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// It was not reached, or refuses.
    #[error("PostgreSQL: {}", in_words(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// No connection was to be had.
    #[error("no connection to PostgreSQL: {0}")]
    Pool(String),
    /// It is too old.
    #[error("PostgreSQL {found} is too old: 15 is the oldest that is supported")]
    TooOld {
        /// What it calls itself.
        found: String,
    },
    /// Its schema is one that this program does not know.
    #[error("the schema is of version {found}, and this program knows none after {known}: use a newer one")]
    NewerSchema {
        /// The version that was found.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// There are tables of these names that are not ours.
    #[error("there is a table `sessions` of another program: give this one a database of its own")]
    OfAnotherProgram,
}

/// An error with what the database has said of it, which its own words leave out.
fn in_words(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => error.to_string(),
    }
}
