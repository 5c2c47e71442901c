//! What `serve` says where its database cannot be used, or not so: before it serves anybody.

use std::process::Command;

use lockyard::backend::postgres::{PostgresDatabase, PostgresOptions};
use tokio_postgres::{Client, NoTls};

use crate::private_server::PrivateServer;

/// Starts a server that must not serve; what it says.
fn refused(url: &str, options: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_lockyard"))
        .args(["serve", "--listen", "127.0.0.1:0", "--store", url])
        .args(options)
        .env_remove("LOCKYARD_TOKEN")
        .env_remove("PGPASSWORD")
        .output()
        .expect("it can be started");
    let words = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(output.stdout.is_empty() && words.starts_with("error: "), "{words}");
    words.lines().next().unwrap_or_default().to_owned()
}

async fn connected(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("it is there");
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_used_is_told_and_nothing_is_served() {
    let Some(server) = PrivateServer::start() else {
        println!("skipped: no PostgreSQL");
        return;
    };
    let url = server.url("postgres");
    PostgresDatabase::open(&url, PostgresOptions::default()).await.expect("it can be used");
    let client = connected(&url).await;
    for sql in [
        "INSERT INTO lockyard_migrations (version) VALUES (99)",
        "CREATE DATABASE strange",
        "CREATE DATABASE fixed",
        "ALTER DATABASE fixed SET default_transaction_read_only = on",
        "CREATE ROLE guest LOGIN PASSWORD 'right'",
    ] {
        client.batch_execute(sql).await.expect("it is executed");
    }
    let strange = connected(&server.url("strange")).await;
    strange.batch_execute("CREATE TABLE sessions (id int)").await.expect("it is executed");

    let said = refused("postgres://nobody@127.0.0.1:1/none", &[]);
    assert!(said.contains("--store") && said.contains("refused"), "{said}");
    let said = refused(&server.url("missing"), &[]);
    assert!(said.contains("\"missing\" does not exist"), "{said}");
    let said = refused(&server.url("strange"), &[]);
    assert!(said.contains("another program"), "{said}");
    let said = refused(&server.url("fixed"), &[]);
    assert!(said.contains("does not allow writes"), "{said}");
    let said = refused(&url, &[]);
    assert!(said.contains("99") && said.contains("newer"), "{said}");

    // From now on those who connect as a guest are asked for a password.
    let rules = format!(
        "COPY (SELECT 'local all guest scram-sha-256' UNION ALL SELECT 'local all all trust') \
         TO '{}/pg_hba.conf'",
        server.data().display()
    );
    for sql in [rules.as_str(), "SELECT pg_reload_conf()"] {
        client.batch_execute(sql).await.expect("it is executed");
    }
    let guest = url.replace("postgres@", "guest@");
    let with_password = |password: &str| guest.replace("guest@", &format!("guest:{password}@"));
    // Rules are read again some time after that was asked for.
    while connected_as(&guest).await {}
    let said = refused(&with_password("wrong"), &[]);
    assert!(said.contains("password authentication failed") && !said.contains("wrong"), "{said}");
    let said = refused(&guest, &[]);
    assert!(said.contains("password"), "{said}");

    server.restart_as_standby();
    let said = refused(&url, &[]);
    assert!(said.contains("does not allow writes"), "{said}");
}

async fn connected_as(url: &str) -> bool {
    tokio_postgres::connect(url, NoTls).await.is_ok()
}

#[test]
fn times_that_cannot_be_kept_are_told() {
    let Some(server) = PrivateServer::start() else {
        println!("skipped: no PostgreSQL");
        return;
    };
    let url = server.url("postgres");
    for (options, why) in [
        (&["--lease-time", "1s", "--lease-margin", "1s"][..], "margin"),
        (&["--lease-time", "0s"], "above zero"),
        (&["--lease-margin", "0s"], "above zero"),
        (&["--turn-deadline", "1ms"], "100 ms"),
        (&["--advertise", "ftp://here"], "http://HOST:PORT"),
        (&["--durability", "write-behind"], "--durability"),
        (&["--strategy", "naive"], "--guard"),
        (&["--track"], "--track"),
    ] {
        let said = refused(&url, options);
        assert!(said.contains(why), "{options:?}: {said}");
    }
}

/// Servers of different versions know of each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_another_version_is_told() {
    let Some(server) = PrivateServer::start() else {
        println!("skipped: no PostgreSQL");
        return;
    };
    let url = server.url("postgres");
    let _older = crate::member::Member::join(
        &server,
        lockyard::backend::shared::GuardKind::RowLock,
        crate::member::Times { lease: crate::member::LONG, turn: crate::member::LONG },
    )
    .await;
    let (status, words) = tokio::task::spawn_blocking(move || {
        crate::support::program::Program::serve(&["--store", &url, "--guard", "row-lock"]).terminate()
    })
    .await
    .expect("it ends");
    assert!(status.success(), "{words}");
    assert!(
        words.contains("warning: the server at http://") && words.contains("is of version test"),
        "{words}"
    );
    assert!(words.contains("Serving row-lock at http://127.0.0.1:"), "{words}");
}
