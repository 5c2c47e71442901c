//! `lockyard serve`: the backend over HTTP.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use tokio::runtime::Handle;

use lockyard_bench::Share;
use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::options;
use lockyard_bench::program::stdout::write_out;

use crate::backend::http::{self, App, Labelled, Token};
use crate::backend::service::{DynBackend, DynChatService, Layered, Prompts, SimulatorConfig};
use crate::backend::session::Durability;
use crate::backend::store::{Faults, MemoryStore, RedbStore};
use crate::strategy::{AnyStore, IdSource, Setup, Strategy, assemble_dyn, assemble_tracked, in_memory};
use lockyard_track::Tracker;

use super::edge::{EdgeOptions, TOKEN};
use super::limits::{LimitOptions, SessionOptions};
use super::signals::ended_by_signal;

/// How often the end looks whether turns that were cut off have rolled back, and how long at most.
const GLANCE: Duration = Duration::from_millis(5);
const LONGEST_ROLL_BACK: Duration = Duration::from_secs(5);

/// Of tracked locks: who has waited for one for so long, and waits for itself, is stuck.
const STUCK: Duration = Duration::from_secs(5);

/// Serve the backend over HTTP, with a simulated model that answers.
///
/// Prints its address on stdout when it takes requests. Routes are documented at /openapi.json. Ctrl-C or SIGTERM ends it: no
/// new requests after --drain-time, those under way finish, everything is saved; a second one ends it at once. The token, if there shall
/// be one, comes from --token-file or the environment variable `LOCKYARD_TOKEN`.
#[derive(Parser)]
pub(super) struct Args {
    /// The strategy: a preset's name (see `lockyard list strategies`), or
    /// session=LOCK,cache=CACHE,dto=POLICY,save=POLICY[,state=POLICY].
    #[arg(long, value_name = "STRATEGY", default_value = "best", value_parser = super::options::strategy)]
    strategy: Strategy,

    /// Where sessions are kept: memory, or redb:PATH.
    ///
    /// A file that is not there is made. One that another program has open, or that was written by a newer version, is
    /// refused.
    #[arg(long, value_name = "STORE", default_value = "memory", value_parser = store)]
    store: StoreChoice,

    /// The address and port to listen on; port 0 takes a free one.
    ///
    /// Other machines reach it only if the address is not a loopback one, and then a token is needed, or --insecure. A server that
    /// others reach belongs behind a proxy that speaks TLS: docs/SERVING.md has one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// Track every lock: /metrics has wait and hold times by class and endpoint, and findings are reported on stderr as they
    /// are made. Presets only.
    #[arg(long)]
    track: bool,

    /// The capacity of the cache, in sessions.
    #[arg(long, value_name = "N", default_value = "1000")]
    capacity: NonZeroUsize,

    /// At most so many writes share one commit of the store; 1 shows what sharing is worth.
    #[arg(long, value_name = "N", default_value_t = RedbStore::GROUP)]
    commit_group: NonZeroUsize,

    /// What an acknowledged write promises.
    #[arg(long, value_enum, default_value_t = Promise::WriteThrough)]
    durability: Promise,

    /// In write-behind: a crash loses at most the changes of this time. They are saved four times in it; when that takes too
    /// long, and from a save that failed until all is saved, a write is stored before it is acknowledged.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = options::duration)]
    save_interval: Duration,

    /// In write-behind: with more sessions unsaved, writers wait for the store.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    max_unsaved: usize,

    /// How many threads serve requests; as many as there are cores by default.
    #[arg(long, value_name = "N")]
    workers: Option<NonZeroUsize>,

    /// How long requests in flight may continue at shutdown.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = options::duration)]
    grace: Duration,

    /// A system prompt for contexts to be created with. May be given again.
    #[arg(long = "prompt", value_name = "ID=TEXT", value_parser = prompt)]
    prompts: Vec<(String, String)>,

    #[command(flatten)]
    edge: EdgeOptions,

    #[command(flatten)]
    limits: LimitOptions,

    #[command(flatten)]
    sessions: SessionOptions,

    #[command(flatten)]
    model: ModelOptions,
}

/// How the simulated model behaves.
#[derive(clap::Args)]
#[command(next_help_heading = "Simulated model")]
struct ModelOptions {
    /// How long it thinks before the first word.
    #[arg(long = "model-time", id = "model-time", value_name = "TIME", value_parser = options::duration)]
    time: Option<Duration>,

    /// Of how many chunks a reply is; one is given at once, more are streamed.
    #[arg(long = "model-chunks", value_name = "N", default_value_t = 1)]
    chunks: u32,

    /// How long it takes between two chunks.
    #[arg(long = "model-chunk-interval", value_name = "TIME", value_parser = options::duration)]
    chunk_interval: Option<Duration>,

    /// Of a hundred replies, how many want to call tools.
    #[arg(long = "model-tools", value_name = "PERCENT", default_value = "0")]
    tools: Share,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Promise {
    /// Stored: on disk, where the store is
    WriteThrough,
    /// Changed in memory, saved within the interval
    WriteBehind,
}

/// Where sessions are kept.
#[derive(Clone)]
enum StoreChoice {
    Memory,
    Redb(PathBuf),
}

fn store(given: &str) -> Result<StoreChoice, String> {
    match given.split_once(':') {
        None if given == "memory" => Ok(StoreChoice::Memory),
        Some(("redb", path)) if !path.is_empty() => Ok(StoreChoice::Redb(path.into())),
        _ => Err("write memory, or redb:PATH with the path of a file".to_owned()),
    }
}

fn prompt(given: &str) -> Result<(String, String), String> {
    let (id, text) = given.split_once('=').ok_or("write ID=TEXT")?;
    Ok((id.to_owned(), text.to_owned()))
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = args.workers {
        runtime.worker_threads(workers.get());
    }
    let runtime = runtime.enable_all().build().context("the threads could not be started")?;
    let token = args.edge.token()?;
    let store = match &args.store {
        StoreChoice::Memory => in_memory(MemoryStore::default(), Faults::default()),
        StoreChoice::Redb(path) => {
            AnyStore::Other(RedbStore::open_with(path, args.commit_group).context("--store cannot be used")?)
        }
    };
    let setup = Setup {
        store,
        capacity: args.capacity,
        durability: match args.durability {
            Promise::WriteThrough => Durability::WriteThrough,
            Promise::WriteBehind => {
                Durability::WriteBehind { max_unsaved: args.max_unsaved, within: args.save_interval }
            }
        },
        limits: args.sessions.limits(),
        model: args.model.simulator(),
        prompts: Prompts::new(args.prompts.clone()),
        ids: IdSource::Unique,
        runtime: runtime.handle().clone(),
    };
    let factors = args.strategy.factors();
    if !args.track {
        return runtime.block_on(serve(args, token, assemble_dyn(factors, setup)?, None));
    }
    // The global one, so that locks made in tasks without a name belong to it, too.
    let tracker = Tracker::global();
    tracker.on_finding(|finding| eprintln!("{finding}"));
    let _watch = tracker.watch(STUCK);
    let backend = assemble_tracked(factors, setup, &tracker)?;
    runtime.block_on(serve(args, token, backend, Some(tracker)))
}

/// Serves until a signal ends it.
async fn serve(
    args: &Args,
    token: Option<Token>,
    backend: Arc<dyn DynBackend>,
    tracker: Option<Tracker>,
) -> anyhow::Result<Exit> {
    let has_token = token.is_some();
    let listener = args.edge.listen(args.listen, token.as_ref())?;
    let address = listener.local_addr()?;
    let (options, log) = args.edge.options(address, args.save_interval)?;
    let service: Arc<dyn DynChatService> = match tracker {
        None => backend.clone(),
        Some(_) => Arc::new(Layered::new(backend.clone(), Labelled)),
    };
    let app = App::with_options(service, Some(backend.clone()), args.limits.limits(), token, options);
    if let Some(tracker) = tracker {
        app.track(tracker);
    }
    // What is acknowledged just after one flush has begun is stored by the next, and the store may take what is left of the time
    // that a crash may lose.
    let (saved, interval) = (backend.clone(), args.save_interval / 4);
    let saving = tokio::spawn(async move { saved.auto_save(interval).await });
    let stop = ended_by_signal()?;
    args.announce(address, has_token);
    write_out(&format!("http://{address}"))?;
    let ended = http::serve(app, listener, stop, args.grace).await;
    saving.abort();
    if let Some(log) = log {
        log.close();
    }
    if ended.cut_off > 0 {
        eprintln!("{} connections were cut off; their turns are rolled back.", ended.cut_off);
    }
    settled().await;
    finish(&*backend).await
}

impl Args {
    /// Says what is open to whom.
    fn announce(&self, address: SocketAddr, token: bool) {
        let kept = match &self.store {
            StoreChoice::Memory => "in memory, until it ends".to_owned(),
            StoreChoice::Redb(path) => format!("in {}", path.display()),
        };
        let promise = match self.durability {
            Promise::WriteThrough => "an acknowledged write is stored".to_owned(),
            Promise::WriteBehind => {
                format!("a crash loses at most the writes of the last {:?}", self.save_interval)
            }
        };
        eprintln!("Serving {} on {address}. Sessions are kept {kept}; {promise}.", self.strategy.name());
        let who = if address.ip().is_loopback() { "this machine" } else { "every machine that reaches it" };
        if token {
            eprintln!("Open to {who}: /healthz and /readyz; all else to clients with the token.");
        } else {
            eprintln!("Open to {who}, without a token: everything.");
        }
        if !token && !address.ip().is_loopback() {
            eprintln!("warning: any client on the network may read and delete every session; set {TOKEN}.");
        }
    }
}

impl ModelOptions {
    fn simulator(&self) -> SimulatorConfig {
        let always = |time: Option<Duration>| {
            let time = time.unwrap_or_default();
            time..=time
        };
        SimulatorConfig {
            latency: always(self.time),
            chunks: self.chunks..=self.chunks,
            chunk_interval: always(self.chunk_interval),
            tool_calls: self.tools.get(),
            ..SimulatorConfig::default()
        }
    }
}

/// Saves what is left.
async fn finish(backend: &dyn DynBackend) -> anyhow::Result<Exit> {
    let failed = backend.flush().await;
    for error in &failed {
        eprintln!("error: not saved: {error}");
    }
    if failed.is_empty() {
        eprintln!("Everything is saved.");
        return Ok(Exit::Fine);
    }
    eprintln!("error: {} sessions have changes that are lost", failed.len());
    Ok(Exit::Internal)
}

/// Waits until turns that were cut off have rolled back: each does that in a task of its own, and when all connections
/// and the auto-save are gone there are no other tasks. One that hangs at the store is not waited for; its session is
/// rolled back when it is loaded again.
async fn settled() {
    let tasks = Handle::current().metrics();
    let gone = async {
        while tasks.num_alive_tasks() > 0 {
            tokio::time::sleep(GLANCE).await;
        }
    };
    if tokio::time::timeout(LONGEST_ROLL_BACK, gone).await.is_err() {
        eprintln!(
            "warning: turns that were cut off have not all rolled back; they will when they are loaded"
        );
    }
}
