//! How `lockyard serve` stands towards its clients and its operators: who may ask, under which name, what is written down, and how
//! its end is announced.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use lockyard_bench::program::options;
use tokio::net::{TcpListener, TcpSocket};

use crate::backend::http::{Hosts, ServerOptions, Token};

use super::access_log::{AccessLogFile, LogTarget};

/// So much longer than the interval at which sessions are saved may a change be unsaved before the server is not ready.
const STORE_PATIENCE: Duration = Duration::from_secs(5);

/// Where a token may stand, so that it stands in no list of processes.
pub(super) const TOKEN: &str = "LOCKYARD_TOKEN";

/// What a server's clients and operators see of it beside its routes.
#[derive(clap::Args)]
#[command(next_help_heading = "Clients and operators")]
pub(super) struct EdgeOptions {
    /// A file with the token that clients must send as `Authorization: Bearer TOKEN`.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// Listen on an address that other machines reach without asking for a token.
    #[arg(long)]
    insecure: bool,

    /// A name that the server answers to, as it stands in the header Host. May be given again.
    ///
    /// On a loopback address it answers to localhost, to any IP address and to these names, and to no other: a web page could have
    /// its own name resolve to this machine. On other addresses it answers to any name, unless some are given.
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,

    /// For how long before its end /readyz says that the server is not ready, while it still takes requests. Not at all by default.
    #[arg(long, value_name = "TIME", value_parser = options::duration)]
    drain_time: Option<Duration>,

    /// Write a line of JSON for every request to this file, or to stderr for `-`.
    ///
    /// Each has time, peer, method, path, status, code and millis. The file is appended to.
    #[arg(long, value_name = "FILE")]
    access_log: Option<LogTarget>,
}

impl EdgeOptions {
    /// The token, if there shall be one.
    ///
    /// # Errors
    /// It cannot be read or used. One that was meant and is empty is no reason to serve everybody.
    pub(super) fn token(&self) -> anyhow::Result<Option<Token>> {
        let (from, token) = match (&self.token_file, std::env::var_os(TOKEN)) {
            (Some(path), _) => {
                let wanted = || format!("--token-file {} cannot be read", path.display());
                (path.display().to_string(), std::fs::read_to_string(path).with_context(wanted)?)
            }
            (None, Some(token)) => (TOKEN.to_owned(), token.to_string_lossy().into_owned()),
            (None, None) => return Ok(None),
        };
        match Token::new(token.trim()) {
            Ok(token) => Ok(Some(token)),
            Err(reason) => bail!("the token in {from} cannot be used: {reason}"),
        }
    }

    /// Listens, where that is safe.
    ///
    /// # Errors
    /// The address cannot be listened on, or other machines reach it and need no token.
    pub(super) fn listen(&self, address: SocketAddr, token: Option<&Token>) -> anyhow::Result<TcpListener> {
        if !address.ip().is_loopback() && token.is_none() && !self.insecure {
            bail!(
                "without a token any client that reaches {address} may read and delete every session: \
                 set {TOKEN}, or --token-file, or say --insecure"
            );
        }
        bound(address).with_context(|| format!("cannot listen on {address}"))
    }

    /// What the server does beside its routes, and the log that it writes.
    ///
    /// # Errors
    /// The access log cannot be written.
    pub(super) fn options(
        &self,
        address: SocketAddr,
        save_interval: Duration,
    ) -> anyhow::Result<(ServerOptions, Option<AccessLogFile>)> {
        let log = self.access_log.as_ref().map(AccessLogFile::open).transpose()?;
        let hosts = if address.ip().is_loopback() || !self.hosts.is_empty() {
            Hosts::only(self.hosts.iter().cloned())
        } else {
            Hosts::any()
        };
        let access_log = log.as_ref().map(AccessLogFile::writer);
        let drain = self.drain_time.unwrap_or_default();
        let unsaved_age = Some(save_interval.saturating_add(STORE_PATIENCE));
        Ok((ServerOptions { hosts, drain, unsaved_age, access_log, ..ServerOptions::default() }, log))
    }
}

/// A listener with as long a queue as the system allows: it makes less of what is more. Connections that come in a burst are
/// refused by a short one.
fn bound(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows it would let two servers have one port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(i32::MAX.cast_unsigned())
}
