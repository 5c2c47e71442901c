//! Why a database cannot be used.

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// It was not reached, or refuses: in its own words.
    #[error("PostgreSQL: {0}")]
    Postgres(String),
    /// No connection was to be had.
    #[error("no connection to PostgreSQL: {0}")]
    Pool(String),
    /// TLS was asked for, and there is nothing to trust.
    #[error(
        "no certificates of authorities were found to check the server's by: install the system's, or name a file in SSL_CERT_FILE"
    )]
    NoCertificates,
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

/// With what the database has said, which the error's own words leave out; and without it as a source, which would be said twice.
impl From<tokio_postgres::Error> for PostgresError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(said) = error.as_db_error() {
            return Self::Postgres(format!("{} ({})", said.message(), said.code().code()));
        }
        let mut words = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            let cause_words = cause.to_string();
            if !words.contains(&cause_words) {
                words = format!("{words}: {cause_words}");
            }
            source = cause.source();
        }
        Self::Postgres(words)
    }
}
