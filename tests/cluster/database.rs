//! What `serve` says where its database cannot be used, or not so: before it serves anybody.

use std::process::Command;

use lockyard::backend::postgres::{PostgresDatabase, PostgresOptions};
use lockyard::backend::shared::GuardKind;
use tokio_postgres::{Client, NoTls};

use crate::member::{Member, Times, new_context, says, under_each_guard};
use crate::private_server::PrivateServer;

/// Starts a server that must not serve; what it says.
fn refused(url: &str, options: &[&str]) -> String {
    let listen = if options.contains(&"--listen") { &[][..] } else { &["--listen", "127.0.0.1:0"] };
    let output = Command::new(env!("CARGO_BIN_EXE_lockyard"))
        .args(["serve", "--store", url])
        .args(listen)
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
    let Some(server) = PrivateServer::start() else { return };
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
    let Some(server) = PrivateServer::start() else { return };
    let url = server.url("postgres");
    for (options, why) in [
        (&["--lease-time", "1s", "--lease-margin", "1s"][..], "margin"),
        (&["--lease-time", "0s"], "above zero"),
        (&["--lease-margin", "0s"], "above zero"),
        (&["--turn-deadline", "1ms"], "100 ms"),
        (&["--advertise", "ftp://here"], "http://HOST:PORT"),
        (&["--listen", "0.0.0.0:0", "--insecure"], "--advertise http://HOST:PORT"),
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
    let Some(server) = PrivateServer::start() else { return };
    let url = server.url("postgres");
    let _older = Member::join(&server, GuardKind::RowLock, Times::LONG).await;
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

/// A database without room for rows: what it keeps is answered, what it cannot keep is refused, and with room it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_database_refuses_writes_and_serves_reads() {
    under_each_guard(async |server, guard| {
        let member = Member::join(server, guard, Times::LONG).await;
        let path = member.create().await;
        let messages = format!("{path}/messages");
        member.post(&messages, &says("kept")).await.ok(201);
        let client = connected(&server.url("postgres")).await;
        // As PostgreSQL says it when a file cannot grow; to have it say so itself takes a file system of the test's own.
        for sql in [
            "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION \
             'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$",
            "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON sessions EXECUTE FUNCTION full_disk()",
        ] {
            client.batch_execute(sql).await.expect("it is executed");
        }
        let said = member.post(&messages, &says("lost?")).await.problem(503, "store_unavailable");
        assert!(said.contains("No space left on device (53100)"), "{guard}: {said}");
        member.post("/v1/contexts", &new_context()).await.problem(503, "store_unavailable");
        member.get("/readyz").await.problem(503, "store_unavailable");
        assert_eq!(member.texts(&path).await, ["kept"], "{guard}");
        client.batch_execute("DROP TRIGGER full_disk ON sessions").await.expect("it is executed");
        member.post(&messages, &says("more")).await.ok(201);
        assert_eq!(member.get("/readyz").await.status, 200, "{guard}");
        assert_eq!(member.texts(&path).await, ["kept", "more"], "{guard}");
    })
    .await;
}
