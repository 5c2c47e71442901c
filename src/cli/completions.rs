//! `lockyard completions`: for shells.

use clap::{Command, Parser};
use clap_complete::Shell;

use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::program_name;
use lockyard_bench::program::stdout::write_out;

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
    clap_complete::generate(args.shell, command, program_name(), &mut script);
    write_out(&String::from_utf8(script)?)?;
    Ok(Exit::Fine)
}
