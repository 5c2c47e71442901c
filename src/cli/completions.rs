//! `lockyard completions`: for shells.

use clap::{CommandFactory, Parser};
use clap_complete::Shell;

use super::exit::Exit;
use super::output::write_out;

/// Print a completion script for a shell.
#[derive(Parser)]
pub(super) struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "lockyard", &mut script);
    write_out(&String::from_utf8(script)?)?;
    Ok(Exit::Fine)
}
