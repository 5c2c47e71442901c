//! `lockyard schema`: what a record looks like, for programs.

use clap::Parser;

use lockyard_bench::record;

use super::exit::Exit;
use super::stdout::write_out;

/// Print the JSON Schema of the record that every run writes.
#[derive(Parser)]
pub(super) struct Args {}

/// Runs the verb.
pub(super) fn run(_: &Args) -> anyhow::Result<Exit> {
    write_out(&serde_json::to_string_pretty(&record::json_schema())?)?;
    Ok(Exit::Fine)
}
