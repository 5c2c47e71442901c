//! Options that name servers instead of strategies: what `load --url` and `compare --url` share.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::backend::remote::Address;
use crate::subjects::Server;
use crate::workload::Scenario;

use super::edge::TOKEN;

/// How a server is shown that one may ask it.
#[derive(Args)]
pub(super) struct TokenOptions {
    /// A file with the token of the server at --url; without it, the environment variable `LOCKYARD_TOKEN` is looked at.
    #[arg(long, value_name = "FILE", requires = "url")]
    token_file: Option<PathBuf>,
}

impl TokenOptions {
    /// The server at this URL, under this name.
    pub(super) fn server(&self, name: &str, url: &str) -> anyhow::Result<Server> {
        let token = match &self.token_file {
            Some(path) => {
                let wanted = || format!("--token-file {} cannot be read", path.display());
                Some(std::fs::read_to_string(path).with_context(wanted)?)
            }
            None => std::env::var(TOKEN).ok().filter(|token| !token.is_empty()),
        };
        let address = Address::parse(url, token.as_deref().map(str::trim)).context("--url cannot be used")?;
        Ok(Server::new(name, address))
    }
}

/// Says which fields of the scenarios are not for clients to decide.
pub(super) fn announce(scenarios: &[Scenario]) {
    let model = if scenarios.iter().any(|scenario| scenario.model.is_some()) { ", model" } else { "" };
    eprintln!(
        "capacity, save_ms{model} are the servers' own, whatever the scenarios say; workers are those of the clients."
    );
}
