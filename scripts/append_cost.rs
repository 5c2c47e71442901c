//! What an append costs the disk: bytes that this process has the disk write, as Linux counts them, for the durable store in
//! write-through, beside those of a bare redb commit of two small rows.
//!
//! `cargo run --release --example append_cost -- [FOLDER] [APPENDS]` writes below FOLDER, which must be on a disk: in memory
//! nothing is counted. Ends with 1 if an append costs more than 1.3 times the bare commit, or 64 clients do not share theirs.

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lockyard::backend::chat::{ChatContext, ContextConfig, ContextId, NewMessage, Role};
use lockyard::backend::session::{AfterUnlock, ChatSessionManager, Durability, Locked};
use lockyard::backend::store::RedbStore;
use lockyard::lock::{TokioMutex, TokioRwLock};
use lockyard::strategy::{Host, IdSource, family};
use redb::{Database, TableDefinition};
use tokio::runtime::{Handle, Runtime};

const ROWS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("rows");
const MESSAGE: usize = 78;

type Manager =
    ChatSessionManager<Host<TokioRwLock, family::MutexLru<TokioMutex>, AfterUnlock, Locked, RedbStore>>;

/// What this process has had the disk write so far.
fn written() -> u64 {
    let counts = std::fs::read_to_string("/proc/self/io").expect("Linux counts what a process writes");
    let line = counts.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.parse().ok()).expect("a count of bytes")
}

fn manager(path: &Path) -> Arc<Manager> {
    let store = RedbStore::open(path).expect("a new file");
    let host = Host::new(store, Handle::current(), IdSource::Unique);
    let room = NonZeroUsize::new(1_000).expect("more than none");
    Arc::new(ChatSessionManager::new(host, room, Durability::WriteThrough))
}

async fn create(manager: &Manager) -> ContextId {
    let config = ContextConfig::new("some-model", "chat");
    manager.create_session(config, |_| Ok(())).await.expect("a session").id()
}

/// So many appends, one after the other; how long each took.
async fn append(manager: Arc<Manager>, id: ContextId, times: usize) -> Vec<Duration> {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        let say = |context: &mut ChatContext| {
            context.append(NewMessage::text(Role::User, "x".repeat(MESSAGE)), None).map(drop)
        };
        manager.write(id, say).await.expect("an append");
        took.push(start.elapsed());
    }
    took
}

/// One more small row and another that is replaced, to a commit.
fn bare(path: &Path, times: usize) {
    let database = Database::create(path).expect("a new file");
    for nth in 1..=times as u64 {
        let transaction = database.begin_write().expect("a commit");
        {
            let mut rows = transaction.open_table(ROWS).expect("a table");
            rows.insert(nth, [b'x'; 200].as_slice()).expect("a row");
            rows.insert(0, [b'y'; 400].as_slice()).expect("a row");
        }
        transaction.commit().expect("a commit");
    }
}

fn median(took: &[Duration]) -> Duration {
    let mut took = took.to_vec();
    took.sort();
    took[took.len() / 2]
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or_else(|| "target".to_owned());
    let appends: usize = args.next().map_or(7_000, |given| given.parse().expect("a number of appends"));
    let place = tempfile::tempdir_in(&folder).expect("a folder to write in");
    let runtime = Runtime::new().expect("a runtime");
    let _inside = runtime.enter();
    let of = |name: &str, what: &mut dyn FnMut(&Path)| {
        let before = written();
        what(&place.path().join(name));
        let bytes = written() - before;
        println!("{name}: {:.1} MB for {appends}, {} bytes each", bytes as f64 / 1e6, bytes / appends as u64);
        bytes
    };

    let commits = of("bare commits of two small rows", &mut |path| bare(path, appends));
    let mut took = Vec::new();
    let one = of("appends of 1 client", &mut |path| {
        let manager = manager(path);
        took = runtime.block_on(async { append(manager.clone(), create(&manager).await, appends).await });
    });
    let many = of("appends of 64 clients", &mut |path| {
        let manager = manager(path);
        runtime.block_on(async {
            let mut clients = Vec::new();
            for nth in 0..64 {
                let times = (appends + nth) / 64;
                clients.push(tokio::spawn(append(manager.clone(), create(&manager).await, times)));
            }
            for client in clients {
                client.await.expect("a client");
            }
        });
    });
    for at in [200, 5_000] {
        if let Some(took) = took.get(at - 100..at + 100) {
            println!("p50 of an append at {at} messages: {:?}", median(took));
        }
    }
    if commits == 0 {
        eprintln!("nothing was counted: {folder} is not on a disk");
        return ExitCode::FAILURE;
    }
    println!("an append is {:.2} bare commits", one as f64 / commits as f64);
    if one * 10 <= commits * 13 && many * 4 <= commits { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
