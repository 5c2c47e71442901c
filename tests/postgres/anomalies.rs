//! What makes the pitfalls wrong, shown by PostgreSQL itself: the statements that the guards do not send.
//!
//! In each, one transaction has the lock, another statement waits for it, and then the first commits.

use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls, Row};

use super::private_server::PrivateServer;

async fn connected(server: &PrivateServer) -> Client {
    let (client, connection) =
        tokio_postgres::connect(&server.url("postgres"), NoTls).await.expect("it is there");
    tokio::spawn(connection);
    client
}

/// One transaction that has what the other statement waits for.
struct Holder {
    client: Client,
    /// Looks at the others.
    watcher: Client,
}

impl Holder {
    /// Begins, with a session of version 1 whose row it has changed, and whose advisory lock it has.
    async fn new(server: &PrivateServer) -> Self {
        let client = connected(server).await;
        // One after the other: what is sent at once is one transaction, unless it says otherwise.
        for sql in [
            "CREATE TABLE sessions (id int PRIMARY KEY, version int); INSERT INTO sessions VALUES (1, 1);
             CREATE TABLE messages (session int, body text);
             CREATE TABLE leases (session int PRIMARY KEY, epoch int); INSERT INTO leases VALUES (1, 1)",
            "BEGIN",
            "SELECT pg_advisory_xact_lock(1); UPDATE sessions SET version = 2 WHERE id = 1;
             INSERT INTO messages VALUES (1, 'first')",
        ] {
            client.batch_execute(sql).await.expect("it is executed");
        }
        Self { client, watcher: connected(server).await }
    }

    /// Sends what waits for it, and returns when it does.
    async fn blocks(&self, waiter: Client, sql: &'static str) -> JoinHandle<Vec<Row>> {
        let pid: i32 = waiter.query_one("SELECT pg_backend_pid()", &[]).await.expect("it answers").get(0);
        let waits = tokio::spawn(async move { waiter.query(sql, &[]).await.expect("it is executed") });
        let look = "SELECT count(*) FROM pg_locks WHERE pid = $1 AND NOT granted";
        while self.watcher.query_one(look, &[&pid]).await.expect("it answers").get::<_, i64>(0) == 0 {
            assert!(!waits.is_finished(), "it does not wait");
            tokio::task::yield_now().await;
        }
        waits
    }

    async fn commit(&self) {
        self.client.batch_execute("COMMIT").await.expect("it commits");
    }
}

#[tokio::test]
async fn messages_joined_under_the_lock_are_older_than_their_head() {
    let Some(server) = PrivateServer::start() else { return };
    let holder = Holder::new(&server).await;
    let joined = "SELECT s.version, ARRAY(SELECT m.body FROM messages m WHERE m.session = s.id)
                  FROM sessions s WHERE s.id = 1 FOR UPDATE";
    let waits = holder.blocks(connected(&server).await, joined).await;
    holder.commit().await;
    let rows = waits.await.expect("it does not panic");
    let (version, messages): (i32, Vec<String>) = (rows[0].get(0), rows[0].get(1));
    assert_eq!((version, messages.len()), (2, 0), "the newest head, and messages from before the wait");
}

#[tokio::test]
async fn what_takes_an_advisory_lock_and_reads_has_read_before_the_lock() {
    let Some(server) = PrivateServer::start() else { return };
    let holder = Holder::new(&server).await;
    let both = "SELECT pg_advisory_xact_lock(1)::text, s.version FROM sessions s WHERE s.id = 1";
    let waits = holder.blocks(connected(&server).await, both).await;
    holder.commit().await;
    let rows = waits.await.expect("it does not panic");
    assert_eq!(rows[0].get::<_, i32>(1), 1, "the version from before the wait");
}

#[tokio::test]
async fn a_fence_in_another_row_is_not_looked_at_again_and_one_in_the_head_row_is() {
    let Some(server) = PrivateServer::start() else { return };
    let holder = Holder::new(&server).await;
    let elsewhere = "UPDATE sessions SET version = version + 1
                     WHERE id = 1 AND EXISTS (SELECT FROM leases WHERE session = 1 AND epoch = 1) RETURNING version";
    let in_head = "UPDATE sessions SET version = version + 1 WHERE id = 1 AND version = 1 RETURNING version";
    let fenced_elsewhere = holder.blocks(connected(&server).await, elsewhere).await;
    let fenced_in_head = holder.blocks(connected(&server).await, in_head).await;
    // Another takes the lease, and it is known to have it, before the write takes effect.
    holder.watcher.execute("UPDATE leases SET epoch = 2", &[]).await.expect("it is executed");
    holder.commit().await;
    assert_eq!(fenced_elsewhere.await.expect("it does not panic").len(), 1, "the write lands all the same");
    assert_eq!(
        fenced_in_head.await.expect("it does not panic").len(),
        0,
        "the condition is not met any more"
    );
}
