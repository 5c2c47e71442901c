//! Options that name servers instead of strategies: what `load --url` and `compare --url` share.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use lockyard_bench::record::Route;

use crate::backend::remote::Address;
use crate::subjects::Server;
use crate::workload::Scenario;

use super::edge::TOKEN;

/// How servers are asked, and shown that one may.
#[derive(Args)]
pub(super) struct ServerOptions {
    /// Of several servers behind one --url, the one that a request goes to.
    ///
    /// It stands in the record, for it decides how long requests take: where sessions have owners among the servers, another server
    /// than the owner forwards them.
    #[arg(long, value_enum, default_value_t = RouteOption::Any, requires = "url")]
    route: RouteOption,

    /// A file with the token of the servers at --url; without it, the environment variable `LOCKYARD_TOKEN` is looked at.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Which server of a group gets which request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RouteOption {
    /// One drawn for each request, from the client's own seeded random numbers
    Any,
    /// Always the same one for a session, by a hash of its id; creations and lists, which name no session, go to any
    Sticky,
}

impl From<RouteOption> for Route {
    fn from(option: RouteOption) -> Self {
        match option {
            RouteOption::Any => Self::Any,
            RouteOption::Sticky => Self::Sticky,
        }
    }
}

/// What `--url` says: where the servers of one subject are, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GroupUrl {
    pub(super) name: Option<String>,
    pub(super) urls: Vec<String>,
}

/// Reads `[NAME=]URL[,URL…]`. A name has no colon, so that no URL is taken for one.
impl FromStr for GroupUrl {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let named = given.split_once('=').filter(|(name, _)| !name.contains(':'));
        let (name, urls) = named.map_or((None, given), |(name, urls)| (Some(name), urls));
        if name.is_some_and(str::is_empty) {
            return Err("the name before `=` is empty: write NAME=URL, or the URL alone".to_owned());
        }
        let urls: Vec<_> = urls.split(',').map(|url| url.trim().to_owned()).collect();
        if let Some(nth) = urls.iter().position(String::is_empty) {
            let which =
                if urls.len() == 1 { "the address".to_owned() } else { format!("address {}", nth + 1) };
            return Err(format!(
                "{which} is empty: write http://HOST:PORT, and one comma between two of them"
            ));
        }
        Ok(Self { name: name.map(str::to_owned), urls })
    }
}

impl ServerOptions {
    /// Refuses what is said of servers where none is asked.
    pub(super) fn check(&self, asks_servers: bool) -> anyhow::Result<()> {
        ensure!(
            asks_servers || self.token_file.is_none(),
            "--token-file is for servers: name one with --url"
        );
        Ok(())
    }

    /// The servers at these URLs, under this name.
    pub(super) fn server(&self, name: &str, urls: &[String]) -> anyhow::Result<Server> {
        self.group(name, urls, self.route.into())
    }

    /// The same, with requests sent to them by this route.
    pub(super) fn group(&self, name: &str, urls: &[String], route: Route) -> anyhow::Result<Server> {
        let token = match &self.token_file {
            Some(path) => {
                let wanted = || format!("--token-file {} cannot be read", path.display());
                Some(std::fs::read_to_string(path).with_context(wanted)?)
            }
            None => std::env::var(TOKEN).ok().filter(|token| !token.is_empty()),
        };
        let address = |url: &String| Address::parse(url, token.as_deref().map(str::trim));
        let addresses: Vec<_> =
            urls.iter().map(address).collect::<Result<_, _>>().context("--url cannot be used")?;
        Server::group(name, addresses, route).context("--url cannot be used")
    }
}

/// Refuses a route where no subject has a choice.
pub(super) fn check_route(options: &ServerOptions, servers: &[Server]) -> anyhow::Result<()> {
    let has_choice = servers.iter().any(|server| server.servers().addresses.len() > 1);
    ensure!(
        has_choice || options.route == RouteOption::Any,
        "--route {}: there is one server, which is asked in any case; add others behind a comma",
        Route::from(options.route).as_str()
    );
    Ok(())
}

/// Says which servers are asked, what two subjects share, and which fields of the scenarios are not for clients to decide.
pub(super) fn announce(servers: &[Server], scenarios: &[Scenario]) {
    for (nth, server) in servers.iter().enumerate() {
        let group = server.servers();
        eprintln!("“{}”: {group}.", server.name());
        for earlier in &servers[..nth] {
            let theirs = earlier.servers().addresses;
            for shared in group.addresses.iter().filter(|address| theirs.contains(address)) {
                eprintln!(
                    "warning: {shared} is a server of “{}” and of “{}”: it keeps the sessions of both meanwhile, and what one of \
                     them leaves in its cache or its store, the other finds there.",
                    earlier.name(),
                    server.name()
                );
            }
        }
    }
    let model = if scenarios.iter().any(|scenario| scenario.model.is_some()) { ", model" } else { "" };
    eprintln!(
        "capacity, save_ms{model} are the servers' own, whatever the scenarios say; workers are those of the clients."
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_name_and_addresses() {
        let read = |given: &str| given.parse().map(|GroupUrl { name, urls }| (name, urls));
        let urls = |urls: &[&str]| urls.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(read("http://a:1"), Ok((None, urls(&["http://a:1"]))));
        assert_eq!(read("http://a:1/x=y"), Ok((None, urls(&["http://a:1/x=y"]))));
        assert_eq!(
            read("lease=http://a:1,http://b:2"),
            Ok((Some("lease".to_owned()), urls(&["http://a:1", "http://b:2"])))
        );
        assert_eq!(read("a=http://a, http://b"), Ok((Some("a".to_owned()), urls(&["http://a", "http://b"]))));
    }

    #[test]
    fn an_empty_name_or_address_is_refused_by_its_place() {
        for (given, said) in [
            ("=http://a", "the name before `=` is empty"),
            ("", "the address is empty"),
            ("lease=", "the address is empty"),
            ("lease=http://a,", "address 2 is empty"),
            ("http://a,,http://b", "address 2 is empty"),
            (",http://a", "address 1 is empty"),
        ] {
            let error = given.parse::<GroupUrl>().unwrap_err();
            assert!(error.contains(said), "{given}: {error}");
        }
    }
}
