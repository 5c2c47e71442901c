//! `lockyard serve`: the backend over HTTP.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use futures_util::FutureExt;
use tokio::runtime::Handle;

use lockyard_bench::Share;
use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::options;

use crate::backend::http::Labelled;
use crate::backend::service::{DynBackend, DynChatService, Layered, Prompts, SimulatorConfig};
use crate::backend::session::Durability;
use crate::backend::store::{Faults, MemoryStore, RedbStore};
use crate::strategy::{AnyStore, IdSource, Setup, Strategy, assemble_dyn, assemble_tracked, in_memory};
use lockyard_track::Tracker;

use super::edge::EdgeOptions;
use super::hosted::{Hosted, Serving, serve, settled};
use super::limits::{LimitOptions, SessionOptions};
use super::shared::SharedArgs;

/// The strategy where none is given.
const DEFAULT_STRATEGY: &str = "best";

/// Serve the backend over HTTP, with a simulated model that answers.
///
/// Prints its address on stdout when it takes requests. Routes are documented at /openapi.json. Ctrl-C or SIGTERM ends it: no
/// new requests after --drain-time, those under way finish, everything is saved; a second one ends it at once. The token, if there shall
/// be one, comes from --token-file or the environment variable `LOCKYARD_TOKEN`.
#[derive(Parser)]
pub(super) struct Args {
    /// The strategy: a preset's name (see `lockyard list strategies`), or
    /// session=LOCK,cache=CACHE,dto=POLICY,save=POLICY[,state=POLICY].
    #[arg(long, value_name = "STRATEGY", default_value = DEFAULT_STRATEGY, value_parser = super::options::strategy(),
          hide_possible_values = true)]
    strategy: Strategy,

    /// Where sessions are kept: memory, redb:PATH, or `postgres://USER@HOST/DATABASE`, which several servers may share.
    ///
    /// A file that is not there is made. One that another program has open, or that was written by a newer version, is
    /// refused. Tables of a database that are not there are made. A password may stand in `PGPASSWORD`, so that it stands in no list
    /// of processes.
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
    shared: SharedArgs,

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
    /// Its URL, which may have a password in it.
    Postgres(String),
}

fn store(given: &str) -> Result<StoreChoice, String> {
    match given.split_once(':') {
        None if given == "memory" => Ok(StoreChoice::Memory),
        Some(("redb", path)) if !path.is_empty() => Ok(StoreChoice::Redb(path.into())),
        Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
            Ok(StoreChoice::Postgres(given.to_owned()))
        }
        _ => {
            Err("write memory, redb:PATH with the path of a file, or postgres://USER@HOST/DATABASE"
                .to_owned())
        }
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
    runtime.block_on(async {
        let listener = args.edge.listen(args.listen, token.as_ref())?;
        let hosted = match &args.store {
            StoreChoice::Memory => own(args, in_memory(MemoryStore::default(), Faults::default()))?,
            StoreChoice::Redb(path) => {
                let store =
                    RedbStore::open_with(path, args.commit_group).context("--store cannot be used")?;
                own(args, AnyStore::Other(store))?
            }
            StoreChoice::Postgres(url) => {
                args.allow_sharing()?;
                let (limits, model) = (args.sessions.limits(), args.model.simulator());
                let prompts = Prompts::new(args.prompts.clone());
                args.shared.host(url, &listener, args.capacity, limits, model, prompts).await?
            }
        };
        let (options, log) = args.edge.options(listener.local_addr()?, args.save_interval)?;
        let limits = args.limits.limits();
        serve(hosted, Serving { listener, token, limits, options, log, grace: args.grace }).await
    })
}

/// The sessions of this process alone.
fn own(args: &Args, store: AnyStore) -> anyhow::Result<Hosted> {
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
        runtime: Handle::current(),
    };
    let factors = args.strategy.factors();
    let (backend, tracker) = if args.track {
        // The global one, so that locks made in tasks without a name belong to it, too.
        let tracker = Tracker::global();
        tracker.on_finding(|finding| eprintln!("{finding}"));
        (assemble_tracked(factors, setup, &tracker)?, Some(tracker))
    } else {
        (assemble_dyn(factors, setup)?, None)
    };
    let service: Arc<dyn DynChatService> = match tracker {
        None => backend.clone(),
        Some(_) => Arc::new(Layered::new(backend.clone(), Labelled)),
    };
    // What is acknowledged just after one flush has begun is stored by the next, and the store may take what is left of the time
    // that a crash may lose.
    let (saved, interval) = (backend.clone(), args.save_interval / 4);
    let finished = backend.clone();
    Ok(Hosted {
        service,
        health: backend,
        tracker,
        beside: async move { saved.auto_save(interval).await }.boxed(),
        finish: async move {
            settled().await;
            finish(&*finished).await
        }
        .boxed(),
        forward: false,
        greeting: (args.strategy.name().to_owned(), args.promise()),
    })
}

impl Args {
    /// Refuses what is said of sessions that this process alone has, where it shares them.
    fn allow_sharing(&self) -> anyhow::Result<()> {
        let said = [
            (
                self.durability != Promise::WriteThrough,
                "--durability",
                "a write is committed before it is acknowledged",
            ),
            (self.track, "--track", "its locks are the database's"),
            (
                self.strategy.name() != DEFAULT_STRATEGY,
                "--strategy",
                "a strategy guards the sessions of one process; --guard says what guards these",
            ),
        ];
        match said.into_iter().find(|(is_said, ..)| *is_said) {
            Some((_, option, why)) => anyhow::bail!("{option} is not for sessions that servers share: {why}"),
            None => Ok(()),
        }
    }

    /// Where sessions are kept, and what an acknowledged write promises.
    fn promise(&self) -> String {
        let kept = match &self.store {
            StoreChoice::Redb(path) => format!("in {}", path.display()),
            StoreChoice::Memory | StoreChoice::Postgres(_) => "in memory, until it ends".to_owned(),
        };
        let promise = match self.durability {
            Promise::WriteThrough => "an acknowledged write is stored".to_owned(),
            Promise::WriteBehind => {
                format!("a crash loses at most the writes of the last {:?}", self.save_interval)
            }
        };
        format!("Sessions are kept {kept}; {promise}.")
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
