//! The tables, as migrations: each is executed once, in order, by whichever server comes first.

use tokio_postgres::Client;

use super::error::PostgresError;

/// The migrations, of which each takes the schema from the version before to its own. What is released is never changed.
const MIGRATIONS: &[&str] = &["CREATE TABLE sessions (
       id uuid PRIMARY KEY,
       version bigint NOT NULL,
       body text NOT NULL,
       settings text NOT NULL,
       turn_token uuid,
       turn_owner uuid,
       turn_deadline timestamptz,
       lease_owner uuid,
       lease_epoch bigint NOT NULL DEFAULT 0,
       lease_expires timestamptz NOT NULL DEFAULT '-infinity'
     );
     CREATE INDEX sessions_in_turns ON sessions (turn_deadline) WHERE turn_deadline IS NOT NULL;
     CREATE TABLE messages (
       session uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
       number bigint NOT NULL,
       body text NOT NULL,
       PRIMARY KEY (session, number)
     );
     CREATE TABLE receipts (
       key uuid PRIMARY KEY,
       request uuid NOT NULL,
       session uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
       version bigint NOT NULL,
       message bigint,
       at timestamptz NOT NULL DEFAULT clock_timestamp()
     );
     CREATE INDEX receipts_of_sessions ON receipts (session);
     CREATE INDEX receipts_by_age ON receipts (at);
     CREATE TABLE servers (
       owner uuid PRIMARY KEY,
       url text NOT NULL,
       version text NOT NULL,
       seen timestamptz NOT NULL
     )"];

/// The number under which servers wait for each other while one migrates; any other program is unlikely to use it.
const LOCK: i64 = 0x6c6f_636b_7961_7264;

/// Brings the schema to the version that this program knows.
pub(super) async fn migrate(client: &Client) -> Result<(), PostgresError> {
    // A lock of the connection, not of a transaction: the table of migrations may have to be made first.
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await?;
    let migrated = migrate_alone(client).await;
    client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await?;
    migrated
}

async fn migrate_alone(client: &Client) -> Result<(), PostgresError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let is_there =
        "SELECT to_regclass('lockyard_migrations') IS NOT NULL, to_regclass('sessions') IS NOT NULL";
    let row = client.query_one(is_there, &[]).await?;
    let (migrations, sessions): (bool, bool) = (row.get(0), row.get(1));
    if sessions && !migrations {
        return Err(PostgresError::OfAnotherProgram);
    }
    if !migrations {
        client
            .batch_execute(
                "CREATE TABLE lockyard_migrations (
                   version bigint PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())",
            )
            .await?;
    }
    let newest = "SELECT coalesce(max(version), 0) FROM lockyard_migrations";
    let newest: i64 = client.query_one(newest, &[]).await?.get(0);
    if newest > known {
        return Err(PostgresError::NewerSchema { found: newest, known });
    }
    for (version, migration) in (1..).zip(MIGRATIONS).skip(newest as usize) {
        // All of it or nothing, and both together.
        let both = format!(
            "BEGIN; {migration}; INSERT INTO lockyard_migrations (version) VALUES ({version}); COMMIT"
        );
        client.batch_execute(&both).await?;
    }
    Ok(())
}
