//! The pool, and what is demanded of a database before it is used.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Timeouts};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::backend::shared::{Database, DatabaseError};

use super::connection::{PostgresConnection, nothing_sent};
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
    /// The database at this URL, `postgres://…`, with its tables brought up to date. A password that is not in it may stand in
    /// `PGPASSWORD`.
    ///
    /// With another machine TLS is spoken if the server can, and always with `sslmode=require`; its certificate must be one that
    /// this system trusts, or that stands in the file named by `SSL_CERT_FILE`. Within one machine it is not, unless asked for.
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
        if config.get_password().is_none()
            && let Some(password) = std::env::var_os(PASSWORD)
        {
            config.password(password.as_encoded_bytes());
        }
        // Between two programs of one machine there is nobody to listen, and seldom a certificate that is to be trusted.
        let is_here = config.get_hosts().iter().all(is_this_machine);
        if config.get_ssl_mode() == SslMode::Prefer && is_here {
            config.ssl_mode(SslMode::Disable);
        }
        let how = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = if config.get_ssl_mode() == SslMode::Disable {
            Manager::from_config(config, NoTls, how)
        } else {
            let (tls, _unreadable) =
                MakeRustlsConnect::with_native_certs().map_err(|_| PostgresError::NoCertificates)?;
            Manager::from_config(config, tls, how)
        };
        let pool = Pool::builder(manager).max_size(options.connections);
        let timeouts = Timeouts::wait_millis(timeout as u64);
        let pool = pool.timeouts(timeouts).runtime(deadpool_postgres::Runtime::Tokio1).build();
        let pool = pool.map_err(|error| PostgresError::Pool(error.to_string()))?;
        let client = pool.get().await.map_err(|error| match error {
            deadpool_postgres::PoolError::Backend(error) => PostgresError::from(error),
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

/// Where a password may stand, as for the programs of PostgreSQL.
const PASSWORD: &str = "PGPASSWORD";

fn is_this_machine(host: &Host) -> bool {
    match host {
        #[cfg(unix)]
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            let address: Option<std::net::IpAddr> = name.parse().ok();
            name == "localhost" || address.is_some_and(|address| address.is_loopback())
        }
    }
}

impl Database for PostgresDatabase {
    type Connection = PostgresConnection;

    async fn connect(&self) -> Result<PostgresConnection, DatabaseError> {
        let client = self.pool.get().await;
        client.map(PostgresConnection::new).map_err(|error| match error {
            // In the database's words, such as that it has too many clients already.
            deadpool_postgres::PoolError::Backend(error) => nothing_sent(&error),
            other => DatabaseError::Refused(other.to_string()),
        })
    }
}
