//! What a database must be before it is used, and that each statement fits the tables.

use lockyard::backend::postgres::{PostgresDatabase, PostgresError, PostgresOptions};
use lockyard::backend::shared::{DirectoryStatement, Statement};
use tokio_postgres::NoTls;

use super::private_server::PrivateServer;

async fn plain(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("it is there");
    tokio::spawn(connection);
    client
}

async fn opened(url: &str) -> Result<PostgresDatabase, PostgresError> {
    PostgresDatabase::open(url, PostgresOptions::default()).await
}

#[tokio::test]
async fn a_database_is_migrated_once_and_what_does_not_fit_is_refused() {
    let Some(server) = PrivateServer::start() else { return };
    let url = server.url("postgres");
    // Two servers at once: one migrates, the other finds it done.
    let (one, other) = tokio::join!(opened(&url), opened(&url));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");

    let client = plain(&url).await;
    let of_guards = Statement::ALL.iter().filter(|it| it.is_counted()).map(|it| (it.name(), it.sql()));
    for (name, sql) in of_guards.chain(DirectoryStatement::ALL.iter().map(|it| (it.name(), it.sql()))) {
        let prepared = client.prepare(sql).await;
        assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
    }

    client.batch_execute("INSERT INTO lockyard_migrations (version) VALUES (99)").await.unwrap();
    let newer = opened(&url).await.unwrap_err();
    assert!(matches!(newer, PostgresError::NewerSchema { found: 99, .. }), "{newer}");

    client.batch_execute("CREATE DATABASE strange").await.unwrap();
    let strange = server.url("strange");
    plain(&strange).await.batch_execute("CREATE TABLE sessions (id int)").await.unwrap();
    let of_another = opened(&strange).await.unwrap_err();
    assert!(matches!(of_another, PostgresError::OfAnotherProgram), "{of_another}");

    client.batch_execute("CREATE DATABASE fixed; ").await.unwrap();
    client.batch_execute("ALTER DATABASE fixed SET default_transaction_read_only = on").await.unwrap();
    let read_only = opened(&server.url("fixed")).await;
    assert!(read_only.is_err(), "it cannot be written to");

    let missing = opened(&server.url("missing")).await.unwrap_err().to_string();
    assert!(missing.contains("does not exist"), "{missing}");
}
