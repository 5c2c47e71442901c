//! The program as a child process that serves.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::client::Client;

/// A server in a process of its own. Killed when it is dropped.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

impl Program {
    /// Starts `lockyard serve` with these arguments on a free port, and waits until it takes requests.
    pub fn serve(args: &[&str]) -> Self {
        Self::listen("127.0.0.1:0", args)
    }

    /// The same on this address.
    pub fn listen(address: &str, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lockyard"))
            .args(["serve", "--listen", address])
            .args(args)
            .env_remove("LOCKYARD_TOKEN")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(address) = line.trim().strip_prefix("http://").and_then(|it| it.parse().ok()) else {
            let mut words = String::new();
            let _ = child.stderr.take().unwrap().read_to_string(&mut words);
            panic!("it does not serve: {line}{words}");
        };
        Self { child, address }
    }

    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// As a crash of the process: nothing of it runs any more.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end. How it did, and what it said.
    #[cfg(unix)]
    pub fn terminate(mut self) -> (ExitStatus, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut words = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
        (self.child.wait().unwrap(), words)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
