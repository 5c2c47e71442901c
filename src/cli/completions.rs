//! `lockyard completions`: for shells.

use clap::{Command, Parser};
use clap_complete::Shell;

use super::exit::Exit;
use super::stdout::write_out;

/// Print a completion script for a shell.
#[derive(Parser)]
pub(super) struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the verb, for the whole `command`.
pub(super) fn run(args: &Args, command: &mut Command) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "lockyard", &mut script);
    write_out(&String::from_utf8(script)?)?;
    Ok(Exit::Fine)
}
