//! Each guard over a real PostgreSQL: two servers, several clients of each, connections that are cut meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use uuid::Uuid;

use lockyard::backend::chat::ContextId;
use lockyard::backend::postgres::PostgresDatabase;
use lockyard::backend::shared::{
    AdvisoryLock, Change, Guard, GuardError, NewSession, Owner, RowLock, SharedSession, TurnChange,
};
use lockyard::checks::shared::{SharedAnswer, SharedCall, SharedSessionSpec, texts};
use lockyard_history::HistoryRecorder;

use super::parts::{RealCompareAndSet, RealLease, opened, owner, term};
use super::private_server::PrivateServer;

const CLIENTS: u64 = 3;
const OPERATIONS: u64 = 60;
/// What one client asks of one server; of a lease that another has, it asks the other, as a server would forward.
async fn client<G: Guard>(
    servers: Arc<[(G, G::Local); 2]>,
    own: usize,
    history: HistoryRecorder<SharedSessionSpec>,
    next: Arc<AtomicU64>,
) {
    for nth in 0..OPERATIONS {
        let mut asked = own;
        if nth % 2 == 0 {
            let pending = history.invoke(SharedCall::Read);
            loop {
                let (guard, local) = &servers[asked];
                match guard.read(local).await {
                    Ok(session) => break pending.ok(SharedAnswer::Session(session)),
                    Err(GuardError::Elsewhere(_)) => asked = 1 - asked,
                    Err(_) => break pending.fail(),
                }
                tokio::task::yield_now().await;
            }
        } else {
            // Each text is its own, so that one that is lost, or there twice, shows.
            let text: &'static str = Box::leak(format!("{}.", next.fetch_add(1, Relaxed)).into_boxed_str());
            let pending = history.invoke(SharedCall::Append(text));
            loop {
                let append = |session: &SharedSession| {
                    let (body, message) = texts(session, text);
                    let write = session.appending(body, message, TurnChange::Keep);
                    Ok::<_, std::convert::Infallible>(Change::Write(write))
                };
                let (guard, local) = &servers[asked];
                match guard.change(local, append).await {
                    Ok(version) => break pending.ok(SharedAnswer::Made(version)),
                    Err(GuardError::Elsewhere(_)) => asked = 1 - asked,
                    Err(GuardError::Unknown) => break pending.info(),
                    Err(_) => break pending.fail(),
                }
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Ends all connections but one's own, a few times: what is under way then is of unknown outcome.
async fn cut(server_url: String, done: Arc<AtomicU64>) {
    let (client, connection) = tokio_postgres::connect(&server_url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    for after in [30, 80, 130] {
        while done.load(Relaxed) < after {
            tokio::task::yield_now().await;
        }
        client.execute(all, &[]).await.unwrap();
    }
    drop(client);
    let _closed = connection.await;
}

async fn judged<G: Guard>(server: &PrivateServer, make: impl Fn(PostgresDatabase, Owner) -> G) {
    let id = ContextId(Uuid::now_v7());
    let mut servers = Vec::new();
    for number in [1, 2] {
        let guard = make(opened(server).await, owner(number));
        let local = guard.local(id);
        servers.push((guard, local));
    }
    let servers: Arc<[(G, G::Local); 2]> =
        Arc::new(servers.try_into().unwrap_or_else(|_| unreachable!("there are two")));
    assert!(servers[0].0.create(id, NewSession::default()).await.expect("it is created"));
    assert!(
        !servers[1].0.create(id, NewSession::default()).await.expect("it is answered"),
        "an id is given once"
    );
    let (history, next) = (HistoryRecorder::new(SharedSessionSpec), Arc::new(AtomicU64::new(0)));
    let cuts = tokio::spawn(cut(server.url("postgres"), next.clone()));
    let clients = (0..2 * CLIENTS).map(|number| {
        tokio::spawn(client(servers.clone(), number as usize % 2, history.clone(), next.clone()))
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("no client panics");
    }
    cuts.abort();
    // By a plain read, whatever guards it: nobody writes any more.
    let last = RowLock::new(opened(server).await);
    let pending = history.invoke(SharedCall::Read);
    let session = last.read(&id).await.expect("it is there");
    let (version, messages) = (session.version.0, session.messages.len() as u64);
    pending.ok(SharedAnswer::Session(session));
    println!("{}: version {version}, {messages} messages of {}", G::NAME, next.load(Relaxed));
    assert_eq!(version, messages + 1);
    assert!(messages > CLIENTS * OPERATIONS / 2, "most were made, whatever was cut");
    history.assert_linearizable();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_are_one_session_under_each_guard() {
    let Some(server) = PrivateServer::start() else { return };
    judged(&server, |database, _| RowLock::new(database)).await;
    judged(&server, |database, _| AdvisoryLock::new(database)).await;
    judged(&server, |database, _| RealCompareAndSet::new(database)).await;
    judged(&server, |database, owner| RealLease::new(database, owner, term())).await;
}
