//! `lockyard serve` over PostgreSQL: how a server takes part in sessions that several share.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use tokio::net::TcpListener;

use lockyard_bench::program::options;

use crate::backend::service::{Prompts, SimulatorConfig};
use crate::backend::session::SessionLimits;
use crate::backend::shared::GuardKind;

use super::hosted::Hosted;

/// How a server shares its sessions with others.
#[derive(clap::Args)]
#[command(next_help_heading = "Sessions shared by servers (--store postgres://…)")]
pub(super) struct SharedArgs {
    /// What guards a session across servers: lease, compare-and-set, row-lock or advisory-lock. The same at all servers.
    #[arg(
        long, value_name = "GUARD", default_value = GuardKind::Lease.name(), hide_possible_values = true,
        value_parser = guard()
    )]
    guard: GuardKind,

    /// How long a lease lasts. A server that dies keeps its sessions from others for so long at most.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = options::duration)]
    lease_time: Duration,

    /// How much earlier a server stops to rely on a lease: more than its clock and the database's drift apart meanwhile.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = options::duration)]
    lease_margin: Duration,

    /// How long others wait for a turn's next sign of life before they end it.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = options::duration)]
    turn_deadline: Duration,

    /// Where other servers reach this one; by default the address that it listens on.
    #[arg(long, value_name = "URL")]
    advertise: Option<String>,

    /// How many connections to the database at most.
    #[arg(long, value_name = "N", default_value = "16")]
    connections: NonZeroUsize,

    /// How long a statement may take, waiting for locks included, and how long one waits for a connection.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = options::duration)]
    statement_timeout: Duration,
}

fn guard() -> impl TypedValueParser<Value = GuardKind> {
    let names = GuardKind::ALL.iter().map(|kind| kind.name());
    PossibleValuesParser::new(names).map(|name| {
        let named = GuardKind::ALL.iter().find(|kind| kind.name() == name);
        *named.expect("only those that there are come through")
    })
}

impl SharedArgs {
    /// Takes part.
    ///
    /// # Errors
    /// The database cannot be used, or the times cannot be kept.
    #[cfg(all(feature = "postgres", target_os = "linux"))]
    pub(super) async fn host(
        &self,
        url: &str,
        listener: &TcpListener,
        capacity: NonZeroUsize,
        limits: SessionLimits,
        model: SimulatorConfig,
        prompts: Prompts,
    ) -> anyhow::Result<Hosted> {
        use anyhow::Context;
        use futures_util::FutureExt;
        use tokio::runtime::Handle;

        use super::hosted::LONGEST_ROLL_BACK;
        use crate::backend::postgres::{PostgresDatabase, PostgresOptions};
        use crate::backend::shared::{Owner, ServerEntry};
        use crate::cluster::{LeaseTimes, SharedSetup, assemble};
        use crate::strategy::IdSource;
        use lockyard_bench::program::exit::Exit;

        let at = match &self.advertise {
            Some(url) => advertised(url)?,
            None if listener.local_addr()?.ip().is_unspecified() => anyhow::bail!(
                "other servers cannot ask {}: say where they reach this one by --advertise http://HOST:PORT",
                listener.local_addr()?
            ),
            None => format!("http://{}", listener.local_addr()?),
        };
        let options =
            PostgresOptions { connections: self.connections.get(), timeout: self.statement_timeout };
        let database = PostgresDatabase::open(url, options).await.context("--store cannot be used")?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let server = ServerEntry { owner: Owner(IdSource::Unique.next().0), url: at.clone(), version };
        let setup = SharedSetup {
            database,
            server: server.clone(),
            capacity,
            limits,
            lease: LeaseTimes { ttl: self.lease_time, margin: self.lease_margin },
            turn_deadline: self.turn_deadline,
            model,
            prompts,
            runtime: Handle::current(),
        };
        let backend = assemble(self.guard, setup).context("--lease-time, --lease-margin, --turn-deadline")?;
        backend.announce().await.context("--store cannot be used")?;
        for other in backend.servers(SEEN).await.context("--store cannot be used")? {
            if other.version != server.version {
                let (url, theirs, ours) = (other.url, other.version, &server.version);
                eprintln!("warning: the server at {url} is of version {theirs}, and this one of {ours}");
            }
        }
        // Three signs of life before anybody takes over.
        let interval = self.lease_time.min(self.turn_deadline) / 3;
        let (kept, ended) = (backend.clone(), backend.clone());
        Ok(Hosted {
            service: backend.clone(),
            health: backend,
            tracker: None,
            beside: async move { kept.upkeep(interval).await }.boxed(),
            finish: async move {
                ended.leave(LONGEST_ROLL_BACK).await;
                eprintln!("Everything is committed.");
                Ok(Exit::Fine)
            }
            .boxed(),
            forward: true,
            greeting: (
                format!("{} at {at}", self.guard),
                "Sessions are kept in PostgreSQL, shared with other servers; an acknowledged write is committed."
                    .to_owned(),
            ),
        })
    }

    /// Says that it cannot.
    #[cfg(not(all(feature = "postgres", target_os = "linux")))]
    #[expect(clippy::unused_async, reason = "as where it can")]
    pub(super) async fn host(
        &self,
        _: &str,
        _: &TcpListener,
        _: NonZeroUsize,
        _: SessionLimits,
        _: SimulatorConfig,
        _: Prompts,
    ) -> anyhow::Result<Hosted> {
        anyhow::bail!(
            "this program is built without PostgreSQL: build it on Linux with `cargo build --release --features postgres`"
        )
    }
}

/// Within this time a server that is there has announced itself.
#[cfg(all(feature = "postgres", target_os = "linux"))]
const SEEN: Duration = Duration::from_mins(1);

/// A URL under which servers can ask each other.
#[cfg(all(feature = "postgres", target_os = "linux"))]
fn advertised(url: &str) -> anyhow::Result<String> {
    use crate::backend::remote::Address;

    Address::parse(url, None).map_err(|error| anyhow::anyhow!("--advertise: {error}"))?;
    Ok(url.trim_end_matches('/').to_owned())
}
