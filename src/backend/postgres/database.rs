//! The pool, and what is demanded of a database before it is used.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Timeouts};
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::{Config, NoTls};

use crate::backend::shared::{Database, DatabaseError};

use super::connection::PostgresConnection;
use super::error::PostgresError;
use super::schema::migrate;

/// A PostgreSQL database, as a pool of connections.
#[derive(Clone, Debug)]
pub struct PostgresDatabase {
    pool: Pool,
}

/// How a database is used.
#[derive(Clone, Copy, Debug)]
pub struct PostgresOptions {
    /// How many connections at most.
    pub connections: usize,
    /// How long a statement may take, waiting for locks included; and how long one waits for a connection.
    pub timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { connections: 16, timeout: Duration::from_secs(10) }
    }
}

impl PostgresDatabase {
    /// The database at this URL, `postgres://…`, with its tables brought up to date.
    ///
    /// # Errors
    /// It is not reached, refuses, is no primary that can be written to, is too old, or is another program's.
    pub async fn open(url: &str, options: PostgresOptions) -> Result<Self, PostgresError> {
        let mut config: Config = url.parse()?;
        let timeout = options.timeout.as_millis();
        // What the guards take for granted, whatever the database's own defaults are. A server that stops within a transaction
        // holds its locks no longer than others wait for them.
        let demanded = format!(
            "-c synchronous_commit=on -c default_transaction_isolation=read\\ committed -c statement_timeout={timeout} \
             -c idle_in_transaction_session_timeout={timeout}"
        );
        let own = config.get_options().map(str::to_owned).unwrap_or_default();
        config.options(format!("{own} {demanded}"));
        // The primary alone: what a standby shows may be old.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.connect_timeout(options.timeout);
        let how = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, NoTls, how)).max_size(options.connections);
        let timeouts = Timeouts::wait_millis(timeout as u64);
        let pool = pool.timeouts(timeouts).runtime(deadpool_postgres::Runtime::Tokio1).build();
        let pool = pool.map_err(|error| PostgresError::Pool(error.to_string()))?;
        let client = pool.get().await.map_err(|error| match error {
            deadpool_postgres::PoolError::Backend(error) => PostgresError::Postgres(error),
            other => PostgresError::Pool(other.to_string()),
        })?;
        let version = "SELECT current_setting('server_version_num')::int, current_setting('server_version')";
        let version = client.query_one(version, &[]).await?;
        if version.get::<_, i32>(0) < 150_000 {
            return Err(PostgresError::TooOld { found: version.get(1) });
        }
        migrate(&client).await?;
        drop(client);
        Ok(Self { pool })
    }
}

impl Database for PostgresDatabase {
    type Connection = PostgresConnection;

    async fn connect(&self) -> Result<PostgresConnection, DatabaseError> {
        let client = self.pool.get().await;
        client.map(PostgresConnection::new).map_err(|error| DatabaseError::Refused(error.to_string()))
    }
}
